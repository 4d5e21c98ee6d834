// SSLContext.get_ciphers() and set_ciphers(). MicroPython takes and gives a list of names,
// CPython takes OpenSSL's string and gives a list of dicts: both are understood, and what is
// given can be used as either.

#include <string.h>

#include "py/objstr.h"
#include "py/runtime.h"

#include "bind/bind.h"

// ---- one cipher suite: a str to MicroPython's programs, a dict to CPython's ----

typedef struct cipher_obj {
    mp_obj_base_t base;
    ussl_suite_t suite;
} cipher_obj_t;

static void cipher_print(const mp_print_t *print, mp_obj_t self_in, mp_print_kind_t kind) {
    const cipher_obj_t *self = MP_OBJ_TO_PTR(self_in);
    mp_printf(print, kind == PRINT_REPR ? "'%s'" : "%s", self->suite.library_name);
}

static mp_obj_t text(const char *s) {
    return mp_obj_new_str_from_cstr(s);
}

static bool is_named(const ussl_suite_t *suite, const char *name, size_t len) {
    return (strlen(suite->name) == len && memcmp(suite->name, name, len) == 0)
           || (strlen(suite->library_name) == len && memcmp(suite->library_name, name, len) == 0);
}

// Equal to its names, and a part of one is in it.
static mp_obj_t cipher_binary_op(mp_binary_op_t op, mp_obj_t self_in, mp_obj_t other) {
    const cipher_obj_t *self = MP_OBJ_TO_PTR(self_in);
    if ((op != MP_BINARY_OP_EQUAL && op != MP_BINARY_OP_CONTAINS) || !mp_obj_is_str(other)) {
        return MP_OBJ_NULL;
    }
    size_t len;
    const char *s = mp_obj_str_get_data(other, &len);
    return mp_obj_new_bool(op == MP_BINARY_OP_EQUAL ? is_named(&self->suite, s, len)
        : strstr(self->suite.library_name, s) != NULL);
}

// The keys of CPython's dict that say something here.
static mp_obj_t cipher_subscr(mp_obj_t self_in, mp_obj_t index, mp_obj_t value) {
    const ussl_suite_t *suite = &((cipher_obj_t *)MP_OBJ_TO_PTR(self_in))->suite;
    if (value != MP_OBJ_SENTINEL) {
        return MP_OBJ_NULL;
    }
    switch (mp_obj_is_str(index) ? mp_obj_str_get_qstr(index) : MP_QSTRnull) {
        case MP_QSTR_name:
            return text(suite->name);
        case MP_QSTR_description:
            return text(suite->library_name);
        case MP_QSTR_id:
            return mp_obj_new_int_from_uint(0x03000000u | suite->id); // OpenSSL's number
        case MP_QSTR_protocol:
            return text(suite->tls13 ? "TLSv1.3" : "TLSv1.2");
        case MP_QSTR_strength_bits:
        case MP_QSTR_alg_bits:
            return MP_OBJ_NEW_SMALL_INT(suite->bits);
        case MP_QSTR_aead:
            return mp_obj_new_bool(strstr(suite->library_name, "CBC") == NULL);
        default:
            mp_raise_type_arg(&mp_type_KeyError, index);
    }
}

static MP_DEFINE_CONST_OBJ_TYPE(
    type_SSLCipher,
    MP_QSTR_SSLCipher,
    MP_TYPE_FLAG_EQ_CHECKS_OTHER_TYPE,
    print, cipher_print,
    binary_op, cipher_binary_op,
    subscr, cipher_subscr
    );

// ---- getting ----

// The index'th that was chosen, or that there is; false behind the last.
static bool listed(const ussl_ctx_t *ctx, size_t index, ussl_suite_t *out) {
    if (ctx->suite_count == 0) {
        return ctx->engine->suite(index, out);
    }
    for (size_t i = 0; index < ctx->suite_count && ctx->engine->suite(i, out); i++) {
        if (out->id == ctx->suites[index]) {
            return true;
        }
    }
    return false;
}

// get_ciphers(): what can be chosen, or once set_ciphers() was called what is, most wanted first.
static mp_obj_t context_get_ciphers(mp_obj_t self_in) {
    const ussl_ctx_t *ctx = ussl_context_get(MP_OBJ_TO_PTR(self_in));
    mp_obj_t list = mp_obj_new_list(0, NULL);
    ussl_suite_t suite;
    for (size_t i = 0; listed(ctx, i, &suite); i++) {
        if (suite.library_name != NULL) {
            cipher_obj_t *cipher = mp_obj_malloc(cipher_obj_t, &type_SSLCipher);
            cipher->suite = suite;
            mp_obj_list_append(list, MP_OBJ_FROM_PTR(cipher));
        }
    }
    return list;
}
MP_DEFINE_CONST_FUN_OBJ_1(ussl_context_get_ciphers_obj, context_get_ciphers);

// ---- choosing ----

typedef struct choice {
    const ussl_engine_t *engine;
    uint16_t ids[USSL_SUITES_MAX];
    size_t count;
    uint32_t banned; // by index in the engine's list
    bool tls13;
} choice_t;

static void drop(choice_t *c, uint16_t id) {
    size_t kept = 0;
    for (size_t i = 0; i < c->count; i++) {
        if (c->ids[i] != id) {
            c->ids[kept++] = c->ids[i];
        }
    }
    c->count = kept;
}

static void add(choice_t *c, const ussl_suite_t *suite) {
    for (size_t i = 0; i < c->count; i++) {
        if (c->ids[i] == suite->id) {
            return;
        }
    }
    c->ids[c->count++] = suite->id;
    c->tls13 |= suite->tls13;
}

