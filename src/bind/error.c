// The exceptions. A native exception holds only its args, so what Python reads as
// attributes (reason, library, verify_code, verify_message) travels in a third
// argument that str() and args do not show.

#include <errno.h>

#include "py/mperrno.h"
#include "py/objexcept.h"
#include "py/objstr.h"
#include "py/objtuple.h"

#include "bind/bind.h"

enum {
    DETAIL_REASON,
    DETAIL_LIBRARY,
    DETAIL_VERIFY_CODE,
    DETAIL_VERIFY_MESSAGE,
    DETAIL_COUNT,
};

static mp_obj_tuple_t *details_of(const mp_obj_exception_t *e) {
    mp_obj_tuple_t *last = e->args->len == 3 && mp_obj_is_type(e->args->items[2], &mp_type_tuple)
        ? MP_OBJ_TO_PTR(e->args->items[2]) : NULL;
    return last != NULL && last->len == DETAIL_COUNT ? last : NULL;
}

static mp_obj_t argument(const mp_obj_exception_t *e, size_t i) {
    return e->args->len > i ? e->args->items[i] : mp_const_none;
}

static void error_print(const mp_print_t *print, mp_obj_t self_in, mp_print_kind_t kind) {
    mp_obj_exception_t *self = MP_OBJ_TO_PTR(self_in);
    if (self->args->len < 2 || !mp_obj_is_str(self->args->items[1])) {
        mp_obj_exception_print(print, self_in, kind);
    } else if (kind == PRINT_REPR) {
        mp_printf(print, "%q(", (qstr)self->base.type->name);
        mp_obj_print_helper(print, self->args->items[0], PRINT_REPR);
        mp_print_str(print, ", ");
        mp_obj_print_helper(print, self->args->items[1], PRINT_REPR);
        mp_print_str(print, ")");
    } else {
        if (kind == PRINT_EXC) {
            mp_printf(print, "%q: ", (qstr)self->base.type->name);
        }
        mp_obj_print_helper(print, self->args->items[1], PRINT_STR);
    }
}

static mp_obj_t detail(const mp_obj_exception_t *e, size_t which) {
    mp_obj_tuple_t *details = details_of(e);
    return details == NULL ? mp_const_none : details->items[which];
}

static void error_attr(mp_obj_t self_in, qstr attr, mp_obj_t *dest) {
    mp_obj_exception_t *self = MP_OBJ_TO_PTR(self_in);
    bool load = dest[0] == MP_OBJ_NULL;
    if (load && attr == MP_QSTR_args && details_of(self) != NULL) {
        dest[0] = mp_obj_new_tuple(2, self->args->items);
    } else if (load && attr == MP_QSTR_strerror) {
        dest[0] = argument(self, 1);
    } else if (load && attr == MP_QSTR_reason) {
        dest[0] = detail(self, DETAIL_REASON);
    } else if (load && attr == MP_QSTR_library) {
        dest[0] = detail(self, DETAIL_LIBRARY);
    } else if (load && attr == MP_QSTR_verify_code) {
        dest[0] = detail(self, DETAIL_VERIFY_CODE);
    } else if (load && attr == MP_QSTR_verify_message) {
        dest[0] = detail(self, DETAIL_VERIFY_MESSAGE);
    } else {
        mp_obj_exception_attr(self_in, attr, dest);
    }
}

#define DEFINE_ERROR(name, parent_type) \
    MP_DEFINE_CONST_OBJ_TYPE(ussl_type_##name, MP_QSTR_##name, MP_TYPE_FLAG_NONE, \
    make_new, mp_obj_exception_make_new, print, error_print, attr, error_attr, parent, parent_type)

DEFINE_ERROR(SSLError, &mp_type_OSError);
DEFINE_ERROR(SSLTimeoutError, &ussl_type_SSLError);
DEFINE_ERROR(SSLZeroReturnError, &ussl_type_SSLError);
DEFINE_ERROR(SSLWantReadError, &ussl_type_SSLError);
DEFINE_ERROR(SSLWantWriteError, &ussl_type_SSLError);
DEFINE_ERROR(SSLSyscallError, &ussl_type_SSLError);
DEFINE_ERROR(SSLEOFError, &ussl_type_SSLError);

static const mp_rom_obj_tuple_t value_error_parents = {
    { &mp_type_tuple }, 2, { MP_ROM_PTR(&ussl_type_SSLError), MP_ROM_PTR(&mp_type_ValueError) },
};
DEFINE_ERROR(SSLCertVerificationError, &value_error_parents);

// A certificate, key or session of the caller's that is wrong, or a call that CPython refuses
// so: an SSLError, as CPython has it, and a ValueError, as MicroPython has it.
static MP_DEFINE_CONST_OBJ_TYPE(type_input_error, MP_QSTR_SSLError, MP_TYPE_FLAG_NONE,
    make_new, mp_obj_exception_make_new, print, error_print, attr, error_attr, parent, &value_error_parents);

// ---- raising ----

static mp_obj_t str_or_none(const char *s) {
    return s == NULL ? mp_const_none : mp_obj_new_str_from_cstr(s);
}

static mp_obj_t details(const ussl_error_t *err, const ussl_where_t *where) {
    mp_obj_t items[DETAIL_COUNT] = { str_or_none(ussl_reason_name(err)), MP_OBJ_NEW_QSTR(MP_QSTR_SSL),
                                     mp_const_none, mp_const_none };
    if (err->cls == USSL_ERR_VERIFY && where->verify != NULL) {
        vstr_t vstr;
        vstr_init(&vstr, 64);
        ussl_describe_verify(&vstr, where->verify, where->host);
        items[DETAIL_VERIFY_CODE] = MP_OBJ_NEW_SMALL_INT(ussl_verify_code(where->verify, where->host));
        items[DETAIL_VERIFY_MESSAGE] = mp_obj_new_str_from_vstr(&vstr);
    } else if (err->cls == USSL_ERR_INPUT) {
        items[DETAIL_LIBRARY] = MP_OBJ_NEW_QSTR(MP_QSTR_X509);
    }
    return mp_obj_new_tuple(DETAIL_COUNT, items);
}

