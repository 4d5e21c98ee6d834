// Connections.

#include <string.h>

#include "engine/mbedtls/dtls.h"
#include "engine/mbedtls/trust.h"

#include "mbedtls/net_sockets.h"

#include "core/host.h"
#include "engine/mbedtls/arena.h"
#include "engine/mbedtls/psk.h"

// ---- transport ----

static int to_mbedtls(int n, int again, int failed) {
    return n >= 0 ? n : n == USSL_IO_AGAIN ? again : failed;
}

void ussl_mbedtls_running(ussl_engine_conn_t *conn) {
    ussl_mbedtls_accept_running(conn);
    ussl_mbedtls_signer_running(conn);
}

static int on_send(void *arg, const unsigned char *buf, size_t len) {
    ussl_engine_conn_t *conn = arg;
    ussl_mbedtls_pause_t before = ussl_mbedtls_pause();
    int n = conn->io.send(conn->io.arg, buf, len);
    ussl_mbedtls_resume(before);
    ussl_mbedtls_running(conn);
    return to_mbedtls(n, MBEDTLS_ERR_SSL_WANT_WRITE, MBEDTLS_ERR_NET_SEND_FAILED);
}

int ussl_mbedtls_receive(ussl_engine_conn_t *conn, unsigned char *buf, size_t len) {
    ussl_mbedtls_pause_t before = ussl_mbedtls_pause();
    int n = conn->io.recv(conn->io.arg, buf, len);
    ussl_mbedtls_resume(before);
    ussl_mbedtls_running(conn);
    conn->at_end |= n == 0;
    return to_mbedtls(n, MBEDTLS_ERR_SSL_WANT_READ, MBEDTLS_ERR_NET_RECV_FAILED);
}

// ---- life ----

// mbedTLS has one host name for both SNI and verification; which of the two it is
// given depends on whether a ClientHello is about to be written.
static int use_name(ussl_engine_conn_t *conn, const char *name) {
    if (name == conn->hs->current_name) {
        return 0;
    }
    int ret = mbedtls_ssl_set_hostname(&conn->ssl, name);
    conn->hs->current_name = ret == 0 ? name : NULL;
    return ret;
}

static int set_up(ussl_engine_conn_t *conn, const mbedtls_ssl_config *conf) {
    int ret = ussl_mbedtls_records_setup(conn, conf);
    if (ret == 0) {
        ret = mbedtls_ssl_set_hostname(&conn->ssl, conn->hs->sni);
        conn->hs->current_name = conn->hs->sni;
    }
    mbedtls_ssl_set_bio(&conn->ssl, conn, on_send, ussl_mbedtls_records_recv, NULL);
    #if USSL_DTLS
    ussl_mbedtls_dtls_new(conn);
    #endif
    ussl_mbedtls_watch_verification(conn);
    ussl_mbedtls_log_keys(conn);
    return ret == 0 ? ussl_mbedtls_accept_new(conn) : ret;
}

static void handshake_free(ussl_engine_conn_t *conn) {
    if (conn->hs != NULL) {
        ussl_mbedtls_free(conn->hs->verify);
        ussl_mbedtls_free(conn->hs);
        conn->hs = NULL;
    }
}

static void conn_free(ussl_engine_conn_t *conn) {
    if (conn == NULL) {
        return;
    }
    ussl_mbedtls_records_free(conn);
    ussl_mbedtls_psk_free(conn);
    mbedtls_ssl_free(&conn->ssl);
    ussl_mbedtls_leftover_forget(conn);
    ussl_mbedtls_accept_free(conn);
    handshake_free(conn);
    ussl_mbedtls_chain_free(conn);
    ussl_mbedtls_free(conn);
}

static ussl_engine_conn_t *allocate(void) {
    ussl_engine_conn_t *conn = ussl_mbedtls_own_calloc(1, sizeof(*conn));
    ussl_mbedtls_handshake_t *hs = ussl_mbedtls_own_calloc(1, sizeof(*hs));
    if (conn == NULL || hs == NULL) {
        ussl_mbedtls_free(conn);
        ussl_mbedtls_free(hs);
        return NULL;
    }
    conn->hs = hs;
    return conn;
}

