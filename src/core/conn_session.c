#include "core/conn_session.h"
#include "core/host.h"
#include "core/session_cache.h"

// The last that was known: a transport whose peer has broken off does not tell it any more.
static uint16_t peer_port(ussl_conn_t *c) {
    uint16_t port = c->transport.peer_port == NULL ? 0 : c->transport.peer_port(c->transport.arg);
    c->port = port == 0 ? c->port : port;
    return c->port;
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

// What the server will not show again is taken over.
static ussl_status_t keep_cert(ussl_conn_t *c, ussl_bytes_t cert, ussl_error_t *err) {
    ussl_session_t holder = { 0 };
    USSL_CHARGE(&c->ctx->memory);
    bool done = ussl_session_set_cert(&holder, cert);
    c->known_cert = holder.cert;
    return done ? USSL_OK : ussl_fail(err, USSL_ERR_MEMORY, USSL_REASON_NONE);
}

ussl_status_t ussl_conn_offer_given(ussl_conn_t *c, const ussl_session_t *session, ussl_error_t *err) {
    bool fits = false;
    c->given_session = true;
    ussl_status_t st = ussl_session_fits(session, c->ctx, c->name, c->level, now_s(), &fits, err);
    if (!fits || c->full_only) {
        return st;
    }
    st = offer(c, session, err);
    return st == USSL_OK ? keep_cert(c, session->cert, err) : st;
}

ussl_status_t ussl_conn_offer_cached(ussl_conn_t *c, ussl_error_t *err) {
    ussl_cached_t cached;
    c->authenticated_ms = c->started_ms;
    if (c->given_session || c->full_only || c->name == NULL || c->ctx->sessions.count == 0) {
        return USSL_OK;
    }
    ussl_status_t st = ussl_session_cache_take(c->ctx, peer_port(c), c->name, c->level, &cached, err);
    c->known_cert = cached.session.cert;
    cached.session.cert = (ussl_bytes_t) { NULL, 0 };
    if (st == USSL_OK && cached.session.data != NULL) {
        st = offer(c, &cached.session, err);
        c->offered_cached = c->offered_session;
        c->authenticated_ms = cached.authenticated_ms;
    }
    USSL_CHARGE(&c->ctx->memory); // which held it
    ussl_session_free(&cached.session);
    return st;
}

void ussl_conn_distrust_cached(ussl_conn_t *c) {
    if (c->offered_cached) {
        ussl_session_cache_drop(c->ctx, peer_port(c), c->name);
    }
}

void ussl_conn_forget_known_cert(ussl_conn_t *c) {
    USSL_CHARGE(&c->ctx->memory);
    ussl_host_free((void *)c->known_cert.data);
    c->known_cert = (ussl_bytes_t) { NULL, 0 };
}

// ---- after it ----

// Dates that did not count once must not be passed over when they do: sessions that came
// before the clock was set are too old then, and those that come after it stand for nothing.
static uint8_t level_of_session(const ussl_conn_t *c) {
    return c->undated && ussl_clock_is_set() ? USSL_LEVEL_NONE : c->level;
}

static ussl_status_t session_of(ussl_conn_t *c, bool with_cert, ussl_session_t *out, ussl_error_t *err) {
    ussl_session_facts_t facts = {
        .ctx = c->ctx,
        .name = c->name,
        .alpn = c->engine->alpn(c->tls),
        .level = level_of_session(c),
        .engine_data = c->engine->conn_session(c->tls),
    };
    if (facts.engine_data.len == 0) {
        return ussl_fail(err, USSL_ERR_MEMORY, USSL_REASON_NONE);
    }
    ussl_status_t st = ussl_session_encode(&facts, out, err);
    ussl_wipe_free((void *)facts.engine_data.data, facts.engine_data.len);
    if (st == USSL_OK && with_cert && !ussl_session_set_cert(out, ussl_conn_peer_cert(c))) {
        ussl_session_free(out);
        return ussl_fail(err, USSL_ERR_MEMORY, USSL_REASON_NONE);
    }
    return st;
}

void ussl_conn_keep_session(ussl_conn_t *c) {
    USSL_CHARGE(&c->ctx->memory);
    ussl_cached_t cached;
    ussl_error_t err;
    c->offered_cached = false; // no later failure is the session's
    if (!c->engine->resumed(c->tls)) {
        ussl_conn_forget_known_cert(c);
        c->authenticated_ms = c->started_ms;
    }
    bool wanted = c->ctx->sessions.size > 0 && c->name != NULL && c->engine->session_count(c->tls) > 0;
    if (wanted && session_of(c, true, &cached.session, &err) == USSL_OK) {
        cached.port = peer_port(c);
        cached.authenticated_ms = c->authenticated_ms;
        ussl_session_cache_put(c->ctx, &cached);
    }
}

ussl_status_t ussl_conn_session(ussl_conn_t *c, ussl_session_t *out, ussl_error_t *err) {
    return session_of(c, USSL_KNOWN_PEERS > 0, out, err);
}
