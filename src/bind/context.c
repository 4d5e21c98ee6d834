// The type SSLContext: policy and credentials that connections share, in Python's terms.

#include <string.h>

#include "py/objstr.h"
#include "py/runtime.h"

#include "bind/bind.h"
#include "bind/module.h"
#include "core/session_cache.h"

// ---- making one, and its methods ----

ussl_context_obj_t *ussl_context_make(bool server) {
    ussl_context_obj_t *self = ussl_context_new(server);
    if (server) {
        ussl_error_t err;
        ussl_lock();
        ussl_status_t status = ussl_ctx_enable_resumption(self->ctx, &err);
        ussl_unlock();
        ussl_check(status, &err);
    } else {
        self->check_hostname = true;
        ussl_session_cache_resize(self->ctx, USSL_CLIENT_CACHE_SIZE);
        ussl_context_set_verify(self, USSL_VERIFY_REQUIRED);
    }
    self->ctx->checks = USSL_VERIFY_X509_TRUSTED_FIRST; // as CPython shows it
    return self;
}

// MicroPython's numbers: bit 0 is a server, bit 1 DTLS.
#define PROTOCOL_MAX (USSL_DTLS ? USSL_PROTOCOL_DTLS_SERVER : USSL_PROTOCOL_TLS_SERVER)

static mp_obj_t context_make_new(const mp_obj_type_t *type, size_t n_args, size_t n_kw, const mp_obj_t *args) {
    (void)type;
    static const mp_arg_t allowed[] = { { MP_QSTR_protocol, MP_ARG_REQUIRED | MP_ARG_OBJ, { .u_rom_obj = MP_ROM_NONE } } };
    mp_arg_val_t arg;
    mp_arg_parse_all_kw_array(n_args, n_kw, args, 1, allowed, &arg);
    mp_int_t protocol = ussl_constant(arg.u_obj);
    if (protocol < USSL_PROTOCOL_TLS_CLIENT || protocol > PROTOCOL_MAX) {
        mp_raise_ValueError(MP_ERROR_TEXT("protocol must be PROTOCOL_TLS_CLIENT or PROTOCOL_TLS_SERVER"));
    }
    ussl_context_obj_t *self = ussl_context_make(protocol & USSL_PROTOCOL_TLS_SERVER);
    #if USSL_DTLS
    if (protocol & USSL_PROTOCOL_DTLS_CLIENT) {
        ussl_context_use_datagrams(self);
    }
    #endif
    return MP_OBJ_FROM_PTR(self);
}

