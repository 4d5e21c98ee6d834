// mbedTLS's TLS 1.3 messages, without its record_size_limit (RFC 8449), whose value it
// fixes when it is built: record_limit.c has one that can be set. The file takes the
// place of ssl_tls13_generic.c in the build.

#define mbedtls_ssl_tls13_parse_record_size_limit_ext ussl_mbedtls_parse_record_size_limit
#define mbedtls_ssl_tls13_write_record_size_limit_ext ussl_mbedtls_write_fixed_record_size_limit

#include "ssl_tls13_generic.c"
