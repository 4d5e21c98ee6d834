#include <string.h>

#include "core/conn.h"
#include "core/conn_io.h"
#include "core/conn_session.h"
#include "core/host.h"

// ---- errors: the first fatal one is final ----

static ussl_status_t fail_with(ussl_conn_t *c, const ussl_error_t *err) {
    c->error = *err;
    c->state = USSL_CONN_FAILED;
    ussl_conn_distrust_cached(c);
    if (err->cls == USSL_ERR_VERIFY) {
        c->verify = ussl_host_calloc(1, sizeof(*c->verify));
        if (c->verify != NULL) {
            c->engine->verify_detail(c->tls, c->verify);
        }
    }
    c->engine->conn_free(c->tls);
    c->tls = NULL;
    ussl_buffer_free(&c->in);
    ussl_buffer_free(&c->unread);
    ussl_buffer_free(&c->early);
    return USSL_FAILED;
}

static ussl_status_t fail(ussl_conn_t *c, ussl_error_class_t cls, ussl_reason_t reason) {
    ussl_error_t err;
    ussl_fail(&err, cls, reason);
    return fail_with(c, &err);
}

static ussl_status_t fail_transport(ussl_conn_t *c, int error) {
    ussl_error_t err = { .cls = USSL_ERR_TRANSPORT, .code = error };
    return fail_with(c, &err);
}

// The engine cannot know why an io callback failed or what the peer said before a
// write broke; this settles on the error closest to the cause.
static ussl_status_t fail_engine(ussl_conn_t *c, const ussl_error_t *err) {
    if (c->no_memory) {
        return fail(c, USSL_ERR_MEMORY, USSL_REASON_NONE);
    }
    bool blames_transport = err->cls == USSL_ERR_TRANSPORT || err->cls == USSL_ERR_EOF;
    if (blames_transport && c->send_error != 0) {
        return fail_transport(c, c->send_error);
    }
    if (blames_transport && c->io_error != 0) {
        return fail_transport(c, c->io_error);
    }
    return fail_with(c, err);
}

// ---- life ----

static uint8_t level_of(const ussl_ctx_t *ctx, const ussl_conn_options_t *o) {
    bool unjudged = o->judge.accepts != NULL && o->judge.alone; // by the engine
    if (ctx->verify == USSL_VERIFY_NONE || unjudged) {
        return USSL_LEVEL_NONE;
    }
    return o->name != NULL && o->check_name ? USSL_LEVEL_NAME : USSL_LEVEL_CHAIN;
}

// The copy outlives the call: the handshake sends it.
static ussl_status_t keep_early_data(ussl_conn_t *c, ussl_bytes_t data, ussl_error_t *err) {
    if (data.len == 0) {
        return USSL_OK;
    }
    if (!ussl_buffer_append(&c->early, data.data, data.len)) {
        return ussl_fail(err, USSL_ERR_MEMORY, USSL_REASON_NONE);
    }
    c->engine->conn_set_early_data(c->tls, (ussl_bytes_t) { ussl_buffer_data(&c->early), data.len });
    return USSL_OK;
}

static ussl_status_t set_psk(ussl_conn_t *c, const ussl_psk_source_t *source, ussl_error_t *err) {
    c->has_psk = source->ask != NULL;
    return c->has_psk ? c->engine->conn_set_psk(c->tls, source, err) : USSL_OK;
}

static ussl_status_t set_up(ussl_conn_t *c, const ussl_conn_options_t *o, ussl_error_t *err) {
    ussl_engine_io_t io = ussl_conn_io(c);
    if (c->engine->conn_new(c->ctx->cfg, &io, c->name, o->check_name, &c->tls, err) != USSL_OK) {
        return USSL_FAILED;
    }
    c->engine->conn_set_judge(c->tls, &o->judge);
    if (o->peer_id.len > 0 && c->engine->conn_set_peer_id(c->tls, o->peer_id, err) != USSL_OK) {
        return USSL_FAILED;
    }
    if (set_psk(c, &o->psk, err) != USSL_OK) {
        return USSL_FAILED;
    }
    c->full_only = o->judge.accepts != NULL || (c->has_psk && o->psk.alone);
    if (c->ctx->chooses) {
        c->engine->conn_set_chooser(c->tls, &o->chooser);
    }
    if (keep_early_data(c, o->early_data, err) != USSL_OK) {
        return USSL_FAILED;
    }
    return o->session == NULL ? USSL_OK : ussl_conn_offer_given(c, o->session, err);
}

