// Filling a context: what to trust, who to be, which versions to speak. wrap_socket and
// SSLContext both stand on this.

#include "py/objstr.h"
#include "py/runtime.h"

#include "bind/bind.h"
#include "bind/module.h"

ussl_ctx_t *ussl_context_get(const ussl_context_obj_t *self) {
    if (self->ctx == NULL) {
        mp_raise_ValueError(MP_ERROR_TEXT("the context is gone"));
    }
    return self->ctx;
}

static MP_NORETURN void raise_input(const ussl_error_t *err, mp_obj_t path) {
    ussl_where_t where = { .file = path == MP_OBJ_NULL ? NULL : mp_obj_str_get_str(path) };
    ussl_raise(err, &where);
}

ussl_context_obj_t *ussl_context_new(bool server) {
    ussl_context_obj_t *self = mp_obj_malloc_with_finaliser(ussl_context_obj_t, &ussl_type_SSLContext);
    ussl_error_t err;
    self->ctx = NULL;
    self->record_buffer = NULL;
    self->check_hostname = false;
    self->verify_callback = mp_const_none;
    #if USSL_PSK
    for (size_t i = 0; i < MP_ARRAY_SIZE(self->psk); i++) {
        self->psk[i] = MP_OBJ_NULL;
    }
    #endif
    #if USSL_SNI_CALLBACK
    self->sni_callback = mp_const_none;
    #endif
    #if USSL_SIGN_CALLBACK
    self->ecdsa_sign_callback = mp_const_none;
    #endif
    #if USSL_KEY_LOG
    self->keylog_filename = mp_const_none;
    #endif
    ussl_keep_engine();
    ussl_lock();
    ussl_status_t status = ussl_ctx_new(&ussl_engine_mbedtls, server, &self->ctx, &err);
    ussl_unlock();
    ussl_check(status, &err);
    return self;
}

void ussl_context_add_trust(ussl_context_obj_t *self, ussl_bytes_t data, mp_obj_t path) {
    ussl_error_t err;
    ussl_ctx_t *ctx = ussl_context_get(self);
    ussl_lock();
    ussl_status_t status = ussl_ctx_add_trust(ctx, data, &err);
    ussl_unlock();
    if (status != USSL_OK) {
        raise_input(&err, path);
    }
}

static ussl_bytes_t bytes_of(const vstr_t *vstr) {
    return (ussl_bytes_t) { (const uint8_t *)vstr->buf, vstr->len };
}

static void add_trust_file(void *self, mp_obj_t path) {
    vstr_t data;
    ussl_read_file(path, &data);
    ussl_context_add_trust(self, bytes_of(&data), path);
    ussl_clear_file(&data);
}

void ussl_context_add_trust_path(ussl_context_obj_t *self, mp_obj_t path) {
    if (!ussl_is_directory(path)) {
        add_trust_file(self, path);
    } else if (ussl_each_file(path, add_trust_file, self) == 0) {
        ussl_error_t err;
        ussl_fail(&err, USSL_ERR_INPUT, USSL_REASON_NO_CERTIFICATE_IN_DATA);
        raise_input(&err, path);
    }
}

// Data from a path or from an argument. Files are wiped and freed after use.
typedef struct source {
    ussl_bytes_t bytes;
    vstr_t file;
    bool is_path;
    mp_obj_t name; // for errors, or MP_OBJ_NULL
} source_t;

static void source_open(source_t *s, mp_obj_t arg, bool is_path) {
    *s = (source_t) { .is_path = is_path, .name = is_path ? arg : MP_OBJ_NULL };
    if (arg == mp_const_none) {
        s->is_path = false;
    } else if (is_path) {
        ussl_read_file(arg, &s->file);
        s->bytes = bytes_of(&s->file);
    } else {
        mp_buffer_info_t info;
        mp_get_buffer_raise(arg, &info, MP_BUFFER_READ);
        s->bytes = (ussl_bytes_t) { info.buf, info.len };
    }
}

static void source_close(source_t *s) {
    if (s->is_path) {
        ussl_clear_file(&s->file);
    }
}

static bool concerns_key(const ussl_error_t *err) {
    return err->reason == USSL_REASON_NO_KEY_IN_DATA || err->reason == USSL_REASON_KEY_PARSE
           || err->reason == USSL_REASON_KEY_ENCRYPTED || err->reason == USSL_REASON_KEY_MISMATCH;
}

// The parts of an identity.
typedef struct identity {
    const ussl_context_obj_t *context;
    source_t chain;
    source_t key; // nothing when the chain's file holds it
    mp_obj_t password; // None, data, or a function that gives it
    bool separate;
} identity_t;

