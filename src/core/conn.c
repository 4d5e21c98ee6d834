#include <string.h>

#include "core/conn.h"
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
            *c->verify = *c->engine->verify_detail(c->tls);
        }
    }
    c->engine->conn_free(c->tls);
    c->tls = NULL;
    ussl_buffer_free(&c->in);
    ussl_buffer_free(&c->unread);
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

// ---- between the engine and the transport ----

// What the transport takes of memory is not the connection's.
static int transport_send(ussl_conn_t *c, const uint8_t *buf, size_t len) {
    USSL_CHARGE(NULL);
    return c->transport.send(c->transport.arg, buf, len, &c->io_error);
}

static int transport_recv(ussl_conn_t *c, uint8_t *buf, size_t len) {
    USSL_CHARGE(NULL);
    return c->transport.recv(c->transport.arg, buf, len, &c->io_error);
}

// Writes what waits. During the handshake a broken write is kept quiet until the
// input is read: the peer's alert says more than EPIPE does.
static ussl_status_t drain_out(ussl_conn_t *c) {
    while (ussl_buffer_len(&c->out) > 0) {
        int n = transport_send(c, ussl_buffer_data(&c->out), ussl_buffer_len(&c->out));
        if (n == USSL_IO_AGAIN) {
            return USSL_WANT_WRITE;
        }
        if (n < 0 && c->state == USSL_CONN_HANDSHAKE) {
            c->send_error = c->io_error;
            ussl_buffer_free(&c->out);
            return USSL_OK;
        }
        if (n < 0) {
            return USSL_FAILED;
        }
        ussl_buffer_consume(&c->out, (size_t)n);
    }
    return USSL_OK;
}

static int queue(ussl_conn_t *c, const uint8_t *buf, size_t len) {
    if (!ussl_buffer_append(&c->out, buf, len)) {
        c->no_memory = true;
        return USSL_IO_ERROR;
    }
    return (int)len;
}

// A handshake's messages gather into one flight, which leaves when the engine turns
// to reading: many small writes meet Nagle's algorithm and delayed acknowledgements.
static int send_gathered(ussl_conn_t *c, const uint8_t *buf, size_t len) {
    if (ussl_buffer_len(&c->out) >= USSL_FLIGHT_MAX) {
        ussl_status_t st = drain_out(c);
        if (st != USSL_OK) {
            return st == USSL_WANT_WRITE ? USSL_IO_AGAIN : USSL_IO_ERROR;
        }
    }
    return queue(c, buf, len);
}

// A record is written at once; the part the transport does not take waits in the
// queue, so that the engine never has to repeat a write. Before data is written the
// queue is empty; behind it only alerts are ever queued.
static int send_record(ussl_conn_t *c, const uint8_t *buf, size_t len) {
    ussl_status_t st = drain_out(c);
    if (st != USSL_OK) {
        return st == USSL_WANT_WRITE ? queue(c, buf, len) : USSL_IO_ERROR;
    }
    int n = transport_send(c, buf, len);
    if (n == USSL_IO_ERROR) {
        return USSL_IO_ERROR;
    }
    size_t sent = n > 0 ? (size_t)n : 0;
    if (sent < len && queue(c, buf + sent, len - sent) < 0) {
        return USSL_IO_ERROR;
    }
    return (int)len;
}

static int io_send(void *arg, const uint8_t *buf, size_t len) {
    ussl_conn_t *c = arg;
    if (c->send_error != 0 && c->state == USSL_CONN_HANDSHAKE) {
        return (int)len;
    }
    if (c->send_error != 0) {
        c->io_error = c->send_error;
        return USSL_IO_ERROR;
    }
    return c->state == USSL_CONN_HANDSHAKE ? send_gathered(c, buf, len) : send_record(c, buf, len);
}

static int read_ahead(ussl_conn_t *c) {
    uint8_t *to = ussl_buffer_reserve(&c->in, USSL_READ_AHEAD);
    if (to == NULL) {
        c->no_memory = true;
        return USSL_IO_ERROR;
    }
    int n = transport_recv(c, to, USSL_READ_AHEAD);
    if (n > 0) {
        c->in.end += (size_t)n;
    } else {
        ussl_buffer_free(&c->in);
    }
    return n;
}

static int fetch(ussl_conn_t *c, uint8_t *buf, size_t len) {
    if (ussl_buffer_len(&c->in) == 0) {
        if (c->exact_reads || len + 1 > USSL_READ_AHEAD) {
            return transport_recv(c, buf, len);
        }
        int n = read_ahead(c);
        if (n <= 0) {
            return n;
        }
    }
    return (int)ussl_buffer_take(&c->in, buf, len);
}

