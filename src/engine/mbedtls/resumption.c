// What the configuration of a server holds so that clients can resume: keys of tickets, the
// sessions of clients without tickets, and a digest of the anchors for clients. How a
// connection uses it is accept.c's.

#include "engine/mbedtls/resumption.h"

#if defined(MBEDTLS_SSL_SRV_C)

ussl_status_t ussl_mbedtls_resumption_ready(ussl_engine_cfg_t *cfg, ussl_error_t *err) {
    ussl_mbedtls_resumption_t *r = cfg->resumption;
    if (r == NULL || r->trust_known || cfg->conf.authmode == MBEDTLS_SSL_VERIFY_NONE) {
        return USSL_OK;
    }
    ussl_status_t st = ussl_mbedtls_cfg_trust_digest(cfg, r->trust, err);
    r->trust_known = st == USSL_OK;
    return st;
}

void ussl_mbedtls_resumption_trust_changed(ussl_engine_cfg_t *cfg) {
    if (cfg->resumption != NULL) {
        cfg->resumption->trust_known = false;
    }
}

void ussl_mbedtls_resumption_free(ussl_engine_cfg_t *cfg) {
    if (cfg->resumption != NULL) {
        ussl_mbedtls_ticket_keys_free(&cfg->resumption->keys);
        ussl_mbedtls_session_ids_resize(&cfg->resumption->ids, 0);
        ussl_mbedtls_session_ids_resize(&cfg->resumption->certs, 0);
        ussl_mbedtls_free(cfg->resumption);
        cfg->resumption = NULL;
    }
}

// A connection may have begun: its handshake finds all of this or nothing.
static ussl_status_t make(ussl_engine_cfg_t *cfg, ussl_error_t *err) {
    cfg->resumption = ussl_mbedtls_own_calloc(1, sizeof(*cfg->resumption));
    int ret = cfg->resumption == NULL ? MBEDTLS_ERR_SSL_ALLOC_FAILED
        : ussl_mbedtls_ticket_keys_set(&cfg->resumption->keys, NULL, 0);
    if (ret != 0) {
        ussl_mbedtls_resumption_free(cfg);
        return ussl_mbedtls_fail(ret, err);
    }
    if (ussl_mbedtls_resumption_ready(cfg, err) != USSL_OK) {
        ussl_mbedtls_resumption_free(cfg);
        return USSL_FAILED;
    }
    ussl_mbedtls_session_ids_resize(&cfg->resumption->certs, USSL_KNOWN_PEERS);
    mbedtls_ssl_conf_session_tickets_cb(&cfg->conf, ussl_mbedtls_write_ticket, ussl_mbedtls_take_ticket, cfg->resumption);
    mbedtls_ssl_conf_sni(&cfg->conf, ussl_mbedtls_note_server_name, NULL);
    return USSL_OK;
}

ussl_status_t ussl_mbedtls_cfg_enable_resumption(ussl_engine_cfg_t *cfg, ussl_error_t *err) {
    ussl_mbedtls_begin();
    return cfg->resumption != NULL ? USSL_OK : make(cfg, err);
}

ussl_status_t ussl_mbedtls_cfg_set_ticket_keys(ussl_engine_cfg_t *cfg, const uint8_t *keys, size_t count, ussl_error_t *err) {
    if (ussl_mbedtls_cfg_enable_resumption(cfg, err) != USSL_OK) {
        return USSL_FAILED;
    }
    int ret = ussl_mbedtls_ticket_keys_set(&cfg->resumption->keys, keys, count);
    return ret == 0 ? USSL_OK : ussl_mbedtls_fail(ret, err);
}

void ussl_mbedtls_cfg_set_num_tickets(ussl_engine_cfg_t *cfg, unsigned count) {
#if defined(MBEDTLS_SSL_PROTO_TLS1_3)
    mbedtls_ssl_conf_new_session_tickets(&cfg->conf, (uint16_t)count);
#else
    (void)cfg;
    (void)count;
#endif
}

void ussl_mbedtls_cfg_set_session_cache(ussl_engine_cfg_t *cfg, size_t size) {
    if (cfg->resumption != NULL) {
        ussl_mbedtls_session_ids_resize(&cfg->resumption->ids, size);
    }
}

void ussl_mbedtls_cfg_session_stats(const ussl_engine_cfg_t *cfg, ussl_session_stats_t *stats) {
    const ussl_mbedtls_resumption_t *r = cfg->resumption;
    if (r != NULL) {
        stats->number = (uint32_t)r->ids.count;
        stats->misses = r->misses;
        stats->timeouts = r->timeouts;
        stats->cache_full = r->ids.thrown_out;
    }
}

#else

ussl_status_t ussl_mbedtls_cfg_enable_resumption(ussl_engine_cfg_t *cfg, ussl_error_t *err) {
    (void)cfg;
    return ussl_fail(err, USSL_ERR_CALLER, USSL_REASON_NO_SERVER);
}

ussl_status_t ussl_mbedtls_cfg_set_ticket_keys(ussl_engine_cfg_t *cfg, const uint8_t *keys, size_t count, ussl_error_t *err) {
    (void)keys;
    (void)count;
    return ussl_mbedtls_cfg_enable_resumption(cfg, err);
}

void ussl_mbedtls_cfg_set_num_tickets(ussl_engine_cfg_t *cfg, unsigned count) {
    (void)cfg;
    (void)count;
}

void ussl_mbedtls_cfg_set_session_cache(ussl_engine_cfg_t *cfg, size_t size) {
    (void)cfg;
    (void)size;
}

void ussl_mbedtls_cfg_session_stats(const ussl_engine_cfg_t *cfg, ussl_session_stats_t *stats) {
    (void)cfg;
    (void)stats;
}

ussl_status_t ussl_mbedtls_resumption_ready(ussl_engine_cfg_t *cfg, ussl_error_t *err) {
    (void)cfg;
    (void)err;
    return USSL_OK;
}

void ussl_mbedtls_resumption_trust_changed(ussl_engine_cfg_t *cfg) {
    (void)cfg;
}

void ussl_mbedtls_resumption_free(ussl_engine_cfg_t *cfg) {
    (void)cfg;
}

#endif