// A part of the name between hyphens begins so: AES is in ECDHE-RSA-AES128-GCM-SHA256.
static bool has_part(const char *name, const char *word, size_t len) {
    while (name != NULL) {
        if (strlen(name) >= len && memcmp(name, word, len) == 0) {
            return true;
        }
        name = strchr(name, '-');
        name = name == NULL ? NULL : name + 1;
    }
    return false;
}

static bool is_word(const char *word, size_t len, const char *other) {
    return strlen(other) == len && memcmp(word, other, len) == 0;
}

// One of OpenSSL's words. A group never holds what is not offered by default: that has to be
// named in full.
static bool matches_word(const ussl_suite_t *suite, const char *word, size_t len) {
    if (is_named(suite, word, len)) {
        return true;
    }
    if (suite->tls13 || !suite->by_default || memchr(word, '-', len) != NULL) { // with - it is a name
        return false;
    }
    if (len > 1 && (word[0] == 'k' || word[0] == 'a')) { // key exchange, authentication
        word++;
        len--;
    }
    if (is_word(word, len, "ALL") || is_word(word, len, "DEFAULT") || is_word(word, len, "HIGH")
        || is_word(word, len, "TLSv1.2")) {
        return true;
    }
    if (is_word(word, len, "ECDHE") || is_word(word, len, "EECDH")) {
        return !has_part(suite->name, "PSK", 3); // with a pre-shared key it is another key exchange
    }
    return is_word(word, len, "AESGCM") ? strstr(suite->name, "GCM") != NULL : len >= 3 && has_part(suite->name, word, len);
}

// Words joined by + must all match.
static bool matches(const ussl_suite_t *suite, const char *words, size_t len) {
    const char *end = words + len;
    for (const char *word = words; word < end;) {
        const char *plus = memchr(word, '+', (size_t)(end - word));
        const char *stop = plus == NULL ? end : plus;
        if (!matches_word(suite, word, (size_t)(stop - word))) {
            return false;
        }
        word = stop + 1;
    }
    return len > 0;
}

// One element: words, or !words for never, -words for not (unless added later).
static void apply(choice_t *c, const char *s, size_t len) {
    char op = len > 0 && strchr("!-+@", s[0]) != NULL ? s[0] : 0;
    ussl_suite_t suite;
    for (size_t i = 0; op != '+' && op != '@' && c->engine->suite(i, &suite); i++) {
        if (suite.library_name == NULL || !matches(&suite, s + (op != 0), len - (op != 0))) {
            continue;
        }
        if (op != 0) {
            drop(c, suite.id);
            c->banned |= op == '!' ? 1u << i : 0;
        } else if (!(c->banned & 1u << i)) {
            add(c, &suite);
        }
    }
}

static void choose_by_string(choice_t *c, const char *s) {
    for (const char *start = s;; s++) {
        if (*s == '\0' || strchr(":,; ", *s) != NULL) {
            apply(c, start, (size_t)(s - start));
            start = s + 1;
        }
        if (*s == '\0') {
            return;
        }
    }
}

static MP_NORETURN void raise_none(void) {
    ussl_raise_number(&ussl_type_SSLError, USSL_SSL_ERROR_SSL, MP_QSTR_NO_CIPHER_MATCH,
        MP_ERROR_TEXT("no such cipher suite: get_ciphers() tells those there are"));
}

static void choose_by_name(choice_t *c, mp_obj_t name) {
    size_t len;
    mp_obj_t str = mp_obj_is_type(name, &type_SSLCipher) ? text(((cipher_obj_t *)MP_OBJ_TO_PTR(name))->suite.name) : name;
    const char *s = mp_obj_str_get_data(str, &len);
    ussl_suite_t suite;
    for (size_t i = 0; c->engine->suite(i, &suite); i++) {
        if (suite.library_name != NULL && is_named(&suite, s, len)) {
            add(c, &suite);
            return;
        }
    }
    raise_none();
}

// As in CPython the choice is about TLS 1.2, unless it names suites of TLS 1.3 itself.
static void keep_tls13(choice_t *c) {
    choice_t all = { .engine = c->engine };
    ussl_suite_t suite;
    for (size_t i = 0; !c->tls13 && c->engine->suite(i, &suite); i++) {
        if (suite.library_name != NULL && suite.tls13) {
            add(&all, &suite);
        }
    }
    memmove(c->ids + all.count, c->ids, c->count * sizeof(*c->ids));
    memcpy(c->ids, all.ids, all.count * sizeof(*c->ids));
    c->count += all.count;
}

// set_ciphers(ciphers): a list of names, or a string as OpenSSL has it.
static mp_obj_t context_set_ciphers(mp_obj_t self_in, mp_obj_t ciphers) {
    ussl_ctx_t *ctx = ussl_context_get(MP_OBJ_TO_PTR(self_in));
    choice_t choice = { .engine = ctx->engine };
    if (mp_obj_is_str(ciphers)) {
        choose_by_string(&choice, mp_obj_str_get_str(ciphers));
    } else {
        size_t count;
        mp_obj_t *items;
        mp_obj_get_array(ciphers, &count, &items);
        for (size_t i = 0; i < count; i++) {
            choose_by_name(&choice, items[i]);
        }
    }
    if (choice.count == 0) {
        raise_none();
    }
    keep_tls13(&choice);
    ussl_error_t err;
    ussl_lock();
    ussl_status_t status = ussl_ctx_set_suites(ctx, choice.ids, choice.count, &err);
    ussl_unlock();
    ussl_check(status, &err);
    return mp_const_none;
}
MP_DEFINE_CONST_FUN_OBJ_2(ussl_context_set_ciphers_obj, context_set_ciphers);