ussl_status_t ussl_conn_new(ussl_ctx_t *ctx, const ussl_transport_t *transport,
    const ussl_conn_options_t *options, ussl_conn_t **out, ussl_error_t *err) {
    ussl_account_t memory = { 0 };
    USSL_CHARGE(&memory);
    size_t name_size = options->name == NULL ? 0 : strlen(options->name) + 1;
    ussl_conn_t *c = ussl_host_calloc(1, sizeof(*c) + name_size);
    if (c == NULL) {
        return ussl_fail(err, USSL_ERR_MEMORY, USSL_REASON_NONE);
    }
    *c = (ussl_conn_t) { .engine = ctx->engine, .ctx = ussl_ctx_retain(ctx), .transport = *transport,
                         .timeout_ms = options->timeout_ms, .exact_reads = options->exact_reads,
                         .level = level_of(ctx, options) };
    if (options->name != NULL) {
        c->name = memcpy(c + 1, options->name, name_size);
    }
    if (set_up(c, options, err) != USSL_OK) {
        ussl_conn_free(c);
        return USSL_FAILED;
    }
    c->memory = memory;
    *out = c;
    return USSL_OK;
}

void ussl_conn_free(ussl_conn_t *c) {
    if (c == NULL) {
        return;
    }
    USSL_CHARGE(NULL);
    c->engine->conn_free(c->tls);
    ussl_conn_forget_known_cert(c);
    ussl_ctx_release(c->ctx);
    ussl_buffer_free(&c->out);
    ussl_buffer_free(&c->in);
    ussl_buffer_free(&c->unread);
    ussl_buffer_free(&c->early);
    ussl_host_free(c->verify);
    ussl_host_free(c);
}

ussl_status_t ussl_conn_set_context(ussl_conn_t *c, ussl_ctx_t *ctx, const ussl_judge_t *judge,
    const ussl_psk_source_t *psk, ussl_error_t *err) {
    USSL_CHARGE(&ctx->memory);
    if (c->engine->conn_set_cfg(c->tls, ctx->cfg, psk, err) != USSL_OK) {
        return USSL_FAILED;
    }
    c->engine->conn_set_judge(c->tls, judge);
    c->has_psk = psk->ask != NULL;
    c->ctx->stats.accept--;
    ctx->stats.accept++;
    ussl_ctx_t *before = c->ctx;
    c->ctx = ussl_ctx_retain(ctx);
    ussl_ctx_release(before);
    return USSL_OK;
}

// ---- the handshake ----

uint32_t ussl_conn_time_left(const ussl_conn_t *c) {
    if (c->state != USSL_CONN_HANDSHAKE || c->timeout_ms == 0) {
        return UINT32_MAX;
    }
    uint64_t spent = ussl_host_monotonic_ms() - c->started_ms;
    return spent >= c->timeout_ms ? 0 : (uint32_t)(c->timeout_ms - spent);
}

// Every engine call starts from a clean slate, so that what a callback notes
// belongs to that call.
static void begin(ussl_conn_t *c) {
    c->io_error = 0;
    c->taken_in = 0;
    c->no_memory = false;
}

// Over datagrams a server's handshake starts with the first that comes.
static bool lacks_identity(const ussl_conn_t *c) {
    bool begun = !ussl_ctx_is_datagram(c->ctx) || c->taken_in > 0;
    return c->ctx->server && !c->ctx->has_identity && !c->has_psk && !c->ctx->chooses && begun;
}

static ussl_status_t start(ussl_conn_t *c) {
    if (lacks_identity(c)) {
        return fail(c, USSL_ERR_CALLER, USSL_REASON_NO_IDENTITY);
    }
    c->state = USSL_CONN_HANDSHAKE;
    c->started_ms = ussl_host_monotonic_ms();
    c->undated = (c->ctx->checks & USSL_CHECK_TIME_IF_SET) && !ussl_clock_is_set();
    *(c->ctx->server ? &c->ctx->stats.accept : &c->ctx->stats.connect) += 1;
    ussl_error_t err;
    return ussl_conn_offer_cached(c, &err) == USSL_OK ? USSL_OK : fail_with(c, &err);
}

