// mbedTLS's TLS 1.2 client, with one of its checks completed.
//
// Since 3.6.6 it refuses RSA-PSS signatures in a TLS 1.2 ServerKeyExchange, although a
// ClientHello that also offers TLS 1.3 has to offer RSA-PSS, and RFC 8446 section 4.2.3
// then demands that it be accepted in TLS 1.2 too. OpenSSL and others do choose it, and
// the handshake with any RSA certificate would fail. The file takes the place of
// ssl_tls12_client.c in the build; whether a signature was offered is still checked
// there, right after.

//
// And it can ask which pre-shared key it has for a server when it knows that server's hint;
// the identity may then be of no bytes (RFC 4279 2).

#include "engine/mbedtls/psk.h"

static inline int accepts_signature(const mbedtls_ssl_context *ssl, uint16_t sig_alg) {
    return mbedtls_ssl_sig_alg_is_supported(ssl, sig_alg)
           || sig_alg == MBEDTLS_TLS1_3_SIG_RSA_PSS_RSAE_SHA256
           || sig_alg == MBEDTLS_TLS1_3_SIG_RSA_PSS_RSAE_SHA384
           || sig_alg == MBEDTLS_TLS1_3_SIG_RSA_PSS_RSAE_SHA512;
}

#if USSL_PSK

// The message that ends this state is still where it was read to.
static inline void next_state(mbedtls_ssl_context *ssl) {
    if (ssl->state == MBEDTLS_SSL_SERVER_KEY_EXCHANGE) {
        ussl_mbedtls_psk_ask_late(ssl);
    }
    mbedtls_ssl_handshake_increment_state(ssl);
}

#define mbedtls_ssl_handshake_increment_state next_state
#define mbedtls_ssl_conf_has_static_psk(conf) ((conf)->psk != NULL)

#endif

#define mbedtls_ssl_sig_alg_is_supported accepts_signature

#include "ssl_tls12_client.c"
