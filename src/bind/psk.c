// Pre-shared keys: CPython's callbacks, and MicroPython's attributes.

#include <string.h>

#include "py/objstr.h"
#include "py/runtime.h"
#include "py/unicode.h"

#include "bind/bind.h"

#if USSL_PSK

// ---- what a context has ----

static bool is_set(const ussl_context_obj_t *self, ussl_psk_setting_t which) {
    return self->psk[which] != MP_OBJ_NULL;
}

static mp_obj_t get(const ussl_context_obj_t *self, ussl_psk_setting_t which) {
    return is_set(self, which) ? self->psk[which] : mp_const_none;
}

static void set(ussl_context_obj_t *self, ussl_psk_setting_t which, mp_obj_t value) {
    ussl_context_set_verify(self, self->ctx->verify); // refuses while the context is in use
    self->psk[which] = value == mp_const_none ? MP_OBJ_NULL : value;
}

// MicroPython's attributes; they mean a key and nothing else.
static bool has_attributes(const ussl_context_obj_t *self) {
    return self->ctx->server ? is_set(self, USSL_SERVER_PSK_KEYS)
           : is_set(self, USSL_PSK_IDENTITY) && is_set(self, USSL_PSK_KEY);
}

static bool has_psk(const ussl_context_obj_t *self) {
    return is_set(self, USSL_PSK_CALLBACK) || has_attributes(self);
}

// Whether a certificate may take the place of the key: one that a server has, or that a client
// was told how to verify.
static bool may_use_certificate(const ussl_context_obj_t *self) {
    const ussl_ctx_t *ctx = self->ctx;
    bool has_means = ctx->has_trust || ctx->has_pins || self->verify_callback != mp_const_none;
    return ctx->server ? ctx->has_identity : ctx->verify != USSL_VERIFY_NONE && has_means;
}

bool ussl_context_psk_alone(const ussl_context_obj_t *self) {
    return has_psk(self) && (has_attributes(self) || !may_use_certificate(self));
}

// ---- attributes ----

static MP_NORETURN void raise_length(void) {
    ussl_error_t err;
    ussl_fail(&err, USSL_ERR_INPUT, USSL_REASON_PSK_LENGTH);
    ussl_raise(&err, &(ussl_where_t) { .file = NULL });
}

static ussl_bytes_t at_most(ussl_bytes_t value, size_t most) {
    if (value.len > most) {
        raise_length();
    }
    return value;
}

static ussl_bytes_t checked(mp_obj_t value, size_t most) {
    mp_buffer_info_t info;
    mp_get_buffer_raise(value, &info, MP_BUFFER_READ);
    return at_most((ussl_bytes_t) { info.buf, info.len }, most);
}

static void set_bytes(ussl_context_obj_t *self, ussl_psk_setting_t which, mp_obj_t value, size_t most) {
    if (value != mp_const_none && checked(value, most).len == 0) {
        raise_length();
    }
    set(self, which, value);
}

mp_obj_t ussl_context_psk_identity(const ussl_context_obj_t *self) {
    return get(self, USSL_PSK_IDENTITY);
}

void ussl_context_set_psk_identity(ussl_context_obj_t *self, mp_obj_t value) {
    set_bytes(self, USSL_PSK_IDENTITY, value, USSL_PSK_IDENTITY_MAX);
}

mp_obj_t ussl_context_psk_key(const ussl_context_obj_t *self) {
    return get(self, USSL_PSK_KEY);
}

void ussl_context_set_psk_key(ussl_context_obj_t *self, mp_obj_t value) {
    if (value != mp_const_none) {
        ussl_bytes_arg(MP_QSTR_psk_key, value); // no str: a key is bytes
    }
    set_bytes(self, USSL_PSK_KEY, value, USSL_PSK_KEY_MAX);
}

mp_obj_t ussl_context_server_psk_keys(const ussl_context_obj_t *self) {
    return get(self, USSL_SERVER_PSK_KEYS);
}

