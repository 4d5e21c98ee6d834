// mbedTLS's TLS 1.3 server, which prefers a PSK to its certificate also where a client
// offers the PSK alone. The file takes the place of ssl_tls13_server.c in the build.

#include "engine/mbedtls/internal.h"

#if defined(MBEDTLS_SSL_SRV_C) && defined(MBEDTLS_SSL_PROTO_TLS1_3)

// Asked when PSK with (EC)DHE is ruled out: a key was found all the same, for a client that
// wants nothing else.
static inline int took_psk_alone(const mbedtls_ssl_context *ssl) {
    return ssl->session_negotiate->resumption_key_len > 0
           && !(ssl->handshake->tls13_kex_modes & MBEDTLS_SSL_TLS1_3_KEY_EXCHANGE_MODE_PSK_EPHEMERAL);
}

static inline int shows_certificate(mbedtls_ssl_context *ssl) {
    return mbedtls_ssl_conf_tls13_is_ephemeral_enabled(ssl) && !took_psk_alone(ssl);
}

#define mbedtls_ssl_conf_tls13_is_ephemeral_enabled shows_certificate
#define mbedtls_ssl_tls13_write_change_cipher_spec ussl_mbedtls_tls13_write_ccs

#include "ssl_tls13_server.c"

#endif
