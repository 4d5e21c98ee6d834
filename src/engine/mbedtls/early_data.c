// Early data (0-RTT, RFC 8446 2.3) of clients: it leaves in the flight of the ClientHello.
// mbedTLS's own function for it would turn to reading between two records.

#include <string.h>

#include "engine/mbedtls/internal.h"

#if defined(MBEDTLS_SSL_EARLY_DATA)

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

bool ussl_mbedtls_early_data_keys(const mbedtls_ssl_context *ssl) {
    return ssl->early_data_state == MBEDTLS_SSL_EARLY_DATA_STATE_CAN_WRITE
           || ssl->early_data_state == MBEDTLS_SSL_EARLY_DATA_STATE_ACCEPTED;
}

static void note_answer(ussl_engine_conn_t *conn) {
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

void ussl_mbedtls_early_data_note(ussl_engine_conn_t *conn, int *ret) {
    if (conn->ssl.conf->endpoint == MBEDTLS_SSL_IS_CLIENT) {
        note_answer(conn);
    } else if (conn->ssl.handshake != NULL) {
        ussl_mbedtls_early_data_note_server(conn, ret);
    }
}

#else

void ussl_mbedtls_conn_set_early_data(ussl_engine_conn_t *conn, ussl_bytes_t data) {
    (void)conn, (void)data;
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

bool ussl_mbedtls_early_data_keys(const mbedtls_ssl_context *ssl) {
    (void)ssl;
    return false;
}

void ussl_mbedtls_early_data_note(ussl_engine_conn_t *conn, int *ret) {
    (void)conn, (void)ret;
}

#endif

ussl_early_data_t ussl_mbedtls_early_data(const ussl_engine_conn_t *conn, size_t *sent) {
    *sent = conn->early_sent;
    return (ussl_early_data_t)conn->early_data;
}