void ussl_context_set_server_psk_keys(ussl_context_obj_t *self, mp_obj_t value) {
    mp_obj_t method[2];
    if (value != mp_const_none) {
        mp_load_method(value, MP_QSTR_get, method); // raises where there is none
    }
    set(self, USSL_SERVER_PSK_KEYS, value);
}

// ---- callbacks ----

static void set_callback(ussl_context_obj_t *self, mp_obj_t callback, bool server) {
    ussl_check_callback(MP_QSTR_callback, callback);
    if (ussl_context_get(self)->server != server) {
        ussl_raise_number(&ussl_type_SSLError, USSL_SSL_ERROR_SSL, MP_QSTRnull, server
            ? MP_ERROR_TEXT("Cannot add PSK server callback to a PROTOCOL_TLS_CLIENT context")
            : MP_ERROR_TEXT("Cannot add PSK client callback to a PROTOCOL_TLS_SERVER context"));
    }
    set(self, USSL_PSK_CALLBACK, callback);
}

enum { ARG_callback, ARG_identity_hint, ARG_COUNT };

// The arguments of both setters: a client's has no hint.
static ussl_context_obj_t *parse(size_t n_args, const mp_obj_t *pos_args, mp_map_t *kw_args, size_t count, mp_arg_val_t *args) {
    static const mp_arg_t allowed[] = {
        { MP_QSTR_callback, MP_ARG_REQUIRED | MP_ARG_OBJ, { .u_rom_obj = MP_ROM_NONE } },
        { MP_QSTR_identity_hint, MP_ARG_OBJ, { .u_rom_obj = MP_ROM_NONE } },
    };
    mp_arg_parse_all(n_args - 1, pos_args + 1, kw_args, count, allowed, args);
    return MP_OBJ_TO_PTR(pos_args[0]);
}

// set_psk_client_callback(callback): callback(hint) gives identity and key.
static mp_obj_t context_set_psk_client_callback(size_t n_args, const mp_obj_t *pos_args, mp_map_t *kw_args) {
    mp_arg_val_t args[ARG_COUNT];
    ussl_context_obj_t *self = parse(n_args, pos_args, kw_args, 1, args);
    set_callback(self, args[ARG_callback].u_obj, false);
    return mp_const_none;
}
MP_DEFINE_CONST_FUN_OBJ_KW(ussl_context_set_psk_client_callback_obj, 1, context_set_psk_client_callback);

// set_psk_server_callback(callback, identity_hint=None): callback(identity) gives the key.
static mp_obj_t context_set_psk_server_callback(size_t n_args, const mp_obj_t *pos_args, mp_map_t *kw_args) {
    mp_arg_val_t args[ARG_COUNT];
    ussl_context_obj_t *self = parse(n_args, pos_args, kw_args, ARG_COUNT, args);
    mp_obj_t hint = args[ARG_identity_hint].u_obj;
    if (hint != mp_const_none) {
        mp_obj_str_get_str(hint);
        checked(hint, USSL_PSK_IDENTITY_MAX);
    }
    set_callback(self, args[ARG_callback].u_obj, true);
    set(self, USSL_PSK_HINT, hint);
    return mp_const_none;
}
MP_DEFINE_CONST_FUN_OBJ_KW(ussl_context_set_psk_server_callback_obj, 1, context_set_psk_server_callback);

// ---- asking ----

#if MICROPY_PY_BUILTINS_STR_UNICODE
#define is_text utf8_check
#else
static bool is_text(const uint8_t *data, size_t len) {
    (void)data;
    (void)len;
    return true;
}
#endif

typedef struct question {
    const ussl_context_obj_t *context;
    ussl_bytes_t told;
    ussl_psk_t *out;
} question_t;

