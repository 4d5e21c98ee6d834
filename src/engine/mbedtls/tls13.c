// What the adapter does for TLS 1.3 alone; in a build without it, nothing.

#include "engine/mbedtls/internal.h"

#if defined(MBEDTLS_SSL_PROTO_TLS1_3)

void ussl_mbedtls_tls13_configure(mbedtls_ssl_config *conf) {
    mbedtls_ssl_conf_tls13_enable_signal_new_session_tickets(conf,
        MBEDTLS_SSL_TLS1_3_SIGNAL_NEW_SESSION_TICKETS_ENABLED);
    #if defined(MBEDTLS_SSL_EARLY_DATA)
    if (conf->endpoint == MBEDTLS_SSL_IS_CLIENT) { // each connection has its own say
        mbedtls_ssl_conf_early_data(conf, MBEDTLS_SSL_EARLY_DATA_ENABLED);
    }
    #endif
    ussl_mbedtls_tls13_allow_psk_alone(conf, false);
}

void ussl_mbedtls_tls13_allow_psk_alone(mbedtls_ssl_config *conf, bool allow) {
    mbedtls_ssl_conf_tls13_key_exchange_modes(conf, allow ? MBEDTLS_SSL_TLS1_3_KEY_EXCHANGE_MODE_ALL
        : MBEDTLS_SSL_TLS1_3_KEY_EXCHANGE_MODE_EPHEMERAL_ALL);
}

int ussl_mbedtls_tls13_write_ccs(mbedtls_ssl_context *ssl) {
    return ssl->session_negotiate->id_len == 0 ? 0 : mbedtls_ssl_tls13_write_change_cipher_spec(ssl);
}

bool ussl_mbedtls_tls13_uses_psk(const mbedtls_ssl_context *ssl) {
    return ssl->handshake->key_exchange_mode & MBEDTLS_SSL_TLS1_3_KEY_EXCHANGE_MODE_PSK_ALL;
}

size_t ussl_mbedtls_tls13_cookie_len(const mbedtls_ssl_context *ssl) {
    return ssl->handshake->cookie_len;
}

// Marking the extension as sent is what lets it in; it is not allowed in other messages.
void ussl_mbedtls_tls13_expect_cookie(mbedtls_ssl_context *ssl) {
    if (ssl->state == MBEDTLS_SSL_SERVER_HELLO && ssl->conf->endpoint == MBEDTLS_SSL_IS_CLIENT) {
        mbedtls_ssl_tls13_set_hs_sent_ext_mask(ssl, MBEDTLS_TLS_EXT_COOKIE);
    }
}

static bool server_flight_comes(int state) {
    switch (state) {
        case MBEDTLS_SSL_ENCRYPTED_EXTENSIONS:
        case MBEDTLS_SSL_CERTIFICATE_REQUEST:
        case MBEDTLS_SSL_SERVER_CERTIFICATE:
        case MBEDTLS_SSL_CERTIFICATE_VERIFY:
        case MBEDTLS_SSL_SERVER_FINISHED:
            return true;
        default:
            return false;
    }
}

static bool client_flight_comes(int state) {
    return state == MBEDTLS_SSL_CLIENT_CERTIFICATE || state == MBEDTLS_SSL_CLIENT_CERTIFICATE_VERIFY
           || state == MBEDTLS_SSL_CLIENT_FINISHED || state == MBEDTLS_SSL_END_OF_EARLY_DATA;
}

void ussl_mbedtls_tls13_turn_keys(mbedtls_ssl_context *ssl) {
    if (ssl->handshake == NULL || ssl->tls_version != MBEDTLS_SSL_VERSION_TLS1_3) {
        return;
    }
    bool client = ssl->conf->endpoint == MBEDTLS_SSL_IS_CLIENT;
    mbedtls_ssl_transform *keys = ssl->transform_out;
    if (client && server_flight_comes(ssl->state) && !ussl_mbedtls_early_data_keys(ssl)) {
        keys = ssl->handshake->transform_handshake;
    } else if (ssl->state == MBEDTLS_SSL_CLIENT_CCS_AFTER_SERVER_FINISHED) {
        keys = NULL; // this one message is never encrypted
    } else if (!client && client_flight_comes(ssl->state) && ssl->transform_application != NULL) {
        keys = ssl->transform_application;
    }
    if (keys != ssl->transform_out) {
        mbedtls_ssl_set_outbound_transform(ssl, keys);
    }
}

char *ussl_mbedtls_tls13_take_name(mbedtls_ssl_session *s) {
    char *name = s->hostname;
    s->hostname = NULL;
    return name;
}

int64_t ussl_mbedtls_tls13_received_ms(const mbedtls_ssl_session *s) {
    return s->ticket_reception_time;
}

int ussl_mbedtls_tls13_fit(mbedtls_ssl_session *s, const char *name) {
    mbedtls_ms_time_t now = mbedtls_ms_time();
    mbedtls_ms_time_t came = (mbedtls_ms_time_t)s->start * 1000;
    s->ticket_reception_time = came > now ? now : came;
    return mbedtls_ssl_session_set_hostname(s, name);
}

#else

void ussl_mbedtls_tls13_configure(mbedtls_ssl_config *conf) {
    (void)conf;
}

void ussl_mbedtls_tls13_allow_psk_alone(mbedtls_ssl_config *conf, bool allow) {
    (void)conf;
    (void)allow;
}

bool ussl_mbedtls_tls13_uses_psk(const mbedtls_ssl_context *ssl) {
    (void)ssl;
    return false;
}

size_t ussl_mbedtls_tls13_cookie_len(const mbedtls_ssl_context *ssl) {
    (void)ssl;
    return 0;
}

void ussl_mbedtls_tls13_expect_cookie(mbedtls_ssl_context *ssl) {
    (void)ssl;
}

void ussl_mbedtls_tls13_turn_keys(mbedtls_ssl_context *ssl) {
    (void)ssl;
}

char *ussl_mbedtls_tls13_take_name(mbedtls_ssl_session *s) {
    (void)s;
    return NULL;
}

int64_t ussl_mbedtls_tls13_received_ms(const mbedtls_ssl_session *s) {
    (void)s;
    return 0;
}

int ussl_mbedtls_tls13_fit(mbedtls_ssl_session *s, const char *name) {
    (void)s;
    (void)name;
    return 0;
}

#endif