static ussl_status_t conn_new(ussl_engine_cfg_t *cfg, const ussl_engine_io_t *io, const char *name,
    bool check_name, ussl_engine_conn_t **out, ussl_error_t *err) {
    if (ussl_mbedtls_cfg_ready(cfg, err) != USSL_OK) {
        return USSL_FAILED;
    }
    ussl_mbedtls_begin();
    ussl_engine_conn_t *conn = allocate();
    if (conn == NULL) {
        return ussl_mbedtls_fail(MBEDTLS_ERR_SSL_ALLOC_FAILED, err);
    }
    conn->cfg = cfg;
    conn->io = *io;
    conn->hs->sni = name != NULL && !ussl_mbedtls_is_address(name) ? name : NULL; // RFC 6066 3
    conn->hs->verify_name = check_name ? name : NULL;
    mbedtls_ssl_init(&conn->ssl);
    int ret = set_up(conn, &cfg->conf);
    if (ret != 0 || ussl_mbedtls_no_memory()) {
        conn_free(conn);
        return ussl_mbedtls_fail(ret, err);
    }
    *out = conn;
    return USSL_OK;
}

// ---- errors ----

static bool in_handshake(const ussl_engine_conn_t *conn) {
    return !mbedtls_ssl_is_handshake_over((mbedtls_ssl_context *)&conn->ssl);
}

// Names the TLS 1.3 messages after the handshake that mbedTLS cannot answer.
static ussl_reason_t unexpected_reason(const ussl_engine_conn_t *conn) {
    enum { KEY_UPDATE = 24 };
    if (in_handshake(conn) || conn->ssl.in_msgtype != MBEDTLS_SSL_MSG_HANDSHAKE) {
        return USSL_REASON_UNEXPECTED_MESSAGE;
    }
    return conn->ssl.in_msg[0] == KEY_UPDATE ? USSL_REASON_KEY_UPDATE
           : conn->ssl.in_msg[0] == MBEDTLS_SSL_HS_CERTIFICATE_REQUEST ? USSL_REASON_POST_HANDSHAKE_AUTH
           : conn->ssl.in_msg[0] == MBEDTLS_SSL_HS_CLIENT_HELLO
        || conn->ssl.in_msg[0] == MBEDTLS_SSL_HS_HELLO_REQUEST ? USSL_REASON_RENEGOTIATION
           : USSL_REASON_UNEXPECTED_MESSAGE;
}

// A TLS 1.3 client that refuses our certificate or fails before it has keys may say so in
// the clear (OpenSSL's does), where mbedTLS expects an encrypted record. Nothing rests on
// it but the words of the error.
static bool is_plain_alert(const ussl_engine_conn_t *conn) {
    const unsigned char *record = conn->ssl.in_hdr;
    return in_handshake(conn) && conn->ssl.tls_version == MBEDTLS_SSL_VERSION_TLS1_3 && record != NULL
           && record[0] == MBEDTLS_SSL_MSG_ALERT && record[3] == 0 && record[4] == 2;
}

static ussl_status_t conn_failed(ussl_engine_conn_t *conn, int ret, ussl_error_t *err) {
    ussl_mbedtls_fail(ret, err);
    if (err->reason == USSL_REASON_BAD_RECORD && is_plain_alert(conn)) {
        *err = (ussl_error_t) { .cls = USSL_ERR_ALERT, .alert = conn->ssl.in_hdr[6] };
        return USSL_FAILED;
    }
    if (err->cls == USSL_ERR_ALERT) {
        err->alert = ret == MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY ? MBEDTLS_SSL_ALERT_MSG_CLOSE_NOTIFY : conn->ssl.in_msg[1];
    } else if (err->reason == USSL_REASON_UNEXPECTED_MESSAGE) {
        err->reason = (uint8_t)unexpected_reason(conn);
    } else if (err->reason == USSL_REASON_BAD_RECORD && !conn->got_record) {
        err->reason = USSL_REASON_NOT_TLS;
    }
    ussl_mbedtls_psk_explain(conn, err);
    return USSL_FAILED;
}

// ---- the handshake ----

static void note_progress(ussl_engine_conn_t *conn) {
    const mbedtls_ssl_context *ssl = &conn->ssl;
    conn->got_record |= ssl->state > MBEDTLS_SSL_SERVER_HELLO && ssl->state != MBEDTLS_SSL_CLIENT_CCS_AFTER_CLIENT_HELLO;
    if (ssl->handshake == NULL) {
        return;
    }
    conn->used_psk = ussl_mbedtls_psk_agreed(ssl);
    conn->resumed = ssl->handshake->resume && !conn->used_psk
        && (ssl->tls_version != MBEDTLS_SSL_VERSION_TLS1_3 || ussl_mbedtls_tls13_uses_psk(ssl));
}