static void give_identity(ussl_psk_t *out, mp_obj_t value) {
    mp_buffer_info_t info;
    if (value == mp_const_none) {
        return;
    }
    if (!mp_get_buffer(value, &info, MP_BUFFER_READ)) {
        ussl_raise_answer(MP_QSTR_psk_client_callback, "an identity of str, bytes or None", value);
    }
    ussl_bytes_t identity = at_most((ussl_bytes_t) { info.buf, info.len }, sizeof(out->identity));
    memcpy(out->identity, identity.data, identity.len);
    out->identity_len = identity.len;
}

static void give_key(ussl_psk_t *out, qstr giver, mp_obj_t value) {
    ussl_bytes_t key = at_most(ussl_bytes_answer(giver, value), sizeof(out->key));
    if (key.len > 0) {
        memcpy(out->key, key.data, key.len);
        out->key_len = key.len;
    }
}

static mp_obj_t *pair_of(mp_obj_t answer) {
    size_t len = 0;
    mp_obj_t *items;
    if (mp_obj_is_type(answer, &mp_type_tuple) || mp_obj_is_type(answer, &mp_type_list)) {
        mp_obj_get_array(answer, &len, &items);
    }
    if (len != 2) {
        ussl_raise_answer(MP_QSTR_psk_client_callback, "(identity, key)", answer);
    }
    return items;
}

static void ask_client(void *arg) {
    question_t *q = arg;
    mp_obj_t pair[2] = { get(q->context, USSL_PSK_IDENTITY), get(q->context, USSL_PSK_KEY) };
    mp_obj_t *items = pair;
    if (is_set(q->context, USSL_PSK_CALLBACK)) {
        bool has_hint = q->told.len > 0 && is_text(q->told.data, q->told.len);
        mp_obj_t hint = has_hint ? mp_obj_new_str((const char *)q->told.data, q->told.len) : mp_const_none;
        items = pair_of(mp_call_function_1(get(q->context, USSL_PSK_CALLBACK), hint));
    }
    give_identity(q->out, items[0]);
    give_key(q->out, MP_QSTR_psk_client_callback, items[1]);
}

// A callback is asked for text, so what is none is nobody's identity.
static void ask_callback(const question_t *q) {
    if (is_text(q->told.data, q->told.len)) {
        mp_obj_t identity = mp_obj_new_str((const char *)q->told.data, q->told.len);
        give_key(q->out, MP_QSTR_psk_server_callback, mp_call_function_1(get(q->context, USSL_PSK_CALLBACK), identity));
    }
}

static void ask_server(void *arg) {
    question_t *q = arg;
    if (is_set(q->context, USSL_PSK_CALLBACK)) {
        ask_callback(q);
        return;
    }
    mp_obj_t method[3];
    mp_load_method(get(q->context, USSL_SERVER_PSK_KEYS), MP_QSTR_get, method);
    method[2] = mp_obj_new_bytes(q->told.data, q->told.len);
    give_key(q->out, MP_QSTR_server_psk_keys, mp_call_method_n_kw(1, 0, method));
}

// Called by the engine, through which no exception may pass; other connections may be used
// meanwhile.
static bool ask(void *arg, ussl_bytes_t told, ussl_psk_t *out) {
    ussl_socket_obj_t *self = ussl_socket_of(arg);
    question_t q = { self->context, told, out };
    ussl_unlock();
    mp_obj_t exception = ussl_protect(self->server_side ? ask_server : ask_client, &q);
    ussl_lock();
    if (exception != MP_OBJ_NULL) {
        self->raised = exception;
    }
    return exception == MP_OBJ_NULL;
}

ussl_psk_source_t ussl_socket_psk(ussl_socket_obj_t *self) {
    const ussl_context_obj_t *context = self->context;
    ussl_psk_source_t source = { has_psk(context) ? ask : NULL, &self->transport, { NULL, 0 },
                                 ussl_context_psk_alone(context) };
    if (is_set(context, USSL_PSK_HINT)) {
        source.hint = checked(get(context, USSL_PSK_HINT), USSL_PSK_IDENTITY_MAX);
    }
    return source;
}

#endif
