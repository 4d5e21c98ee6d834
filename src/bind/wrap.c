// ssl.wrap_socket(): the page's function, with the spellings of MicroPython as well.

#include <string.h>

#include "py/objstr.h"
#include "py/runtime.h"

#include "bind/bind.h"
#include "bind/module.h"

enum {
    ARG_sock, ARG_keyfile, ARG_certfile, ARG_server_side, ARG_cert_reqs, ARG_ssl_version, ARG_ca_certs,
    ARG_server_hostname, ARG_saved_session, ARG_timeout, ARG_key, ARG_cert, ARG_cadata, ARG_do_handshake, ARG_early_data,
    ARG_COUNT,
};

static const mp_arg_t allowed[] = {
    { MP_QSTR_sock, MP_ARG_REQUIRED | MP_ARG_OBJ, { .u_rom_obj = MP_ROM_NONE } },
    { MP_QSTR_keyfile, MP_ARG_OBJ, { .u_rom_obj = MP_ROM_NONE } },
    { MP_QSTR_certfile, MP_ARG_OBJ, { .u_rom_obj = MP_ROM_NONE } },
    { MP_QSTR_server_side, MP_ARG_BOOL, { .u_bool = false } },
    { MP_QSTR_cert_reqs, MP_ARG_OBJ, { .u_rom_obj = MP_ROM_INT(USSL_VERIFY_NONE) } },
    { MP_QSTR_ssl_version, MP_ARG_OBJ, { .u_rom_obj = MP_ROM_INT(USSL_PROTOCOL_TLS) } },
    { MP_QSTR_ca_certs, MP_ARG_OBJ, { .u_rom_obj = MP_ROM_NONE } },
    { MP_QSTR_server_hostname, MP_ARG_OBJ, { .u_rom_obj = MP_ROM_NONE } },
    { MP_QSTR_saved_session, MP_ARG_OBJ, { .u_rom_obj = MP_ROM_NONE } },
    { MP_QSTR_timeout, MP_ARG_OBJ, { .u_rom_obj = MP_ROM_INT(USSL_DEFAULT_TIMEOUT_S) } },
    { MP_QSTR_key, MP_ARG_KW_ONLY | MP_ARG_OBJ, { .u_rom_obj = MP_ROM_NONE } },
    { MP_QSTR_cert, MP_ARG_KW_ONLY | MP_ARG_OBJ, { .u_rom_obj = MP_ROM_NONE } },
    { MP_QSTR_cadata, MP_ARG_KW_ONLY | MP_ARG_OBJ, { .u_rom_obj = MP_ROM_NONE } },
    { MP_QSTR_do_handshake, MP_ARG_KW_ONLY | MP_ARG_BOOL, { .u_bool = true } },
    { MP_QSTR_early_data, MP_ARG_KW_ONLY | MP_ARG_OBJ, { .u_rom_obj = MP_ROM_NONE } },
};

// ---- paths and data ----

// A pair of spellings for one thing: a path and the data itself.
typedef struct input {
    mp_obj_t value; // None when neither was given
    bool is_path;
} input_t;

static void check_path(mp_obj_t path, qstr name) {
    if (path != mp_const_none && !mp_obj_is_str_or_bytes(path)) {
        mp_raise_msg_varg(&mp_type_TypeError, MP_ERROR_TEXT("%q must be a path (str)"), name);
    }
}

static void check_data(mp_obj_t data, qstr name) {
    mp_buffer_info_t info;
    if (data != mp_const_none && !mp_get_buffer(data, &info, MP_BUFFER_READ)) {
        mp_raise_msg_varg(&mp_type_TypeError, MP_ERROR_TEXT("%q must be bytes or str"), name);
    }
}

static input_t either(const mp_arg_val_t *args, int path, int data) {
    check_path(args[path].u_obj, allowed[path].qst);
    check_data(args[data].u_obj, allowed[data].qst);
    if (args[path].u_obj != mp_const_none && args[data].u_obj != mp_const_none) {
        mp_raise_msg_varg(&mp_type_ValueError, MP_ERROR_TEXT("give %q or %q, not both"), (qstr)allowed[path].qst, (qstr)allowed[data].qst);
    }
    bool is_path = args[path].u_obj != mp_const_none;
    return (input_t) { is_path ? args[path].u_obj : args[data].u_obj, is_path };
}

// key and cert may be paths too: that is what a str is in MicroPython since 1.23.
static input_t own(const mp_arg_val_t *args, int path, int data) {
    input_t input = either(args, path, data);
    input.is_path = input.is_path || ussl_is_path(input.value);
    return input;
}

// ---- the whole ----