static ussl_status_t handshake_failed(ussl_conn_t *c, const ussl_error_t *err) {
    c->said_why = ussl_buffer_len(&c->out) > 0;
    ussl_conn_drain(c); // the alert; if it cannot leave now, it leaves with ussl_conn_flush
    return fail_engine(c, err);
}

static ussl_status_t set_aside(ussl_conn_t *c, ussl_error_t *err);

// One step of the engine's, and more while a client's early data comes in: that is kept for
// the first read, since nobody but the end of the handshake tells it from a replay.
static ussl_status_t advance(ussl_conn_t *c, ussl_error_t *err) {
    ussl_status_t st;
    do {
        begin(c);
        st = c->engine->handshake(c->tls, err);
    } while (st == USSL_WANT_READ && c->engine->pending(c->tls) > 0 && (st = set_aside(c, err)) == USSL_OK);
    return st;
}

// After each step: once the handshake failed, it is too late to ask.
static void note_early_data(ussl_conn_t *c) {
    size_t sent = 0;
    ussl_early_data_t outcome = c->tls == NULL ? USSL_EARLY_NONE : c->engine->early_data(c->tls, &sent);
    if (outcome != USSL_EARLY_NONE) {
        c->early_data = (uint8_t)outcome;
    }
    c->early_sent |= sent > 0;
    if (outcome == USSL_EARLY_ACCEPTED && sent > c->early_done) {
        c->early_done = sent;
    }
}

// What the server did not take as early data is the first data behind our Finished, in the
// same flight.
static ussl_status_t send_rest(ussl_conn_t *c) {
    size_t len = ussl_buffer_len(&c->early);
    while (c->early_done < len) {
        ussl_error_t err;
        size_t put;
        ussl_status_t st = ussl_buffer_len(&c->out) < USSL_FLIGHT_MAX ? USSL_OK : ussl_conn_drain(c);
        if (st != USSL_OK) {
            return st;
        }
        begin(c);
        st = c->engine->write(c->tls, ussl_buffer_data(&c->early) + c->early_done, len - c->early_done, &put, &err);
        if (st != USSL_OK) {
            return st == USSL_FAILED ? fail_engine(c, &err) : st;
        }
        c->early_done += put;
    }
    return ussl_conn_drain(c);
}

static ussl_status_t write_failed(ussl_conn_t *c, ussl_error_t *err);

// All of it has left, unless the transport broke: that is kept quiet in handshakes, whose
// end is otherwise left to the first read.
static ussl_status_t end_early_data(ussl_conn_t *c) {
    if (c->send_error != 0) {
        ussl_error_t err = { .cls = USSL_ERR_TRANSPORT, .code = c->send_error };
        return write_failed(c, &err);
    }
    if (c->early_data == USSL_EARLY_NONE) {
        c->early_data = USSL_EARLY_REJECTED;
    }
    ussl_buffer_free(&c->early);
    return USSL_OK;
}

static void count(ussl_conn_t *c) {
    ussl_session_stats_t *stats = &c->ctx->stats;
    bool resumed = c->engine->resumed(c->tls);
    *(c->ctx->server ? &stats->accept_good : &stats->connect_good) += 1;
    stats->hits += resumed;
    stats->misses += c->offered_session && !resumed;
}

static void keep_session(ussl_conn_t *c) {
    if (c->ctx->server) {
        c->engine->remember(c->tls, &c->ctx->memory);
    } else {
        ussl_conn_keep_session(c);
    }
}

