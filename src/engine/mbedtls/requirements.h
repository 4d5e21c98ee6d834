// What the adapter needs of an mbedTLS that was not built from this folder's configuration
// alone. Included by internal.h, so that a build without it stops at its first file, and
// says why.

#ifndef USSL_ENGINE_MBEDTLS_REQUIREMENTS_H
#define USSL_ENGINE_MBEDTLS_REQUIREMENTS_H

#include "mbedtls/build_info.h"

#if MBEDTLS_VERSION_NUMBER < 0x03060400 || MBEDTLS_VERSION_NUMBER >= 0x04000000
#error "ussl needs mbedTLS 3.6.4 or later of the 3.6 line: set MBEDTLS_DIR"
#endif

#if !defined(MBEDTLS_SSL_PROTO_TLS1_2)
#error "ussl needs MBEDTLS_SSL_PROTO_TLS1_2"
#endif

#if !defined(MBEDTLS_SSL_CLI_C)
#error "ussl needs MBEDTLS_SSL_CLI_C"
#endif

#if !defined(MBEDTLS_SSL_SESSION_TICKETS)
#error "ussl needs MBEDTLS_SSL_SESSION_TICKETS"
#endif

#if defined(MBEDTLS_SSL_SRV_C) && !defined(MBEDTLS_CHACHAPOLY_C)
#error "ussl needs MBEDTLS_CHACHAPOLY_C for its servers' tickets"
#endif

#if !defined(MBEDTLS_SSL_ALPN) || !defined(MBEDTLS_SSL_SERVER_NAME_INDICATION)
#error "ussl needs MBEDTLS_SSL_ALPN and MBEDTLS_SSL_SERVER_NAME_INDICATION"
#endif

#if !defined(MBEDTLS_SSL_KEYING_MATERIAL_EXPORT) || !defined(MBEDTLS_SSL_KEEP_PEER_CERTIFICATE)
#error "ussl needs MBEDTLS_SSL_KEYING_MATERIAL_EXPORT and MBEDTLS_SSL_KEEP_PEER_CERTIFICATE"
#endif

#if !defined(MBEDTLS_PEM_PARSE_C) || !defined(MBEDTLS_HAVE_TIME_DATE)
#error "ussl needs MBEDTLS_PEM_PARSE_C and MBEDTLS_HAVE_TIME_DATE"
#endif

// Record buffers on demand, records.c.
#if !defined(MBEDTLS_SSL_VARIABLE_BUFFER_LENGTH)
#error "ussl needs MBEDTLS_SSL_VARIABLE_BUFFER_LENGTH"
#endif

#if USSL_DTLS && !(defined(MBEDTLS_SSL_PROTO_DTLS) && defined(MBEDTLS_SSL_DTLS_ANTI_REPLAY))
#error "ussl needs MBEDTLS_SSL_PROTO_DTLS and MBEDTLS_SSL_DTLS_ANTI_REPLAY for DTLS"
#endif

#if USSL_DTLS && defined(MBEDTLS_SSL_SRV_C) && !(defined(MBEDTLS_SSL_DTLS_HELLO_VERIFY) && defined(MBEDTLS_SSL_COOKIE_C))
#error "ussl needs MBEDTLS_SSL_DTLS_HELLO_VERIFY and MBEDTLS_SSL_COOKIE_C for servers of DTLS"
#endif

#if !defined(MBEDTLS_PLATFORM_CALLOC_MACRO) || !defined(MBEDTLS_PLATFORM_MS_TIME_ALT)
#error "ussl needs mbedTLS's memory and clock in its hands: build on ussl_mbedtls_config.h"
#endif

#endif
