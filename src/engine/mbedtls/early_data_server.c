// Early data of servers: mbedTLS hands it over record by record before the client's
// Finished. Which tickets may bring it in is told in early_tickets.c.

#include "engine/mbedtls/internal.h"

#if defined(MBEDTLS_SSL_EARLY_DATA) && defined(MBEDTLS_SSL_SRV_C)

// What a server skips of early data that it does not accept, ciphertext (RFC 8446 4.2.10):
// what a ticket of another context, or of earlier settings, may have allowed. mbedTLS knows
// no bound but the ticket's, which it may not be able to read, and counts a record's padding
// to it.
#define SKIP_MAX 65536

ussl_status_t ussl_mbedtls_cfg_set_max_early_data(ussl_engine_cfg_t *cfg, uint32_t len, ussl_error_t *err) {
    ussl_mbedtls_begin();
    int ret = ussl_mbedtls_early_tickets_set(&cfg->early_tickets, len > 0);
    if (ret != 0) {
        return ussl_mbedtls_fail(ret, err);
    }
    mbedtls_ssl_conf_early_data(&cfg->conf, len > 0 ? MBEDTLS_SSL_EARLY_DATA_ENABLED : MBEDTLS_SSL_EARLY_DATA_DISABLED);
    mbedtls_ssl_conf_max_early_data_size(&cfg->conf, len);
    return USSL_OK;
}

void ussl_mbedtls_early_data_issued(ussl_engine_cfg_t *cfg, const mbedtls_ssl_session *s, ussl_bytes_t ticket) {
    if (s->ticket_flags & MBEDTLS_SSL_TLS1_3_TICKET_ALLOW_EARLY_DATA) {
        ussl_mbedtls_early_tickets_add(&cfg->early_tickets, ticket);
    }
}

// mbedTLS asks a ticket for its protocol; here that is part of what tickets are bound to, so
// the present one is the ticket's.
void ussl_mbedtls_early_data_guard(ussl_engine_conn_t *conn, mbedtls_ssl_session *s, ussl_bytes_t ticket) {
    if (!mbedtls_ssl_tls13_session_ticket_allow_early_data(s)) {
        return;
    }
    if (!ussl_mbedtls_early_tickets_take(&conn->cfg->early_tickets, ticket)
        || mbedtls_ssl_session_set_ticket_alpn(s, conn->ssl.alpn_chosen) != 0) {
        mbedtls_ssl_tls13_session_clear_ticket_flags(s, MBEDTLS_SSL_TLS1_3_TICKET_ALLOW_EARLY_DATA);
    }
}

bool ussl_mbedtls_early_data_came(const ussl_engine_conn_t *conn) {
    const mbedtls_ssl_context *ssl = &conn->ssl;
    return ssl->conf->endpoint == MBEDTLS_SSL_IS_SERVER && ssl->state == MBEDTLS_SSL_END_OF_EARLY_DATA
           && ssl->in_offt != NULL;
}

int ussl_mbedtls_early_data_read(ussl_engine_conn_t *conn, uint8_t *buf, size_t len) {
    return mbedtls_ssl_read_early_data(&conn->ssl, buf, len);
}

void ussl_mbedtls_early_data_note_server(ussl_engine_conn_t *conn, int *ret) {
    mbedtls_ssl_context *ssl = &conn->ssl;
    if (ssl->handshake->early_data_accepted) {
        conn->early_data = USSL_EARLY_ACCEPTED;
    } else if (ssl->discard_early_data_record != MBEDTLS_SSL_EARLY_DATA_NO_DISCARD) {
        conn->early_data = USSL_EARLY_REJECTED;
        ssl->session_negotiate->max_early_data_size = SKIP_MAX;
    }
    if (*ret == MBEDTLS_ERR_SSL_RECEIVED_EARLY_DATA && mbedtls_ssl_get_bytes_avail(ssl) == 0) {
        *ret = mbedtls_ssl_read_early_data(ssl, NULL, 0); // an empty record
    }
}

void ussl_mbedtls_early_data_forget(mbedtls_ssl_session *s) {
    ussl_mbedtls_free(s->ticket_alpn);
    s->ticket_alpn = NULL;
}

#else

ussl_status_t ussl_mbedtls_cfg_set_max_early_data(ussl_engine_cfg_t *cfg, uint32_t len, ussl_error_t *err) {
    (void)cfg;
    return len == 0 ? USSL_OK : ussl_fail(err, USSL_ERR_CALLER, USSL_REASON_NO_EARLY_DATA);
}

void ussl_mbedtls_early_data_issued(ussl_engine_cfg_t *cfg, const mbedtls_ssl_session *s, ussl_bytes_t ticket) {
    (void)cfg, (void)s, (void)ticket;
}

void ussl_mbedtls_early_data_guard(ussl_engine_conn_t *conn, mbedtls_ssl_session *s, ussl_bytes_t ticket) {
    (void)conn, (void)s, (void)ticket;
}

bool ussl_mbedtls_early_data_came(const ussl_engine_conn_t *conn) {
    (void)conn;
    return false;
}

int ussl_mbedtls_early_data_read(ussl_engine_conn_t *conn, uint8_t *buf, size_t len) {
    (void)conn, (void)buf, (void)len;
    return 0;
}

void ussl_mbedtls_early_data_note_server(ussl_engine_conn_t *conn, int *ret) {
    (void)conn, (void)ret;
}

void ussl_mbedtls_early_data_forget(mbedtls_ssl_session *s) {
    (void)s;
}

#endif
