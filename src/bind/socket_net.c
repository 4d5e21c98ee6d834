// The methods that reach around TLS to the socket below, and those that start and
// end the protocol.

#include "py/mperrno.h"
#include "py/objlist.h"
#include "py/objtuple.h"
#include "py/runtime.h"

#include "bind/bind.h"
#include "core/host.h"

// TLS 1.3 servers send tickets one round trip after the handshake; this is what a
// ticket is waited for beyond twice the time the handshake took.
#define TICKET_MS 2000

static mp_obj_t below(ussl_socket_obj_t *self) {
    mp_obj_t stream = self->transport.stream;
    if (self->closed || stream == MP_OBJ_NULL) { // another thread may close it now
        mp_raise_OSError(MP_EBADF);
    }
    return stream;
}

// Calls a method of the wrapped object with up to three arguments.
static mp_obj_t forward(ussl_socket_obj_t *self, qstr name, size_t n_args, const mp_obj_t *args) {
    mp_obj_t call[5];
    mp_load_method(below(self), name, call);
    for (size_t i = 0; i < n_args; i++) {
        call[2 + i] = args[i];
    }
    return mp_call_method_n_kw(n_args, 0, call);
}

// ---- connecting ----

// The address as the socket wants it. A socket that an earlier wrapper closed is opened
// again first, for the address's family.
static mp_obj_t ready_for(ussl_socket_obj_t *self, mp_obj_t address) {
    mp_obj_t packed = ussl_transport_address(&self->transport, address);
    ussl_transport_port_reopen(&self->transport, packed);
    return packed;
}

// A socket whose connect is under way is as good as connected: the handshake waits
// for it at its first byte.
static void connect_below(ussl_socket_obj_t *self, mp_obj_t address) {
    mp_obj_t packed = ready_for(self, address);
    forward(self, MP_QSTR_connect, 1, &packed);
}

static void start(void *self) {
    ussl_socket_start_handshake(self, USSL_WAIT_HANDSHAKE);
}

// A session is offered with its own TLS version only. A server that has given that
// version up refuses, which is no reason to fail: it is asked again, without the session.
// Not once early data is out: whoever is on the way can have let that through and answered in
// the server's place, to have it sent to the server twice (RFC 8446 E.5).
static bool refused_for_session(const ussl_socket_obj_t *self) {
    return self->conn != NULL && self->conn->offered_session && self->conn->state == USSL_CONN_FAILED
           && !self->conn->early_sent && ussl_is_about_version(&self->conn->error);
}

// Connects the renewed socket without the session, within what is left of the
// handshake's deadline.
static void connect_without_session(ussl_socket_obj_t *self, mp_obj_t address) {
    uint32_t spent = (uint32_t)(ussl_host_monotonic_ms() - self->conn->started_ms);
    ussl_socket_reset(self);
    self->session = MP_OBJ_NULL;
    connect_below(self, address);
    uint32_t timeout_ms = self->timeout_ms;
    self->timeout_ms = timeout_ms == 0 ? 0 : spent < timeout_ms ? timeout_ms - spent : 1;
    mp_obj_t exception = ussl_protect(start, self);
    self->timeout_ms = timeout_ms;
    if (exception != MP_OBJ_NULL) {
        nlr_raise(exception);
    }
}

static void start_or_retry(ussl_socket_obj_t *self, mp_obj_t address) {
    mp_obj_t exception = ussl_protect(start, self);
    if (exception == MP_OBJ_NULL) {
        return;
    }
    if (!refused_for_session(self) || !ussl_transport_port_renew(&self->transport)) {
        nlr_raise(exception);
    }
    connect_without_session(self, address);
}

static mp_obj_t socket_connect(mp_obj_t self_in, mp_obj_t address) {
    ussl_socket_obj_t *self = MP_OBJ_TO_PTR(self_in);
    ussl_call_t call;
    ussl_check_open(self);
    if (self->server_side && !self->transport.datagram) { // a DTLS server connects to its client's address
        mp_raise_ValueError(MP_ERROR_TEXT("cannot connect: wrapped with server_side=True"));
    }
    ussl_call_begin(&call, self);
    if (self->conn != NULL && self->conn->state == USSL_CONN_FAILED) {
        ussl_raise_conn(self);
    }
    if (self->conn != NULL) {
        mp_raise_OSError(MP_EISCONN);
    }
    connect_below(self, address);
    start_or_retry(self, address);
    ussl_call_end(&call);
    return mp_const_none;
}
MP_DEFINE_CONST_FUN_OBJ_2(ussl_socket_connect_obj, socket_connect);

static mp_obj_t socket_bind(mp_obj_t self_in, mp_obj_t address) {
    ussl_socket_obj_t *self = MP_OBJ_TO_PTR(self_in);
    ussl_check_open(self);
    mp_obj_t packed = ready_for(self, address);
    return forward(self, MP_QSTR_bind, 1, &packed);
}
MP_DEFINE_CONST_FUN_OBJ_2(ussl_socket_bind_obj, socket_bind);

