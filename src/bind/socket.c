// SSLSocket: its life and its table of methods.

#include "py/mperrno.h"
#include "py/objstr.h"
#include "py/objtuple.h"
#include "py/runtime.h"

#include "bind/bind.h"

// How long close() tries to get its close_notify out.
#define CLOSE_MS 1000

// ---- life ----

ussl_socket_obj_t *ussl_socket_new(const mp_obj_type_t *type, ussl_context_obj_t *context,
    const ussl_socket_options_t *o) {
    ussl_socket_obj_t *self = mp_obj_malloc_with_finaliser(ussl_socket_obj_t, type);
    *self = (ussl_socket_obj_t) {
        .base = { type },
        .guard = { .fd = -1 },
        .context = context,
        .server_hostname = o->server_hostname,
        .session = o->session,
        .peer = MP_OBJ_NULL,
        .next_hidden = ~(uintptr_t)0,
        .timeout_ms = o->timeout_ms,
        .server_side = o->server_side,
        .handshake_on_connect = o->handshake_on_connect,
        .suppress_ragged_eofs = o->suppress_ragged_eofs,
    };
    self->transport.stream = MP_OBJ_NULL;
    return self;
}

void ussl_socket_open(ussl_socket_obj_t *self) {
    ussl_error_t err;
    ussl_transport_t callbacks = ussl_transport_callbacks(&self->transport);
    ussl_conn_options_t options = {
        .name = self->server_hostname == mp_const_none || self->server_side ? NULL : mp_obj_str_get_str(self->server_hostname),
        .check_name = self->context->check_hostname,
        .timeout_ms = self->timeout_ms,
        .session = self->session == MP_OBJ_NULL ? NULL : &((ussl_session_obj_t *)MP_OBJ_TO_PTR(self->session))->session,
    };
    if (ussl_conn_new(self->context->ctx, &callbacks, &options, &self->conn, &err) != USSL_OK) {
        self->conn = NULL;
        ussl_raise(&err, &(ussl_where_t) { .file = NULL });
    }
    self->transport.ops->prepare(&self->transport);
}

void ussl_socket_start_handshake(ussl_socket_obj_t *self) {
    ussl_socket_open(self);
    if (self->handshake_on_connect) {
        ussl_drive_handshake(self);
    }
}

static void start_connected(ussl_socket_obj_t *self) {
    ussl_call_t call;
    ussl_call_begin(&call, self);
    ussl_socket_start_handshake(self);
    ussl_call_end(&call);
}

// A failed wrap leaves the caller's socket alone: the wrapper lets go of it.
static void start_or_let_go(ussl_socket_obj_t *self) {
    nlr_buf_t nlr;
    if (nlr_push(&nlr) == 0) {
        start_connected(self);
        nlr_pop();
        return;
    }
    ussl_socket_detach(self);
    nlr_jump(nlr.ret_val);
}

mp_obj_t ussl_socket_wrap(ussl_context_obj_t *context, const ussl_transport_obj_t *transport,
    const ussl_socket_options_t *options) {
    ussl_socket_obj_t *self = ussl_socket_new(&ussl_type_SSLSocket, context, options);
    self->transport = *transport;
    ussl_owner_take(self);
    if (transport->ops->peer(&self->transport) == USSL_PEER_CONNECTED) {
        start_or_let_go(self);
    }
    return MP_OBJ_FROM_PTR(self);
}

static void forget(ussl_socket_obj_t *self) {
    self->closed = true;
    self->close_requested = false;
    self->detach_requested = false;
    ussl_owner_forget(self);
    ussl_conn_free(self->conn);
    self->conn = NULL;
    self->transport.stream = MP_OBJ_NULL;
    self->session = MP_OBJ_NULL;
}

void ussl_socket_detach(ussl_socket_obj_t *self) {
    if (self->busy) {
        self->detach_requested = true;
    } else if (!self->closed) {
        forget(self);
    }
}

// The last word: close_notify, or the alert of a handshake that failed on a socket
// that never waits. Input that nobody read would turn the close into a reset.
static void say_goodbye(ussl_socket_obj_t *self) {
    bool open = self->conn->state == USSL_CONN_OPEN || self->conn->state == USSL_CONN_SHUT;
    ussl_drive_bounded(self, open ? ussl_step_shutdown : ussl_step_flush, NULL, CLOSE_MS);
    self->transport.ops->drain(&self->transport);
}

// Runs say_goodbye; what it raises about the connection no longer matters to anybody.
static mp_obj_t goodbye_exception(ussl_socket_obj_t *self) {
    nlr_buf_t nlr;
    if (nlr_push(&nlr) == 0) {
        say_goodbye(self);
        nlr_pop();
        return MP_OBJ_NULL;
    }
    mp_obj_t exception = MP_OBJ_FROM_PTR(nlr.ret_val);
    return ussl_errno_of(exception) != 0 ? MP_OBJ_NULL : exception;
}