// The last flight has to leave, but what a TLS 1.3 server sends last are tickets, and
// no client waits for them.
static ussl_status_t handshake_done(ussl_conn_t *c) {
    ussl_status_t st = send_rest(c);
    if (st == USSL_OK && ussl_buffer_len(&c->early) > 0) {
        st = end_early_data(c);
    }
    if (c->ctx->server && c->engine->version(c->tls) == USSL_TLS_1_3) {
        st = USSL_OK;
    }
    if (st == USSL_OK) {
        c->state = USSL_CONN_OPEN;
        c->handshake_ms = (uint32_t)(ussl_host_monotonic_ms() - c->started_ms);
        count(c);
        keep_session(c);
    }
    return st;
}

ussl_status_t ussl_conn_handshake(ussl_conn_t *c) {
    USSL_CHARGE(&c->memory);
    if (c->state == USSL_CONN_FAILED || (c->state == USSL_CONN_NEW && start(c) != USSL_OK)) {
        return USSL_FAILED;
    }
    if (c->state != USSL_CONN_HANDSHAKE) {
        return USSL_OK;
    }
    if (ussl_conn_time_left(c) == 0) {
        return fail(c, USSL_ERR_TIMEOUT, USSL_REASON_NONE);
    }
    ussl_error_t err;
    ussl_status_t st = advance(c, &err);
    note_early_data(c);
    if (lacks_identity(c)) {
        st = ussl_fail(&err, USSL_ERR_CALLER, USSL_REASON_NO_IDENTITY);
    }
    if (st == USSL_FAILED) {
        return c->tls == NULL ? USSL_FAILED : handshake_failed(c, &err);
    }
    if (st == USSL_OK) {
        return handshake_done(c);
    }
    return ussl_buffer_len(&c->out) > 0 ? USSL_WANT_WRITE : st;
}

// ---- application data ----

static ussl_status_t ensure_open(ussl_conn_t *c) {
    return c->state == USSL_CONN_NEW || c->state == USSL_CONN_HANDSHAKE ? ussl_conn_handshake(c)
           : c->state == USSL_CONN_FAILED ? USSL_FAILED : USSL_OK;
}

// Reads, and keeps the sessions that come before the data. Who only takes in what has
// arrived must not read on behind one: a stream may wait until there is something.
static ussl_status_t read_past_sessions(ussl_conn_t *c, uint8_t *buf, size_t len, size_t *got, ussl_error_t *err) {
    for (;;) {
        unsigned before = c->engine->session_count(c->tls);
        ussl_status_t st = c->engine->read(c->tls, buf, len, got, err);
        if (st != USSL_WANT_READ || c->engine->session_count(c->tls) == before) {
            return st;
        }
        ussl_conn_keep_session(c);
        if (len == 0 && !ussl_conn_unprocessed(c)) {
            return st;
        }
    }
}

static ussl_status_t read_engine(ussl_conn_t *c, uint8_t *buf, size_t len, size_t *got) {
    if (c->peer_closed || c->peer_gone) {
        return c->peer_closed ? USSL_CLOSED : USSL_EOF;
    }
    ussl_error_t err;
    begin(c);
    ussl_status_t st = read_past_sessions(c, buf, len, got, &err);
    if (st == USSL_FAILED) {
        ussl_conn_drain(c);
        return fail_engine(c, &err);
    }
    c->peer_closed = st == USSL_CLOSED;
    c->peer_gone = st == USSL_EOF;
    return st;
}

ussl_status_t ussl_conn_read(ussl_conn_t *c, uint8_t *buf, size_t len, size_t *got) {
    USSL_CHARGE(&c->memory);
    *got = 0;
    ussl_status_t st = ensure_open(c);
    if (st != USSL_OK || len == 0) {
        return st;
    }
    *got = ussl_buffer_take(&c->unread, buf, len);
    if (*got > 0) {
        return USSL_OK;
    }
    ussl_conn_drain(c); // a peer that waits for it would never answer
    return read_engine(c, buf, len, got);
}

// A write that the peer broke off: an alert that came before says why. One that the engine
// refused as too long ends nothing.
static ussl_status_t write_failed(ussl_conn_t *c, ussl_error_t *err) {
    if (err->reason == USSL_REASON_MESSAGE_SIZE) {
        c->error = *err;
        return USSL_FAILED;
    }
    int error = c->io_error;
    bool by_peer = err->cls == USSL_ERR_TRANSPORT && !c->no_memory;
    size_t got;
    ussl_error_t said;
    if (by_peer && !c->peer_closed && read_past_sessions(c, NULL, 0, &got, &said) == USSL_FAILED
        && said.cls == USSL_ERR_ALERT) {
        return fail_with(c, &said);
    }
    c->io_error = error;
    return fail_engine(c, err);
}