static mp_obj_t socket_listen(size_t n_args, const mp_obj_t *args) {
    return forward(MP_OBJ_TO_PTR(args[0]), MP_QSTR_listen, n_args - 1, args + 1);
}
MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(ussl_socket_listen_obj, 1, 2, socket_listen);

static mp_obj_t wrap_accepted(ussl_socket_obj_t *listener, mp_obj_t sock, mp_obj_t address) {
    ussl_socket_options_t options = {
        .server_hostname = mp_const_none,
        .session = MP_OBJ_NULL,
        .early_data = MP_OBJ_NULL,
        .timeout_ms = listener->timeout_ms,
        .server_side = true,
        .handshake_on_connect = listener->handshake_on_connect,
        .suppress_ragged_eofs = listener->suppress_ragged_eofs,
    };
    ussl_socket_obj_t *self = ussl_socket_new(&ussl_type_SSLSocket, listener->context, &options);
    ussl_transport_init(&self->transport, sock, false);
    ussl_socket_own(self);
    self->peer = address;
    return MP_OBJ_FROM_PTR(self);
}

// Unlike wrap_socket, accept owns the client's socket: a client that fails is closed.
static void start_accepted(ussl_socket_obj_t *self) {
    mp_obj_t exception = ussl_socket_try_start(self);
    if (exception != MP_OBJ_NULL) {
        ussl_socket_close(self);
        nlr_raise(exception);
    }
}

static mp_obj_t socket_accept(mp_obj_t self_in) {
    ussl_socket_obj_t *self = MP_OBJ_TO_PTR(self_in);
    ussl_check_open(self);
    if (!self->server_side) {
        mp_raise_OSError(MP_EINVAL); // as accept on a socket that does not listen
    }
    mp_obj_t pair = forward(self, MP_QSTR_accept, 0, NULL);
    size_t len;
    mp_obj_t *items;
    mp_obj_get_array(pair, &len, &items);
    mp_obj_t accepted[2] = { wrap_accepted(self, items[0], items[1]), items[1] };
    start_accepted(MP_OBJ_TO_PTR(accepted[0]));
    return mp_obj_new_tuple(2, accepted);
}
MP_DEFINE_CONST_FUN_OBJ_1(ussl_socket_accept_obj, socket_accept);

// ---- settings of the socket below ----

// A stream that has no such setting of its own gets ours.
static mp_obj_t set_waiting(ussl_socket_obj_t *self, qstr name, mp_obj_t arg, uint32_t ms) {
    self->transport.timeout_ms = ms;
    if (ussl_has_method(below(self), name)) {
        forward(self, name, 1, &arg);
    }
    return mp_const_none;
}

static mp_obj_t socket_settimeout(mp_obj_t self_in, mp_obj_t timeout) {
    return set_waiting(MP_OBJ_TO_PTR(self_in), MP_QSTR_settimeout, timeout,
        timeout == mp_const_none ? USSL_FOREVER : ussl_milliseconds(timeout));
}
MP_DEFINE_CONST_FUN_OBJ_2(ussl_socket_settimeout_obj, socket_settimeout);

static mp_obj_t socket_setblocking(mp_obj_t self_in, mp_obj_t flag) {
    return set_waiting(MP_OBJ_TO_PTR(self_in), MP_QSTR_setblocking, flag, mp_obj_is_true(flag) ? USSL_FOREVER : 0);
}
MP_DEFINE_CONST_FUN_OBJ_2(ussl_socket_setblocking_obj, socket_setblocking);

static mp_obj_t socket_setsockopt(size_t n_args, const mp_obj_t *args) {
    return forward(MP_OBJ_TO_PTR(args[0]), MP_QSTR_setsockopt, n_args - 1, args + 1);
}
MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(ussl_socket_setsockopt_obj, 4, 4, socket_setsockopt);

static mp_obj_t socket_fileno(mp_obj_t self_in) {
    return forward(MP_OBJ_TO_PTR(self_in), MP_QSTR_fileno, 0, NULL);
}
MP_DEFINE_CONST_FUN_OBJ_1(ussl_socket_fileno_obj, socket_fileno);

// ---- the protocol's start and end ----

static mp_obj_t socket_do_handshake(mp_obj_t self_in) {
    ussl_socket_obj_t *self = MP_OBJ_TO_PTR(self_in);
    ussl_call_t call;
    ussl_call_begin(&call, self);
    ussl_outcome_t outcome = ussl_socket_handshake(self, USSL_WAIT_HANDSHAKE);
    ussl_call_end(&call);
    ussl_check_wanted(self, outcome.status);
    return mp_const_none;
}
MP_DEFINE_CONST_FUN_OBJ_1(ussl_socket_do_handshake_obj, socket_do_handshake);

// unwrap(): ends TLS in both directions and gives the plain socket back.
static mp_obj_t socket_unwrap(mp_obj_t self_in) {
    ussl_socket_obj_t *self = MP_OBJ_TO_PTR(self_in);
    ussl_call_t call;
    ussl_call_begin(&call, self);
    ussl_socket_conn(self);
    ussl_outcome_t outcome = ussl_drive(self, ussl_step_unwrap, NULL, USSL_WAIT_SOCKET);
    mp_obj_t sock = self->transport.stream;
    ussl_call_end(&call);
    if (outcome.timed_out) {
        ussl_raise_unfinished(&outcome);
    }
    ussl_check_wanted(self, outcome.status);
    if (outcome.status == USSL_EOF) {
        ussl_raise_ragged();
    }
    ussl_socket_detach(self);
    return sock;
}
MP_DEFINE_CONST_FUN_OBJ_1(ussl_socket_unwrap_obj, socket_unwrap);

