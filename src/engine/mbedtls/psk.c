// Pre-shared keys that do not come from a session (RFC 4279, RFC 5489, RFC 8446 2.2). mbedTLS
// has a client's key in the configuration; here each connection has its own. So until its
// handshake is over it goes by a copy of the configuration, with that key in it, and where no
// certificate will do instead, without all that asks for one.

#include <string.h>

#include "engine/mbedtls/psk.h"

#include "mbedtls/ssl_ciphersuites.h"

#include "core/host.h"

#if USSL_PSK

// How many identities of one client a server's user is asked about: a hello has room for
// hundreds, and each may cost a look into a data base. The clients there are offer two.
#define QUESTIONS_MAX 8

struct ussl_mbedtls_psk {
    mbedtls_ssl_config conf; // first: what the connection uses tells whether there is this
    ussl_psk_source_t source;
    ussl_psk_t key;
    int suites[USSL_SUITES_MAX + 1];
    uint8_t asked; // how often
    bool failed;  // the source ended the handshake
    bool missing; // a TLS 1.2 client has agreed to a key that it has not
};

typedef struct ussl_mbedtls_psk psk_t;

// NULL where there is none, or the handshake is over.
static psk_t *psk_of(const ussl_engine_conn_t *conn) {
    const mbedtls_ssl_config *conf = conn->ssl.conf;
    return conf == &conn->cfg->conf ? NULL : (psk_t *)(uintptr_t)conf;
}

static bool is_client(const psk_t *psk) {
    return psk->conf.endpoint == MBEDTLS_SSL_IS_CLIENT;
}

static bool offers_tls13(const psk_t *psk) {
    return psk->conf.max_tls_version > MBEDTLS_SSL_VERSION_TLS1_2;
}

// ---- what was agreed on ----

static bool agreed_tls12(const mbedtls_ssl_context *ssl) {
    const mbedtls_ssl_ciphersuite_t *suite = ssl->handshake->ciphersuite_info;
    return suite != NULL && ssl->tls_version == MBEDTLS_SSL_VERSION_TLS1_2 && mbedtls_ssl_ciphersuite_uses_psk(suite);
}

#if defined(MBEDTLS_SSL_PROTO_TLS1_3)

// A client offers its session first, and what it resumes is the session's.
static bool agreed_tls13(const mbedtls_ssl_context *ssl) {
    bool second = ssl->conf->endpoint == MBEDTLS_SSL_IS_CLIENT && ssl->handshake->selected_identity > 0;
    return ssl->tls_version == MBEDTLS_SSL_VERSION_TLS1_3 && ussl_mbedtls_tls13_uses_psk(ssl)
           && (!ssl->handshake->resume || second);
}

#else

static bool agreed_tls13(const mbedtls_ssl_context *ssl) {
    (void)ssl;
    return false;
}

#endif

bool ussl_mbedtls_psk_agreed(const mbedtls_ssl_context *ssl) {
    return agreed_tls12(ssl) || agreed_tls13(ssl);
}

// ---- asking ----

static void forget_key(psk_t *psk) {
    ussl_wipe(&psk->key, sizeof(psk->key));
}

// False when there is no key, or the handshake is to end.
static bool ask(ussl_engine_conn_t *conn, ussl_bytes_t told) {
    psk_t *psk = psk_of(conn);
    psk->asked++;
    forget_key(psk);
    ussl_mbedtls_pause_t before = ussl_mbedtls_pause();
    psk->failed = !psk->source.ask(psk->source.arg, told, &psk->key);
    ussl_mbedtls_resume(before);
    ussl_mbedtls_accept_running(conn);
    return !psk->failed && psk->key.key_len > 0;
}

// ---- a client's ----

static void set_key(psk_t *psk, size_t identity_len, size_t key_len) {
    psk->conf.psk = key_len == 0 ? NULL : psk->key.key;
    psk->conf.psk_len = key_len;
    psk->conf.psk_identity = key_len == 0 ? NULL : psk->key.identity;
    psk->conf.psk_identity_len = identity_len;
}

// Before a hello of TLS 1.3, which holds the identity. Where there is no such key, the
// handshake has to do without.
static int ask_early(ussl_engine_conn_t *conn) {
    psk_t *psk = psk_of(conn);
    bool has = ask(conn, (ussl_bytes_t) { NULL, 0 }) && psk->key.identity_len > 0;
    set_key(psk, psk->key.identity_len, has ? psk->key.key_len : 0);
    return psk->failed || (!has && psk->source.alone) ? MBEDTLS_ERR_SSL_UNKNOWN_IDENTITY : 0;
}