static mp_obj_t context___del__(mp_obj_t self_in) {
    ussl_context_obj_t *self = MP_OBJ_TO_PTR(self_in);
    ussl_lock();
    ussl_ctx_release(self->ctx);
    self->ctx = NULL;
    ussl_unlock();
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(context___del___obj, context___del__);

// load_cert_chain(certfile, keyfile=None, password=None): paths, or the data.
static mp_obj_t context_load_cert_chain(size_t n_args, const mp_obj_t *pos_args, mp_map_t *kw_args) {
    enum { ARG_certfile, ARG_keyfile, ARG_password, ARG_COUNT };
    static const mp_arg_t allowed[] = {
        { MP_QSTR_certfile, MP_ARG_REQUIRED | MP_ARG_OBJ, { .u_rom_obj = MP_ROM_NONE } },
        { MP_QSTR_keyfile, MP_ARG_OBJ, { .u_rom_obj = MP_ROM_NONE } },
        { MP_QSTR_password, MP_ARG_OBJ, { .u_rom_obj = MP_ROM_NONE } },
    };
    mp_arg_val_t args[ARG_COUNT];
    mp_arg_parse_all(n_args - 1, pos_args + 1, kw_args, ARG_COUNT, allowed, args);
    mp_buffer_info_t info;
    mp_get_buffer_raise(args[ARG_certfile].u_obj, &info, MP_BUFFER_READ); // refuses None
    ussl_context_set_identity(MP_OBJ_TO_PTR(pos_args[0]), args[ARG_certfile].u_obj, ussl_is_path(args[ARG_certfile].u_obj),
        args[ARG_keyfile].u_obj, ussl_is_path(args[ARG_keyfile].u_obj), args[ARG_password].u_obj);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_KW(context_load_cert_chain_obj, 1, context_load_cert_chain);

// load_verify_locations(cafile=None, capath=None, cadata=None): paths, or the data.
static mp_obj_t context_load_verify_locations(size_t n_args, const mp_obj_t *pos_args, mp_map_t *kw_args) {
    enum { ARG_cafile, ARG_capath, ARG_cadata, ARG_COUNT };
    static const mp_arg_t allowed[] = {
        { MP_QSTR_cafile, MP_ARG_OBJ, { .u_rom_obj = MP_ROM_NONE } },
        { MP_QSTR_capath, MP_ARG_OBJ, { .u_rom_obj = MP_ROM_NONE } },
        { MP_QSTR_cadata, MP_ARG_OBJ, { .u_rom_obj = MP_ROM_NONE } },
    };
    ussl_context_obj_t *self = MP_OBJ_TO_PTR(pos_args[0]);
    mp_arg_val_t args[ARG_COUNT];
    mp_arg_parse_all(n_args - 1, pos_args + 1, kw_args, ARG_COUNT, allowed, args);
    if (args[ARG_cafile].u_obj == mp_const_none && args[ARG_capath].u_obj == mp_const_none
        && args[ARG_cadata].u_obj == mp_const_none) {
        mp_raise_TypeError(MP_ERROR_TEXT("cafile, capath and cadata cannot be all omitted"));
    }
    ussl_context_load_locations(self, args[ARG_cafile].u_obj, args[ARG_capath].u_obj, args[ARG_cadata].u_obj);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_KW(context_load_verify_locations_obj, 1, context_load_verify_locations);

// set_alpn_protocols(protocols): a list of names, most wanted first.
static mp_obj_t context_set_alpn_protocols(mp_obj_t self_in, mp_obj_t protocols) {
    ussl_context_obj_t *self = MP_OBJ_TO_PTR(self_in);
    size_t count;
    mp_obj_t *items;
    mp_obj_get_array(protocols, &count, &items);
    vstr_t names;
    vstr_init(&names, 32);
    for (size_t i = 0; i < count; i++) {
        size_t len;
        const char *name = mp_obj_str_get_data(items[i], &len);
        if (len == 0 || len > 255 || memchr(name, '\0', len) != NULL) {
            ussl_raise_misuse(MP_QSTRnull, MP_ERROR_TEXT("a protocol name has 1 to 255 bytes, none of them NUL"));
        }
        vstr_add_strn(&names, name, len + 1);
    }
    ussl_error_t err;
    ussl_ctx_t *ctx = ussl_context_get(self);
    ussl_lock();
    ussl_status_t status = ussl_ctx_set_alpn(ctx, names.buf, names.len, &err);
    ussl_unlock();
    ussl_check(status, &err);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_2(context_set_alpn_protocols_obj, context_set_alpn_protocols);

// Something to verify with, where that is needed; a pin or a callback may do. Clients use the
// default roots where nothing else was given.
static bool has_anchors(ussl_context_obj_t *self) {
    const ussl_ctx_t *ctx = self->ctx;
    return ctx->verify == USSL_VERIFY_NONE || ctx->has_trust || ctx->has_default_roots || ctx->has_pins
           || ussl_context_callback_decides(self) || (!ctx->server && ussl_context_load_default_roots(self, true))
           || self->verify_callback != mp_const_none;
}

void ussl_context_check_anchors(ussl_context_obj_t *self) {
    if (!ussl_context_psk_alone(self) && !has_anchors(self)) {
        mp_raise_ValueError(MP_ERROR_TEXT("nothing to verify with: call load_verify_locations()"));
    }
}

// The argument server_side. Without one it is what the context is for, as in MicroPython.
static bool side_of(const ussl_context_obj_t *self, mp_obj_t server_side) {
    return server_side == MP_OBJ_NULL ? ussl_context_get(self)->server : mp_obj_is_true(server_side);
}

// What wrap_socket and wrap_bio demand of a context before a connection is made.
static void check_ready(ussl_context_obj_t *self, bool server_side, mp_obj_t server_hostname, mp_obj_t session) {
    if (server_side != ussl_context_get(self)->server) {
        ussl_raise_misuse(MP_QSTRnull, MP_ERROR_TEXT("server_side does not fit the context's protocol"));
    }
    if (server_side && session != MP_OBJ_NULL) {
        mp_raise_ValueError(MP_ERROR_TEXT("a server resumes by itself: session is for clients"));
    }
    bool checks_name = ussl_context_checks_name(self) && !ussl_context_psk_alone(self);
    if (!server_side && checks_name && server_hostname == mp_const_none) {
        mp_raise_ValueError(MP_ERROR_TEXT("check_hostname requires server_hostname"));
    }
    ussl_check_hostname(server_hostname);
    ussl_context_check_anchors(self);
}

// wrap_socket(sock, server_side, do_handshake_on_connect=True,
//     suppress_ragged_eofs=True, server_hostname=None, session=None, *, timeout=10, early_data=None, client_id=None)
static mp_obj_t context_wrap_socket(size_t n_args, const mp_obj_t *pos_args, mp_map_t *kw_args) {
    enum { ARG_sock, ARG_server_side, ARG_do_handshake_on_connect, ARG_suppress_ragged_eofs, ARG_server_hostname,
           ARG_session, ARG_timeout, ARG_early_data, ARG_client_id, ARG_COUNT };
    static const mp_arg_t allowed[] = {
        { MP_QSTR_sock, MP_ARG_REQUIRED | MP_ARG_OBJ, { .u_rom_obj = MP_ROM_NONE } },
        { MP_QSTR_server_side, MP_ARG_OBJ, { .u_rom_obj = MP_ROM_PTR(NULL) } },
        { MP_QSTR_do_handshake_on_connect, MP_ARG_BOOL, { .u_bool = true } },
        { MP_QSTR_suppress_ragged_eofs, MP_ARG_BOOL, { .u_bool = true } },
        { MP_QSTR_server_hostname, MP_ARG_OBJ, { .u_rom_obj = MP_ROM_NONE } },
        { MP_QSTR_session, MP_ARG_OBJ, { .u_rom_obj = MP_ROM_NONE } },
        { MP_QSTR_timeout, MP_ARG_KW_ONLY | MP_ARG_OBJ, { .u_rom_obj = MP_ROM_INT(USSL_DEFAULT_TIMEOUT_S) } },
        { MP_QSTR_early_data, MP_ARG_KW_ONLY | MP_ARG_OBJ, { .u_rom_obj = MP_ROM_NONE } },
        #if USSL_DTLS
        { MP_QSTR_client_id, MP_ARG_KW_ONLY | MP_ARG_OBJ, { .u_rom_obj = MP_ROM_NONE } },
        #endif
    };
    ussl_context_obj_t *self = MP_OBJ_TO_PTR(pos_args[0]);
    mp_arg_val_t args[ARG_COUNT];
    mp_arg_parse_all(n_args - 1, pos_args + 1, kw_args, MP_ARRAY_SIZE(allowed), allowed, args);
    bool server_side = side_of(self, args[ARG_server_side].u_obj);
    ussl_socket_options_t options = {
        .server_hostname = args[ARG_server_hostname].u_obj,
        .session = ussl_session_arg(args[ARG_session].u_obj),
        .early_data = ussl_early_data_arg(args[ARG_early_data].u_obj, server_side),
        #if USSL_DTLS
        .client_id = ussl_client_id_arg(args[ARG_client_id].u_obj),
        #endif
        .timeout_ms = ussl_timeout_ms(args[ARG_timeout].u_obj),
        .server_side = server_side,
        .handshake_on_connect = args[ARG_do_handshake_on_connect].u_bool,
        .suppress_ragged_eofs = args[ARG_suppress_ragged_eofs].u_bool,
    };
    check_ready(self, options.server_side, options.server_hostname, options.session);
    #if USSL_DTLS
    ussl_check_datagram_options(self, &options);
    #endif
    ussl_transport_obj_t transport;
    ussl_transport_init(&transport, args[ARG_sock].u_obj, ussl_ctx_is_datagram(self->ctx));
    return ussl_socket_wrap(self, &transport, &options);
}
static MP_DEFINE_CONST_FUN_OBJ_KW(context_wrap_socket_obj, 1, context_wrap_socket);

// wrap_bio(incoming, outgoing, server_side, server_hostname=None, session=None, *, early_data=None)
static mp_obj_t context_wrap_bio(size_t n_args, const mp_obj_t *pos_args, mp_map_t *kw_args) {
    enum { ARG_incoming, ARG_outgoing, ARG_server_side, ARG_server_hostname, ARG_session, ARG_early_data, ARG_COUNT };
    static const mp_arg_t allowed[] = {
        { MP_QSTR_incoming, MP_ARG_REQUIRED | MP_ARG_OBJ, { .u_rom_obj = MP_ROM_NONE } },
        { MP_QSTR_outgoing, MP_ARG_REQUIRED | MP_ARG_OBJ, { .u_rom_obj = MP_ROM_NONE } },
        { MP_QSTR_server_side, MP_ARG_OBJ, { .u_rom_obj = MP_ROM_PTR(NULL) } },
        { MP_QSTR_server_hostname, MP_ARG_OBJ, { .u_rom_obj = MP_ROM_NONE } },
        { MP_QSTR_session, MP_ARG_OBJ, { .u_rom_obj = MP_ROM_NONE } },
        { MP_QSTR_early_data, MP_ARG_KW_ONLY | MP_ARG_OBJ, { .u_rom_obj = MP_ROM_NONE } },
    };
    ussl_context_obj_t *self = MP_OBJ_TO_PTR(pos_args[0]);
    mp_arg_val_t args[ARG_COUNT];
    mp_arg_parse_all(n_args - 1, pos_args + 1, kw_args, ARG_COUNT, allowed, args);
    bool server_side = side_of(self, args[ARG_server_side].u_obj);
    if (ussl_ctx_is_datagram(ussl_context_get(self))) {
        mp_raise_ValueError(MP_ERROR_TEXT("a MemoryBIO keeps no datagrams apart: use wrap_socket"));
    }
    ussl_socket_options_t options = {
        .server_hostname = args[ARG_server_hostname].u_obj,
        .session = ussl_session_arg(args[ARG_session].u_obj),
        .early_data = ussl_early_data_arg(args[ARG_early_data].u_obj, server_side),
        .server_side = server_side,
    };
    check_ready(self, options.server_side, options.server_hostname, options.session);
    return ussl_object_new(self, args[ARG_incoming].u_obj, args[ARG_outgoing].u_obj, &options);
}
static MP_DEFINE_CONST_FUN_OBJ_KW(context_wrap_bio_obj, 1, context_wrap_bio);

static const mp_rom_map_elem_t context_locals_table[] = {
    { MP_ROM_QSTR(MP_QSTR_wrap_socket), MP_ROM_PTR(&context_wrap_socket_obj) },
    { MP_ROM_QSTR(MP_QSTR_wrap_bio), MP_ROM_PTR(&context_wrap_bio_obj) },
    { MP_ROM_QSTR(MP_QSTR_load_cert_chain), MP_ROM_PTR(&context_load_cert_chain_obj) },
    { MP_ROM_QSTR(MP_QSTR_load_verify_locations), MP_ROM_PTR(&context_load_verify_locations_obj) },
    { MP_ROM_QSTR(MP_QSTR_load_default_certs), MP_ROM_PTR(&ussl_context_load_default_certs_obj) },
    { MP_ROM_QSTR(MP_QSTR_set_default_verify_paths), MP_ROM_PTR(&ussl_context_set_default_verify_paths_obj) },
    { MP_ROM_QSTR(MP_QSTR_cert_store_stats), MP_ROM_PTR(&ussl_context_cert_store_stats_obj) },
    { MP_ROM_QSTR(MP_QSTR_get_ca_certs), MP_ROM_PTR(&ussl_context_get_ca_certs_obj) },
    { MP_ROM_QSTR(MP_QSTR_get_ciphers), MP_ROM_PTR(&ussl_context_get_ciphers_obj) },
    { MP_ROM_QSTR(MP_QSTR_set_ciphers), MP_ROM_PTR(&ussl_context_set_ciphers_obj) },
    #if USSL_CPYTHON_NAMES && USSL_SNI_CALLBACK
    { MP_ROM_QSTR(MP_QSTR_set_servername_callback), MP_ROM_PTR(&ussl_context_set_servername_callback_obj) },
    #endif
    #if USSL_PSK
    { MP_ROM_QSTR(MP_QSTR_set_psk_client_callback), MP_ROM_PTR(&ussl_context_set_psk_client_callback_obj) },
    { MP_ROM_QSTR(MP_QSTR_set_psk_server_callback), MP_ROM_PTR(&ussl_context_set_psk_server_callback_obj) },
    #endif
    { MP_ROM_QSTR(MP_QSTR_memory), MP_ROM_PTR(&ussl_context_memory_obj) },
    { MP_ROM_QSTR(MP_QSTR_set_ticket_keys), MP_ROM_PTR(&ussl_context_set_ticket_keys_obj) },
    { MP_ROM_QSTR(MP_QSTR_session_stats), MP_ROM_PTR(&ussl_context_session_stats_obj) },
    { MP_ROM_QSTR(MP_QSTR_set_alpn_protocols), MP_ROM_PTR(&context_set_alpn_protocols_obj) },
    { MP_ROM_QSTR(MP_QSTR___del__), MP_ROM_PTR(&context___del___obj) },
};
static MP_DEFINE_CONST_DICT(context_locals, context_locals_table);

MP_DEFINE_CONST_OBJ_TYPE(
    ussl_type_SSLContext,
    MP_QSTR_SSLContext,
    MP_TYPE_FLAG_NONE,
    make_new, context_make_new,
    attr, ussl_context_attr,
    locals_dict, &context_locals
    );
