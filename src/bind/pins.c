// The attribute SSLContext.pins.

#include <string.h>

#include "py/objstr.h"
#include "py/runtime.h"

#include "bind/bind.h"

static ussl_bytes_t all_pins(const void *arg) {
    const ussl_ctx_t *ctx = ((const ussl_context_obj_t *)arg)->ctx;
    return ctx == NULL ? (ussl_bytes_t) { NULL, 0 } : ctx->engine->cfg_pins(ctx->cfg);
}

mp_obj_t ussl_context_pins(const ussl_context_obj_t *self) {
    mp_obj_t pins = ussl_copy_bytes(all_pins, self);
    mp_obj_t list = mp_obj_new_list(0, NULL);
    size_t len = 0;
    const char *data = pins == MP_OBJ_NULL ? NULL : mp_obj_str_get_data(pins, &len);
    for (size_t at = 0; at < len; at += USSL_PIN_SIZE) {
        mp_obj_list_append(list, mp_obj_new_bytes((const byte *)data + at, USSL_PIN_SIZE));
    }
    return list;
}

static int hex_digit(char c) {
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

// Hexadecimal, with colons between the bytes or without; false for anything else.
static bool read_hex(const char *s, size_t len, uint8_t out[USSL_PIN_SIZE]) {
    size_t step = len == 3 * USSL_PIN_SIZE - 1 ? 3 : 2;
    if (step == 2 && len != 2 * USSL_PIN_SIZE) {
        return false;
    }
    for (size_t i = 0; i < USSL_PIN_SIZE; i++) {
        int high = hex_digit(s[step * i]), low = hex_digit(s[step * i + 1]);
        if (high < 0 || low < 0 || (step == 3 && i > 0 && s[step * i - 1] != ':')) {
            return false;
        }
        out[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

static void add_pin(vstr_t *pins, mp_obj_t item) {
    size_t len;
    uint8_t digest[USSL_PIN_SIZE];
    const char *s = mp_obj_str_get_data(item, &len);
    if (mp_obj_is_str(item) && read_hex(s, len, digest)) {
        s = (const char *)digest;
    } else if (mp_obj_is_str(item) || len != USSL_PIN_SIZE) {
        mp_raise_ValueError(MP_ERROR_TEXT("a pin is a SHA-256: 32 bytes, or a str of 64 hexadecimal digits"));
    }
    vstr_add_strn(pins, s, USSL_PIN_SIZE);
}

void ussl_context_set_pins(ussl_context_obj_t *self, mp_obj_t value) {
    size_t count;
    mp_obj_t *items;
    vstr_t pins;
    ussl_error_t err;
    mp_obj_get_array(value, &count, &items);
    if (count > 0 && self->ctx->verify == USSL_VERIFY_NONE) {
        mp_raise_ValueError(MP_ERROR_TEXT("pins are looked at with CERT_REQUIRED only: set verify_mode first"));
    }
    vstr_init(&pins, USSL_PIN_SIZE * (count + 1));
    for (size_t i = 0; i < count; i++) {
        add_pin(&pins, items[i]);
    }
    ussl_lock();
    ussl_status_t status = ussl_ctx_set_pins(self->ctx, (ussl_bytes_t) { (uint8_t *)pins.buf, pins.len }, &err);
    ussl_unlock();
    vstr_clear(&pins);
    ussl_check(status, &err);
}
