#include <string.h>

#include "core/conn_io.h"
#include "core/context.h"
#include "core/host.h"
#include "core/session_cache.h"

static ussl_status_t check_not_in_use(const ussl_ctx_t *ctx, ussl_error_t *err) {
    return ctx->refs > 1 ? ussl_fail(err, USSL_ERR_CALLER, USSL_REASON_IN_USE) : USSL_OK;
}

ussl_status_t ussl_ctx_new(const ussl_engine_t *engine, bool server, ussl_ctx_t **out, ussl_error_t *err) {
    ussl_account_t memory = { 0 };
    USSL_CHARGE(&memory);
    ussl_ctx_t *ctx = ussl_host_calloc(1, sizeof(*ctx));
    if (ctx == NULL) {
        return ussl_fail(err, USSL_ERR_MEMORY, USSL_REASON_NONE);
    }
    *ctx = (ussl_ctx_t) { .engine = engine, .refs = 1, .server = server,
                          .options = USSL_OP_ENABLE_MIDDLEBOX_COMPAT,
                          .receive_max = USSL_RECORD_MAX, .send_max = (uint16_t)engine->send_max,
                          .num_tickets = 1, .sessions.size = server ? USSL_SERVER_SESSIONS : 0,
                          .min_version = USSL_TLS_1_2, .max_version = engine->version_max };
    if (engine->cfg_new(server, &ctx->cfg, err) != USSL_OK) {
        ussl_host_free(ctx);
        return USSL_FAILED;
    }
    ctx->memory = memory;
    *out = ctx;
    return USSL_OK;
}

#if USSL_DTLS

ussl_status_t ussl_ctx_use_datagrams(ussl_ctx_t *ctx, ussl_error_t *err) {
    USSL_CHARGE(&ctx->memory);
    if (ctx->engine->cfg_use_datagrams(ctx->cfg, err) != USSL_OK) {
        return USSL_FAILED;
    }
    ctx->datagram = true;
    ctx->mtu = USSL_MTU_DEFAULT;
    ctx->max_version = USSL_TLS_1_2;
    return USSL_OK;
}

ussl_status_t ussl_ctx_set_mtu(ussl_ctx_t *ctx, uint16_t mtu, ussl_error_t *err) {
    if (check_not_in_use(ctx, err) != USSL_OK) {
        return USSL_FAILED;
    }
    ctx->mtu = mtu;
    ctx->engine->cfg_set_mtu(ctx->cfg, mtu);
    return USSL_OK;
}

#endif

ussl_ctx_t *ussl_ctx_retain(ussl_ctx_t *ctx) {
    ctx->refs++;
    return ctx;
}

static void free_alpn(ussl_ctx_t *ctx) {
    ussl_host_free(ctx->alpn);
    ussl_host_free(ctx->alpn_list);
    ctx->alpn = NULL;
    ctx->alpn_list = NULL;
    ctx->alpn_size = 0;
}

#if USSL_SIGN_CALLBACK

ussl_status_t ussl_ctx_set_signer(ussl_ctx_t *ctx, ussl_sign_fn sign, ussl_error_t *err) {
    USSL_CHARGE(&ctx->memory);
    if (check_not_in_use(ctx, err) != USSL_OK
        || ctx->engine->cfg_set_signer(ctx->cfg, sign == NULL ? NULL : ussl_conn_sign, err) != USSL_OK) {
        return USSL_FAILED;
    }
    ctx->sign = sign;
    return USSL_OK;
}

#endif

#if USSL_KEY_LOG

static void close_key_log(ussl_ctx_t *ctx) {
    if (ctx->key_log.write != NULL) {
        ctx->key_log.close(ctx->key_log.arg);
        ctx->key_log.write = NULL;
    }
}

ussl_status_t ussl_ctx_set_key_log(ussl_ctx_t *ctx, const ussl_key_log_t *log, ussl_error_t *err) {
    if (check_not_in_use(ctx, err) != USSL_OK) {
        return USSL_FAILED;
    }
    close_key_log(ctx);
    if (log != NULL) {
        ctx->key_log = *log;
    }
    ctx->engine->cfg_set_key_log(ctx->cfg, log == NULL ? NULL : &ctx->key_log);
    return USSL_OK;
}

