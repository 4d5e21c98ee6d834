// Early data (0-RTT): what a client gives to go with the first flight, and how much of it a
// server accepts.

#include "py/objstr.h"
#include "py/runtime.h"

#include "bind/bind.h"

mp_obj_t ussl_early_data_arg(mp_obj_t arg, bool server_side) {
    mp_buffer_info_t info;
    if (arg == mp_const_none) {
        return MP_OBJ_NULL;
    }
    if (!mp_get_buffer(arg, &info, MP_BUFFER_READ)) {
        mp_raise_TypeError(MP_ERROR_TEXT("early_data must be bytes"));
    }
    if (server_side) {
        mp_raise_ValueError(MP_ERROR_TEXT("early_data is a client's: a server sets its context's max_early_data"));
    }
    // It may go out much later, and for a second time (see socket_net.c): it must not change.
    return mp_obj_is_str_or_bytes(arg) ? arg : mp_obj_new_bytes(info.buf, info.len);
}

ussl_bytes_t ussl_early_data_bytes(mp_obj_t early_data) {
    mp_buffer_info_t info = { .len = 0 };
    if (early_data != MP_OBJ_NULL) {
        mp_get_buffer_raise(early_data, &info, MP_BUFFER_READ);
    }
    return (ussl_bytes_t) { info.buf, info.len };
}

// None until it is known.
mp_obj_t ussl_socket_early_data_accepted(const ussl_socket_obj_t *self) {
    const ussl_conn_t *conn = ussl_lock_conn(self);
    unsigned outcome = conn == NULL ? USSL_EARLY_NONE : conn->early_data;
    ussl_unlock();
    return outcome == USSL_EARLY_NONE ? mp_const_none : mp_obj_new_bool(outcome == USSL_EARLY_ACCEPTED);
}

// ---- SSLContext.max_early_data ----

mp_obj_t ussl_context_max_early_data(const ussl_context_obj_t *self) {
    return MP_OBJ_NEW_SMALL_INT(self->ctx->max_early_data);
}

void ussl_context_set_max_early_data(ussl_context_obj_t *self, mp_obj_t value) {
    ussl_error_t err;
    ussl_ctx_t *ctx = ussl_server_context(self);
    uint16_t len = (uint16_t)ussl_setting(MP_QSTR_max_early_data, value, 0, USSL_UNREAD_MAX);
    ussl_lock();
    ussl_status_t status = ussl_ctx_set_max_early_data(ctx, len, &err);
    ussl_unlock();
    ussl_check(status, &err);
}
