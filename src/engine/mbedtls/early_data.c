// Early data (0-RTT, RFC 8446 2.3): a client's leaves in the flight of its ClientHello, a
// server's is handed over record by record before the client's Finished. mbedTLS's own
// function for writing it would turn to reading between two records.

#include <string.h>

#include "engine/mbedtls/internal.h"

#if defined(MBEDTLS_SSL_EARLY_DATA)

#if defined(MBEDTLS_SSL_SRV_C)

// What a server skips of early data that it does not accept, ciphertext (RFC 8446 4.2.10):
// what a ticket of another context, or of earlier settings, may have allowed. mbedTLS knows
// no bound but the ticket's, which it may not be able to read, and counts a record's padding
// to it.
#define SKIP_MAX 65536

static bool is_client(const mbedtls_ssl_context *ssl) {
    return ssl->conf->endpoint == MBEDTLS_SSL_IS_CLIENT;
}

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

bool ussl_mbedtls_early_data_came(const ussl_engine_conn_t *conn) {
    const mbedtls_ssl_context *ssl = &conn->ssl;
    return ssl->state == MBEDTLS_SSL_END_OF_EARLY_DATA && !is_client(ssl) && ssl->in_offt != NULL;
}

int ussl_mbedtls_early_data_read(ussl_engine_conn_t *conn, uint8_t *buf, size_t len) {
    return mbedtls_ssl_read_early_data(&conn->ssl, buf, len);
}