// shutdown(how): 0 reading, 1 writing, 2 both. Writing ends with close_notify.
static mp_obj_t socket_shutdown(mp_obj_t self_in, mp_obj_t how_in) {
    ussl_socket_obj_t *self = MP_OBJ_TO_PTR(self_in);
    mp_int_t how = mp_obj_get_int(how_in);
    if (how < 0 || how > 2) {
        mp_raise_ValueError(MP_ERROR_TEXT("how must be 0, 1 or 2"));
    }
    ussl_call_t call;
    ussl_call_begin(&call, self);
    ussl_socket_conn(self);
    ussl_outcome_t outcome = { USSL_OK, false };
    if (how > 0) {
        outcome = ussl_drive(self, ussl_step_shutdown, NULL, USSL_WAIT_SOCKET);
    }
    if (outcome.status == USSL_OK) {
        self->transport.ops->shutdown(&self->transport, (int)how);
    }
    ussl_call_end(&call);
    if (outcome.status != USSL_OK) {
        ussl_raise_unfinished(&outcome);
    }
    return mp_const_none;
}
MP_DEFINE_CONST_FUN_OBJ_2(ussl_socket_shutdown_obj, socket_shutdown);

// ---- sessions ----

typedef struct await {
    ussl_error_t err;
} await_t;

// An error of core's that is final makes the connection fail; "no ticket" does not.
static ussl_status_t step_await(ussl_socket_obj_t *self, void *arg) {
    await_t *a = arg;
    a->err.cls = USSL_ERR_NONE;
    ussl_status_t status = ussl_conn_await_session(self->conn, &a->err);
    return status == USSL_FAILED && self->conn->state != USSL_CONN_FAILED ? USSL_CLOSED : status;
}

static MP_NORETURN void raise_no_ticket(ussl_socket_obj_t *self, const ussl_outcome_t *outcome) {
    ussl_error_t err;
    if (outcome->status != USSL_WANT_READ || outcome->timed_out) {
        ussl_check(ussl_fail(&err, USSL_ERR_CALLER, USSL_REASON_NO_TICKET), &err);
    }
    if (mp_obj_is_type(MP_OBJ_FROM_PTR(self), &ussl_type_SSLObject)) {
        ussl_raise_number(&ussl_type_SSLWantReadError, USSL_SSL_ERROR_WANT_READ, MP_QSTRnull,
            MP_ERROR_TEXT("the session ticket has not come yet"));
    }
    ussl_raise_unfinished(outcome);
}

// Whether there is one; if not, and that is an error, it is raised. A ticket that was waited for
// in vain is not waited for again, but it may have come since.
static bool await_session(ussl_socket_obj_t *self, bool or_none) {
    await_t a;
    uint32_t bound = self->awaited ? 1 : TICKET_MS + 2 * self->conn->handshake_ms;
    ussl_outcome_t outcome = ussl_drive_bounded(self, step_await, &a, bound);
    self->awaited |= outcome.timed_out;
    if (outcome.status == USSL_FAILED) {
        ussl_raise_conn(self);
    }
    if (a.err.cls != USSL_ERR_NONE && a.err.reason != USSL_REASON_NO_TICKET) {
        ussl_raise(&a.err, &(ussl_where_t) { .file = NULL });
    }
    if (outcome.status != USSL_OK && !or_none) {
        raise_no_ticket(self, &outcome);
    }
    return outcome.status == USSL_OK;
}

mp_obj_t ussl_socket_session(ussl_socket_obj_t *self, bool or_none) {
    ussl_call_t call;
    ussl_error_t err;
    if (self->server_side || self->closed || self->conn == NULL) {
        ussl_fail(&err, USSL_ERR_CALLER, self->server_side ? USSL_REASON_NOT_CLIENT : USSL_REASON_NO_HANDSHAKE);
        ussl_raise(&err, &(ussl_where_t) { .file = NULL });
    }
    ussl_session_obj_t *session = mp_obj_malloc_with_finaliser(ussl_session_obj_t, &ussl_type_SSLSession);
    session->session = (ussl_session_t) { 0 };
    ussl_call_begin(&call, self);
    if (self->conn->state == USSL_CONN_FAILED) {
        ussl_raise_conn(self);
    }
    if (!await_session(self, or_none)) {
        ussl_call_end(&call);
        return mp_const_none;
    }
    ussl_lock();
    ussl_status_t status = ussl_conn_session(self->conn, &session->session, &err);
    ussl_unlock();
    if (status != USSL_OK) {
        ussl_raise(&err, &(ussl_where_t) { .file = NULL });
    }
    ussl_call_end(&call);
    return MP_OBJ_FROM_PTR(session);
}