#else

static void close_key_log(ussl_ctx_t *ctx) {
    (void)ctx;
}

#endif

void ussl_ctx_release(ussl_ctx_t *ctx) {
    if (ctx == NULL || --ctx->refs > 0) {
        return;
    }
    ussl_session_cache_resize(ctx, 0);
    USSL_CHARGE(NULL);
    ctx->engine->cfg_free(ctx->cfg);
    close_key_log(ctx);
    free_alpn(ctx);
    ussl_host_free(ctx);
}

ussl_status_t ussl_ctx_set_options(ussl_ctx_t *ctx, uint32_t options, ussl_error_t *err) {
    if (check_not_in_use(ctx, err) != USSL_OK) {
        return USSL_FAILED;
    }
    ctx->options = options;
    ctx->engine->cfg_set_options(ctx->cfg, options);
    return USSL_OK;
}

ussl_status_t ussl_ctx_set_versions(ussl_ctx_t *ctx, uint16_t min, uint16_t max, ussl_error_t *err) {
    USSL_CHARGE(&ctx->memory);
    if (check_not_in_use(ctx, err) != USSL_OK) {
        return USSL_FAILED;
    }
    ctx->min_version = min;
    ctx->max_version = max;
    ctx->engine->cfg_set_versions(ctx->cfg, min, max);
    return USSL_OK;
}

ussl_status_t ussl_ctx_set_verify(ussl_ctx_t *ctx, ussl_verify_mode_t mode, ussl_error_t *err) {
    USSL_CHARGE(&ctx->memory);
    if (check_not_in_use(ctx, err) != USSL_OK) {
        return USSL_FAILED;
    }
    ctx->verify = (uint8_t)mode;
    ctx->engine->cfg_set_verify(ctx->cfg, mode);
    return USSL_OK;
}

ussl_status_t ussl_ctx_set_checks(ussl_ctx_t *ctx, uint32_t checks, ussl_error_t *err) {
    USSL_CHARGE(&ctx->memory);
    if (check_not_in_use(ctx, err) != USSL_OK) {
        return USSL_FAILED;
    }
    ctx->checks = checks;
    ctx->engine->cfg_set_checks(ctx->cfg, checks & (USSL_CHECK_CRL_CHAIN | USSL_CHECK_NO_TIME | USSL_CHECK_TIME_IF_SET));
    return USSL_OK;
}

ussl_status_t ussl_ctx_set_pins(ussl_ctx_t *ctx, ussl_bytes_t digests, ussl_error_t *err) {
    USSL_CHARGE(&ctx->memory);
    if (check_not_in_use(ctx, err) != USSL_OK || ctx->engine->cfg_set_pins(ctx->cfg, digests, err) != USSL_OK) {
        return USSL_FAILED;
    }
    ctx->has_pins = digests.len > 0;
    return USSL_OK;
}

ussl_status_t ussl_ctx_set_keep_chain(ussl_ctx_t *ctx, bool keep, ussl_error_t *err) {
    if (check_not_in_use(ctx, err) != USSL_OK) {
        return USSL_FAILED;
    }
    ctx->keep_chain = keep;
    ctx->engine->cfg_set_keep_chain(ctx->cfg, keep);
    return USSL_OK;
}

static void drop_default_roots(ussl_ctx_t *ctx) {
    if (ctx->has_default_roots) {
        ctx->engine->cfg_clear_roots(ctx->cfg);
        ctx->has_default_roots = false;
    }
}

ussl_status_t ussl_ctx_set_suites(ussl_ctx_t *ctx, const uint16_t *ids, size_t count, ussl_error_t *err) {
    if (check_not_in_use(ctx, err) != USSL_OK) {
        return USSL_FAILED;
    }
    memcpy(ctx->suites, ids, count * sizeof(*ids));
    ctx->suite_count = (uint8_t)count;
    ctx->engine->cfg_set_suites(ctx->cfg, ids, count);
    return USSL_OK;
}