static void note_server(ussl_engine_conn_t *conn, int *ret) {
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

void ussl_mbedtls_early_data_forget(mbedtls_ssl_session *s) {
    ussl_mbedtls_free(s->ticket_alpn);
    s->ticket_alpn = NULL;
}

#else

static bool is_client(const mbedtls_ssl_context *ssl) {
    (void)ssl;
    return true;
}

ussl_status_t ussl_mbedtls_cfg_set_max_early_data(ussl_engine_cfg_t *cfg, uint32_t len, ussl_error_t *err) {
    (void)cfg;
    return len == 0 ? USSL_OK : ussl_fail(err, USSL_ERR_CALLER, USSL_REASON_NO_EARLY_DATA);
}

bool ussl_mbedtls_early_data_came(const ussl_engine_conn_t *conn) {
    (void)conn;
    return false;
}

int ussl_mbedtls_early_data_read(ussl_engine_conn_t *conn, uint8_t *buf, size_t len) {
    (void)conn, (void)buf, (void)len;
    return 0;
}

static void note_server(ussl_engine_conn_t *conn, int *ret) {
    (void)conn, (void)ret;
}

void ussl_mbedtls_early_data_issued(ussl_engine_cfg_t *cfg, const mbedtls_ssl_session *s, ussl_bytes_t ticket) {
    (void)cfg, (void)s, (void)ticket;
}

void ussl_mbedtls_early_data_guard(ussl_engine_conn_t *conn, mbedtls_ssl_session *s, ussl_bytes_t ticket) {
    (void)conn, (void)s, (void)ticket;
}

void ussl_mbedtls_early_data_forget(mbedtls_ssl_session *s) {
    (void)s;
}

#endif

// ---- clients ----

void ussl_mbedtls_conn_set_early_data(ussl_engine_conn_t *conn, ussl_bytes_t data) {
    conn->early = data;
}

static size_t smaller(size_t a, size_t b) {
    return a < b ? a : b;
}

// mbedTLS announces early data whenever the ticket allows it, also where there is none, and
// where it does not offer the ticket because its way of key exchange is not wanted any more.
void ussl_mbedtls_early_data_offer(ussl_engine_conn_t *conn, mbedtls_ssl_session *s) {
    int modes = s->ticket_flags & conn->cfg->conf.tls13_kex_modes & MBEDTLS_SSL_TLS1_3_KEY_EXCHANGE_MODE_PSK_ALL;
    bool allowed = s->ticket_flags & MBEDTLS_SSL_TLS1_3_TICKET_ALLOW_EARLY_DATA && modes != 0;
    conn->early.len = allowed ? smaller(conn->early.len, s->max_early_data_size) : 0;
    if (conn->early.len == 0) {
        mbedtls_ssl_tls13_session_clear_ticket_flags(s, MBEDTLS_SSL_TLS1_3_TICKET_ALLOW_EARLY_DATA);
    }
}

bool ussl_mbedtls_early_data_goes(const ussl_engine_conn_t *conn) {
    return conn->early.len > 0 && conn->ssl.early_data_state == MBEDTLS_SSL_EARLY_DATA_STATE_CAN_WRITE;
}

// As mbedtls_ssl_write does it. Once the record is made, the data counts as sent: what is
// left of the record goes out before anything else.
int ussl_mbedtls_early_data_write(ussl_engine_conn_t *conn) {
    mbedtls_ssl_context *ssl = &conn->ssl;
    size_t len = conn->early.len;
    int ret = mbedtls_ssl_flush_output(ssl);
    ret = ret == 0 ? ussl_mbedtls_records_reserve(conn, &len) : ret;
    if (ret != 0) {
        return ret;
    }
    ssl->out_msgtype = MBEDTLS_SSL_MSG_APPLICATION_DATA;
    ssl->out_msglen = len;
    memcpy(ssl->out_msg, conn->early.data, len);
    ret = mbedtls_ssl_write_record(ssl, 1);
    if (ret == 0 || ret == MBEDTLS_ERR_SSL_WANT_WRITE) {
        conn->early = (ussl_bytes_t) { conn->early.data + len, conn->early.len - len };
        conn->early_sent += len;
    }
    return ret;
}

static void note_client(ussl_engine_conn_t *conn) {
    switch (conn->ssl.early_data_state) {
        case MBEDTLS_SSL_EARLY_DATA_STATE_REJECTED:
            conn->early_data = USSL_EARLY_REJECTED;
            break;
        case MBEDTLS_SSL_EARLY_DATA_STATE_ACCEPTED:
        case MBEDTLS_SSL_EARLY_DATA_STATE_SERVER_FINISHED_RECEIVED:
            conn->early_data = USSL_EARLY_ACCEPTED;
            break;
        default:
            break;
    }
}

bool ussl_mbedtls_early_data_keys(const mbedtls_ssl_context *ssl) {
    return ssl->early_data_state == MBEDTLS_SSL_EARLY_DATA_STATE_CAN_WRITE
           || ssl->early_data_state == MBEDTLS_SSL_EARLY_DATA_STATE_ACCEPTED;
}

// ---- both ----

void ussl_mbedtls_early_data_note(ussl_engine_conn_t *conn, int *ret) {
    if (is_client(&conn->ssl)) {
        note_client(conn);
    } else if (conn->ssl.handshake != NULL) {
        note_server(conn, ret);
    }
}

ussl_early_data_t ussl_mbedtls_early_data(const ussl_engine_conn_t *conn, size_t *sent) {
    *sent = conn->early_sent;
    return (ussl_early_data_t)conn->early_data;
}

#else

void ussl_mbedtls_early_data_issued(ussl_engine_cfg_t *cfg, const mbedtls_ssl_session *s, ussl_bytes_t ticket) {
    (void)cfg, (void)s, (void)ticket;
}

void ussl_mbedtls_early_data_guard(ussl_engine_conn_t *conn, mbedtls_ssl_session *s, ussl_bytes_t ticket) {
    (void)conn, (void)s, (void)ticket;
}

ussl_status_t ussl_mbedtls_cfg_set_max_early_data(ussl_engine_cfg_t *cfg, uint32_t len, ussl_error_t *err) {
    (void)cfg;
    return len == 0 ? USSL_OK : ussl_fail(err, USSL_ERR_CALLER, USSL_REASON_NO_EARLY_DATA);
}

void ussl_mbedtls_conn_set_early_data(ussl_engine_conn_t *conn, ussl_bytes_t data) {
    (void)conn, (void)data;
}

ussl_early_data_t ussl_mbedtls_early_data(const ussl_engine_conn_t *conn, size_t *sent) {
    (void)conn;
    *sent = 0;
    return USSL_EARLY_NONE;
}

void ussl_mbedtls_early_data_offer(ussl_engine_conn_t *conn, mbedtls_ssl_session *s) {
    (void)conn, (void)s;
}

bool ussl_mbedtls_early_data_goes(const ussl_engine_conn_t *conn) {
    (void)conn;
    return false;
}

int ussl_mbedtls_early_data_write(ussl_engine_conn_t *conn) {
    (void)conn;
    return 0;
}

bool ussl_mbedtls_early_data_came(const ussl_engine_conn_t *conn) {
    (void)conn;
    return false;
}

int ussl_mbedtls_early_data_read(ussl_engine_conn_t *conn, uint8_t *buf, size_t len) {
    (void)conn, (void)buf, (void)len;
    return 0;
}

void ussl_mbedtls_early_data_note(ussl_engine_conn_t *conn, int *ret) {
    (void)conn, (void)ret;
}

bool ussl_mbedtls_early_data_keys(const mbedtls_ssl_context *ssl) {
    (void)ssl;
    return false;
}

void ussl_mbedtls_early_data_issued(ussl_engine_cfg_t *cfg, const mbedtls_ssl_session *s, ussl_bytes_t ticket) {
    (void)cfg, (void)s, (void)ticket;
}

void ussl_mbedtls_early_data_guard(ussl_engine_conn_t *conn, mbedtls_ssl_session *s, ussl_bytes_t ticket) {
    (void)conn, (void)s, (void)ticket;
}

void ussl_mbedtls_early_data_forget(mbedtls_ssl_session *s) {
    (void)s;
}

#endif