// The hint in a ServerKeyExchange, whose lengths mbedTLS has checked; with a key and no (EC)DHE
// there need not be that message (RFC 4279 2).
static ussl_bytes_t hint(const mbedtls_ssl_context *ssl) {
    const uint8_t *len = ssl->in_msg + mbedtls_ssl_hs_hdr_len(ssl);
    bool has = !ssl->keep_current_message && ssl->in_msg[0] == MBEDTLS_SSL_HS_SERVER_KEY_EXCHANGE;
    return has ? (ussl_bytes_t) { len + 2, MBEDTLS_GET_UINT16_BE(len, 0) } : (ussl_bytes_t) { NULL, 0 };
}

void ussl_mbedtls_psk_ask_late(mbedtls_ssl_context *ssl) {
    ussl_engine_conn_t *conn = (ussl_engine_conn_t *)(void *)ssl; // its first member
    psk_t *psk = psk_of(conn);
    if (psk != NULL && agreed_tls12(ssl)) {
        psk->missing = !ask(conn, hint(ssl));
        set_key(psk, psk->key.identity_len, psk->key.key_len);
    }
}

// ---- a server's ----

#if defined(MBEDTLS_SSL_SRV_C)

// mbedTLS's callback; what else a TLS 1.3 client offers are the tickets of others.
static int on_identity(void *unused, mbedtls_ssl_context *ssl, const unsigned char *identity, size_t len) {
    ussl_engine_conn_t *conn = (ussl_engine_conn_t *)(void *)ssl; // its first member
    psk_t *psk = psk_of(conn);
    (void)unused;
    if (psk->failed || psk->asked >= QUESTIONS_MAX || len > USSL_PSK_IDENTITY_MAX || !ask(conn, (ussl_bytes_t) { identity, len })) {
        return MBEDTLS_ERR_SSL_UNKNOWN_IDENTITY;
    }
    int ret = mbedtls_ssl_set_hs_psk(ssl, psk->key.key, psk->key.key_len);
    forget_key(psk);
    return ret;
}

static void answer_clients(mbedtls_ssl_config *conf) {
    mbedtls_ssl_conf_psk_cb(conf, on_identity, NULL);
}

bool ussl_mbedtls_psk_has_hint(const mbedtls_ssl_context *ssl) {
    const psk_t *psk = psk_of((const ussl_engine_conn_t *)(const void *)ssl);
    return psk != NULL && psk->source.hint.len > 0 && agreed_tls12(ssl);
}

void ussl_mbedtls_psk_put_hint(mbedtls_ssl_context *ssl) {
    ussl_bytes_t hint = psk_of((ussl_engine_conn_t *)(void *)ssl)->source.hint;
    uint8_t *at = ssl->out_msg + 4; // the header, which DTLS makes longer when all is written
    uint8_t *rest = at + 2; // mbedTLS has put an empty hint before a key of (EC)DHE
    size_t rest_len = ssl->out_msg + ssl->out_msglen > rest ? (size_t)(ssl->out_msg + ssl->out_msglen - rest) : 0;
    memmove(rest + hint.len, rest, rest_len);
    MBEDTLS_PUT_UINT16_BE(hint.len, at, 0);
    memcpy(rest, hint.data, hint.len);
    ssl->out_msglen = (size_t)(rest - ssl->out_msg) + hint.len + rest_len;
}

#else

static void answer_clients(mbedtls_ssl_config *conf) {
    (void)conf;
}

#endif

// ---- setting up ----

// In TLS 1.3 a key without a hash of its own goes with SHA-256 (RFC 8446 4.2.11).
static bool fits_psk(int id) {
    const mbedtls_ssl_ciphersuite_t *suite = mbedtls_ssl_ciphersuite_from_id(id);
    bool tls13 = suite != NULL && suite->min_tls_version > MBEDTLS_SSL_VERSION_TLS1_2;
    return tls13 ? suite->mac == MBEDTLS_MD_SHA256 : suite != NULL && mbedtls_ssl_ciphersuite_uses_psk(suite);
}

