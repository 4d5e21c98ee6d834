// mbedTLS's TLS 1.2 server, which can also tell a client what pre-shared key it wants: by a
// hint in its ServerKeyExchange (RFC 4279 5.2), which with a key and no (EC)DHE has nothing
// else in it. The file takes the place of ssl_tls12_server.c in the build.

#include "engine/mbedtls/psk.h"

#if defined(MBEDTLS_SSL_SRV_C)

#if USSL_PSK

static inline int write_message(mbedtls_ssl_context *ssl) {
    if (ssl->out_msg[0] == MBEDTLS_SSL_HS_SERVER_KEY_EXCHANGE && ussl_mbedtls_psk_has_hint(ssl)) {
        ussl_mbedtls_psk_put_hint(ssl);
    }
    return mbedtls_ssl_write_handshake_msg(ssl);
}

// Asked where the message may be left out.
static inline int says_nothing(const mbedtls_ssl_context *ssl, const mbedtls_ssl_ciphersuite_t *suite) {
    return mbedtls_ssl_ciphersuite_no_pfs(suite) && !ussl_mbedtls_psk_has_hint(ssl);
}

#define mbedtls_ssl_write_handshake_msg write_message
#define mbedtls_ssl_ciphersuite_no_pfs(suite) says_nothing(ssl, suite)

#endif

#include "ssl_tls12_server.c"

#endif