// With OPTIONAL mbedTLS looks but does not judge: a client's certificate that was found
// bad ends the handshake here, with the alert that REQUIRED would have sent.
static int judge_optional(ussl_engine_conn_t *conn) {
    if (conn->ssl.conf->authmode != MBEDTLS_SSL_VERIFY_OPTIONAL || conn->hs->verify == NULL) {
        return 0;
    }
    uint32_t flags = conn->hs->verify->flags;
    unsigned char alert = flags & (USSL_VERIFY_USAGE | USSL_VERIFY_WEAK_KEY) ? MBEDTLS_SSL_ALERT_MSG_UNSUPPORTED_CERT
        : flags & USSL_VERIFY_EXPIRED ? MBEDTLS_SSL_ALERT_MSG_CERT_EXPIRED
        : flags & USSL_VERIFY_REVOKED ? MBEDTLS_SSL_ALERT_MSG_CERT_REVOKED
        : flags & (USSL_VERIFY_NOT_PINNED | USSL_VERIFY_OTHER) ? MBEDTLS_SSL_ALERT_MSG_ACCESS_DENIED
        : flags & USSL_VERIFY_UNKNOWN_ISSUER ? MBEDTLS_SSL_ALERT_MSG_UNKNOWN_CA : MBEDTLS_SSL_ALERT_MSG_CERT_UNKNOWN;
    mbedtls_ssl_send_alert_message(&conn->ssl, MBEDTLS_SSL_ALERT_LEVEL_FATAL, alert);
    return MBEDTLS_ERR_X509_CERT_VERIFY_FAILED;
}

// mbedTLS says nothing to a TLS 1.2 client that had to show a certificate (RFC 5246 7.4.6).
static void tell_missing(mbedtls_ssl_context *ssl) {
    if (ssl->tls_version == MBEDTLS_SSL_VERSION_TLS1_2) {
        mbedtls_ssl_send_alert_message(ssl, MBEDTLS_SSL_ALERT_LEVEL_FATAL, MBEDTLS_SSL_ALERT_MSG_HANDSHAKE_FAILURE);
    }
}

// An RSA key that ran out of memory may keep one half of its blinding newer than the
// other and would fail from then on, in every connection; without, it makes a new one.
static void mend_key(const mbedtls_ssl_config *conf) {
    #if defined(MBEDTLS_RSA_C)
    mbedtls_pk_context *key = conf->key_cert == NULL ? NULL : conf->key_cert->key;
    if (key != NULL && mbedtls_pk_get_type(key) == MBEDTLS_PK_RSA) {
        mbedtls_mpi_free(&mbedtls_pk_rsa(*key)->Vi);
        mbedtls_mpi_free(&mbedtls_pk_rsa(*key)->Vf);
    }
    #else
    (void)conf;
    #endif
}

static int out_of_memory(ussl_engine_conn_t *conn, int ret) {
    mend_key(conn->ssl.conf);
    if (ret == 0) {
        mbedtls_ssl_send_alert_message(&conn->ssl, MBEDTLS_SSL_ALERT_LEVEL_FATAL, MBEDTLS_SSL_ALERT_MSG_INTERNAL_ERROR);
    }
    return MBEDTLS_ERR_SSL_ALLOC_FAILED;
}

static int compute_step(ussl_engine_conn_t *conn) {
    bool before = ussl_mbedtls_arena_switch(true);
    ussl_mbedtls_running(conn);
    int ret = ussl_mbedtls_early_data_goes(conn) ? ussl_mbedtls_early_data_write(conn) : ussl_mbedtls_records_step(conn);
    ussl_mbedtls_arena_switch(before);
    ussl_mbedtls_arena_trim();
    return ussl_mbedtls_signer_failed(conn, ret);
}

