#include "core/conn_session.h"
#include "core/host.h"
#include "core/session_cache.h"

static uint16_t peer_port(const ussl_conn_t *c) {
    return c->transport.peer_port == NULL ? 0 : c->transport.peer_port(c->transport.arg);
}

static int64_t now_s(void) {
    return ussl_host_unix_ms() / 1000;
}

// ---- before the handshake ----

static ussl_status_t offer(ussl_conn_t *c, const ussl_session_t *session, ussl_error_t *err) {
    ussl_status_t st = c->engine->conn_offer_session(c->tls, session->engine_data, err);
    c->offered_session = st == USSL_OK;
    return st == USSL_OK || err->cls == USSL_ERR_INPUT ? USSL_OK : USSL_FAILED;
}

ussl_status_t ussl_conn_offer_given(ussl_conn_t *c, const ussl_session_t *session, ussl_error_t *err) {
    bool fits = false;
    c->given_session = true;
    ussl_status_t st = ussl_session_fits(session, c->ctx, c->name, c->level, now_s(), &fits, err);
    return fits ? offer(c, session, err) : st;
}

ussl_status_t ussl_conn_offer_cached(ussl_conn_t *c, ussl_error_t *err) {
    ussl_session_t session;
    if (c->given_session || c->name == NULL || c->ctx->sessions.count == 0) {
        return USSL_OK;
    }
    ussl_status_t st = ussl_session_cache_take(c->ctx, peer_port(c), c->name, c->level, now_s(), &session, err);
    if (st == USSL_OK && session.data != NULL) {
        st = offer(c, &session, err);
        c->offered_cached = c->offered_session;
    }
    USSL_CHARGE(&c->ctx->memory); // which held it
    ussl_session_free(&session);
    return st;
}

void ussl_conn_distrust_cached(ussl_conn_t *c) {
    if (c->offered_cached) {
        ussl_session_cache_drop(c->ctx, peer_port(c), c->name);
    }
}

// ---- after it ----

void ussl_conn_keep_session(ussl_conn_t *c) {
    USSL_CHARGE(&c->ctx->memory);
    ussl_session_t session;
    ussl_error_t err;
    unsigned sessions = c->engine->session_count(c->tls);
    bool is_new = sessions != c->sessions_seen;
    c->offered_cached = false; // no later failure is the session's
    c->sessions_seen = (uint16_t)sessions;
    if (is_new && c->ctx->sessions.size > 0 && c->name != NULL && ussl_conn_session(c, &session, &err) == USSL_OK) {
        ussl_session_cache_put(c->ctx, peer_port(c), &session);
    }
}

ussl_status_t ussl_conn_session(ussl_conn_t *c, ussl_session_t *out, ussl_error_t *err) {
    ussl_session_facts_t facts = {
        .ctx = c->ctx,
        .name = c->name,
        .alpn = c->engine->alpn(c->tls),
        .level = c->level,
        .engine_data = c->engine->conn_session(c->tls),
    };
    if (facts.engine_data.len == 0) {
        return ussl_fail(err, USSL_ERR_MEMORY, USSL_REASON_NONE);
    }
    ussl_status_t st = ussl_session_encode(&facts, out, err);
    ussl_wipe_free((void *)facts.engine_data.data, facts.engine_data.len);
    return st;
}
