// Any object with MicroPython's stream protocol, written in C or in Python.

#include "py/mperrno.h"
#include "py/mphal.h"
#include "py/runtime.h"

#include "bind/bind.h"

// A stream that says nothing useful to POLL is asked again after this long.
#define RETRY_MS 5

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

typedef struct transfer {
    mp_obj_t stream;
    const uint8_t *out; // to write, or NULL to read
    uint8_t *in;
    size_t len;
    mp_uint_t moved;
    int *error;
} transfer_t;

static void run(void *arg) {
    transfer_t *x = arg;
    const mp_stream_p_t *p = mp_get_stream(x->stream);
    x->moved = x->out != NULL ? p->write(x->stream, x->out, x->len, x->error) : p->read(x->stream, x->in, x->len, x->error);
}

// The stream may be Python: what it raises must not unwind through the engine, and other
// connections may be used meanwhile.
static int transfer(ussl_transport_obj_t *t, transfer_t *x) {
    if (t->exception != MP_OBJ_NULL) {
        return USSL_IO_AGAIN; // one is on its way to the caller already
    }
    ussl_unlock();
    mp_obj_t exception = ussl_protect(run, x);
    ussl_lock();
    return exception == MP_OBJ_NULL ? outcome(t, x->moved, x->len, x->error) : ussl_transport_caught(t, exception, x->error);
}

// A socket of the port's that Python has subclassed holds the object that has the stream.
static mp_obj_t native(const ussl_transport_obj_t *t) {
    return t->other != MP_OBJ_NULL ? t->other : t->stream;
}

static int stream_send(void *arg, const uint8_t *buf, size_t len, int *error) {
    ussl_transport_obj_t *t = arg;
    transfer_t x = { .stream = native(t), .out = buf, .len = len, .error = error };
    int n = transfer(t, &x);
    return n == 0 ? USSL_IO_AGAIN : n; // taking nothing is not taking it yet
}

static int stream_recv(void *arg, uint8_t *buf, size_t len, int *error) {
    ussl_transport_obj_t *t = arg;
    transfer_t x = { .stream = native(t), .in = buf, .len = len, .error = error };
    return transfer(t, &x);
}

static uint32_t stream_timeout(ussl_transport_obj_t *t, unsigned direction) {
    (void)direction;
    return t->timeout_ms;
}

static mp_uint_t stream_poll(ussl_transport_obj_t *t, mp_uint_t flags) {
    int error;
    mp_obj_t stream = native(t);
    mp_uint_t ready = mp_get_stream(stream)->ioctl(stream, MP_STREAM_POLL, flags, &error);
    return ready == MP_STREAM_ERROR ? 0 : ready;
}

// The try has just failed, so the stream is given a moment even if it claims to be
// ready: one that always does would otherwise keep the processor busy.
static void stream_wait(ussl_transport_obj_t *t, unsigned direction, uint32_t ms) {
    uint32_t pause = stream_poll(t, direction) == 0 ? RETRY_MS : 1;
    mp_event_wait_ms(ms < pause ? ms : pause);
}

static ussl_peer_t stream_peer(ussl_transport_obj_t *t) {
    (void)t;
    return USSL_PEER_CONNECTED;
}

static bool stream_lost(ussl_transport_obj_t *t) {
    (void)t;
    return false;
}

static void stream_prepare(ussl_transport_obj_t *t) {
    (void)t;
}

static void stream_shutdown(ussl_transport_obj_t *t, int how) {
    (void)t;
    (void)how;
}

static void close_stream(void *stream) {
    mp_stream_close(MP_OBJ_FROM_PTR(stream));
}

// An object that is dropped with its wrapper has a finaliser of its own.
static void stream_close(ussl_transport_obj_t *t, bool in_finaliser) {
    if (!in_finaliser) {
        ussl_protect(close_stream, MP_OBJ_TO_PTR(native(t)));
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
    .lost = stream_lost,
    .prepare = stream_prepare,
    .shutdown = stream_shutdown,
    .close = stream_close,
};
