// The loop that waits, and what it raises.

#include "py/mperrno.h"
#include "py/mphal.h"
#include "py/runtime.h"

#include "bind/bind.h"
#include "core/host.h"

// How long a failed handshake waits for the peer to hang up, so that closing the
// socket does not overtake the alert that tells the peer why.
#define LINGER_MS 500

// ---- errors ----

MP_NORETURN void ussl_raise_conn(ussl_socket_obj_t *self) {
    const ussl_conn_t *conn = self->conn;
    if (self->raised != MP_OBJ_NULL) {
        nlr_raise(self->raised);
    }
    ussl_where_t where = { .verify = conn->verify, .host = conn->name, .session = conn->offered_session,
                           .psk = conn->has_psk };
    vstr_t vstr;
    if (self->peer != MP_OBJ_NULL) {
        mp_print_t print;
        vstr_init_print(&vstr, 24, &print);
        ussl_transport_print_address(&print, self->peer);
        where.peer = vstr_null_terminated_str(&vstr);
    }
    ussl_raise(&conn->error, &where);
}

bool ussl_unfinished(const ussl_outcome_t *outcome) {
    return outcome->status == USSL_WANT_READ || outcome->status == USSL_WANT_WRITE;
}

// EAGAIN, as the port's sockets have it, in CPython's classes.
MP_NORETURN void ussl_raise_unfinished(const ussl_outcome_t *outcome) {
    if (outcome->timed_out) {
        mp_raise_OSError(MP_ETIMEDOUT);
    }
    mp_obj_t args[2] = { MP_OBJ_NEW_SMALL_INT(MP_EAGAIN), MP_OBJ_NEW_QSTR(MP_QSTR_EAGAIN) };
    nlr_raise(mp_obj_exception_make_new(outcome->status == USSL_WANT_READ ? &ussl_type_SSLWantReadError
        : &ussl_type_SSLWantWriteError, 2, 0, args));
}

void ussl_check_wanted(const ussl_socket_obj_t *self, ussl_status_t status) {
    bool pycom = self->context->pycom;
    if (status == USSL_WANT_READ) {
        ussl_raise_number(&ussl_type_SSLWantReadError, pycom ? MP_ETIMEDOUT : USSL_SSL_ERROR_WANT_READ, MP_QSTRnull,
            MP_ERROR_TEXT("bytes of the peer's are needed: call again when readable"));
    }
    if (status == USSL_WANT_WRITE) {
        ussl_raise_number(&ussl_type_SSLWantWriteError, pycom ? MP_ETIMEDOUT : USSL_SSL_ERROR_WANT_WRITE, MP_QSTRnull,
            MP_ERROR_TEXT("bytes wait to be sent: call again when writable"));
    }
}

// ---- waiting ----

static bool wants(ussl_status_t status) {
    return status == USSL_WANT_READ || status == USSL_WANT_WRITE;
}

static unsigned direction_of(ussl_status_t status) {
    return status == USSL_WANT_READ ? MP_STREAM_POLL_RD : MP_STREAM_POLL_WR;
}

// One wait of at most left milliseconds. The connection may have been closed by
// another thread or by Python code that ran meanwhile.
static void wait_once(ussl_socket_obj_t *self, ussl_status_t status, uint32_t left) {
    ussl_transport_obj_t *t = &self->transport;
    if (status == USSL_WANT_READ && ussl_conn_unprocessed(self->conn)) {
        mp_event_handle_nowait(); // the step only made a pause
    } else {
        t->ops->wait(t, direction_of(status), left);
    }
    if (self->close_requested || self->detach_requested) {
        mp_raise_OSError(MP_EBADF);
    }
}

// Waits until status' direction may work or until deadline (on the monotonic clock,
// UINT64_MAX is none). False when the deadline has passed.
static bool wait_until(ussl_socket_obj_t *self, ussl_status_t status, uint64_t deadline) {
    uint64_t now = ussl_host_monotonic_ms();
    uint64_t left = deadline == UINT64_MAX ? USSL_FOREVER - 1 : deadline > now ? deadline - now : 0;
    if (left == 0) {
        return false;
    }
    uint32_t handshake = ussl_conn_time_left(self->conn);
    left = handshake < left ? handshake : left;
    uint32_t timer = status == USSL_WANT_READ ? ussl_conn_timer(self->conn) : UINT32_MAX;
    wait_once(self, status, (uint32_t)(timer < left ? timer : left));
    return true;
}

