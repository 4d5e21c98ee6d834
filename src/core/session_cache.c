#include <string.h>

#include "core/host.h"
#include "core/session_cache.h"

struct ussl_cached_session {
    ussl_cached_session_t *next; // older
    ussl_cached_t cached;
};

// Takes the entry that link points to out of the list and frees it.
static void discard(ussl_session_cache_t *cache, ussl_cached_session_t **link) {
    ussl_cached_session_t *entry = *link;
    *link = entry->next;
    cache->count--;
    ussl_session_free(&entry->cached.session);
    ussl_host_free(entry);
}

static bool is_of(const ussl_cached_session_t *entry, uint16_t port, ussl_bytes_t name) {
    ussl_bytes_t own = entry->cached.session.name;
    return entry->cached.port == port && own.len == name.len && memcmp(own.data, name.data, name.len) == 0;
}

// Discards the sessions of one server, all of them or those of one version.
static void discard_of(ussl_session_cache_t *cache, uint16_t port, ussl_bytes_t name, uint16_t version) {
    for (ussl_cached_session_t **link = &cache->first; *link != NULL;) {
        if (is_of(*link, port, name) && (version == 0 || (*link)->cached.session.version == version)) {
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

void ussl_session_cache_put(ussl_ctx_t *ctx, ussl_cached_t *cached) {
    USSL_CHARGE(&ctx->memory);
    ussl_session_cache_t *cache = &ctx->sessions;
    ussl_cached_session_t *entry = cache->size == 0 ? NULL : ussl_host_calloc(1, sizeof(*entry));
    if (entry == NULL) {
        ussl_session_free(&cached->session);
        return;
    }
    if (cached->session.version == USSL_TLS_1_2) {
        discard_of(cache, cached->port, cached->session.name, USSL_TLS_1_2);
    }
    entry->cached = *cached;
    cached->session = (ussl_session_t) { 0 };
    entry->next = cache->first;
    cache->first = entry;
    cache->count++;
    ctx->stats.cache_full += shrink(cache, cache->size);
}

static bool is_old(const ussl_cached_t *cached, int64_t unix_s) {
    return !ussl_session_alive(&cached->session, unix_s)
           || ussl_host_monotonic_ms() - cached->authenticated_ms > USSL_SESSION_CHAIN_MS;
}

static void discard_old(ussl_ctx_t *ctx, int64_t unix_s) {
    for (ussl_cached_session_t **link = &ctx->sessions.first; *link != NULL;) {
        if (is_old(&(*link)->cached, unix_s)) {
            ctx->stats.timeouts++;
            discard(&ctx->sessions, link);
        } else {
            link = &(*link)->next;
        }
    }
}

static ussl_status_t copy(ussl_ctx_t *ctx, const ussl_session_t *session, ussl_session_t *out, ussl_error_t *err) {
    ussl_bytes_t data = { session->data, session->len };
    *out = (ussl_session_t) { 0 };
    ussl_status_t st = ussl_session_decode(ctx->engine, data, out, err);
    return st != USSL_OK || ussl_session_set_cert(out, session->cert) ? st : ussl_fail(err, USSL_ERR_MEMORY, USSL_REASON_NONE);
}

// Moves a TLS 1.3 session out, and copies one that stays.
static ussl_status_t hand_out(ussl_ctx_t *ctx, ussl_cached_session_t **link, ussl_cached_t *out, ussl_error_t *err) {
    ussl_cached_t *cached = &(*link)->cached;
    *out = *cached;
    if (cached->session.version == USSL_TLS_1_2) {
        return copy(ctx, &cached->session, &out->session, err);
    }
    cached->session = (ussl_session_t) { 0 };
    discard(&ctx->sessions, link);
    return USSL_OK;
}

ussl_status_t ussl_session_cache_take(ussl_ctx_t *ctx, uint16_t port, const char *name, uint8_t level,
    ussl_cached_t *out, ussl_error_t *err) {
    USSL_CHARGE(&ctx->memory);
    int64_t unix_s = ussl_host_unix_ms() / 1000;
    *out = (ussl_cached_t) { .port = port };
    discard_old(ctx, unix_s);
    for (ussl_cached_session_t **link = &ctx->sessions.first; *link != NULL; link = &(*link)->next) {
        bool fits = false;
        if ((*link)->cached.port == port
            && ussl_session_fits(&(*link)->cached.session, ctx, name, level, unix_s, &fits, err) != USSL_OK) {
            return USSL_FAILED;
        }
        if (fits) {
            return hand_out(ctx, link, out, err);
        }
    }
    return USSL_OK;
}

void ussl_session_cache_drop(ussl_ctx_t *ctx, uint16_t port, const char *name) {
    USSL_CHARGE(&ctx->memory);
    discard_of(&ctx->sessions, port, (ussl_bytes_t) { (const uint8_t *)name, strlen(name) }, 0);
}
