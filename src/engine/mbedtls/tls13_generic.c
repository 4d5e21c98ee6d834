// mbedTLS's TLS 1.3 messages, with two changes. The file takes the place of
// ssl_tls13_generic.c in the build.
//
// They are without its record_size_limit (RFC 8449), whose value it fixes when it is built:
// record_limit.c has one that can be set.
//
// And once memory has run out they are signed with no other algorithm: an RSA key may then be left
// with halves of its blinding that do not belong together, and what the next algorithm makes with
// it is no signature.

#define mbedtls_ssl_tls13_parse_record_size_limit_ext ussl_mbedtls_parse_record_size_limit
#define mbedtls_ssl_tls13_write_record_size_limit_ext ussl_mbedtls_write_fixed_record_size_limit

#include "engine/mbedtls/internal.h"

#if defined(MBEDTLS_SSL_PROTO_TLS1_3)

static inline int sign(mbedtls_pk_type_t type, mbedtls_pk_context *key, mbedtls_md_type_t md, const unsigned char *hash,
    size_t hash_len, unsigned char *out, size_t size, size_t *len, int (*random)(void *, unsigned char *, size_t), void *arg) {
    return ussl_mbedtls_no_memory() ? MBEDTLS_ERR_PK_ALLOC_FAILED
           : mbedtls_pk_sign_ext(type, key, md, hash, hash_len, out, size, len, random, arg);
}

#define mbedtls_pk_sign_ext sign

#endif

#include "ssl_tls13_generic.c"