static int step(ussl_engine_conn_t *conn) {
    bool hello = conn->ssl.state <= MBEDTLS_SSL_CLIENT_HELLO;
    int ret = use_name(conn, hello ? conn->hs->sni : conn->hs->verify_name);
    if (ret == 0) {
        ussl_mbedtls_tls13_expect_cookie(&conn->ssl);
        ussl_mbedtls_tls13_turn_keys(&conn->ssl);
        ret = ussl_mbedtls_accept_step(conn);
    }
    ret = ret == 0 ? ussl_mbedtls_psk_before(conn) : ret;
    if (ret == 0) {
        ret = compute_step(conn);
        ret = ret == 0 ? ussl_mbedtls_psk_after(conn) : ret;
        note_progress(conn);
        ussl_mbedtls_chain_note_sent(conn);
        ussl_mbedtls_early_data_note(conn, &ret);
    }
    #if USSL_DTLS
    ret = ussl_mbedtls_dtls_start_over(conn, ret);
    #endif
    if (ret == MBEDTLS_ERR_SSL_NO_CLIENT_CERTIFICATE) {
        tell_missing(&conn->ssl);
    }
    ret = ret == 0 ? judge_optional(conn) : ret;
    return ussl_mbedtls_no_memory() ? out_of_memory(conn, ret) : ret;
}

// A TLS 1.3 server's tickets belong to its handshake here; mbedTLS would send them
// with the first data, in a record more than a write is made for.
static bool has_steps_left(const ussl_engine_conn_t *conn) {
    bool server = mbedtls_ssl_conf_get_endpoint(conn->ssl.conf) == MBEDTLS_SSL_IS_SERVER;
    return in_handshake(conn) || (server && conn->ssl.state != MBEDTLS_SSL_HANDSHAKE_OVER);
}

// Names are for the ClientHello and for verification; core keeps its own.
static void forget_names(ussl_engine_conn_t *conn) {
    use_name(conn, NULL);
    ussl_mbedtls_session_forget_name(conn->ssl.session);
}

static ussl_status_t handshake(ussl_engine_conn_t *conn, ussl_error_t *err) {
    if (!has_steps_left(conn)) {
        return USSL_OK;
    }
    ussl_mbedtls_begin();
    int ret = 0;
    while (ret == 0 && has_steps_left(conn)) {
        ret = step(conn);
    }
    if (ret == MBEDTLS_ERR_SSL_WANT_READ || ret == MBEDTLS_ERR_SSL_WANT_WRITE || ret == MBEDTLS_ERR_SSL_RECEIVED_EARLY_DATA) {
        return ret == MBEDTLS_ERR_SSL_WANT_WRITE ? USSL_WANT_WRITE : USSL_WANT_READ;
    }
    if (ret != 0) {
        return conn_failed(conn, ret, err);
    }
    ussl_mbedtls_records_settle(conn);
    ussl_mbedtls_leftover_free(conn);
    ussl_mbedtls_psk_free(conn);
    forget_names(conn);
    handshake_free(conn);
    if (mbedtls_ssl_get_version_number(&conn->ssl) == MBEDTLS_SSL_VERSION_TLS1_2) {
        ussl_mbedtls_session_received(conn);
    }
    return USSL_OK;
}

// ---- data ----

// mbedTLS returns 0 for an empty record too, which ends nothing.
static bool was_empty_record(const ussl_engine_conn_t *conn, int ret) {
    return ret == 0 && !conn->at_end && mbedtls_ssl_get_bytes_avail(&conn->ssl) == 0;
}

// A ticket is there, and mbedTLS takes it in with its next call.
static bool has_ticket(const ussl_engine_conn_t *conn) {
    return conn->ssl.state == MBEDTLS_SSL_TLS1_3_NEW_SESSION_TICKET;
}

// One call of mbedTLS, again where it only found that a ticket is there or took in a record
// without data. Each ticket is told of, since the next one takes its place.
static int read_step(ussl_engine_conn_t *conn, uint8_t *buf, size_t len) {
    unsigned before = conn->sessions;
    for (;;) {
        if (ussl_mbedtls_early_data_came(conn)) {
            return ussl_mbedtls_early_data_read(conn, buf, len);
        }
        int ret = has_ticket(conn) ? ussl_mbedtls_leftover_restore(conn) : 0;
        ret = ret == 0 ? mbedtls_ssl_read(&conn->ssl, buf, len) : ret;
        bool ticket = ret == MBEDTLS_ERR_SSL_WANT_READ && has_ticket(conn);
        if (ret == MBEDTLS_ERR_SSL_RECEIVED_NEW_SESSION_TICKET) {
            ussl_mbedtls_session_received(conn);
            ret = MBEDTLS_ERR_SSL_WANT_READ;
            ticket = conn->sessions == before;
        }
        if (!ticket && !was_empty_record(conn, ret)) {
            return ret;
        }
    }
}

