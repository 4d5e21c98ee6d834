// TLS inside TLS: the transport of one SSLSocket is another. The inner one is used
// below its methods, so that the outer one's deadline holds whatever mode it is in.

#include "py/mperrno.h"
#include "py/runtime.h"

#include "bind/bind.h"

static ussl_socket_obj_t *inner_of(ussl_transport_obj_t *t) {
    return MP_OBJ_TO_PTR(t->stream);
}

static ussl_transport_obj_t *below(ussl_transport_obj_t *t) {
    return &inner_of(t)->transport;
}

// The inner connection may have failed, been closed, or be in use by another thread.
static bool usable(ussl_socket_obj_t *inner, int *error) {
    *error = inner->closed ? MP_EBADF : inner->conn == NULL ? MP_ENOTCONN : inner->busy ? MP_EBUSY : 0;
    return *error == 0;
}

static int failure(ussl_socket_obj_t *inner, int *error) {
    const ussl_error_t *err = &inner->conn->error;
    *error = err->cls == USSL_ERR_TRANSPORT ? err->code : MP_EIO;
    return USSL_IO_ERROR;
}

// Using the inner connection is a call on it: nobody else may meanwhile. What its stream
// raised is on its way to the outer one's caller.
static void finish(ussl_transport_obj_t *t, ussl_socket_obj_t *inner) {
    if (inner->transport.exception != MP_OBJ_NULL) {
        t->exception = inner->transport.exception;
        inner->transport.exception = MP_OBJ_NULL;
    }
    t->timed_out = inner->transport.timed_out;
    inner->transport.timed_out = false;
    ussl_unlock();
    ussl_call_release(inner);
    ussl_lock();
}

static int tls_send(void *arg, const uint8_t *buf, size_t len, int *error) {
    ussl_socket_obj_t *inner = inner_of(arg);
    size_t done;
    if (!usable(inner, error)) {
        return USSL_IO_ERROR;
    }
    inner->busy = true;
    ussl_status_t status = ussl_conn_write(inner->conn, buf, len, &done);
    int n = status == USSL_FAILED ? failure(inner, error) : done > 0 ? (int)done : USSL_IO_AGAIN;
    finish(arg, inner);
    return n;
}

static int tls_recv(void *arg, uint8_t *buf, size_t len, int *error) {
    ussl_socket_obj_t *inner = inner_of(arg);
    size_t done;
    if (!usable(inner, error)) {
        return USSL_IO_ERROR;
    }
    inner->busy = true;
    ussl_status_t status = ussl_conn_read(inner->conn, buf, len, &done);
    bool again = status == USSL_WANT_READ || status == USSL_WANT_WRITE;
    int n = status == USSL_FAILED ? failure(inner, error) : again ? USSL_IO_AGAIN : (int)done;
    finish(arg, inner);
    return n;
}

static uint32_t tls_timeout(ussl_transport_obj_t *t, unsigned direction) {
    return below(t)->ops->timeout(below(t), direction);
}

static bool inner_waits_to_write(ussl_socket_obj_t *inner) {
    return inner->conn != NULL && ussl_buffer_len(&inner->conn->out) > 0;
}

// The inner connection may have to write before it can read.
static void tls_wait(ussl_transport_obj_t *t, unsigned direction, uint32_t ms) {
    ussl_socket_obj_t *inner = inner_of(t);
    ussl_call_t call;
    ussl_call_begin(&call, inner);
    if (inner->conn != NULL && ussl_conn_unprocessed(inner->conn) && direction == MP_STREAM_POLL_RD) {
        mp_event_handle_nowait();
    } else {
        below(t)->ops->wait(below(t), inner_waits_to_write(inner) ? MP_STREAM_POLL_WR : direction, ms);
    }
    ussl_call_end(&call);
}

static mp_uint_t tls_poll(ussl_transport_obj_t *t, mp_uint_t flags) {
    int error;
    mp_uint_t ready = ussl_socket_stream_p.ioctl(t->stream, MP_STREAM_POLL, flags, &error);
    return ready == MP_STREAM_ERROR ? 0 : ready;
}

static ussl_peer_t tls_peer(ussl_transport_obj_t *t) {
    ussl_socket_obj_t *inner = inner_of(t);
    return inner->closed ? USSL_PEER_NONE : inner->conn != NULL ? USSL_PEER_CONNECTED : below(t)->ops->peer(below(t));
}

static bool tls_lost(ussl_transport_obj_t *t) {
    (void)t;
    return false;
}

static void tls_prepare(ussl_transport_obj_t *t) {
    (void)t;
}

static void tls_shutdown(ussl_transport_obj_t *t, int how) {
    (void)t;
    (void)how;
}

static void tls_close(ussl_transport_obj_t *t, bool in_finaliser) {
    if (!in_finaliser) { // its own finaliser does it otherwise
        ussl_socket_close(inner_of(t));
    }
}

const ussl_transport_ops_t ussl_transport_tls = {
    .send = tls_send,
    .recv = tls_recv,
    .timeout = tls_timeout,
    .wait = tls_wait,
    .poll = tls_poll,
    .peer = tls_peer,
    .lost = tls_lost,
    .prepare = tls_prepare,
    .shutdown = tls_shutdown,
    .close = tls_close,
};