mp_obj_t ussl_socket_close(ussl_socket_obj_t *self) {
    if (self->busy) {
        self->close_requested = true;
        return MP_OBJ_NULL;
    }
    if (self->closed) {
        return MP_OBJ_NULL;
    }
    self->busy = true; // Python code that runs meanwhile finds a connection in use
    self->close_requested = false;
    mp_obj_t exception = self->conn == NULL ? MP_OBJ_NULL : goodbye_exception(self);
    self->busy = false;
    self->transport.ops->close(&self->transport, false);
    forget(self);
    return exception;
}

void ussl_socket_drop(ussl_socket_obj_t *self) {
    if (!self->closed) {
        if (self->transport.stream != MP_OBJ_NULL) {
            self->transport.ops->close(&self->transport, true);
        }
        forget(self);
    }
}

static mp_obj_t socket_close(mp_obj_t self_in) {
    mp_obj_t exception = ussl_socket_close(MP_OBJ_TO_PTR(self_in));
    if (exception != MP_OBJ_NULL) {
        nlr_raise(exception);
    }
    return mp_const_none;
}
MP_DEFINE_CONST_FUN_OBJ_1(ussl_socket_close_obj, socket_close);

static mp_obj_t socket___exit__(size_t n_args, const mp_obj_t *args) {
    (void)n_args;
    return socket_close(args[0]);
}
MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(ussl_socket___exit___obj, 1, 4, socket___exit__);

static mp_obj_t socket___del__(mp_obj_t self_in) {
    ussl_socket_drop(MP_OBJ_TO_PTR(self_in));
    return mp_const_none;
}
MP_DEFINE_CONST_FUN_OBJ_1(ussl_socket___del___obj, socket___del__);

// ---- the type ----

static void socket_print(const mp_print_t *print, mp_obj_t self_in, mp_print_kind_t kind) {
    (void)kind;
    ussl_socket_obj_t *self = MP_OBJ_TO_PTR(self_in);
    const char *state = self->closed ? "closed" : self->conn == NULL ? "no connection"
        : self->conn->state == USSL_CONN_FAILED ? "failed" : self->conn->state <= USSL_CONN_HANDSHAKE ? "handshake" : "open";
    mp_printf(print, "<%q %s, %s>", self->base.type->name, self->server_side ? "server" : "client", state);
}

static mp_obj_t session_or_none(ussl_socket_obj_t *self) {
    bool has = self->conn != NULL && !self->server_side
        && (self->conn->state == USSL_CONN_OPEN || self->conn->state == USSL_CONN_SHUT);
    return has ? ussl_socket_session(self) : mp_const_none;
}

static bool session_reused(ussl_socket_obj_t *self) {
    return self->conn != NULL && self->conn->tls != NULL && self->conn->state >= USSL_CONN_OPEN
           && self->conn->engine->resumed(self->conn->tls);
}

void ussl_socket_attr(mp_obj_t self_in, qstr attr, mp_obj_t *dest) {
    ussl_socket_obj_t *self = MP_OBJ_TO_PTR(self_in);
    if (dest[0] != MP_OBJ_NULL) {
        return;
    }
    if (attr == MP_QSTR_context) {
        dest[0] = MP_OBJ_FROM_PTR(self->context);
    } else if (attr == MP_QSTR_server_hostname) {
        dest[0] = self->server_hostname;
    } else if (attr == MP_QSTR_server_side) {
        dest[0] = mp_obj_new_bool(self->server_side);
    } else if (attr == MP_QSTR_session_reused) {
        dest[0] = mp_obj_new_bool(session_reused(self));
    } else if (attr == MP_QSTR_session) {
        dest[0] = session_or_none(self);
    } else {
        dest[1] = MP_OBJ_SENTINEL;
    }
}

static mp_obj_t socket_make_new(const mp_obj_type_t *type, size_t n_args, size_t n_kw, const mp_obj_t *args) {
    (void)type;
    (void)n_args;
    (void)n_kw;
    (void)args;
    mp_raise_TypeError(MP_ERROR_TEXT("SSLSocket is made by wrap_socket()"));
}

// Lines, as of a file.
static mp_obj_t socket_iternext(mp_obj_t self_in) {
    mp_obj_t line = mp_call_function_1(MP_OBJ_FROM_PTR(&ussl_socket_readline_obj), self_in);
    return mp_obj_is_true(line) ? line : MP_OBJ_STOP_ITERATION;
}

