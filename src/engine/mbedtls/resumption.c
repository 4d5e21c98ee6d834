// What a server keeps so that its clients can resume: the keys of its tickets, and the
// sessions of TLS 1.2 clients that take none.

#include "engine/mbedtls/internal.h"

#include "engine/mbedtls/arena.h"

#if defined(MBEDTLS_SSL_SRV_C)

#include "mbedtls/ssl_cache.h"
#include "mbedtls/ssl_ticket.h"

// Sessions are honoured for a day, and the key of the tickets rotates with them (RFC
// 8446 4.6.1 allows a week; a day is what bounds the loss of forward secrecy).
#define SESSION_LIFETIME_S 86400
#define CACHE_ENTRIES 32

struct ussl_mbedtls_resumption {
    mbedtls_ssl_ticket_context tickets;
    mbedtls_ssl_cache_context cache;
};

static void free_resumption(ussl_mbedtls_resumption_t *r) {
    mbedtls_ssl_ticket_free(&r->tickets);
    mbedtls_ssl_cache_free(&r->cache);
    ussl_mbedtls_free(r);
}

void ussl_mbedtls_resumption_forget(ussl_engine_cfg_t *cfg) {
    if (cfg->resumption != NULL) {
        mbedtls_ssl_conf_session_tickets_cb(&cfg->conf, NULL, NULL, NULL);
        mbedtls_ssl_conf_session_cache(&cfg->conf, NULL, NULL, NULL);
        free_resumption(cfg->resumption);
        cfg->resumption = NULL;
    }
}

// A client that resumes shows no certificate, so a server that asks for one resumes
// nobody.
static bool may_resume(const ussl_engine_cfg_t *cfg) {
    return cfg->wants_resumption && cfg->conf.authmode == MBEDTLS_SSL_VERIFY_NONE;
}

// An entry stays for a day: it must not come from the arena, which the handshake uses.
static int keep_session(void *cache, const unsigned char *id, size_t id_len, const mbedtls_ssl_session *session) {
    bool before = ussl_mbedtls_arena_switch(false);
    int ret = mbedtls_ssl_cache_set(cache, id, id_len, session);
    ussl_mbedtls_arena_switch(before);
    return ret;
}

static int set_up(ussl_mbedtls_resumption_t *r) {
    mbedtls_ssl_ticket_init(&r->tickets);
    mbedtls_ssl_cache_init(&r->cache);
    mbedtls_ssl_cache_set_max_entries(&r->cache, CACHE_ENTRIES);
    mbedtls_ssl_cache_set_timeout(&r->cache, SESSION_LIFETIME_S);
    return mbedtls_ssl_ticket_setup(&r->tickets, ussl_mbedtls_random, NULL, MBEDTLS_CIPHER_AES_256_GCM, SESSION_LIFETIME_S);
}

ussl_status_t ussl_mbedtls_resumption_ready(ussl_engine_cfg_t *cfg, ussl_error_t *err) {
    if (!may_resume(cfg) || cfg->resumption != NULL) {
        return USSL_OK;
    }
    ussl_mbedtls_begin();
    ussl_mbedtls_resumption_t *r = ussl_mbedtls_own_calloc(1, sizeof(*r));
    if (r == NULL) {
        return ussl_mbedtls_fail(MBEDTLS_ERR_SSL_ALLOC_FAILED, err);
    }
    int ret = set_up(r);
    if (ret != 0 || ussl_mbedtls_no_memory()) {
        free_resumption(r);
        return ussl_mbedtls_fail(ret, err);
    }
    cfg->resumption = r;
    mbedtls_ssl_conf_session_tickets_cb(&cfg->conf, mbedtls_ssl_ticket_write, mbedtls_ssl_ticket_parse, &r->tickets);
    mbedtls_ssl_conf_session_cache(&cfg->conf, &r->cache, mbedtls_ssl_cache_get, keep_session);
    return USSL_OK;
}

#else

void ussl_mbedtls_resumption_forget(ussl_engine_cfg_t *cfg) {
    (void)cfg;
}

ussl_status_t ussl_mbedtls_resumption_ready(ussl_engine_cfg_t *cfg, ussl_error_t *err) {
    (void)cfg;
    (void)err;
    return USSL_OK;
}

#endif
