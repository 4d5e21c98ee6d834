// SSLContext.ecdsa_sign_callback: signatures by a function of the user's, as a rule of a
// secure element's.

#include <string.h>

#include "py/objarray.h"
#include "py/runtime.h"

#include "bind/bind.h"

#if USSL_SIGN_CALLBACK

typedef struct question {
    mp_obj_t callback;
    ussl_bytes_t key;
    ussl_bytes_t hash;
    mp_obj_t shown; // the key as the callback gets it
    uint8_t *signature;
    size_t size;
    int len; // of the signature, 0 where the callback leaves it to the library, or negative
} question_t;

static void ask(void *arg) {
    question_t *q = arg;
    q->shown = mp_obj_new_bytearray(q->key.len, (void *)(uintptr_t)q->key.data);
    mp_obj_t answer = mp_call_function_2(q->callback, q->shown, mp_obj_new_bytes(q->hash.data, q->hash.len));
    ussl_bytes_t signature = ussl_bytes_answer(MP_QSTR_ecdsa_sign_callback, answer);
    if (answer == mp_const_none) {
        q->len = 0;
    } else if (signature.len > 0 && signature.len <= q->size) {
        memcpy(q->signature, signature.data, signature.len);
        q->len = (int)signature.len;
    }
}

// Called by the engine, through which no exception may pass; other connections may be used
// meanwhile.
static int sign(void *arg, ussl_bytes_t key, ussl_bytes_t hash, uint8_t *signature, size_t size) {
    ussl_socket_obj_t *self = ussl_socket_of(arg);
    question_t q = { self->context->ecdsa_sign_callback, key, hash, MP_OBJ_NULL, signature, size, -1 };
    ussl_unlock();
    mp_obj_t exception = ussl_protect(ask, &q);
    ussl_lock();
    if (q.shown != MP_OBJ_NULL) {
        mp_obj_array_t *shown = MP_OBJ_TO_PTR(q.shown);
        ussl_wipe(shown->items, shown->len);
    }
    if (exception != MP_OBJ_NULL) {
        self->raised = exception;
    }
    return exception == MP_OBJ_NULL ? q.len : -1;
}

mp_obj_t ussl_context_ecdsa_sign_callback(const ussl_context_obj_t *self) {
    return self->ecdsa_sign_callback;
}

void ussl_context_set_ecdsa_sign_callback(ussl_context_obj_t *self, mp_obj_t value) {
    ussl_check_callback(MP_QSTR_ecdsa_sign_callback, value);
    ussl_error_t err;
    ussl_lock();
    ussl_status_t status = ussl_ctx_set_signer(self->ctx, value == mp_const_none ? NULL : sign, &err);
    ussl_unlock();
    ussl_check(status, &err);
    self->ecdsa_sign_callback = value;
}

#endif