static ussl_status_t read_data(ussl_engine_conn_t *conn, uint8_t *buf, size_t len, size_t *got, ussl_error_t *err) {
    ussl_mbedtls_begin();
    *got = 0;
    int ret = read_step(conn, buf, len);
    if (ussl_mbedtls_no_memory()) {
        return conn_failed(conn, MBEDTLS_ERR_SSL_ALLOC_FAILED, err);
    }
    if (ret >= 0 || ret == MBEDTLS_ERR_SSL_WANT_READ || ret == MBEDTLS_ERR_SSL_WANT_WRITE) {
        ussl_mbedtls_leftover_free(conn);
        ussl_mbedtls_records_settle(conn);
    }
    if (ret > 0 || (ret == 0 && len == 0 && mbedtls_ssl_get_bytes_avail(&conn->ssl) > 0)) {
        *got = (size_t)ret;
        return USSL_OK;
    }
    switch (ret) {
        case 0:
            return USSL_EOF;
        case MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY:
            return USSL_CLOSED;
        case MBEDTLS_ERR_SSL_WANT_READ:
            return USSL_WANT_READ;
        case MBEDTLS_ERR_SSL_WANT_WRITE:
            return USSL_WANT_WRITE;
        default:
            return conn_failed(conn, ret, err);
    }
}

static ussl_status_t outcome_of_write(ussl_engine_conn_t *conn, int ret, ussl_error_t *err) {
    return ret >= 0 ? USSL_OK : ret == MBEDTLS_ERR_SSL_WANT_WRITE ? USSL_WANT_WRITE : conn_failed(conn, ret, err);
}

static ussl_status_t write_data(ussl_engine_conn_t *conn, const uint8_t *buf, size_t len, size_t *put, ussl_error_t *err) {
    #if USSL_DTLS
    if (!ussl_mbedtls_dtls_fits(conn, len)) {
        *put = 0;
        return ussl_fail(err, USSL_ERR_CALLER, USSL_REASON_MESSAGE_SIZE);
    }
    #endif
    ussl_mbedtls_begin();
    int ret = ussl_mbedtls_records_reserve(conn, &len);
    ret = ret == 0 ? mbedtls_ssl_write(&conn->ssl, buf, len) : ret;
    ussl_mbedtls_records_settle(conn);
    *put = ret > 0 ? (size_t)ret : 0;
    return outcome_of_write(conn, ret, err);
}

static ussl_status_t close_notify(ussl_engine_conn_t *conn, ussl_error_t *err) {
    ussl_mbedtls_begin();
    return outcome_of_write(conn, mbedtls_ssl_close_notify(&conn->ssl), err);
}

static size_t pending(const ussl_engine_conn_t *conn) {
    return mbedtls_ssl_get_bytes_avail(&conn->ssl);
}

static bool buffered(const ussl_engine_conn_t *conn) {
    return mbedtls_ssl_check_pending(&conn->ssl) != 0;
}

// ---- facts ----

static uint16_t version(const ussl_engine_conn_t *conn) {
    return (uint16_t)mbedtls_ssl_get_version_number(&conn->ssl);
}

static const char *cipher(const ussl_engine_conn_t *conn, unsigned *bits) {
    return ussl_mbedtls_suite_name(mbedtls_ssl_get_ciphersuite_id_from_ssl(&conn->ssl), bits);
}

static const char *alpn(const ussl_engine_conn_t *conn) {
    return mbedtls_ssl_get_alpn_protocol(&conn->ssl);
}

static bool resumed(const ussl_engine_conn_t *conn) {
    return conn->resumed;
}

static ussl_bytes_t peer_cert(const ussl_engine_conn_t *conn) {
    return conn->peer_cert;
}

static bool export_key(ussl_engine_conn_t *conn, const char *label, uint8_t *out, size_t len) {
    ussl_mbedtls_begin();
    return mbedtls_ssl_export_keying_material(&conn->ssl, out, len, label, strlen(label), NULL, 0, 0) == 0;
}

