// Small functions of CPython's ssl that programs for computers call; not on boards.

#include "bind/module.h"

#if USSL_CPYTHON_NAMES

#include <string.h>
#include <strings.h>

#include "py/objstr.h"
#include "py/runtime.h"

#define HEADER "-----BEGIN CERTIFICATE-----"
#define FOOTER "-----END CERTIFICATE-----"
#define LINE_LENGTH 64

// A function of one of MicroPython's modules, called with one argument.
static mp_obj_t call(qstr module, qstr function, mp_obj_t arg) {
    mp_obj_t from = mp_import_name(module, mp_const_none, MP_OBJ_NEW_SMALL_INT(0));
    return mp_call_function_1(mp_load_attr(from, function), arg);
}

// ---- certificates as text ----

static mp_obj_t DER_cert_to_PEM_cert(mp_obj_t der) {
    size_t len;
    const char *text = mp_obj_str_get_data(call(MP_QSTR_binascii, MP_QSTR_b2a_base64, der), &len);
    len--; // the line's end
    vstr_t vstr;
    vstr_init(&vstr, len + len / LINE_LENGTH + sizeof(HEADER FOOTER) + 2);
    vstr_add_str(&vstr, HEADER "\n");
    for (size_t at = 0; at < len; at += LINE_LENGTH) {
        vstr_add_strn(&vstr, text + at, MIN(LINE_LENGTH, len - at));
        vstr_add_char(&vstr, '\n');
    }
    vstr_add_str(&vstr, FOOTER "\n");
    return mp_obj_new_str_from_vstr(&vstr);
}
MP_DEFINE_CONST_FUN_OBJ_1(ussl_DER_cert_to_PEM_cert_obj, DER_cert_to_PEM_cert);

static mp_obj_t PEM_cert_to_DER_cert(mp_obj_t pem) {
    size_t len;
    const char *text = mp_obj_str_get_data(pem, &len);
    const size_t header = strlen(HEADER), footer = strlen(FOOTER);
    while (len > 0 && unichar_isspace((byte)text[len - 1])) {
        len--;
    }
    if (len < header + footer || memcmp(text, HEADER, header) != 0 || memcmp(text + len - footer, FOOTER, footer) != 0) {
        mp_raise_ValueError(MP_ERROR_TEXT("a certificate in PEM begins with " HEADER " and ends with " FOOTER));
    }
    return call(MP_QSTR_binascii, MP_QSTR_a2b_base64, mp_obj_new_bytes((const byte *)text + header, len - header - footer));
}
MP_DEFINE_CONST_FUN_OBJ_1(ussl_PEM_cert_to_DER_cert_obj, PEM_cert_to_DER_cert);

// ---- dates ----

// 1 to 12, or 0.
static int month_number(const char *name) {
    static const char names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    for (int i = 0; i < 12; i++) {
        if (strncasecmp(names + 3 * i, name, 3) == 0) {
            return i + 1;
        }
    }
    return 0;
}

// The number behind this sign, or behind one space or more; -1 when there is none, or one above most.
static int take_number(const char **text, char before, int most) {
    const char *at = *text;
    if (*at != before) {
        return -1;
    }
    do {
        at++;
    } while (before == ' ' && *at == ' ');
    int number = unichar_isdigit((byte)*at) ? 0 : -1;
    while (unichar_isdigit((byte)*at) && number <= most) {
        number = number * 10 + *at++ - '0';
    }
    *text = at;
    return number <= most ? number : -1;
}

// Days from 1970-01-01 to the first day of a month.
static long long days_before(int year, int month) {
    static const short days[] = { 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334 };
    const int whole = year - 1; // years of which a leap day counts
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return 365LL * (year - 1970) + (whole / 4 - 492) - (whole / 100 - 19) + (whole / 400 - 4) + days[month - 1] + (leap && month > 2);
}

// As getpeercert() writes dates: "Jan  5 09:34:43 2018 GMT". As in CPython, a leap second may
// be in it, and 29 February of any year is the day after the 28th.
static mp_obj_t cert_time_to_seconds(mp_obj_t cert_time) {
    const char *text = mp_obj_str_get_str(cert_time);
    const int month = month_number(text);
    const char *at = month == 0 ? text : text + 3;
    const int day = take_number(&at, ' ', 31);
    const int hour = take_number(&at, ' ', 23);
    const int minute = take_number(&at, ':', 59);
    const int second = take_number(&at, ':', 61);
    const int year = take_number(&at, ' ', 9999);
    if (month == 0 || day < 1 || hour < 0 || minute < 0 || second < 0 || year < 1 || strcasecmp(at, " GMT") != 0) {
        mp_raise_msg_varg(&mp_type_ValueError, MP_ERROR_TEXT("'%s' is no date of a certificate"), text);
    }
    long long days = days_before(year, month) + day - 1;
    return mp_obj_new_int_from_ll(((days * 24 + hour) * 60 + minute) * 60 + second);
}
MP_DEFINE_CONST_FUN_OBJ_1(ussl_cert_time_to_seconds_obj, cert_time_to_seconds);

// ---- randomness ----

static mp_obj_t RAND_bytes(mp_obj_t n) {
    if (mp_obj_get_int(n) < 0) {
        mp_raise_ValueError(MP_ERROR_TEXT("num must be positive"));
    }
    return call(MP_QSTR_os, MP_QSTR_urandom, n);
}
MP_DEFINE_CONST_FUN_OBJ_1(ussl_RAND_bytes_obj, RAND_bytes);

// The system's generator is always ready.
static mp_obj_t RAND_status(void) {
    return mp_const_true;
}
MP_DEFINE_CONST_FUN_OBJ_0(ussl_RAND_status_obj, RAND_status);

// ---- contexts ----

static mp_obj_t create_unverified_context(void) {
    ussl_context_obj_t *context = ussl_context_make(false);
    context->check_hostname = false;
    ussl_context_set_verify(context, USSL_VERIFY_NONE);
    return MP_OBJ_FROM_PTR(context);
}
MP_DEFINE_CONST_FUN_OBJ_0(ussl_create_unverified_context_obj, create_unverified_context);

#if USSL_SNI_CALLBACK

static mp_obj_t context_set_servername_callback(mp_obj_t self_in, mp_obj_t callback) {
    ussl_context_obj_t *self = MP_OBJ_TO_PTR(self_in);
    ussl_context_get(self); // refuses one whose __del__ was called
    ussl_context_set_sni_callback(self, callback);
    return mp_const_none;
}
MP_DEFINE_CONST_FUN_OBJ_2(ussl_context_set_servername_callback_obj, context_set_servername_callback);

#endif

#endif
