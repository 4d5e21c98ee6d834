// SSLSession: a session saved to be resumed, in memory or as bytes.

#include "py/objstr.h"
#include "py/runtime.h"

#include "bind/bind.h"
#include "core/session_seal.h"

static mp_obj_t bytes_of(ussl_bytes_t b) {
    return mp_obj_new_bytes(b.data, b.len);
}

// The bytes of a key argument, or NULL for None.
static const uint8_t *key_arg(mp_obj_t key) {
    if (key == mp_const_none) {
        return NULL;
    }
    ussl_bytes_t bytes = ussl_bytes_arg(MP_QSTR_key, key);
    if (bytes.len != USSL_SEAL_KEY_SIZE) {
        mp_raise_ValueError(MP_ERROR_TEXT("key must have 32 bytes"));
    }
    return bytes.data;
}

static void check_sealed(bool sealed, const uint8_t *key) {
    if (sealed && key == NULL) {
        mp_raise_ValueError(MP_ERROR_TEXT("the session is sealed: SSLSession(data, key) opens it"));
    }
    if (!sealed && key != NULL) {
        mp_raise_ValueError(MP_ERROR_TEXT("not a sealed session"));
    }
}

static MP_NORETURN void raise_data(const ussl_error_t *err, bool sealed) {
    if (err->cls == USSL_ERR_MEMORY) {
        ussl_raise(err, &(ussl_where_t) { .file = NULL });
    }
    mp_raise_ValueError(sealed ? MP_ERROR_TEXT("sealed with another key, or a damaged session")
        : MP_ERROR_TEXT("not a saved session, or a damaged one, or one of another version"));
}

static mp_obj_t from_bytes(ussl_bytes_t bytes, const uint8_t *key) {
    check_sealed(ussl_session_is_sealed(bytes), key);
    ussl_session_obj_t *self = mp_obj_malloc_with_finaliser(ussl_session_obj_t, &ussl_type_SSLSession);
    self->session = (ussl_session_t) { 0 };
    ussl_error_t err;
    ussl_lock();
    ussl_status_t status = key == NULL ? ussl_session_decode(&ussl_engine_mbedtls, bytes, &self->session, &err)
        : ussl_session_open(&ussl_engine_mbedtls, bytes, key, &self->session, &err);
    ussl_unlock();
    if (status != USSL_OK) {
        raise_data(&err, key != NULL);
    }
    return MP_OBJ_FROM_PTR(self);
}

mp_obj_t ussl_session_arg(mp_obj_t arg) {
    if (arg == mp_const_none) {
        return MP_OBJ_NULL;
    }
    // A subclass too; one whose super().__init__() was not called yet holds something else.
    mp_obj_t session = mp_obj_cast_to_native_base(arg, MP_OBJ_FROM_PTR(&ussl_type_SSLSession));
    if (session != MP_OBJ_NULL && mp_obj_is_type(session, &ussl_type_SSLSession)) {
        return session;
    }
    mp_buffer_info_t info;
    if (mp_obj_is_str(arg) || !mp_get_buffer(arg, &info, MP_BUFFER_READ)) {
        mp_raise_msg_varg(&mp_type_TypeError, MP_ERROR_TEXT("session must be an SSLSession or its bytes, not '%q'"),
            (qstr)mp_obj_get_type(arg)->name);
    }
    return from_bytes((ussl_bytes_t) { info.buf, info.len }, NULL);
}

static mp_obj_t session_make_new(const mp_obj_type_t *type, size_t n_args, size_t n_kw, const mp_obj_t *args) {
    (void)type;
    enum { ARG_data, ARG_key, ARG_COUNT };
    static const mp_arg_t allowed[] = {
        { MP_QSTR_data, MP_ARG_REQUIRED | MP_ARG_OBJ, { .u_rom_obj = MP_ROM_NONE } },
        { MP_QSTR_key, MP_ARG_OBJ, { .u_rom_obj = MP_ROM_NONE } },
    };
    mp_arg_val_t values[ARG_COUNT];
    mp_arg_parse_all_kw_array(n_args, n_kw, args, ARG_COUNT, allowed, values);
    return from_bytes(ussl_bytes_arg(MP_QSTR_data, values[ARG_data].u_obj), key_arg(values[ARG_key].u_obj));
}

static mp_obj_t plain_bytes(mp_obj_t self_in) {
    ussl_session_obj_t *self = MP_OBJ_TO_PTR(self_in);
    return mp_obj_new_bytes(self->session.data, self->session.len);
}

static mp_obj_t sealed_bytes(const ussl_session_t *session, const uint8_t *key) {
    ussl_error_t err;
    vstr_t vstr;
    vstr_init_len(&vstr, session->len + USSL_SESSION_SEAL_SIZE);
    ussl_keep_engine();
    ussl_lock();
    ussl_status_t status = ussl_session_seal(&ussl_engine_mbedtls, session, key, (uint8_t *)vstr.buf, &err);
    ussl_unlock();
    ussl_check(status, &err);
    return mp_obj_new_bytes_from_vstr(&vstr);
}

