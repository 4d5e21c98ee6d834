// SSLContext.verify_callback: a user's own judgement of the peer's certificates.

#include "py/objarray.h"
#include "py/objstr.h"
#include "py/runtime.h"

#include "bind/bind.h"

// ---- the attribute ----

mp_obj_t ussl_context_verify_callback(const ussl_context_obj_t *self) {
    return self->verify_callback;
}

void ussl_context_set_verify_callback(ussl_context_obj_t *self, mp_obj_t value) {
    ussl_check_callback(MP_QSTR_verify_callback, value);
    ussl_context_set_verify(self, self->ctx->verify); // refuses while the context is in use
    self->verify_callback = value;
}

bool ussl_context_callback_decides(const ussl_context_obj_t *self) {
    return self->verify_callback != mp_const_none && self->ctx->verify == USSL_VERIFY_OPTIONAL;
}

// ---- asking ----

typedef struct question {
    mp_obj_t callback;
    ussl_bytes_t der;
    int depth;
    bool accepted;
} question_t;

// The callback may keep what it is given, so that is a copy.
static void ask(void *arg) {
    question_t *q = arg;
    mp_obj_t der = mp_obj_new_bytes(q->der.data, q->der.len);
    #if MICROPY_PY_BUILTINS_MEMORYVIEW
    GET_STR_DATA_LEN(der, data, len);
    der = mp_obj_new_memoryview('B', len, (void *)data);
    #endif
    mp_obj_t answer = mp_call_function_2(q->callback, der, MP_OBJ_NEW_SMALL_INT(q->depth));
    mp_int_t value;
    if (!mp_obj_get_int_maybe(answer, &value)) {
        ussl_raise_answer(MP_QSTR_verify_callback, "an int (0 to accept)", answer);
    }
    q->accepted = value == 0;
}

ussl_socket_obj_t *ussl_socket_of(void *transport) {
    return (ussl_socket_obj_t *)((char *)transport - offsetof(ussl_socket_obj_t, transport));
}

// Called by the engine, through which no exception may pass; other connections may be used
// meanwhile.
static bool accepts(void *arg, ussl_bytes_t der, int depth) {
    ussl_socket_obj_t *self = ussl_socket_of(arg);
    question_t q = { self->context->verify_callback, der, depth, false };
    ussl_unlock();
    mp_obj_t exception = ussl_protect(ask, &q);
    ussl_lock();
    if (exception != MP_OBJ_NULL) {
        self->raised = exception;
    }
    return exception == MP_OBJ_NULL && q.accepted;
}

ussl_judge_t ussl_socket_judge(ussl_socket_obj_t *self) {
    bool has = self->context->verify_callback != mp_const_none;
    return (ussl_judge_t) { has ? accepts : NULL, &self->transport, ussl_context_callback_decides(self->context) };
}
