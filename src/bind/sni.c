// SSLContext.sni_callback: which context a client gets, by the name that it asks for.

#include "py/runtime.h"

#include "bind/bind.h"

#if USSL_SNI_CALLBACK

// Alerts (RFC 8446 6) for what a callback may do beside answering; as in CPython.
enum {
    ALERT_HANDSHAKE_FAILURE = 40, // it raised
    ALERT_INTERNAL_ERROR = 80,    // it returned what is no answer
};

// ---- the attribute ----

mp_obj_t ussl_context_sni_callback(const ussl_context_obj_t *self) {
    return self->sni_callback;
}

void ussl_context_set_sni_callback(ussl_context_obj_t *self, mp_obj_t value) {
    if (!self->ctx->server || ussl_ctx_is_datagram(self->ctx)) {
        mp_raise_ValueError(MP_ERROR_TEXT("sni_callback is for servers of TLS"));
    }
    ussl_check_callback(MP_QSTR_sni_callback, value);
    ussl_error_t err;
    ussl_check(ussl_ctx_set_chooses(self->ctx, value != mp_const_none, &err), &err);
    self->sni_callback = value;
}

// ---- asking ----

typedef struct question {
    ussl_socket_obj_t *self;
    ussl_bytes_t name;
    int alert; // or negative
} question_t;

static int alert_of(mp_obj_t answer) {
    if (answer == mp_const_none) {
        return -1;
    }
    if (!mp_obj_is_integer(answer)) {
        ussl_raise_answer(MP_QSTR_sni_callback, "None or an alert (int)", answer);
    }
    return (int)ussl_setting(MP_QSTR_sni_callback, answer, 0, 255);
}

static void ask(void *arg) {
    question_t *q = arg;
    mp_obj_t name = q->name.len == 0 ? mp_const_none : mp_obj_new_str((const char *)q->name.data, q->name.len);
    mp_obj_t args[3] = { MP_OBJ_FROM_PTR(q->self), name, MP_OBJ_FROM_PTR(q->self->context) };
    q->alert = ALERT_HANDSHAKE_FAILURE;
    mp_obj_t answer = mp_call_function_n_kw(q->self->context->sni_callback, 3, 0, args);
    q->alert = ALERT_INTERNAL_ERROR;
    int alert = alert_of(answer);
    if (alert < 0 && !ussl_context_get(q->self->context)->has_identity && !q->self->conn->has_psk) {
        ussl_error_t err;
        ussl_check(ussl_fail(&err, USSL_ERR_CALLER, USSL_REASON_NO_IDENTITY), &err);
    }
    q->alert = alert;
}

// Called by the engine, through which no exception may pass; other connections may be used
// meanwhile.
static int choose(void *arg, ussl_bytes_t name) {
    question_t q = { .self = ussl_socket_of(arg), .name = name };
    ussl_unlock();
    q.self->choosing = true;
    mp_obj_t exception = ussl_protect(ask, &q);
    q.self->choosing = false;
    ussl_lock();
    if (exception != MP_OBJ_NULL) {
        q.self->raised = exception;
    }
    return q.alert;
}

ussl_chooser_t ussl_socket_chooser(ussl_socket_obj_t *self) {
    return (ussl_chooser_t) { choose, &self->transport };
}

// ---- the choice ----

void ussl_socket_set_context(ussl_socket_obj_t *self, mp_obj_t value) {
    mp_obj_t native = mp_obj_cast_to_native_base(value, MP_OBJ_FROM_PTR(&ussl_type_SSLContext));
    if (native == MP_OBJ_NULL) {
        mp_raise_TypeError(MP_ERROR_TEXT("context must be an SSLContext"));
    }
    if (!self->choosing) {
        mp_raise_ValueError(MP_ERROR_TEXT("only sni_callback can change the context of a connection"));
    }
    ussl_context_obj_t *context = MP_OBJ_TO_PTR(native);
    ussl_ctx_t *ctx = ussl_context_get(context);
    if (!ctx->server || ussl_ctx_is_datagram(ctx)) {
        mp_raise_ValueError(MP_ERROR_TEXT("server_side does not fit the context's protocol"));
    }
    ussl_context_check_anchors(context);
    ussl_context_obj_t *before = self->context;
    self->context = context; // whose judge it is
    ussl_judge_t judge = ussl_socket_judge(self);
    ussl_psk_source_t psk = ussl_socket_psk(self);
    ussl_error_t err;
    ussl_lock();
    ussl_status_t status = ussl_conn_set_context(self->conn, ctx, &judge, &psk, &err);
    ussl_unlock();
    self->context = status == USSL_OK ? context : before;
    ussl_check(status, &err);
}

#endif