static const mp_obj_type_t *type_for(const ussl_error_t *err) {
    switch (err->cls) {
        case USSL_ERR_TRANSPORT:
            return &ussl_type_SSLSyscallError;
        case USSL_ERR_TIMEOUT:
            return &ussl_type_SSLTimeoutError;
        case USSL_ERR_VERIFY:
            return &ussl_type_SSLCertVerificationError;
        case USSL_ERR_EOF:
            return &ussl_type_SSLEOFError;
        case USSL_ERR_INPUT:
            return &type_input_error;
        default: // unwrap() too early is a ValueError also
            return err->reason == USSL_REASON_NO_HANDSHAKE ? &type_input_error : &ussl_type_SSLError;
    }
}

// EMSGSIZE, which MicroPython's own numbers, Linux's, do not have.
#define MESSAGE_SIZE_ERRNO (USSL_POSIX ? EMSGSIZE : 90)

static int number_for(const ussl_error_t *err) {
    return err->cls == USSL_ERR_TRANSPORT ? err->code
           : err->reason == USSL_REASON_MESSAGE_SIZE ? MESSAGE_SIZE_ERRNO
           : err->cls == USSL_ERR_TIMEOUT ? MP_ETIMEDOUT
           : err->cls == USSL_ERR_EOF ? USSL_SSL_ERROR_EOF : USSL_SSL_ERROR_SSL;
}

static MP_NORETURN void raise_value_error(const ussl_error_t *err, const ussl_where_t *where) {
    vstr_t vstr;
    vstr_init(&vstr, 64);
    ussl_describe(&vstr, err, where);
    nlr_raise(mp_obj_new_exception_arg1(&mp_type_ValueError, mp_obj_new_str_from_vstr(&vstr)));
}

// A ValueError and no SSLError: no peer has a part in it.
static bool is_misuse(const ussl_error_t *err) {
    return err->cls == USSL_ERR_CALLER && err->reason != USSL_REASON_NO_TICKET && err->reason != USSL_REASON_SHUT_DOWN
           && err->reason != USSL_REASON_NO_HANDSHAKE && err->reason != USSL_REASON_MESSAGE_SIZE;
}

MP_NORETURN void ussl_raise(const ussl_error_t *err, const ussl_where_t *where) {
    if (err->cls == USSL_ERR_MEMORY) {
        mp_raise_msg(&mp_type_MemoryError, MP_ERROR_TEXT("TLS: out of memory"));
    }
    if (is_misuse(err)) {
        raise_value_error(err, where);
    }
    vstr_t vstr;
    vstr_init(&vstr, 128);
    ussl_describe(&vstr, err, where);
    mp_obj_t args[3] = { MP_OBJ_NEW_SMALL_INT(number_for(err)), mp_obj_new_str_from_vstr(&vstr), details(err, where) };
    nlr_raise(mp_obj_exception_make_new(type_for(err), 3, 0, args));
}

MP_NORETURN void ussl_raise_number(const mp_obj_type_t *type, int number, qstr reason, mp_rom_error_text_t text) {
    bool has_reason = reason != MP_QSTRnull;
    mp_obj_t items[DETAIL_COUNT] = { has_reason ? MP_OBJ_NEW_QSTR(reason) : mp_const_none,
                                     has_reason ? MP_OBJ_NEW_QSTR(MP_QSTR_SSL) : mp_const_none, mp_const_none, mp_const_none };
    // MicroPython may hold its messages compressed; an exception made from one unpacks it.
    mp_obj_t message = mp_obj_new_exception_msg(&mp_type_ValueError, text);
    mp_obj_t args[3] = { MP_OBJ_NEW_SMALL_INT(number), mp_obj_exception_get_value(message),
                         mp_obj_new_tuple(DETAIL_COUNT, items) };
    nlr_raise(mp_obj_exception_make_new(type, 3, 0, args));
}

MP_NORETURN void ussl_raise_misuse(qstr reason, mp_rom_error_text_t text) {
    ussl_raise_number(&type_input_error, USSL_SSL_ERROR_SSL, reason, text);
}

MP_NORETURN void ussl_raise_ragged(void) {
    ussl_raise_number(&ussl_type_SSLEOFError, USSL_SSL_ERROR_EOF, MP_QSTR_UNEXPECTED_EOF_WHILE_READING,
        MP_ERROR_TEXT("the connection ended without close_notify: data may be missing"));
}

MP_NORETURN void ussl_raise_path(int error, mp_obj_t path) {
    mp_obj_t args[2] = { MP_OBJ_NEW_SMALL_INT(error), path };
    nlr_raise(mp_obj_exception_make_new(&mp_type_OSError, 2, 0, args));
}

void ussl_check(ussl_status_t status, const ussl_error_t *err) {
    if (status != USSL_OK) {
        ussl_raise(err, &(ussl_where_t) { .file = NULL });
    }
}

int ussl_errno_of(mp_obj_t exception) {
    if (!mp_obj_is_subclass_fast(MP_OBJ_FROM_PTR(mp_obj_get_type(exception)), MP_OBJ_FROM_PTR(&mp_type_OSError))) {
        return 0;
    }
    mp_obj_t value = mp_obj_exception_get_value(exception);
    return mp_obj_is_small_int(value) ? (int)MP_OBJ_SMALL_INT_VALUE(value) : 0;
}