// Every name of the port's socket type must stand here: what is missing would be
// looked up in the parent type, whose C functions expect another structure.
static const mp_rom_map_elem_t socket_locals_table[] = {
    { MP_ROM_QSTR(MP_QSTR_connect), MP_ROM_PTR(&ussl_socket_connect_obj) },
    { MP_ROM_QSTR(MP_QSTR_bind), MP_ROM_PTR(&ussl_socket_bind_obj) },
    { MP_ROM_QSTR(MP_QSTR_listen), MP_ROM_PTR(&ussl_socket_listen_obj) },
    { MP_ROM_QSTR(MP_QSTR_accept), MP_ROM_PTR(&ussl_socket_accept_obj) },
    { MP_ROM_QSTR(MP_QSTR_send), MP_ROM_PTR(&ussl_socket_send_obj) },
    { MP_ROM_QSTR(MP_QSTR_sendall), MP_ROM_PTR(&ussl_socket_sendall_obj) },
    { MP_ROM_QSTR(MP_QSTR_sendto), MP_ROM_PTR(&ussl_socket_bypass_obj) },
    { MP_ROM_QSTR(MP_QSTR_recv), MP_ROM_PTR(&ussl_socket_recv_obj) },
    { MP_ROM_QSTR(MP_QSTR_recv_into), MP_ROM_PTR(&ussl_socket_recv_into_obj) },
    { MP_ROM_QSTR(MP_QSTR_recvfrom), MP_ROM_PTR(&ussl_socket_bypass_obj) },
    { MP_ROM_QSTR(MP_QSTR_read), MP_ROM_PTR(&ussl_socket_read_obj) },
    { MP_ROM_QSTR(MP_QSTR_readinto), MP_ROM_PTR(&ussl_socket_readinto_obj) },
    { MP_ROM_QSTR(MP_QSTR_readline), MP_ROM_PTR(&ussl_socket_readline_obj) },
    { MP_ROM_QSTR(MP_QSTR_write), MP_ROM_PTR(&ussl_socket_write_obj) },
    { MP_ROM_QSTR(MP_QSTR_makefile), MP_ROM_PTR(&ussl_socket_makefile_obj) },
    { MP_ROM_QSTR(MP_QSTR_settimeout), MP_ROM_PTR(&ussl_socket_settimeout_obj) },
    { MP_ROM_QSTR(MP_QSTR_setblocking), MP_ROM_PTR(&ussl_socket_setblocking_obj) },
    { MP_ROM_QSTR(MP_QSTR_setsockopt), MP_ROM_PTR(&ussl_socket_setsockopt_obj) },
    { MP_ROM_QSTR(MP_QSTR_fileno), MP_ROM_PTR(&ussl_socket_fileno_obj) },
    { MP_ROM_QSTR(MP_QSTR_close), MP_ROM_PTR(&ussl_socket_close_obj) },
    { MP_ROM_QSTR(MP_QSTR_do_handshake), MP_ROM_PTR(&ussl_socket_do_handshake_obj) },
    { MP_ROM_QSTR(MP_QSTR_unwrap), MP_ROM_PTR(&ussl_socket_unwrap_obj) },
    { MP_ROM_QSTR(MP_QSTR_shutdown), MP_ROM_PTR(&ussl_socket_shutdown_obj) },
    { MP_ROM_QSTR(MP_QSTR_pending), MP_ROM_PTR(&ussl_socket_pending_obj) },
    { MP_ROM_QSTR(MP_QSTR_version), MP_ROM_PTR(&ussl_socket_version_obj) },
    { MP_ROM_QSTR(MP_QSTR_cipher), MP_ROM_PTR(&ussl_socket_cipher_obj) },
    { MP_ROM_QSTR(MP_QSTR_getpeercert), MP_ROM_PTR(&ussl_socket_getpeercert_obj) },
    { MP_ROM_QSTR(MP_QSTR_selected_alpn_protocol), MP_ROM_PTR(&ussl_socket_selected_alpn_protocol_obj) },
    { MP_ROM_QSTR(MP_QSTR_get_channel_binding), MP_ROM_PTR(&ussl_socket_get_channel_binding_obj) },
    { MP_ROM_QSTR(MP_QSTR___enter__), MP_ROM_PTR(&mp_identity_obj) },
    { MP_ROM_QSTR(MP_QSTR___exit__), MP_ROM_PTR(&ussl_socket___exit___obj) },
    { MP_ROM_QSTR(MP_QSTR___del__), MP_ROM_PTR(&ussl_socket___del___obj) },
};
static MP_DEFINE_CONST_DICT(socket_locals, socket_locals_table);

// On some ports the socket type has no name to link to, so the parent is looked up
// when the module is set up. Nothing else is ever found through it.
static mp_obj_t parent_items[1 + sizeof(mp_obj_tuple_t) / sizeof(mp_obj_t)];

void ussl_socket_type_init(void) {
    mp_obj_tuple_t *parents = (mp_obj_tuple_t *)(void *)parent_items;
    const mp_obj_type_t *type = ussl_port_socket_type();
    parents->base.type = &mp_type_tuple;
    parents->len = 1;
    parents->items[0] = MP_OBJ_FROM_PTR(type == NULL ? &mp_type_object : type);
}

MP_DEFINE_CONST_OBJ_TYPE(
    ussl_type_SSLSocket,
    MP_QSTR_SSLSocket,
    MP_TYPE_FLAG_ITER_IS_ITERNEXT,
    make_new, socket_make_new,
    print, socket_print,
    attr, ussl_socket_attr,
    iter, socket_iternext,
    protocol, &ussl_socket_stream_p,
    parent, parent_items,
    locals_dict, &socket_locals
    );
