// Any object with MicroPython's stream protocol, written in C or in Python.

#include "py/mperrno.h"
#include "py/mphal.h"
#include "py/runtime.h"

#include "bind/bind.h"

// A stream that says nothing useful to POLL is asked again after this long.
#define RETRY_MS 5

typedef mp_uint_t (*transfer_fn)(mp_obj_t stream, void *buf, mp_uint_t len, int *error);

// A stream written in Python may claim to have moved more than there was.
static int checked_count(mp_uint_t n, size_t len, int *error) {
    if (n > len) {
        *error = MP_EIO;
        return USSL_IO_ERROR;
    }
    return (int)n;
}

static int outcome(ussl_transport_obj_t *t, mp_uint_t n, size_t len, int *error) {
    if (n != MP_STREAM_ERROR) {
        return checked_count(n, len, error);
    }
    if (*error == MP_EAGAIN || *error == MP_EWOULDBLOCK || *error == MP_EINPROGRESS) {
        return USSL_IO_AGAIN;
    }
    t->timed_out = *error == MP_ETIMEDOUT;
    return t->timed_out ? USSL_IO_AGAIN : USSL_IO_ERROR;
}

// The stream may be Python: what it raises must not unwind through the engine.
static int transfer(ussl_transport_obj_t *t, transfer_fn fn, void *buf, size_t len, int *error) {
    nlr_buf_t nlr;
    if (t->exception != MP_OBJ_NULL) {
        return USSL_IO_AGAIN; // one is on its way to the caller already
    }
    if (nlr_push(&nlr) == 0) {
        mp_uint_t n = fn(t->stream, buf, len, error);
        nlr_pop();
        return outcome(t, n, len, error);
    }
    return ussl_transport_caught(t, MP_OBJ_FROM_PTR(nlr.ret_val), error);
}

static int stream_send(void *arg, const uint8_t *buf, size_t len, int *error) {
    ussl_transport_obj_t *t = arg;
    int n = transfer(t, (transfer_fn)mp_get_stream(t->stream)->write, (void *)buf, len, error);
    return n == 0 ? USSL_IO_AGAIN : n; // taking nothing is not taking it yet
}

static int stream_recv(void *arg, uint8_t *buf, size_t len, int *error) {
    ussl_transport_obj_t *t = arg;
    return transfer(t, mp_get_stream(t->stream)->read, buf, len, error);
}

static uint32_t stream_timeout(ussl_transport_obj_t *t, unsigned direction) {
    (void)direction;
    return t->timeout_ms;
}

static mp_uint_t stream_poll(ussl_transport_obj_t *t, mp_uint_t flags) {
    int error;
    mp_uint_t ready = mp_get_stream(t->stream)->ioctl(t->stream, MP_STREAM_POLL, flags, &error);
    return ready == MP_STREAM_ERROR ? 0 : ready;
}

// The try has just failed, so the stream is given a moment even if it claims to be
// ready: one that always does would otherwise keep the processor busy.
static void stream_wait(ussl_transport_obj_t *t, unsigned direction, uint32_t ms) {
    if (stream_poll(t, direction) == 0) {
        mp_event_wait_ms(ms < RETRY_MS ? ms : RETRY_MS);
    } else {
        mp_event_handle_nowait();
    }
}

static ussl_peer_t stream_peer(ussl_transport_obj_t *t) {
    (void)t;
    return USSL_PEER_CONNECTED;
}

static void stream_prepare(ussl_transport_obj_t *t) {
    (void)t;
}

static bool stream_drain(ussl_transport_obj_t *t) {
    (void)t;
    return true;
}

static void stream_shutdown(ussl_transport_obj_t *t, int how) {
    (void)t;
    (void)how;
}

// An object that is dropped with its wrapper has a finaliser of its own.
static void stream_close(ussl_transport_obj_t *t, bool in_finaliser) {
    nlr_buf_t nlr;
    if (!in_finaliser && nlr_push(&nlr) == 0) {
        mp_stream_close(t->stream);
        nlr_pop();
    }
}

const ussl_transport_ops_t ussl_transport_stream = {
    .exact_reads = true,
    .send = stream_send,
    .recv = stream_recv,
    .timeout = stream_timeout,
    .wait = stream_wait,
    .poll = stream_poll,
    .peer = stream_peer,
    .prepare = stream_prepare,
    .drain = stream_drain,
    .shutdown = stream_shutdown,
    .close = stream_close,
};