ussl_status_t ussl_conn_write(ussl_conn_t *c, const uint8_t *buf, size_t len, size_t *put) {
    USSL_CHARGE(&c->memory);
    *put = 0;
    ussl_status_t st = ensure_open(c);
    if (st != USSL_OK || len == 0) {
        return st;
    }
    if (c->state == USSL_CONN_SHUT) {
        return ussl_fail(&c->error, USSL_ERR_CALLER, USSL_REASON_SHUT_DOWN);
    }
    st = ussl_conn_flush(c);
    if (st != USSL_OK) {
        return st;
    }
    ussl_error_t err;
    begin(c);
    st = c->engine->write(c->tls, buf, len, put, &err);
    return st == USSL_FAILED ? write_failed(c, &err) : st;
}

ussl_status_t ussl_conn_flush(ussl_conn_t *c) {
    USSL_CHARGE(&c->memory);
    begin(c);
    ussl_status_t st = ussl_conn_drain(c);
    if (st != USSL_FAILED) {
        return st;
    }
    ussl_buffer_free(&c->out);
    if (c->state == USSL_CONN_FAILED) {
        return USSL_FAILED;
    }
    ussl_error_t err = { .cls = USSL_ERR_TRANSPORT, .code = c->io_error };
    return write_failed(c, &err);
}

bool ussl_conn_unread(ussl_conn_t *c, const uint8_t *data, size_t len) {
    USSL_CHARGE(&c->memory);
    ussl_buffer_t rest = c->unread;
    c->unread = (ussl_buffer_t) { 0 };
    bool ok = ussl_buffer_append(&c->unread, data, len)
        && (ussl_buffer_len(&rest) == 0 || ussl_buffer_append(&c->unread, ussl_buffer_data(&rest), ussl_buffer_len(&rest)));
    if (!ok) {
        ussl_buffer_free(&c->unread);
        c->unread = rest;
        return false;
    }
    ussl_buffer_free(&rest);
    return true;
}

// A server's early data waits in unread before it may be read.
size_t ussl_conn_pending(const ussl_conn_t *c) {
    return c->state == USSL_CONN_HANDSHAKE ? 0
           : ussl_buffer_len(&c->unread) + (c->tls == NULL ? 0 : c->engine->pending(c->tls));
}

bool ussl_conn_readable(const ussl_conn_t *c) {
    return c->state == USSL_CONN_FAILED || c->peer_closed || c->peer_gone || ussl_conn_pending(c) > 0;
}

bool ussl_conn_unprocessed(const ussl_conn_t *c) {
    return ussl_buffer_len(&c->in) > 0
           || (c->tls != NULL && (c->engine->buffered(c->tls) || c->engine->pending(c->tls) > 0));
}

void ussl_conn_take_in(ussl_conn_t *c) {
    USSL_CHARGE(&c->memory);
    size_t got;
    read_engine(c, NULL, 0, &got);
}

// ---- the end ----

ussl_status_t ussl_conn_shutdown(ussl_conn_t *c) {
    USSL_CHARGE(&c->memory);
    if (c->state == USSL_CONN_FAILED) {
        return USSL_FAILED;
    }
    if (c->state == USSL_CONN_OPEN) {
        c->exact_reads = true;
        ussl_error_t err;
        begin(c);
        ussl_status_t st = c->engine->close_notify(c->tls, &err);
        if (st == USSL_FAILED) {
            return write_failed(c, &err);
        }
        if (st != USSL_OK) {
            return st;
        }
        c->state = USSL_CONN_SHUT;
    }
    return ussl_conn_flush(c);
}

