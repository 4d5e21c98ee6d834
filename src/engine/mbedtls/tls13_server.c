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

// Without a key that both know, and where no certificate will do, what mbedTLS calls missing
// is a key (RFC 8446 4.2.11). One that is not the client's it mistakes for what a suite lacks.
static inline void pend_alert(mbedtls_ssl_context *ssl, unsigned char type, int reason) {
    bool offered = ssl->handshake->received_extensions & MBEDTLS_SSL_EXT_MASK(PRE_SHARED_KEY);
    if (type == MBEDTLS_SSL_ALERT_MSG_DECRYPT_ERROR) {
        reason = MBEDTLS_ERR_SSL_INVALID_MAC;
    } else if (type == MBEDTLS_SSL_ALERT_MSG_MISSING_EXTENSION && !mbedtls_ssl_conf_tls13_is_ephemeral_enabled(ssl)) {
        type = offered ? MBEDTLS_SSL_ALERT_MSG_UNKNOWN_PSK_IDENTITY : MBEDTLS_SSL_ALERT_MSG_HANDSHAKE_FAILURE;
        reason = MBEDTLS_ERR_SSL_UNKNOWN_IDENTITY;
    }
    mbedtls_ssl_pend_fatal_alert(ssl, type, reason);
}

#define mbedtls_ssl_pend_fatal_alert pend_alert
#define mbedtls_ssl_conf_tls13_is_ephemeral_enabled shows_certificate
#define mbedtls_ssl_tls13_write_change_cipher_spec ussl_mbedtls_tls13_write_ccs

#include "ssl_tls13_server.c"

#endif