ussl_status_t ussl_ctx_set_common_name(ussl_ctx_t *ctx, bool counts, ussl_error_t *err) {
    if (check_not_in_use(ctx, err) != USSL_OK) {
        return USSL_FAILED;
    }
    ctx->no_common_name = !counts;
    ctx->engine->cfg_set_common_name(ctx->cfg, counts);
    return USSL_OK;
}

ussl_status_t ussl_ctx_add_trust(ussl_ctx_t *ctx, ussl_bytes_t data, ussl_error_t *err) {
    USSL_CHARGE(&ctx->memory);
    if (check_not_in_use(ctx, err) != USSL_OK || ctx->engine->cfg_add_trust(ctx->cfg, data, err) != USSL_OK) {
        return USSL_FAILED;
    }
    drop_default_roots(ctx);
    ctx->has_trust |= ctx->engine->cfg_trust(ctx->cfg, 0).len > 0; // or it was revocation lists only
    return USSL_OK;
}

ussl_status_t ussl_ctx_add_roots(ussl_ctx_t *ctx, ussl_bytes_t data, unsigned how, ussl_error_t *err) {
    bool only_by_default = how & USSL_ROOTS_BY_DEFAULT;
    USSL_CHARGE(&ctx->memory);
    if (check_not_in_use(ctx, err) != USSL_OK) {
        return USSL_FAILED;
    }
    if (!only_by_default) {
        drop_default_roots(ctx);
    }
    if (ctx->engine->cfg_add_roots(ctx->cfg, data, how & USSL_ROOTS_STAY, err) != USSL_OK) {
        return USSL_FAILED;
    }
    ctx->has_default_roots = only_by_default;
    ctx->has_trust |= !only_by_default;
    return USSL_OK;
}

ussl_status_t ussl_ctx_set_identity(ussl_ctx_t *ctx, ussl_bytes_t chain, ussl_bytes_t key,
    ussl_bytes_t password, ussl_error_t *err) {
    USSL_CHARGE(&ctx->memory);
    uint8_t digest[USSL_DIGEST_SIZE];
    if (check_not_in_use(ctx, err) != USSL_OK
        || ctx->engine->sha256(chain, digest, err) != USSL_OK
        || ctx->engine->cfg_set_identity(ctx->cfg, chain, key, password, err) != USSL_OK) {
        return USSL_FAILED;
    }
    ctx->has_identity = true;
    memcpy(ctx->identity_digest, digest, sizeof(digest));
    return USSL_OK;
}

ussl_status_t ussl_ctx_set_chooses(ussl_ctx_t *ctx, bool chooses, ussl_error_t *err) {
    if (check_not_in_use(ctx, err) != USSL_OK) {
        return USSL_FAILED;
    }
    ctx->chooses = chooses;
    return USSL_OK;
}

// Points one entry of list at each name in names.
static void split_names(const char **list, const char *names, size_t size) {
    for (size_t at = 0; at < size; at += strlen(names + at) + 1) {
        *list++ = names + at;
    }
    *list = NULL;
}

static size_t count_names(const char *names, size_t size) {
    size_t count = 0;
    for (size_t at = 0; at < size; at += strlen(names + at) + 1) {
        count++;
    }
    return count;
}

ussl_status_t ussl_ctx_set_alpn(ussl_ctx_t *ctx, const char *names, size_t size, ussl_error_t *err) {
    USSL_CHARGE(&ctx->memory);
    if (check_not_in_use(ctx, err) != USSL_OK || ctx->engine->cfg_set_alpn(ctx->cfg, NULL, err) != USSL_OK) {
        return USSL_FAILED;
    }
    free_alpn(ctx);
    if (size == 0) {
        return USSL_OK;
    }
    ctx->alpn = ussl_host_calloc(1, size);
    ctx->alpn_list = ussl_host_calloc(count_names(names, size) + 1, sizeof(char *));
    if (ctx->alpn == NULL || ctx->alpn_list == NULL) {
        free_alpn(ctx);
        return ussl_fail(err, USSL_ERR_MEMORY, USSL_REASON_NONE);
    }
    memcpy(ctx->alpn, names, size);
    ctx->alpn_size = size;
    split_names(ctx->alpn_list, ctx->alpn, size);
    if (ctx->engine->cfg_set_alpn(ctx->cfg, ctx->alpn_list, err) != USSL_OK) {
        free_alpn(ctx);
        return USSL_FAILED;
    }
    return USSL_OK;
}

