// SSLSocket: its life and its table of methods.

#include "py/mperrno.h"
#include "py/objstr.h"
#include "py/objtuple.h"
#include "py/runtime.h"
#include "py/stream.h"

#include "bind/bind.h"
#include "bind/module.h"

// The stream protocol's ioctl as a method, for tests; MicroPython's own streams have it in
// builds for tests too.
#ifndef USSL_IOCTL
#define USSL_IOCTL (MICROPY_UNIX_COVERAGE)
#endif

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
    const ussl_conn_t *conn = ussl_lock_conn(self);
    const char *state = self->closed ? "closed" : conn == NULL ? "no connection"
        : conn->state == USSL_CONN_FAILED ? "failed" : conn->state <= USSL_CONN_HANDSHAKE ? "handshake" : "open";
    ussl_unlock();
    mp_printf(print, "<%q %s, %s>", (qstr)self->base.type->name, self->server_side ? "server" : "client", state);
}

static mp_obj_t session_or_none(ussl_socket_obj_t *self) {
    const ussl_conn_t *conn = ussl_lock_conn(self);
    bool has = conn != NULL && !self->server_side && (conn->state == USSL_CONN_OPEN || conn->state == USSL_CONN_SHUT);
    ussl_unlock();
    return has ? ussl_socket_session(self, true) : mp_const_none;
}

// None before the connection and when closed, as CPython: False would say that the handshake
// was a full one.
static mp_obj_t session_reused(ussl_socket_obj_t *self) {
    const ussl_conn_t *conn = ussl_lock_conn(self);
    bool reused = conn != NULL && conn->tls != NULL && conn->state >= USSL_CONN_OPEN && conn->engine->resumed(conn->tls);
    ussl_unlock();
    return conn == NULL ? mp_const_none : mp_obj_new_bool(reused);
}

// Replaces what the handshake is going to offer. A connection that was made with other options
// and has said nothing yet is made again.
static void set_session(ussl_socket_obj_t *self, mp_obj_t value) {
    mp_obj_t session = ussl_session_arg(value);
    ussl_call_t call;
    ussl_call_begin(&call, self);
    if (self->server_side) {
        mp_raise_ValueError(MP_ERROR_TEXT("a server resumes by itself: session is for clients"));
    }
    if (self->conn != NULL && self->conn->state != USSL_CONN_NEW) {
        mp_raise_ValueError(MP_ERROR_TEXT("session is set before the handshake"));
    }
    self->session = session;
    if (self->conn != NULL) {
        ussl_socket_reset(self);
        ussl_socket_open(self);
    }
    ussl_call_end(&call);
}

void ussl_socket_attr(mp_obj_t self_in, qstr attr, mp_obj_t *dest) {
    ussl_socket_obj_t *self = MP_OBJ_TO_PTR(self_in);
    if (dest[0] != MP_OBJ_NULL) {
        #if USSL_SNI_CALLBACK
        if (attr == MP_QSTR_context && dest[1] != MP_OBJ_NULL) {
            ussl_socket_set_context(self, dest[1]);
            dest[0] = MP_OBJ_NULL;
        }
        #endif
        if (attr == MP_QSTR_session && dest[1] != MP_OBJ_NULL) {
            set_session(self, dest[1]);
            dest[0] = MP_OBJ_NULL;
        }
        return;
    }
    if (attr == MP_QSTR_context) {
        dest[0] = MP_OBJ_FROM_PTR(self->context);
    } else if (attr == MP_QSTR_server_hostname) {
        dest[0] = self->server_hostname;
    } else if (attr == MP_QSTR_server_side) {
        dest[0] = mp_obj_new_bool(self->server_side);
    } else if (attr == MP_QSTR_session_reused) {
        dest[0] = session_reused(self);
    } else if (attr == MP_QSTR_peer_cert_sha256) {
        dest[0] = ussl_socket_peer_cert_sha256(self);
    } else if (attr == MP_QSTR_early_data_accepted) {
        dest[0] = ussl_socket_early_data_accepted(self);
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
    { MP_ROM_QSTR(MP_QSTR_flush), MP_ROM_PTR(&mp_stream_flush_obj) },
    { MP_ROM_QSTR(MP_QSTR_settimeout), MP_ROM_PTR(&ussl_socket_settimeout_obj) },
    { MP_ROM_QSTR(MP_QSTR_setblocking), MP_ROM_PTR(&ussl_socket_setblocking_obj) },
    { MP_ROM_QSTR(MP_QSTR_setsockopt), MP_ROM_PTR(&ussl_socket_setsockopt_obj) },
    { MP_ROM_QSTR(MP_QSTR_fileno), MP_ROM_PTR(&ussl_socket_fileno_obj) },
    { MP_ROM_QSTR(MP_QSTR_close), MP_ROM_PTR(&ussl_socket_close_obj) },
    { MP_ROM_QSTR(MP_QSTR_do_handshake), MP_ROM_PTR(&ussl_socket_do_handshake_obj) },
    { MP_ROM_QSTR(MP_QSTR_unwrap), MP_ROM_PTR(&ussl_socket_unwrap_obj) },
    { MP_ROM_QSTR(MP_QSTR_shutdown), MP_ROM_PTR(&ussl_socket_shutdown_obj) },
    #if USSL_IOCTL
    { MP_ROM_QSTR(MP_QSTR_ioctl), MP_ROM_PTR(&mp_stream_ioctl_obj) },
    #endif
    { MP_ROM_QSTR(MP_QSTR_memory), MP_ROM_PTR(&ussl_socket_memory_obj) },
    { MP_ROM_QSTR(MP_QSTR_pending), MP_ROM_PTR(&ussl_socket_pending_obj) },
    { MP_ROM_QSTR(MP_QSTR_version), MP_ROM_PTR(&ussl_socket_version_obj) },
    { MP_ROM_QSTR(MP_QSTR_cipher), MP_ROM_PTR(&ussl_socket_cipher_obj) },
    { MP_ROM_QSTR(MP_QSTR_getpeercert), MP_ROM_PTR(&ussl_socket_getpeercert_obj) },
    { MP_ROM_QSTR(MP_QSTR_get_verified_chain), MP_ROM_PTR(&ussl_socket_get_verified_chain_obj) },
    { MP_ROM_QSTR(MP_QSTR_get_unverified_chain), MP_ROM_PTR(&ussl_socket_get_unverified_chain_obj) },
    { MP_ROM_QSTR(MP_QSTR_selected_alpn_protocol), MP_ROM_PTR(&ussl_socket_selected_alpn_protocol_obj) },
    { MP_ROM_QSTR(MP_QSTR_get_channel_binding), MP_ROM_PTR(&ussl_socket_get_channel_binding_obj) },
    #if USSL_CPYTHON_NAMES
    { MP_ROM_QSTR(MP_QSTR_compression), MP_ROM_PTR(&ussl_socket_compression_obj) },
    #endif
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
