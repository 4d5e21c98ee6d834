// mbedTLS's TLS 1.3 client, which can also resume with the PSK alone (RFC 8446 2.2): it then
// offers that mode and no other, and an empty list of key shares, so that no key is made.
// A server that declines asks for a share with HelloRetryRequest, and the handshake goes on
// as a full one. The file takes the place of ssl_tls13_client.c in the build.

#include "engine/mbedtls/internal.h"

#if defined(MBEDTLS_SSL_PROTO_TLS1_3)

static inline int psk_alone(mbedtls_ssl_context *ssl) {
    return mbedtls_ssl_conf_tls13_is_psk_enabled(ssl) && ssl->handshake->resume;
}

static inline int offers_psk_ephemeral(mbedtls_ssl_context *ssl) {
    return mbedtls_ssl_conf_tls13_is_psk_ephemeral_enabled(ssl) && !psk_alone(ssl);
}

// In a second hello too, unless it was a share that the server asked for: what it did not ask
// for stays as it was (RFC 8446 4.1.2).
static inline int writes_no_share(mbedtls_ssl_context *ssl) {
    bool asked = ssl->handshake->received_extensions & MBEDTLS_SSL_EXT_MASK(KEY_SHARE);
    return ssl->state == MBEDTLS_SSL_CLIENT_HELLO && psk_alone(ssl) && !asked;
}

// With HelloRetryRequest mbedTLS gives up the key of its share. Where there is none it fails
// for the group, not for the key, so it gets one.
static inline void before_second_hello(mbedtls_ssl_context *ssl, int partial) {
    mbedtls_ssl_session_reset_msg_layer(ssl, partial);
    if (ssl->handshake->offered_group_id == 0) {
        ssl->handshake->offered_group_id = ussl_mbedtls_tls13_groups[0];
    }
}

// Asked before a share is written, and whether one may be read.
static inline int knows_shares(mbedtls_ssl_context *ssl) {
    return mbedtls_ssl_conf_tls13_is_some_ephemeral_enabled(ssl) && !writes_no_share(ssl);
}

int ussl_mbedtls_tls13_write_extensions(mbedtls_ssl_context *ssl, unsigned char *buf, unsigned char *end, size_t *len);

#define mbedtls_ssl_conf_tls13_is_psk_ephemeral_enabled offers_psk_ephemeral
#define mbedtls_ssl_conf_tls13_is_some_ephemeral_enabled knows_shares
#define mbedtls_ssl_session_reset_msg_layer before_second_hello
#define mbedtls_ssl_tls13_write_change_cipher_spec ussl_mbedtls_tls13_write_ccs
#define mbedtls_ssl_tls13_write_client_hello_exts ussl_mbedtls_tls13_write_extensions

#include "ssl_tls13_client.c"

#undef mbedtls_ssl_tls13_write_client_hello_exts

// RFC 8446 9.2: whoever names groups also sends key_share, be it empty.
int mbedtls_ssl_tls13_write_client_hello_exts(mbedtls_ssl_context *ssl, unsigned char *buf, unsigned char *end,
    size_t *len) {
    int ret = ussl_mbedtls_tls13_write_extensions(ssl, buf, end, len);
    if (ret != 0 || !writes_no_share(ssl)) {
        return ret;
    }
    if ((size_t)(end - buf) < *len + 6) {
        return MBEDTLS_ERR_SSL_BUFFER_TOO_SMALL;
    }
    MBEDTLS_PUT_UINT16_BE(MBEDTLS_TLS_EXT_KEY_SHARE, buf, *len);
    MBEDTLS_PUT_UINT16_BE(2, buf, *len + 2);
    MBEDTLS_PUT_UINT16_BE(0, buf, *len + 4);
    *len += 6;
    mbedtls_ssl_tls13_set_hs_sent_ext_mask(ssl, MBEDTLS_TLS_EXT_KEY_SHARE);
    return 0;
}

#endif
