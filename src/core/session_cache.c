#include <string.h>

#include "core/host.h"
#include "core/session_cache.h"

struct ussl_cached_session {
    ussl_cached_session_t *next; // older
    ussl_session_t session;
    ussl_bytes_t cert; // owned
    uint16_t port;
};

// Takes the entry that link points to out of the list and frees it.
static void discard(ussl_session_cache_t *cache, ussl_cached_session_t **link) {
    ussl_cached_session_t *entry = *link;
    *link = entry->next;
    cache->count--;
    ussl_session_free(&entry->session);
    ussl_host_free((void *)entry->cert.data);
    ussl_host_free(entry);
}

static bool is_of(const ussl_cached_session_t *entry, uint16_t port, ussl_bytes_t name) {
    ussl_bytes_t own = entry->session.name;
    return entry->port == port && own.len == name.len && memcmp(own.data, name.data, name.len) == 0;
}

// Discards the sessions of one server, all of them or those of one version.
static void discard_of(ussl_session_cache_t *cache, uint16_t port, ussl_bytes_t name, uint16_t version) {
    for (ussl_cached_session_t **link = &cache->first; *link != NULL;) {
        if (is_of(*link, port, name) && (version == 0 || (*link)->session.version == version)) {
            discard(cache, link);
        } else {
            link = &(*link)->next;
        }
    }
}

// Discards the oldest until no more than size are left; returns how many went.
static uint32_t shrink(ussl_session_cache_t *cache, uint16_t size) {
    ussl_cached_session_t **link = &cache->first;
    uint32_t gone = 0;
    for (uint16_t i = 0; i < size && *link != NULL; i++) {
        link = &(*link)->next;
    }
    for (; *link != NULL; gone++) {
        discard(cache, link);
    }
    return gone;
}

void ussl_session_cache_resize(ussl_ctx_t *ctx, uint16_t size) {
    USSL_CHARGE(&ctx->memory);
    ctx->sessions.size = size;
    shrink(&ctx->sessions, size);
}

// False without memory.
static bool copy(ussl_bytes_t from, ussl_bytes_t *out) {
    uint8_t *data = from.len == 0 ? NULL : ussl_host_calloc(1, from.len);
    *out = (ussl_bytes_t) { data, data == NULL ? 0 : from.len };
    if (data != NULL) {
        memcpy(data, from.data, from.len);
    }
    return out->len == from.len;
}

static ussl_cached_session_t *new_entry(ussl_bytes_t cert) {
    ussl_cached_session_t *entry = ussl_host_calloc(1, sizeof(*entry));
    if (entry != NULL && !copy(cert, &entry->cert)) {
        ussl_host_free(entry);
        return NULL;
    }
    return entry;
}

void ussl_session_cache_put(ussl_ctx_t *ctx, uint16_t port, ussl_session_t *session, ussl_bytes_t cert) {
    USSL_CHARGE(&ctx->memory);
    ussl_session_cache_t *cache = &ctx->sessions;
    ussl_cached_session_t *entry = cache->size == 0 ? NULL : new_entry(cert);
    if (entry == NULL) {
        ussl_session_free(session);
        return;
    }
    if (session->version == USSL_TLS_1_2) {
        discard_of(cache, port, session->name, USSL_TLS_1_2);
    }
    entry->next = cache->first;
    entry->session = *session;
    entry->port = port;
    *session = (ussl_session_t) { 0 };
    cache->first = entry;
    cache->count++;
    ctx->stats.cache_full += shrink(cache, cache->size);
}

// Moves a TLS 1.3 session out, and copies one that stays.
static ussl_status_t hand_out(ussl_ctx_t *ctx, ussl_cached_session_t **link, ussl_session_t *out, ussl_bytes_t *cert,
    ussl_error_t *err) {
    ussl_cached_session_t *entry = *link;
    if (entry->session.version == USSL_TLS_1_2) {
        ussl_bytes_t data = { entry->session.data, entry->session.len };
        return copy(entry->cert, cert) ? ussl_session_decode(ctx->engine, data, out, err)
               : ussl_fail(err, USSL_ERR_MEMORY, USSL_REASON_NONE);
    }
    *out = entry->session;
    *cert = entry->cert;
    entry->session = (ussl_session_t) { 0 };
    entry->cert = (ussl_bytes_t) { NULL, 0 };
    discard(&ctx->sessions, link);
    return USSL_OK;
}

ussl_status_t ussl_session_cache_take(ussl_ctx_t *ctx, uint16_t port, const char *name, uint8_t level,
    int64_t unix_s, ussl_session_t *out, ussl_bytes_t *cert, ussl_error_t *err) {
    USSL_CHARGE(&ctx->memory);
    ussl_session_cache_t *cache = &ctx->sessions;
    *out = (ussl_session_t) { 0 };
    *cert = (ussl_bytes_t) { NULL, 0 };
    for (ussl_cached_session_t **link = &cache->first; *link != NULL;) {
        bool fits = false;
        if (!ussl_session_alive(&(*link)->session, unix_s)) {
            ctx->stats.timeouts++;
            discard(cache, link);
            continue;
        }
        if ((*link)->port == port
            && ussl_session_fits(&(*link)->session, ctx, name, level, unix_s, &fits, err) != USSL_OK) {
            return USSL_FAILED;
        }
        if (fits) {
            return hand_out(ctx, link, out, cert, err);
        }
        link = &(*link)->next;
    }
    return USSL_OK;
}

void ussl_session_cache_drop(ussl_ctx_t *ctx, uint16_t port, const char *name) {
    USSL_CHARGE(&ctx->memory);
    discard_of(&ctx->sessions, port, (ussl_bytes_t) { (const uint8_t *)name, strlen(name) }, 0);
}