static ussl_status_t set_identity(const identity_t *id, mp_obj_t password, ussl_error_t *err) {
    source_t secret;
    source_open(&secret, password, false);
    ussl_lock();
    ussl_status_t status = ussl_ctx_set_identity(id->context->ctx, id->chain.bytes, id->separate ? id->key.bytes : id->chain.bytes,
        secret.bytes, err);
    ussl_unlock();
    return status;
}

// For ussl_protect: asks for the password. The context may be gone then.
static void ask(void *arg) {
    identity_t *id = arg;
    mp_buffer_info_t info;
    id->password = mp_call_function_0(id->password);
    if (!mp_get_buffer(id->password, &info, MP_BUFFER_READ)) {
        ussl_raise_answer(MP_QSTR_password, "str or bytes", id->password);
    }
    ussl_context_get(id->context);
}

// A function is asked only when a password is needed, as in CPython.
static ussl_status_t try_identity(identity_t *id, ussl_error_t *err, mp_obj_t *exception) {
    bool asks = mp_obj_is_callable(id->password);
    ussl_status_t status = set_identity(id, asks ? mp_const_none : id->password, err);
    if (status == USSL_OK || !asks || err->reason != USSL_REASON_KEY_ENCRYPTED) {
        return status;
    }
    *exception = ussl_protect(ask, id);
    return *exception == MP_OBJ_NULL ? set_identity(id, id->password, err) : USSL_FAILED;
}

static void check_password(mp_obj_t password) {
    mp_buffer_info_t info;
    if (password != mp_const_none && !mp_obj_is_callable(password)) {
        mp_get_buffer_raise(password, &info, MP_BUFFER_READ);
    }
}

void ussl_context_set_identity(ussl_context_obj_t *self, mp_obj_t cert, bool cert_is_path, mp_obj_t key,
    bool key_is_path, mp_obj_t password) {
    identity_t id = { .context = self, .password = password, .separate = key != mp_const_none };
    mp_obj_t exception = MP_OBJ_NULL;
    ussl_error_t err;
    check_password(password);
    ussl_context_get(self);
    source_open(&id.chain, cert, cert_is_path);
    source_open(&id.key, key, key_is_path);
    ussl_status_t status = try_identity(&id, &err, &exception);
    source_close(&id.chain);
    source_close(&id.key);
    if (status == USSL_OK) {
        return;
    }
    if (exception != MP_OBJ_NULL) {
        nlr_raise(exception);
    }
    if (!id.separate && err.reason == USSL_REASON_NO_KEY_IN_DATA) {
        ussl_raise_misuse(MP_QSTR_NO_PRIVATE_KEY_FOUND, MP_ERROR_TEXT("the certificate needs its private key: give keyfile, or put it in certfile"));
    }
    raise_input(&err, concerns_key(&err) && id.separate ? id.key.name : id.chain.name);
}

void ussl_context_set_verify(ussl_context_obj_t *self, mp_int_t mode) {
    if (mode < USSL_VERIFY_NONE || mode > USSL_VERIFY_REQUIRED) {
        mp_raise_ValueError(MP_ERROR_TEXT("must be CERT_NONE, CERT_OPTIONAL or CERT_REQUIRED"));
    }
    ussl_error_t err;
    ussl_ctx_t *ctx = ussl_context_get(self);
    ussl_lock();
    ussl_status_t status = ussl_ctx_set_verify(ctx, (ussl_verify_mode_t)mode, &err);
    ussl_unlock();
    ussl_check(status, &err);
}

void ussl_context_set_versions(ussl_context_obj_t *self, uint16_t min, uint16_t max) {
    ussl_error_t err;
    if (min > max) {
        mp_raise_ValueError(MP_ERROR_TEXT("minimum_version is above maximum_version"));
    }
    ussl_ctx_t *ctx = ussl_context_get(self);
    ussl_lock();
    ussl_status_t status = ussl_ctx_set_versions(ctx, min, max, &err);
    ussl_unlock();
    ussl_check(status, &err);
}

static uint16_t spoken(uint16_t version) {
    if (version > ussl_engine_mbedtls.version_max) {
        mp_raise_ValueError(MP_ERROR_TEXT("this build has no TLS 1.3"));
    }
    return version;
}

uint16_t ussl_version_from(mp_int_t number) {
    switch (number) {
        case USSL_PROTOCOL_TLS:
            return 0;
        case USSL_PROTOCOL_TLSv1_2:
        case USSL_TLS_1_2:
            return USSL_TLS_1_2;
        case USSL_PROTOCOL_TLSv1_3:
        case USSL_TLS_1_3:
            return spoken(USSL_TLS_1_3);
        default:
            mp_raise_ValueError(MP_ERROR_TEXT("unknown TLS version, or one below 1.2, which is not safe: "
                "use TLSVersion.TLSv1_2 or TLSVersion.TLSv1_3"));
    }
}
