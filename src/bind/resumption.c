// What a context keeps so that connections resume, and how often they did.

#include "py/runtime.h"

#include "bind/bind.h"
#include "core/session_cache.h"

// ---- session_cache_size ----

#define CACHE_SIZE_MAX 0xffff

mp_obj_t ussl_context_session_cache_size(const ussl_context_obj_t *self) {
    return MP_OBJ_NEW_SMALL_INT(self->ctx->sessions.size);
}

// Unlike other settings this one may change while connections live.
void ussl_context_set_session_cache_size(ussl_context_obj_t *self, mp_obj_t value) {
    mp_int_t size = mp_obj_get_int(value);
    if (self->ctx->server) {
        mp_raise_ValueError(MP_ERROR_TEXT("session_cache_size is for clients"));
    }
    if (size < 0 || size > CACHE_SIZE_MAX) {
        mp_raise_msg_varg(&mp_type_ValueError, MP_ERROR_TEXT("must be %d to %d"), 0, CACHE_SIZE_MAX);
    }
    ussl_lock();
    ussl_session_cache_resize(self->ctx, (uint16_t)size);
    ussl_unlock();
}

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
