// What a context keeps so that connections resume, and how often they did.

#include <string.h>

#include "py/runtime.h"

#include "bind/bind.h"

// ---- session_cache_size ----

#define CACHE_SIZE_MAX 0xffff

mp_obj_t ussl_context_session_cache_size(const ussl_context_obj_t *self) {
    return MP_OBJ_NEW_SMALL_INT(self->ctx->sessions.size);
}

// Unlike other settings this one may change while connections live.
void ussl_context_set_session_cache_size(ussl_context_obj_t *self, mp_obj_t value) {
    uint16_t size = (uint16_t)ussl_setting(MP_QSTR_session_cache_size, value, 0, CACHE_SIZE_MAX);
    ussl_lock();
    ussl_ctx_set_session_cache_size(self->ctx, size);
    ussl_unlock();
}

// ---- a server's tickets ----

#define TICKETS_MAX 8
#define TICKET_KEYS_MAX 8

mp_obj_t ussl_context_num_tickets(const ussl_context_obj_t *self) {
    return MP_OBJ_NEW_SMALL_INT(self->ctx->num_tickets);
}

ussl_ctx_t *ussl_server_context(const ussl_context_obj_t *self) {
    ussl_ctx_t *ctx = ussl_context_get(self);
    if (!ctx->server) {
        mp_raise_ValueError(MP_ERROR_TEXT("not a server's context"));
    }
    return ctx;
}

void ussl_context_set_num_tickets(ussl_context_obj_t *self, mp_obj_t value) {
    ussl_error_t err;
    ussl_ctx_t *ctx = ussl_server_context(self);
    uint8_t count = (uint8_t)ussl_setting(MP_QSTR_num_tickets, value, 0, TICKETS_MAX);
    ussl_lock();
    ussl_status_t status = ussl_ctx_set_num_tickets(ctx, count, &err);
    ussl_unlock();
    ussl_check(status, &err);
}

static const void *key_of(mp_obj_t item) {
    ussl_bytes_t bytes = ussl_bytes_arg(MP_QSTR_key, item);
    if (bytes.len != USSL_SEAL_KEY_SIZE) {
        mp_raise_msg_varg(&mp_type_ValueError, MP_ERROR_TEXT("a ticket key has %d bytes"), USSL_SEAL_KEY_SIZE);
    }
    return bytes.data;
}

// One behind the other; all are looked at before the first is copied, and nothing raises
// while they lie open.
static void collect_keys(uint8_t *out, const mp_obj_t *items, size_t count) {
    for (size_t i = 0; i < count; i++) {
        key_of(items[i]);
    }
    for (size_t i = 0; i < count; i++) {
        memcpy(out + i * USSL_SEAL_KEY_SIZE, key_of(items[i]), USSL_SEAL_KEY_SIZE);
    }
}

// set_ticket_keys(keys): the newest first; None or an empty list for the context's own.
static mp_obj_t context_set_ticket_keys(mp_obj_t self_in, mp_obj_t keys_in) {
    ussl_ctx_t *ctx = ussl_server_context(MP_OBJ_TO_PTR(self_in));
    uint8_t keys[TICKET_KEYS_MAX * USSL_SEAL_KEY_SIZE];
    size_t count = 0;
    mp_obj_t *items = NULL;
    if (keys_in != mp_const_none) {
        mp_obj_get_array(keys_in, &count, &items);
    }
    if (count > TICKET_KEYS_MAX) {
        mp_raise_msg_varg(&mp_type_ValueError, MP_ERROR_TEXT("at most %d ticket keys"), TICKET_KEYS_MAX);
    }
    ussl_error_t err;
    collect_keys(keys, items, count);
    ussl_lock();
    ussl_status_t status = ussl_ctx_set_ticket_keys(ctx, keys, count, &err);
    ussl_unlock();
    ussl_wipe(keys, sizeof(keys));
    ussl_check(status, &err);
    return mp_const_none;
}
MP_DEFINE_CONST_FUN_OBJ_2(ussl_context_set_ticket_keys_obj, context_set_ticket_keys);

// ---- session_stats() ----

static void store(mp_obj_t dict, qstr key, uint32_t value) {
    mp_obj_dict_store(dict, MP_OBJ_NEW_QSTR(key), mp_obj_new_int_from_uint(value));
}

static mp_obj_t context_session_stats(mp_obj_t self_in) {
    ussl_session_stats_t stats;
    ussl_ctx_session_stats(ussl_context_get(MP_OBJ_TO_PTR(self_in)), &stats);
    mp_obj_t dict = mp_obj_new_dict(11);
    store(dict, MP_QSTR_number, stats.number);
    store(dict, MP_QSTR_connect, stats.connect);
    store(dict, MP_QSTR_connect_good, stats.connect_good);
    store(dict, MP_QSTR_connect_renegotiate, 0);
    store(dict, MP_QSTR_accept, stats.accept);
    store(dict, MP_QSTR_accept_good, stats.accept_good);
    store(dict, MP_QSTR_accept_renegotiate, 0);
    store(dict, MP_QSTR_hits, stats.hits);
    store(dict, MP_QSTR_misses, stats.misses);
    store(dict, MP_QSTR_timeouts, stats.timeouts);
    store(dict, MP_QSTR_cache_full, stats.cache_full);
    return dict;
}
MP_DEFINE_CONST_FUN_OBJ_1(ussl_context_session_stats_obj, context_session_stats);
