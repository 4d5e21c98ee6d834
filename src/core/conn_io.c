#include "core/conn_io.h"

// What the transport takes of memory is not the connection's.
static int transport_send(ussl_conn_t *c, const uint8_t *buf, size_t len) {
    USSL_CHARGE(NULL);
    return c->transport.send(c->transport.arg, buf, len, &c->io_error);
}

static int transport_recv(ussl_conn_t *c, uint8_t *buf, size_t len) {
    USSL_CHARGE(NULL);
    return c->transport.recv(c->transport.arg, buf, len, &c->io_error);
}

// During the handshake a broken write is kept quiet until the input is read: the peer's
// alert says more than EPIPE does.
ussl_status_t ussl_conn_drain(ussl_conn_t *c) {
    while (ussl_buffer_len(&c->out) > 0) {
        int n = transport_send(c, ussl_buffer_data(&c->out), ussl_buffer_len(&c->out));
        if (n == USSL_IO_AGAIN) {
            return USSL_WANT_WRITE;
        }
        if (n < 0 && c->state == USSL_CONN_HANDSHAKE) {
            c->send_error = ussl_ctx_is_datagram(c->ctx) ? 0 : c->io_error; // a lost datagram is sent again
            ussl_buffer_free(&c->out);
            return USSL_OK;
        }
        if (n < 0) {
            return USSL_FAILED;
        }
        ussl_buffer_consume(&c->out, ussl_ctx_is_datagram(c->ctx) ? ussl_buffer_len(&c->out) : (size_t)n);
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

// A handshake's flights take turns, so a flight has to leave before anything is read; but a
// server answers the ClientHello while early data is still on its way. Waiting for the one
// with the other unread, both ends could wait for good.
static bool must_leave_first(const ussl_conn_t *c) {
    return c->state == USSL_CONN_HANDSHAKE && ussl_buffer_len(&c->early) == 0;
}

// A handshake's messages gather into one flight, which leaves when the engine turns
// to reading: many small writes meet Nagle's algorithm and delayed acknowledgements.
static int send_gathered(ussl_conn_t *c, const uint8_t *buf, size_t len) {
    if (ussl_buffer_len(&c->out) >= USSL_FLIGHT_MAX) {
        ussl_status_t st = ussl_conn_drain(c);
        if (st == USSL_WANT_WRITE && must_leave_first(c)) {
            return USSL_IO_AGAIN;
        }
    }
    return queue(c, buf, len);
}

// A record is written at once; the part the transport does not take waits in the
// queue, so that the engine never has to repeat a write. Before data is written the
// queue is empty; behind it only alerts are ever queued.
static int send_record(ussl_conn_t *c, const uint8_t *buf, size_t len) {
    ussl_status_t st = ussl_conn_drain(c);
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

// Datagrams must not be joined: one waits at most, and the engine keeps the next.
static int send_datagram(ussl_conn_t *c, const uint8_t *buf, size_t len) {
    ussl_status_t st = ussl_conn_drain(c);
    if (st != USSL_OK) {
        return st == USSL_WANT_WRITE ? USSL_IO_AGAIN : USSL_IO_ERROR;
    }
    int n = transport_send(c, buf, len);
    return n == USSL_IO_AGAIN ? queue(c, buf, len) : n < 0 ? n : (int)len;
}

static int io_send(void *arg, const uint8_t *buf, size_t len) {
    ussl_conn_t *c = arg;
    if (ussl_ctx_is_datagram(c->ctx)) {
        return send_datagram(c, buf, len);
    }
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
        ussl_buffer_filled(&c->in, (size_t)n);
    } else {
        ussl_buffer_free(&c->in);
    }
    return n;
}

static int fetch(ussl_conn_t *c, uint8_t *buf, size_t len) {
    if (ussl_ctx_is_datagram(c->ctx)) {
        int n = transport_recv(c, buf, len);
        return n == 0 ? USSL_IO_AGAIN : n; // an empty datagram ends nothing
    }
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
    if (c->state == USSL_CONN_HANDSHAKE && ussl_conn_drain(c) == USSL_WANT_WRITE && must_leave_first(c)) {
        return USSL_IO_AGAIN;
    }
    int n = fetch(c, buf, len);
    c->taken_in += n > 0 ? (uint32_t)n : 0;
    return n;
}

#if USSL_DTLS

uint32_t ussl_conn_timer(const ussl_conn_t *c) {
    return c->tls != NULL && ussl_ctx_is_datagram(c->ctx) ? c->engine->timer(c->tls) : UINT32_MAX;
}

#else

uint32_t ussl_conn_timer(const ussl_conn_t *c) {
    (void)c;
    return UINT32_MAX;
}

#endif

ussl_engine_io_t ussl_conn_io(ussl_conn_t *c) {
    return (ussl_engine_io_t) { .send = io_send, .recv = io_recv, .arg = c };
}

#if USSL_SIGN_CALLBACK

int ussl_conn_sign(void *arg, ussl_bytes_t key, ussl_bytes_t hash, uint8_t *signature, size_t size) {
    const ussl_conn_t *c = arg;
    return c->ctx->sign(c->transport.arg, key, hash, signature, size);
}

#endif