// Session IDs are kept from the time on that clients can resume.
static ussl_status_t resumption_enabled(ussl_ctx_t *ctx, ussl_status_t st) {
    if (st == USSL_OK) {
        ctx->engine->cfg_set_session_cache(ctx->cfg, ctx->sessions.size);
    }
    return st;
}

ussl_status_t ussl_ctx_enable_resumption(ussl_ctx_t *ctx, ussl_error_t *err) {
    USSL_CHARGE(&ctx->memory);
    return check_not_in_use(ctx, err) != USSL_OK ? USSL_FAILED
           : resumption_enabled(ctx, ctx->engine->cfg_enable_resumption(ctx->cfg, err));
}

ussl_status_t ussl_ctx_set_ticket_keys(ussl_ctx_t *ctx, const uint8_t *keys, size_t count, ussl_error_t *err) {
    USSL_CHARGE(&ctx->memory);
    return resumption_enabled(ctx, ctx->engine->cfg_set_ticket_keys(ctx->cfg, keys, count, err));
}

ussl_status_t ussl_ctx_set_num_tickets(ussl_ctx_t *ctx, uint8_t count, ussl_error_t *err) {
    if (check_not_in_use(ctx, err) != USSL_OK) {
        return USSL_FAILED;
    }
    ctx->num_tickets = count;
    ctx->engine->cfg_set_num_tickets(ctx->cfg, count);
    return USSL_OK;
}

void ussl_ctx_set_session_cache_size(ussl_ctx_t *ctx, uint16_t size) {
    USSL_CHARGE(&ctx->memory);
    ussl_session_cache_resize(ctx, size);
    if (ctx->server) {
        ctx->engine->cfg_set_session_cache(ctx->cfg, size);
    }
}

ussl_status_t ussl_ctx_set_max_early_data(ussl_ctx_t *ctx, uint16_t len, ussl_error_t *err) {
    USSL_CHARGE(&ctx->memory);
    if (check_not_in_use(ctx, err) != USSL_OK || ctx->engine->cfg_set_max_early_data(ctx->cfg, len, err) != USSL_OK) {
        return USSL_FAILED;
    }
    ctx->max_early_data = len;
    return USSL_OK;
}

void ussl_ctx_session_stats(const ussl_ctx_t *ctx, ussl_session_stats_t *out) {
    *out = ctx->stats;
    out->number = ctx->sessions.count;
    if (ctx->server) {
        ctx->engine->cfg_session_stats(ctx->cfg, out);
    }
}

// ---- records ----

static ussl_status_t set_record_sizes(ussl_ctx_t *ctx, uint16_t receive, uint16_t send, ussl_error_t *err) {
    if (check_not_in_use(ctx, err) != USSL_OK) {
        return USSL_FAILED;
    }
    ctx->receive_max = receive;
    ctx->send_max = send;
    ctx->engine->cfg_set_record_sizes(ctx->cfg, receive, send);
    return USSL_OK;
}

ussl_status_t ussl_ctx_set_receive_max(ussl_ctx_t *ctx, uint16_t len, ussl_error_t *err) {
    return set_record_sizes(ctx, len, ctx->send_max, err);
}

ussl_status_t ussl_ctx_set_send_max(ussl_ctx_t *ctx, uint16_t len, ussl_error_t *err) {
    return set_record_sizes(ctx, ctx->receive_max, len, err);
}

ussl_status_t ussl_ctx_set_record_buffer(ussl_ctx_t *ctx, uint8_t *data, size_t len, ussl_error_t *err) {
    if (check_not_in_use(ctx, err) != USSL_OK) {
        return USSL_FAILED;
    }
    ctx->record_buffer = len;
    ctx->engine->cfg_set_record_buffer(ctx->cfg, data, len);
    return USSL_OK;
}