// serialize(key=None)
static mp_obj_t session_serialize(size_t n_args, const mp_obj_t *pos_args, mp_map_t *kw_args) {
    static const mp_arg_t allowed[] = {
        { MP_QSTR_key, MP_ARG_OBJ, { .u_rom_obj = MP_ROM_NONE } },
    };
    mp_arg_val_t args[MP_ARRAY_SIZE(allowed)];
    mp_arg_parse_all(n_args - 1, pos_args + 1, kw_args, MP_ARRAY_SIZE(allowed), allowed, args);
    const uint8_t *key = key_arg(args[0].u_obj);
    ussl_session_obj_t *self = MP_OBJ_TO_PTR(pos_args[0]);
    return key == NULL ? plain_bytes(pos_args[0]) : sealed_bytes(&self->session, key);
}
static MP_DEFINE_CONST_FUN_OBJ_KW(session_serialize_obj, 1, session_serialize);

static mp_obj_t session___del__(mp_obj_t self_in) {
    ussl_session_obj_t *self = MP_OBJ_TO_PTR(self_in);
    ussl_lock();
    ussl_session_free(&self->session);
    ussl_unlock();
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(session___del___obj, session___del__);

static const char *version_name(const ussl_session_t *s) {
    return s->datagram ? "DTLSv1.2" : s->version == USSL_TLS_1_3 ? "TLSv1.3" : "TLSv1.2";
}

static mp_obj_t name_or_none(ussl_bytes_t name) {
    return name.len == 0 ? mp_const_none : mp_obj_new_str((const char *)name.data, name.len);
}

static void session_attr(mp_obj_t self_in, qstr attr, mp_obj_t *dest) {
    const ussl_session_t *s = &((ussl_session_obj_t *)MP_OBJ_TO_PTR(self_in))->session;
    if (dest[0] != MP_OBJ_NULL) {
        return;
    }
    if (attr == MP_QSTR_id) {
        dest[0] = bytes_of(s->id);
    } else if (attr == MP_QSTR_time) {
        dest[0] = mp_obj_new_int_from_ll(s->created);
    } else if (attr == MP_QSTR_timeout) {
        dest[0] = mp_obj_new_int_from_uint(s->lifetime);
    } else if (attr == MP_QSTR_ticket_lifetime_hint) {
        dest[0] = mp_obj_new_int_from_uint(s->hint);
    } else if (attr == MP_QSTR_has_ticket) {
        dest[0] = mp_obj_new_bool(s->has_ticket);
    } else if (attr == MP_QSTR_version) {
        dest[0] = mp_obj_new_str_from_cstr(version_name(s));
    } else if (attr == MP_QSTR_server_hostname) {
        dest[0] = name_or_none(s->name);
    } else {
        dest[1] = MP_OBJ_SENTINEL;
    }
}

static void session_print(const mp_print_t *print, mp_obj_t self_in, mp_print_kind_t kind) {
    (void)kind;
    const ussl_session_t *s = &((ussl_session_obj_t *)MP_OBJ_TO_PTR(self_in))->session;
    mp_printf(print, "<SSLSession %s, %d bytes>", version_name(s), (int)s->len);
}

static mp_obj_t session_unary_op(mp_unary_op_t op, mp_obj_t self_in) {
    return op == MP_UNARY_OP_HASH ? mp_unary_op(op, plain_bytes(self_in)) : MP_OBJ_NULL;
}

// Sessions are equal when they are the same bytes, so a program can tell whether the
// one it stored is still the newest.
static mp_obj_t session_binary_op(mp_binary_op_t op, mp_obj_t lhs, mp_obj_t rhs) {
    if (op != MP_BINARY_OP_EQUAL || !mp_obj_is_type(rhs, &ussl_type_SSLSession)) {
        return MP_OBJ_NULL;
    }
    return mp_obj_new_bool(mp_obj_equal(plain_bytes(lhs), plain_bytes(rhs)));
}

static const mp_rom_map_elem_t session_locals_table[] = {
    { MP_ROM_QSTR(MP_QSTR_serialize), MP_ROM_PTR(&session_serialize_obj) },
    { MP_ROM_QSTR(MP_QSTR___del__), MP_ROM_PTR(&session___del___obj) },
};
static MP_DEFINE_CONST_DICT(session_locals, session_locals_table);

MP_DEFINE_CONST_OBJ_TYPE(
    ussl_type_SSLSession,
    MP_QSTR_SSLSession,
    MP_TYPE_FLAG_NONE,
    make_new, session_make_new,
    print, session_print,
    attr, session_attr,
    unary_op, session_unary_op,
    binary_op, session_binary_op,
    locals_dict, &session_locals
    );
