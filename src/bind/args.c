// Arguments that several functions take.

#include <string.h>

#include "py/objstr.h"
#include "py/runtime.h"

#include "bind/bind.h"

#define NO_CONSTANT (-0x8000)
#define HOSTNAME_MAX 253 // RFC 1035, without the final dot

static bool has_other_than_ascii(const char *s, size_t len) {
    for (size_t i = 0; i < len; i++) {
        if ((uint8_t)s[i] > 0x7f) {
            return true;
        }
    }
    return false;
}

void ussl_check_hostname(mp_obj_t name) {
    if (name == mp_const_none) {
        return;
    }
    size_t len;
    const char *s = mp_obj_str_get_data(name, &len);
    if (len == 0 || len > HOSTNAME_MAX || memchr(s, '\0', len) != NULL || s[0] == '.') {
        mp_raise_ValueError(MP_ERROR_TEXT("server_hostname must have 1 to 253 bytes, no NUL, and no dot first"));
    }
    if (has_other_than_ascii(s, len)) {
        mp_raise_ValueError(MP_ERROR_TEXT("server_hostname must be ASCII: give an international name as xn--..."));
    }
}

mp_int_t ussl_constant(mp_obj_t number) {
    if (!mp_obj_is_exact_type(number, &mp_type_int)) {
        return mp_obj_get_int(number); // a small int; the others are no ints
    }
    mp_int_t value = mp_obj_int_get_truncated(number);
    return mp_obj_equal(mp_obj_new_int(value), number) ? value : NO_CONSTANT;
}

mp_int_t ussl_setting(qstr name, mp_obj_t number, mp_int_t least, mp_int_t most) {
    mp_int_t value = ussl_constant(number);
    if (value < least || value > most) {
        mp_raise_msg_varg(&mp_type_ValueError, MP_ERROR_TEXT("%q must be %d to %d"), name, (int)least, (int)most);
    }
    return value;
}

static bool get_bytes(mp_obj_t value, ussl_bytes_t *out) {
    mp_buffer_info_t info;
    bool fits = !mp_obj_is_str(value) && mp_get_buffer(value, &info, MP_BUFFER_READ);
    *out = fits ? (ussl_bytes_t) { info.buf, info.len } : (ussl_bytes_t) { NULL, 0 };
    return fits;
}

ussl_bytes_t ussl_bytes_arg(qstr name, mp_obj_t arg) {
    ussl_bytes_t bytes;
    if (!get_bytes(arg, &bytes)) {
        mp_raise_msg_varg(&mp_type_TypeError, MP_ERROR_TEXT("%q must be bytes, not '%q'"), name,
            (qstr)mp_obj_get_type(arg)->name);
    }
    return bytes;
}

void ussl_check_callback(qstr name, mp_obj_t value) {
    if (value != mp_const_none && !mp_obj_is_callable(value)) {
        mp_raise_msg_varg(&mp_type_TypeError, MP_ERROR_TEXT("%q must be a function or None"), name);
    }
}

MP_NORETURN void ussl_raise_answer(qstr callback, const char *wanted, mp_obj_t answer) {
    mp_raise_msg_varg(&mp_type_TypeError, MP_ERROR_TEXT("%q must give %s, not '%q'"), callback, wanted,
        (qstr)mp_obj_get_type(answer)->name);
}

ussl_bytes_t ussl_bytes_answer(qstr callback, mp_obj_t answer) {
    ussl_bytes_t bytes;
    if (!get_bytes(answer, &bytes) && answer != mp_const_none) {
        ussl_raise_answer(callback, "bytes or None", answer);
    }
    return bytes;
}

uint32_t ussl_milliseconds(mp_obj_t seconds) {
    #if MICROPY_PY_BUILTINS_FLOAT
    mp_float_t ms = mp_obj_get_float(seconds) * 1000;
    mp_float_t longest = (mp_float_t)(USSL_FOREVER - 1);
    #else
    long long ms = (long long)mp_obj_get_int(seconds) * 1000;
    long long longest = USSL_FOREVER - 1;
    #endif
    if (!(ms >= 0)) {
        mp_raise_ValueError(MP_ERROR_TEXT("timeout must not be negative"));
    }
    return ms >= longest ? USSL_FOREVER - 1 : ms > 0 && ms < 1 ? 1 : (uint32_t)ms;
}

uint32_t ussl_timeout_ms(mp_obj_t timeout) {
    if (timeout == mp_const_none) {
        return 0;
    }
    uint32_t ms = ussl_milliseconds(timeout);
    if (ms == 0) {
        mp_raise_ValueError(MP_ERROR_TEXT("timeout must be positive, or None for no limit"));
    }
    return ms;
}
