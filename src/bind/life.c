// The life of a socket object: made, opened, detached, closed, dropped; and whose the
// wrapped socket is meanwhile, which is always its newest wrapper.

#include "py/mperrno.h"
#include "py/objstr.h"
#include "py/runtime.h"

#include "bind/bind.h"

// How long close() tries to get its close_notify out.
#define CLOSE_MS 1000

// ---- owners ----

// The list of live wrappers must not keep them alive, so it hangs from no root and its
// links are stored inverted, which the garbage collector does not take for pointers.
static uintptr_t head_hidden = ~(uintptr_t)0;

static ussl_socket_obj_t *reveal(uintptr_t hidden) {
    return (ussl_socket_obj_t *)~hidden;
}

static uintptr_t hide(ussl_socket_obj_t *socket) {
    return ~(uintptr_t)socket;
}

static void disown(ussl_socket_obj_t *self) {
    for (uintptr_t *link = &head_hidden; reveal(*link) != NULL; link = &reveal(*link)->next_hidden) {
        if (reveal(*link) == self) {
            *link = self->next_hidden;
            return;
        }
    }
}

// ---- beginnings ----

ussl_socket_obj_t *ussl_socket_new(const mp_obj_type_t *type, ussl_context_obj_t *context,
    const ussl_socket_options_t *o) {
    ussl_socket_obj_t *self = mp_obj_malloc_with_finaliser(ussl_socket_obj_t, type);
    *self = (ussl_socket_obj_t) {
        .base = { type },
        .guard = { .fd = -1 },
        .context = context,
        .server_hostname = o->server_hostname,
        .session = o->session,
        .early_data = o->early_data,
        #if USSL_DTLS
        .client_id = o->client_id,
        #endif
        .raised = MP_OBJ_NULL,
        .peer = MP_OBJ_NULL,
        .next_hidden = ~(uintptr_t)0,
        .timeout_ms = o->timeout_ms,
        .server_side = o->server_side,
        .handshake_on_connect = o->handshake_on_connect,
        .suppress_ragged_eofs = o->suppress_ragged_eofs,
        .held = -1,
    };
    self->transport.stream = MP_OBJ_NULL;
    return self;
}

void ussl_socket_open(ussl_socket_obj_t *self) {
    ussl_error_t err;
    ussl_ctx_t *ctx = ussl_context_get(self->context); // gone if its __del__ was called since
    ussl_transport_t callbacks = ussl_transport_callbacks(&self->transport);
    #if USSL_DTLS
    uint8_t address[USSL_PEER_ID_MAX] = { 0 };
    #endif
    ussl_conn_options_t options = {
        .name = self->server_hostname == mp_const_none || self->server_side ? NULL : mp_obj_str_get_str(self->server_hostname),
        .check_name = ussl_context_checks_name(self->context),
        .judge = ussl_socket_judge(self),
        .psk = ussl_socket_psk(self),
        #if USSL_SNI_CALLBACK
        .chooser = ussl_socket_chooser(self),
        #endif
        .timeout_ms = self->timeout_ms,
        .exact_reads = self->transport.ops->exact_reads,
        .early_data = ussl_early_data_bytes(self->early_data),
        #if USSL_DTLS
        .peer_id = ussl_socket_peer_id(self, address),
        #endif
        .session = self->session == MP_OBJ_NULL ? NULL : &((ussl_session_obj_t *)MP_OBJ_TO_PTR(self->session))->session,
    };
    self->raised = MP_OBJ_NULL;
    ussl_lock();
    ussl_status_t status = ussl_conn_new(ctx, &callbacks, &options, &self->conn, &err);
    ussl_unlock();
    if (status != USSL_OK) {
        self->conn = NULL;
        ussl_raise(&err, &(ussl_where_t) { .file = NULL });
    }
    self->transport.ops->prepare(&self->transport);
}

void ussl_socket_open_accepted(ussl_socket_obj_t *self) {
    if (self->conn == NULL && self->server_side && self->transport.ops->peer(&self->transport) == USSL_PEER_CONNECTED) {
        ussl_socket_open(self);
    }
}