const ussl_engine_t ussl_engine_mbedtls = {
    .name = MBEDTLS_VERSION_STRING_FULL,
    .version_max = USSL_TLS13 ? USSL_TLS_1_3 : USSL_TLS_1_2,
    .send_max = USSL_RECORD_OUT,
    .cfg_new = ussl_mbedtls_cfg_new,
    .cfg_use_datagrams = ussl_mbedtls_cfg_use_datagrams,
    .cfg_set_mtu = ussl_mbedtls_cfg_set_mtu,
    .cfg_free = ussl_mbedtls_cfg_free,
    .stop = ussl_mbedtls_stop,
    .cfg_set_options = ussl_mbedtls_cfg_set_options,
    .cfg_set_versions = ussl_mbedtls_cfg_set_versions,
    .cfg_set_verify = ussl_mbedtls_cfg_set_verify,
    .cfg_set_checks = ussl_mbedtls_cfg_set_checks,
    .cfg_set_pins = ussl_mbedtls_cfg_set_pins,
    .cfg_pins = ussl_mbedtls_cfg_pins,
    .cfg_crls = ussl_mbedtls_crls_count,
    .suite = ussl_mbedtls_suite,
    .cfg_set_suites = ussl_mbedtls_cfg_set_suites,
    .cfg_set_common_name = ussl_mbedtls_cfg_set_common_name,
    .cfg_add_trust = ussl_mbedtls_cfg_add_trust,
    .cfg_add_roots = ussl_mbedtls_cfg_add_roots,
    .cfg_clear_roots = ussl_mbedtls_cfg_clear_roots,
    .cfg_bundled = ussl_mbedtls_roots_hidden,
    .cfg_trust = ussl_mbedtls_cfg_trust,
    .cfg_set_identity = ussl_mbedtls_cfg_set_identity,
    .cfg_set_signer = ussl_mbedtls_cfg_set_signer,
    .cfg_set_alpn = ussl_mbedtls_cfg_set_alpn,
    .cfg_enable_resumption = ussl_mbedtls_cfg_enable_resumption,
    .cfg_set_ticket_keys = ussl_mbedtls_cfg_set_ticket_keys,
    .cfg_set_num_tickets = ussl_mbedtls_cfg_set_num_tickets,
    .cfg_set_session_cache = ussl_mbedtls_cfg_set_session_cache,
    .cfg_session_stats = ussl_mbedtls_cfg_session_stats,
    .cfg_set_max_early_data = ussl_mbedtls_cfg_set_max_early_data,
    .cfg_set_record_sizes = ussl_mbedtls_cfg_set_record_sizes,
    .cfg_set_key_log = ussl_mbedtls_cfg_set_key_log,
    .cfg_set_record_buffer = ussl_mbedtls_cfg_set_record_buffer,
    .cfg_trust_digest = ussl_mbedtls_cfg_trust_digest,
    .cfg_set_keep_chain = ussl_mbedtls_cfg_set_keep_chain,
    .sha256 = ussl_mbedtls_sha256,
    .seal = ussl_mbedtls_seal,
    .open = ussl_mbedtls_open,
    .conn_new = conn_new,
    .conn_free = conn_free,
    .conn_set_judge = ussl_mbedtls_set_judge,
    .conn_set_psk = ussl_mbedtls_conn_set_psk,
    .used_psk = ussl_mbedtls_used_psk,
    .conn_set_chooser = ussl_mbedtls_conn_set_chooser,
    .conn_set_cfg = ussl_mbedtls_conn_set_cfg,
    .conn_set_early_data = ussl_mbedtls_conn_set_early_data,
    .conn_set_peer_id = ussl_mbedtls_conn_set_peer_id,
    .timer = ussl_mbedtls_timer,
    .conn_offer_session = ussl_mbedtls_conn_offer_session,
    .handshake = handshake,
    .read = read_data,
    .write = write_data,
    .close_notify = close_notify,
    .pending = pending,
    .buffered = buffered,
    .version = version,
    .cipher = cipher,
    .alpn = alpn,
    .resumed = resumed,
    .early_data = ussl_mbedtls_early_data,
    .peer_cert = peer_cert,
    .peer_chain = ussl_mbedtls_peer_chain,
    .cert_is_ca = ussl_mbedtls_cert_is_ca,
    .describe_cert = ussl_mbedtls_describe_cert,
    .export_key = export_key,
    .verify_detail = ussl_mbedtls_verify_detail,
    .session_count = ussl_mbedtls_session_count,
    .conn_session = ussl_mbedtls_conn_session,
    .session_info = ussl_mbedtls_session_info,
    .remember = ussl_mbedtls_conn_remember,
    .resumed_peer = ussl_mbedtls_resumed_peer,
};