static int io_recv(void *arg, uint8_t *buf, size_t len) {
    ussl_conn_t *c = arg;
    if (ussl_conn_time_left(c) == 0 || c->taken_in > USSL_STEP_MAX) {
        return USSL_IO_AGAIN; // a peer that never stops sending must not keep the engine busy
    }
    if (c->state == USSL_CONN_HANDSHAKE && drain_out(c) == USSL_WANT_WRITE) {
        return USSL_IO_AGAIN;
    }
    int n = fetch(c, buf, len);
    c->taken_in += n > 0 ? (uint32_t)n : 0;
    return n;
}

// ---- life ----

static uint8_t level_of(const ussl_ctx_t *ctx, const ussl_conn_options_t *o) {
    if (ctx->verify == USSL_VERIFY_NONE) {
        return USSL_LEVEL_NONE;
    }
    return o->name != NULL && o->check_name ? USSL_LEVEL_NAME : USSL_LEVEL_CHAIN;
}

static ussl_status_t set_up(ussl_conn_t *c, const ussl_conn_options_t *o, ussl_error_t *err) {
    ussl_engine_io_t io = { .send = io_send, .recv = io_recv, .arg = c };
    if (c->engine->conn_new(c->ctx->cfg, &io, c->name, c->check_name, &c->tls, err) != USSL_OK) {
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
                         .timeout_ms = options->timeout_ms, .check_name = options->check_name,
                         .exact_reads = options->exact_reads,
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
    ussl_ctx_release(c->ctx);
    ussl_buffer_free(&c->out);
    ussl_buffer_free(&c->in);
    ussl_buffer_free(&c->unread);
    ussl_host_free(c->verify);
    ussl_host_free(c);
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

static ussl_status_t start(ussl_conn_t *c) {
    if (c->ctx->server && !c->ctx->has_identity) {
        return fail(c, USSL_ERR_CALLER, USSL_REASON_NO_IDENTITY);
    }
    c->state = USSL_CONN_HANDSHAKE;
    c->started_ms = ussl_host_monotonic_ms();
    *(c->ctx->server ? &c->ctx->stats.accept : &c->ctx->stats.connect) += 1;
    ussl_error_t err;
    return ussl_conn_offer_cached(c, &err) == USSL_OK ? USSL_OK : fail_with(c, &err);
}

static ussl_status_t handshake_failed(ussl_conn_t *c, const ussl_error_t *err) {
    c->said_why = ussl_buffer_len(&c->out) > 0;
    drain_out(c); // the alert; if it cannot leave now, it leaves with ussl_conn_flush
    return fail_engine(c, err);
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
    ussl_status_t st = drain_out(c);
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
    begin(c);
    ussl_status_t st = c->engine->handshake(c->tls, &err);
    if (st == USSL_FAILED) {
        return handshake_failed(c, &err);
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

// Reads, and keeps the sessions that come before the data. Sessions are a client's.
static ussl_status_t read_past_sessions(ussl_conn_t *c, uint8_t *buf, size_t len, size_t *got, ussl_error_t *err) {
    for (;;) {
        unsigned before = c->engine->session_count(c->tls);
        ussl_status_t st = c->engine->read(c->tls, buf, len, got, err);
        if (st != USSL_WANT_READ || c->engine->session_count(c->tls) == before) {
            return st;
        }
        ussl_conn_keep_session(c);
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
        drain_out(c);
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
    drain_out(c); // a peer that waits for it would never answer
    return read_engine(c, buf, len, got);
}

// A write that the peer broke off: an alert that came before says why.
static ussl_status_t write_failed(ussl_conn_t *c, ussl_error_t *err) {
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
    ussl_status_t st = drain_out(c);
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

size_t ussl_conn_pending(const ussl_conn_t *c) {
    return ussl_buffer_len(&c->unread) + (c->tls == NULL ? 0 : c->engine->pending(c->tls));
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

ussl_status_t ussl_conn_peer_sha256(const ussl_conn_t *c, uint8_t out[USSL_DIGEST_SIZE], bool *present, ussl_error_t *err) {
    ussl_bytes_t cert = c->engine->peer_cert(c->tls);
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

// Moves one piece of decrypted data out of the ticket's way.
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
    c->unread.end += st == USSL_OK ? got : 0;
    if (st == USSL_FAILED) {
        *err = c->error;
    }
    return st;
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
        ussl_status_t st = c->engine->version(c->tls) == USSL_TLS_1_2 ? USSL_CLOSED : read_engine(c, NULL, 0, &got);
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