static void leave_certificates_out(psk_t *psk) {
    const int *all = psk->conf.ciphersuite_list;
    for (size_t count = 0; *all != 0; all++) { // no more than there are
        if (fits_psk(*all)) {
            psk->suites[count++] = *all;
        }
    }
    mbedtls_ssl_conf_ciphersuites(&psk->conf, psk->suites);
    #if defined(MBEDTLS_SSL_PROTO_TLS1_3)
    psk->conf.tls13_kex_modes &= ~MBEDTLS_SSL_TLS1_3_KEY_EXCHANGE_MODE_EPHEMERAL;
    #endif
}

ussl_status_t ussl_mbedtls_psk_make(const ussl_engine_cfg_t *cfg, const ussl_psk_source_t *source, psk_t **out,
    ussl_error_t *err) {
    ussl_mbedtls_begin();
    psk_t *psk = source->ask == NULL ? NULL : ussl_mbedtls_own_calloc(1, sizeof(*psk));
    *out = psk;
    if (psk == NULL) {
        return source->ask == NULL ? USSL_OK : ussl_mbedtls_fail(MBEDTLS_ERR_SSL_ALLOC_FAILED, err);
    }
    psk->conf = cfg->conf;
    psk->source = *source;
    if (source->alone) {
        leave_certificates_out(psk);
    }
    if (is_client(psk)) { // until it is asked for, what stands in its place gets the suites offered
        set_key(psk, 1, 1);
    } else {
        answer_clients(&psk->conf);
    }
    return USSL_OK;
}

void ussl_mbedtls_psk_use(ussl_engine_conn_t *conn, psk_t *psk) {
    if (psk != NULL) {
        conn->ssl.conf = &psk->conf; // private: mbedtls_ssl_setup sets it once
    }
}

ussl_status_t ussl_mbedtls_conn_set_psk(ussl_engine_conn_t *conn, const ussl_psk_source_t *source, ussl_error_t *err) {
    psk_t *psk;
    ussl_status_t st = ussl_mbedtls_psk_make(conn->cfg, source, &psk, err);
    ussl_mbedtls_psk_use(conn, psk);
    return st;
}

void ussl_mbedtls_psk_free(ussl_engine_conn_t *conn) {
    psk_t *psk = psk_of(conn);
    if (psk != NULL) {
        conn->ssl.conf = &conn->cfg->conf;
        ussl_wipe(psk, sizeof(*psk));
        ussl_mbedtls_free(psk);
    }
}

// ---- in the course of a handshake ----

bool ussl_mbedtls_psk_alone(const ussl_engine_conn_t *conn) {
    const psk_t *psk = psk_of(conn);
    return psk != NULL && psk->source.alone;
}

bool ussl_mbedtls_used_psk(const ussl_engine_conn_t *conn) {
    return conn->used_psk;
}

int ussl_mbedtls_psk_before(ussl_engine_conn_t *conn) {
    const psk_t *psk = psk_of(conn);
    bool due = psk != NULL && is_client(psk) && psk->asked == 0 && offers_tls13(psk);
    return due ? ask_early(conn) : 0;
}

// A TLS 1.3 server would go on with its certificate, a TLS 1.2 client without a key.
int ussl_mbedtls_psk_after(ussl_engine_conn_t *conn) {
    const psk_t *psk = psk_of(conn);
    if (psk == NULL || !(psk->failed || psk->missing)) {
        return 0;
    }
    mbedtls_ssl_send_alert_message(&conn->ssl, MBEDTLS_SSL_ALERT_LEVEL_FATAL,
        psk->failed ? MBEDTLS_SSL_ALERT_MSG_INTERNAL_ERROR : MBEDTLS_SSL_ALERT_MSG_HANDSHAKE_FAILURE);
    return MBEDTLS_ERR_SSL_UNKNOWN_IDENTITY;
}

size_t ussl_mbedtls_psk_identity_room(const ussl_engine_conn_t *conn) {
    return psk_of(conn) == NULL ? 0 : 2 + USSL_PSK_IDENTITY_MAX;
}

void ussl_mbedtls_psk_explain(const ussl_engine_conn_t *conn, ussl_error_t *err) {
    bool is_binder = conn->ssl.transform_in == NULL; // RFC 8446 4.2.11.2; see tls13_server.c
    if (psk_of(conn) != NULL && err->reason == USSL_REASON_BAD_RECORD && (conn->used_psk || is_binder)) {
        err->reason = USSL_REASON_PSK_MISMATCH;
    }
}

#endif