ussl_conn_t *ussl_socket_conn(ussl_socket_obj_t *self) {
    if (self->conn == NULL) {
        if (self->transport.ops->peer(&self->transport) != USSL_PEER_CONNECTED) {
            mp_raise_OSError(MP_ENOTCONN);
        }
        ussl_socket_open(self);
    }
    return self->conn;
}

// ---- ends ----

static void forget(ussl_socket_obj_t *self) {
    ussl_lock();
    self->closed = true;
    self->close_requested = false;
    self->detach_requested = false;
    disown(self);
    ussl_conn_free(self->conn);
    self->conn = NULL;
    ussl_unlock();
    self->transport.stream = MP_OBJ_NULL;
    self->session = MP_OBJ_NULL;
    self->early_data = MP_OBJ_NULL;
    #if USSL_DTLS
    self->client_id = MP_OBJ_NULL;
    #endif
}

void ussl_socket_reset(ussl_socket_obj_t *self) {
    ussl_lock();
    ussl_conn_free(self->conn);
    self->conn = NULL;
    ussl_unlock();
}

void ussl_socket_detach(ussl_socket_obj_t *self) {
    ussl_lock();
    if (self->busy) {
        self->detach_requested = true;
    } else if (!self->closed) {
        forget(self);
    }
    ussl_unlock();
}

void ussl_socket_own(ussl_socket_obj_t *self) {
    ussl_lock();
    for (ussl_socket_obj_t *s = reveal(head_hidden); s != NULL;) {
        ussl_socket_obj_t *next = reveal(s->next_hidden);
        if (s->transport.stream == self->transport.stream) {
            ussl_socket_detach(s);
        }
        s = next;
    }
    self->next_hidden = head_hidden;
    head_hidden = hide(self);
    ussl_unlock();
}

// A ticket that has come and was not asked for serves the next connection, if that is wanted.
// Reading from a socket does not wait; from another stream it may.
static void take_in_tickets(ussl_socket_obj_t *self) {
    bool open = self->conn->state == USSL_CONN_OPEN || self->conn->state == USSL_CONN_SHUT;
    bool never_waits = self->transport.ops->port != NULL;
    if (open && never_waits && self->conn->ctx->sessions.size > 0) {
        ussl_lock();
        ussl_conn_take_in(self->conn);
        ussl_unlock();
    }
}

// The last word: close_notify, or the alert of a handshake that failed on a socket
// that never waits. Input that nobody read would turn the close into a reset.
static void say_goodbye(void *arg) {
    ussl_socket_obj_t *self = arg;
    if (self->transport.ops->lost(&self->transport)) {
        return;
    }
    take_in_tickets(self);
    bool open = self->conn->state == USSL_CONN_OPEN || self->conn->state == USSL_CONN_SHUT;
    ussl_drive_bounded(self, open ? ussl_step_shutdown : ussl_step_flush, NULL, CLOSE_MS);
    ussl_transport_drain(&self->transport);
}

// The exception that say_goodbye ended with, unless it is about the connection, which no
// longer matters to anybody.
static mp_obj_t goodbye_exception(ussl_socket_obj_t *self) {
    mp_obj_t exception = ussl_protect(say_goodbye, self);
    return exception == MP_OBJ_NULL || ussl_errno_of(exception) != 0 ? MP_OBJ_NULL : exception;
}

mp_obj_t ussl_socket_close(ussl_socket_obj_t *self) {
    if (!ussl_call_take(self, true)) { // Python code that runs meanwhile finds a connection in use
        return MP_OBJ_NULL;
    }
    self->close_requested = false;
    mp_obj_t exception = self->conn == NULL ? MP_OBJ_NULL : goodbye_exception(self);
    self->transport.ops->close(&self->transport, false);
    forget(self);
    self->busy = false;
    return exception;
}

void ussl_socket_drop(ussl_socket_obj_t *self) {
    if (ussl_call_take(self, true)) { // in use where Python called __del__, and not the collector
        if (self->transport.stream != MP_OBJ_NULL) {
            self->transport.ops->close(&self->transport, true);
        }
        forget(self);
        self->busy = false;
    }
}