ussl_status_t ussl_conn_unwrap(ussl_conn_t *c) {
    USSL_CHARGE(&c->memory);
    if (c->state == USSL_CONN_NEW || c->state == USSL_CONN_HANDSHAKE) {
        return ussl_fail(&c->error, USSL_ERR_CALLER, USSL_REASON_NO_HANDSHAKE);
    }
    ussl_status_t st = ussl_conn_shutdown(c);
    if (st != USSL_OK) {
        return st;
    }
    uint8_t dropped[512];
    size_t got;
    st = read_engine(c, dropped, sizeof(dropped), &got);
    ussl_wipe(dropped, sizeof(dropped));
    if (st == USSL_CLOSED && ussl_buffer_len(&c->in) > 0) {
        return fail(c, USSL_ERR_PROTOCOL, USSL_REASON_PLAIN_DATA);
    }
    // One piece at a time: a peer that goes on sending must not keep us here.
    return st == USSL_CLOSED ? USSL_OK : st == USSL_OK ? USSL_WANT_READ : st;
}

// ---- the peer ----

ussl_bytes_t ussl_conn_peer_cert(const ussl_conn_t *c) {
    ussl_bytes_t shown = c->engine->peer_cert(c->tls);
    return shown.len == 0 ? c->known_cert : shown;
}

ussl_status_t ussl_conn_peer_sha256(const ussl_conn_t *c, uint8_t out[USSL_DIGEST_SIZE], bool *present, ussl_error_t *err) {
    ussl_bytes_t cert = ussl_conn_peer_cert(c);
    const uint8_t *earlier = c->ctx->server ? c->engine->resumed_peer(c->tls) : NULL;
    *present = cert.len > 0 || earlier != NULL;
    if (cert.len > 0) {
        return c->engine->sha256(cert, out, err);
    }
    if (earlier != NULL) {
        memcpy(out, earlier, USSL_DIGEST_SIZE);
    }
    return USSL_OK;
}

// ---- sessions ----

// Moves one piece of decrypted data out of the way of what comes behind it.
static ussl_status_t set_aside(ussl_conn_t *c, ussl_error_t *err) {
    size_t waiting = c->engine->pending(c->tls);
    if (ussl_buffer_len(&c->unread) + waiting > USSL_UNREAD_MAX) {
        return ussl_fail(err, USSL_ERR_CALLER, USSL_REASON_NO_TICKET);
    }
    uint8_t *to = ussl_buffer_reserve(&c->unread, waiting);
    if (to == NULL) {
        return ussl_fail(err, USSL_ERR_MEMORY, USSL_REASON_NONE);
    }
    size_t got;
    ussl_status_t st = read_engine(c, to, waiting, &got);
    if (st == USSL_OK) {
        ussl_buffer_filled(&c->unread, got);
    } else if (st == USSL_FAILED) {
        *err = c->error;
    }
    return st;
}

// TLS 1.2 gives sessions with the handshake, and none follow where a pre-shared key was used.
static bool no_session_comes(const ussl_conn_t *c) {
    return c->engine->version(c->tls) == USSL_TLS_1_2 || (c->has_psk && c->engine->used_psk(c->tls));
}

static bool may_have_session(const ussl_conn_t *c) {
    return (c->state == USSL_CONN_OPEN || c->state == USSL_CONN_SHUT) && !c->ctx->server;
}

ussl_status_t ussl_conn_await_session(ussl_conn_t *c, ussl_error_t *err) {
    USSL_CHARGE(&c->memory);
    if (!may_have_session(c)) {
        return ussl_fail(err, USSL_ERR_CALLER, c->ctx->server ? USSL_REASON_NOT_CLIENT : USSL_REASON_NO_HANDSHAKE);
    }
    while (c->engine->session_count(c->tls) == 0) {
        size_t got;
        ussl_status_t st = no_session_comes(c) ? USSL_CLOSED : read_engine(c, NULL, 0, &got);
        if (c->tls != NULL && c->engine->session_count(c->tls) > 0) {
            break;
        }
        if (st == USSL_OK) {
            st = set_aside(c, err);
        } else if (st == USSL_FAILED) {
            *err = c->error;
        } else if (st == USSL_CLOSED || st == USSL_EOF) {
            st = ussl_fail(err, USSL_ERR_CALLER, USSL_REASON_NO_TICKET);
        }
        if (st != USSL_OK) {
            return st;
        }
    }
    return USSL_OK;
}