static uint64_t deadline_in(uint32_t ms) {
    return ms == USSL_FOREVER ? UINT64_MAX : ussl_host_monotonic_ms() + ms;
}

// The bound a wait gets: what the socket says, or the handshake's own deadline, which
// core enforces. A socket that never waits does not wait for a handshake either.
static uint32_t bound_for(ussl_socket_obj_t *self, ussl_status_t status, ussl_wait_t wait) {
    if (wait == USSL_WAIT_DEADLINE) {
        return USSL_FOREVER;
    }
    uint32_t bound = self->transport.ops->timeout(&self->transport, direction_of(status));
    return wait == USSL_WAIT_HANDSHAKE && bound != 0 ? USSL_FOREVER : bound;
}

static ussl_status_t run_step(ussl_socket_obj_t *self, ussl_step_fn step, void *arg) {
    ussl_lock();
    ussl_status_t status = step(self, arg);
    ussl_unlock();
    ussl_transport_reraise(&self->transport);
    return status;
}

// Repeats step until it no longer wants to wait, or the wait is over.
static ussl_outcome_t repeat(ussl_socket_obj_t *self, ussl_step_fn step, void *arg, ussl_wait_t wait, uint32_t own_bound) {
    uint64_t deadline = 0;
    bool first = true;
    for (;;) {
        self->transport.timed_out = false;
        ussl_status_t status = run_step(self, step, arg);
        if (!wants(status)) {
            return (ussl_outcome_t) { status, false };
        }
        if (first) {
            uint32_t bound = own_bound != 0 ? own_bound : bound_for(self, status, wait);
            if (bound == 0) {
                return (ussl_outcome_t) { status, false };
            }
            deadline = deadline_in(bound);
            first = false;
        }
        if ((self->transport.timed_out && wait == USSL_WAIT_SOCKET) || !wait_until(self, status, deadline)) {
            return (ussl_outcome_t) { status, true };
        }
    }
}

// ---- failed handshakes ----

static ussl_status_t step_linger(ussl_socket_obj_t *self, void *arg) {
    (void)arg;
    ussl_conn_flush(self->conn);
    return ussl_transport_drain(&self->transport) ? USSL_OK : USSL_WANT_READ;
}

// Sees the alert off and waits, a little, for the peer to take it.
static void linger(ussl_socket_obj_t *self) {
    ussl_drive_bounded(self, ussl_step_flush, NULL, LINGER_MS);
    if (self->conn->said_why) {
        ussl_drive_bounded(self, step_linger, NULL, LINGER_MS);
    }
}

// ---- driving ----

ussl_outcome_t ussl_drive(ussl_socket_obj_t *self, ussl_step_fn step, void *arg, ussl_wait_t wait) {
    bool failed_before = self->conn->state == USSL_CONN_FAILED;
    bool handshake = self->conn->state <= USSL_CONN_HANDSHAKE;
    ussl_outcome_t outcome = repeat(self, step, arg, wait, 0);
    if (outcome.status == USSL_FAILED) {
        if (handshake && !failed_before) {
            linger(self);
        }
        ussl_raise_conn(self);
    }
    return outcome;
}

// On a socket that never waits the bound is no reason to.
ussl_outcome_t ussl_drive_bounded(ussl_socket_obj_t *self, ussl_step_fn step, void *arg, uint32_t bound_ms) {
    uint32_t socket_bound = self->transport.ops->timeout(&self->transport, MP_STREAM_POLL_RD);
    if (socket_bound == 0) {
        return (ussl_outcome_t) { run_step(self, step, arg), false };
    }
    return repeat(self, step, arg, USSL_WAIT_SOCKET, bound_ms);
}