static void check_policy(mp_int_t cert_reqs, const input_t *ca, const input_t *key, const input_t *cert) {
    if (cert_reqs < USSL_VERIFY_NONE || cert_reqs > USSL_VERIFY_REQUIRED) {
        mp_raise_ValueError(MP_ERROR_TEXT("cert_reqs must be CERT_NONE, CERT_OPTIONAL or CERT_REQUIRED"));
    }
    if (cert_reqs != USSL_VERIFY_NONE && ca->value == mp_const_none) {
        mp_raise_ValueError(MP_ERROR_TEXT("cert_reqs needs certificates to verify with: give ca_certs (a path) or cadata"));
    }
    if (key->value != mp_const_none && cert->value == mp_const_none) {
        mp_raise_ValueError(MP_ERROR_TEXT("keyfile needs a certfile"));
    }
}

static void set_version(ussl_context_obj_t *context, mp_int_t number) {
    uint16_t version = ussl_version_from(number);
    if (version != 0) {
        ussl_context_set_versions(context, version, version);
    }
}

static void set_trust(ussl_context_obj_t *context, mp_int_t cert_reqs, const input_t *ca) {
    if (cert_reqs == USSL_VERIFY_NONE && (ca->is_path || ca->value == mp_const_none)) {
        return; // what is not going to be used is not opened
    }
    if (ca->is_path) {
        ussl_context_add_trust_path(context, ca->value);
    } else {
        mp_buffer_info_t info;
        mp_get_buffer_raise(ca->value, &info, MP_BUFFER_READ);
        ussl_context_add_trust(context, (ussl_bytes_t) { info.buf, info.len }, MP_OBJ_NULL);
    }
    ussl_context_set_verify(context, cert_reqs);
}

static ussl_context_obj_t *make_context(const mp_arg_val_t *args) {
    input_t key = own(args, ARG_keyfile, ARG_key);
    input_t cert = own(args, ARG_certfile, ARG_cert);
    input_t ca = either(args, ARG_ca_certs, ARG_cadata);
    mp_int_t cert_reqs = ussl_constant(args[ARG_cert_reqs].u_obj);
    check_policy(cert_reqs, &ca, &key, &cert);
    ussl_context_obj_t *context = ussl_context_new(args[ARG_server_side].u_bool);
    context->pycom = true;
    context->check_hostname = args[ARG_server_hostname].u_obj != mp_const_none;
    set_version(context, ussl_constant(args[ARG_ssl_version].u_obj));
    set_trust(context, cert_reqs, &ca);
    if (cert.value != mp_const_none) {
        ussl_context_set_identity(context, cert.value, cert.is_path, key.value, key.is_path, mp_const_none);
    }
    return context;
}

// A context made for one connection has nobody to resume its sessions; a listener's has.
static void enable_resumption(ussl_context_obj_t *context, ussl_transport_obj_t *transport) {
    ussl_error_t err;
    bool serves_many = transport->ops->peer(transport) != USSL_PEER_CONNECTED;
    if (serves_many) {
        ussl_lock();
        ussl_status_t status = ussl_ctx_enable_resumption(context->ctx, &err);
        ussl_unlock();
        ussl_check(status, &err);
    }
}

static mp_obj_t wrap_socket(size_t n_args, const mp_obj_t *pos_args, mp_map_t *kw_args) {
    mp_arg_val_t args[ARG_COUNT];
    mp_arg_parse_all(n_args, pos_args, kw_args, ARG_COUNT, allowed, args);
    ussl_socket_options_t options = {
        .server_hostname = args[ARG_server_hostname].u_obj,
        .session = ussl_session_arg(args[ARG_saved_session].u_obj),
        .early_data = ussl_early_data_arg(args[ARG_early_data].u_obj, args[ARG_server_side].u_bool),
        .timeout_ms = ussl_timeout_ms(args[ARG_timeout].u_obj),
        .server_side = args[ARG_server_side].u_bool,
        .handshake_on_connect = args[ARG_do_handshake].u_bool,
        .suppress_ragged_eofs = true,
    };
    ussl_check_hostname(options.server_hostname);
    if (options.server_side && options.session != MP_OBJ_NULL) {
        mp_raise_ValueError(MP_ERROR_TEXT("a server resumes by itself: saved_session is for clients"));
    }
    ussl_transport_obj_t transport;
    ussl_transport_init(&transport, args[ARG_sock].u_obj, false); // a wrong sock is told before files are opened
    ussl_context_obj_t *context = make_context(args);
    if (options.server_side) {
        enable_resumption(context, &transport);
    }
    return ussl_socket_wrap(context, &transport, &options);
}
MP_DEFINE_CONST_FUN_OBJ_KW(ussl_wrap_socket_obj, 0, wrap_socket);
