// Memory in the user's hands: the sizes of records, memory lent for them, and what a
// connection or context holds.

#include <string.h>

#include "py/objarray.h"
#include "py/objtuple.h"
#include "py/runtime.h"

#include "bind/bind.h"
#include "bind/module.h"

// ---- what is held ----

static mp_obj_t held(const ussl_account_t *memory) {
    static const qstr fields[] = { MP_QSTR_now, MP_QSTR_peak };
    mp_obj_t items[] = { mp_obj_new_int_from_uint(memory->now), mp_obj_new_int_from_uint(memory->peak) };
    return mp_obj_new_attrtuple(fields, MP_ARRAY_SIZE(items), items);
}

// memory(): bytes as (now, peak); nothing is held before there is a connection.
static mp_obj_t socket_memory(mp_obj_t self_in) {
    ussl_socket_obj_t *self = MP_OBJ_TO_PTR(self_in);
    ussl_check_open(self);
    const ussl_conn_t *conn = ussl_lock_conn(self);
    ussl_account_t memory = conn == NULL ? (ussl_account_t) { 0 } : conn->memory;
    ussl_unlock();
    return held(&memory);
}
MP_DEFINE_CONST_FUN_OBJ_1(ussl_socket_memory_obj, socket_memory);

static mp_obj_t context_memory(mp_obj_t self_in) {
    return held(&ussl_context_get(MP_OBJ_TO_PTR(self_in))->memory);
}
MP_DEFINE_CONST_FUN_OBJ_1(ussl_context_memory_obj, context_memory);

// ---- sizes of records ----

mp_obj_t ussl_context_record_size_limit(const ussl_context_obj_t *self) {
    return MP_OBJ_NEW_SMALL_INT(self->ctx->receive_max);
}

void ussl_context_set_record_size_limit(ussl_context_obj_t *self, mp_obj_t value) {
    ussl_error_t err;
    uint16_t len = (uint16_t)ussl_setting(MP_QSTR_record_size_limit, value, USSL_RECORD_MIN, USSL_RECORD_MAX);
    ussl_lock();
    ussl_status_t status = ussl_ctx_set_receive_max(self->ctx, len, &err);
    ussl_unlock();
    ussl_check(status, &err);
}

mp_obj_t ussl_context_max_send_fragment(const ussl_context_obj_t *self) {
    return MP_OBJ_NEW_SMALL_INT(self->ctx->send_max);
}

void ussl_context_set_max_send_fragment(ussl_context_obj_t *self, mp_obj_t value) {
    ussl_error_t err;
    mp_int_t most = (mp_int_t)self->ctx->engine->send_max;
    uint16_t len = (uint16_t)ussl_setting(MP_QSTR_max_send_fragment, value, USSL_RECORD_MIN, most);
    ussl_lock();
    ussl_status_t status = ussl_ctx_set_send_max(self->ctx, len, &err);
    ussl_unlock();
    ussl_check(status, &err);
}

// ---- memory lent for records ----

static mp_obj_array_t *array_from(mp_obj_t value) {
    if (!mp_obj_is_type(value, &mp_type_bytearray)) {
        mp_raise_TypeError(MP_ERROR_TEXT("must be a bytearray or None"));
    }
    mp_obj_array_t *array = MP_OBJ_TO_PTR(value);
    if (array->len < USSL_RECORD_MIN) {
        mp_raise_msg_varg(&mp_type_ValueError, MP_ERROR_TEXT("must have %d bytes or more"), USSL_RECORD_MIN);
    }
    return array;
}

// Takes the array's memory over: a bytearray can be resized, which moves its bytes, and
// what a peer has sent must not change while it is looked at.
static void take_over(ussl_context_obj_t *self, mp_obj_array_t *array) {
    self->record_buffer = array->items;
    array->items = NULL;
    array->len = array->free = 0;
}

mp_obj_t ussl_context_record_buffer(const ussl_context_obj_t *self) {
    size_t len = self->ctx->record_buffer;
    return len == 0 ? mp_const_none : mp_obj_new_int_from_uint(len);
}

void ussl_context_set_record_buffer(ussl_context_obj_t *self, mp_obj_t value) {
    ussl_error_t err;
    mp_obj_array_t *array = value == mp_const_none ? NULL : array_from(value);
    ussl_lock();
    ussl_status_t status = ussl_ctx_set_record_buffer(self->ctx, array == NULL ? NULL : array->items,
        array == NULL ? 0 : array->len, &err);
    ussl_unlock();
    ussl_check(status, &err);
    self->record_buffer = NULL;
    if (array != NULL) {
        take_over(self, array);
    }
}
