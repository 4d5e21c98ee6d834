// Sessions: from mbedTLS's form to bytes and back. The peer's certificate and the
// host name are left out: core binds a session to name and trust itself, and the
// certificate would more than double what a device has to store.

#include "engine/mbedtls/internal.h"

#include "core/host.h"

// What a TLS 1.2 server that names no lifetime is taken to mean (RFC 5246 F.1.4).
#define DEFAULT_LIFETIME_S 86400

void ussl_mbedtls_session_received(ussl_engine_conn_t *conn) {
    const mbedtls_ssl_session *s = conn->ssl.session;
    if (s != NULL && (s->id_len > 0 || s->ticket_len > 0)) {
        conn->sessions++;
    }
}

unsigned ussl_mbedtls_session_count(const ussl_engine_conn_t *conn) {
    return conn->sessions;
}

// What a ClientHello holds beside the ticket, generously. It has to fit into one record,
// and a session too long for that is no reason to fail.
#define HELLO_ROOM 1024

// What the client asked for belongs to its session (RFC 6066 4): servers refuse to resume
// it with another wish, or without. mbedTLS's client does not note it; these two fields
// are its server's.
static void note_sizes(const ussl_engine_conn_t *conn, mbedtls_ssl_session *s) {
    s->mfl_code = conn->cfg->conf.mfl_code;
#if defined(MBEDTLS_SSL_RECORD_SIZE_LIMIT)
    s->record_size_limit = (uint16_t)conn->cfg->receive_max;
#endif
}

static bool same_sizes(const ussl_engine_conn_t *conn, mbedtls_ssl_session *s) {
    if (s->tls_version != MBEDTLS_SSL_VERSION_TLS1_3) {
        return s->mfl_code == conn->cfg->conf.mfl_code;
    }
#if defined(MBEDTLS_SSL_RECORD_SIZE_LIMIT)
    bool same = s->record_size_limit == conn->cfg->receive_max;
    s->record_size_limit = 0; // as before the server has told its own
    return same;
#else
    return true;
#endif
}

static ussl_bytes_t save(mbedtls_ssl_session *s) {
    size_t len = 0;
    mbedtls_ssl_session_save(s, NULL, 0, &len);
    uint8_t *data = ussl_mbedtls_own_calloc(1, len);
    if (data != NULL && mbedtls_ssl_session_save(s, data, len, &len) != 0) {
        ussl_wipe_free(data, len);
        data = NULL;
    }
    return (ussl_bytes_t) { data, data == NULL ? 0 : len };
}

// Exports the session in place: the public way copies it whole, certificate and all.
ussl_bytes_t ussl_mbedtls_conn_session(ussl_engine_conn_t *conn) {
    ussl_mbedtls_begin();
    mbedtls_ssl_session saved = *conn->ssl.session;
    saved.peer_cert = NULL;
    ussl_mbedtls_tls13_take_name(&saved);
    note_sizes(conn, &saved);
    ussl_bytes_t data = save(&saved);
    ussl_wipe(&saved, sizeof(saved));
    return data;
}

void ussl_mbedtls_session_info(const ussl_engine_conn_t *conn, ussl_session_info_t *info) {
    const mbedtls_ssl_session *s = conn->ssl.session;
    bool tls13 = s->tls_version == MBEDTLS_SSL_VERSION_TLS1_3;
    *info = (ussl_session_info_t) {
        .received = tls13 ? ussl_mbedtls_tls13_received_ms(s) / 1000 : (int64_t)s->start,
        .hint = s->ticket_len > 0 ? s->ticket_lifetime : 0,
        .id_len = (uint8_t)s->id_len,
        .has_ticket = s->ticket_len > 0,
    };
    info->lifetime = tls13 || info->hint != 0 ? info->hint : DEFAULT_LIFETIME_S;
    for (size_t i = 0; i < s->id_len; i++) {
        info->id[i] = s->id[i];
    }
}

void ussl_mbedtls_session_forget_name(mbedtls_ssl_session *s) {
    ussl_mbedtls_free(ussl_mbedtls_tls13_take_name(s));
}

// mbedTLS trusts what it loads: a name without an end and an ID longer than its array
// would be read past. conn_session writes no name, no certificate, and only for clients.
static bool is_ours(mbedtls_ssl_session *s) {
    char *name = ussl_mbedtls_tls13_take_name(s);
    ussl_mbedtls_free(name);
    return s->endpoint == MBEDTLS_SSL_IS_CLIENT && s->id_len <= sizeof(s->id) && name == NULL
           && s->peer_cert == NULL && ussl_mbedtls_tls13_received_ms(s) >= 0;
}

// Fits a restored session to this connection.
static int adapt(ussl_engine_conn_t *conn, mbedtls_ssl_session *s) {
    if (s->tls_version != MBEDTLS_SSL_VERSION_TLS1_3) {
        return 0;
    }
    ussl_mbedtls_early_data_offer(conn, s);
    return ussl_mbedtls_tls13_fit(s, conn->sni);
}

ussl_status_t ussl_mbedtls_conn_offer_session(ussl_engine_conn_t *conn, ussl_bytes_t data, ussl_error_t *err) {
    mbedtls_ssl_session s;
    ussl_mbedtls_begin();
    mbedtls_ssl_session_init(&s);
    bool fits = data.len + HELLO_ROOM <= MBEDTLS_SSL_OUT_CONTENT_LEN;
    int ret = fits ? mbedtls_ssl_session_load(&s, data.data, data.len) : MBEDTLS_ERR_SSL_BAD_INPUT_DATA;
    if (ret == 0) {
        ret = is_ours(&s) && same_sizes(conn, &s) ? adapt(conn, &s) : MBEDTLS_ERR_SSL_BAD_INPUT_DATA;
    }
    if (ret == 0) {
        ret = mbedtls_ssl_set_session(&conn->ssl, &s);
    }
    mbedtls_ssl_session_free(&s);
    return ret == 0 && !ussl_mbedtls_no_memory() ? USSL_OK : ussl_mbedtls_fail_input(ret, USSL_REASON_SESSION_DATA, 0, err);
}
