// Certificate revocation lists (RFC 5280 5). mbedTLS takes a missing one for a good one, so
// its own check is not used.

#include <string.h>

#include "engine/mbedtls/trust.h"

#if USSL_CRL

#include "mbedtls/x509_crl.h"

static bool is_set(const mbedtls_x509_crl *crl) {
    return crl != NULL && crl->version != 0;
}

static int parse_all(mbedtls_x509_crl *list, ussl_bytes_t data, unsigned *count) {
    const uint8_t *at = data.data;
    ussl_bytes_t block;
    int ret = 0;
    while (ret == 0 && ussl_mbedtls_next_pem(&at, data.data + data.len, "X509 CRL", &block)) {
        uint8_t *copy = ussl_mbedtls_copy_with_nul(block);
        ret = copy == NULL ? MBEDTLS_ERR_X509_ALLOC_FAILED : mbedtls_x509_crl_parse(list, copy, block.len + 1);
        ussl_mbedtls_free(copy);
        ++*count;
    }
    return ret;
}

static void drop(mbedtls_x509_crl *list) {
    mbedtls_x509_crl_free(list);
    ussl_mbedtls_free(list);
}

ussl_status_t ussl_mbedtls_crls_parse(ussl_bytes_t data, mbedtls_x509_crl **out, ussl_error_t *err) {
    unsigned count = 0;
    mbedtls_x509_crl *list = ussl_mbedtls_own_calloc(1, sizeof(*list));
    *out = NULL;
    if (list == NULL) {
        return ussl_mbedtls_fail(MBEDTLS_ERR_X509_ALLOC_FAILED, err);
    }
    mbedtls_x509_crl_init(list);
    int ret = parse_all(list, data, &count);
    if (ret == 0 && !ussl_mbedtls_no_memory() && is_set(list)) {
        *out = list;
        return USSL_OK;
    }
    drop(list);
    return ret == 0 && !ussl_mbedtls_no_memory() ? USSL_OK : ussl_mbedtls_fail_input(ret, USSL_REASON_CRL_PARSE, count, err);
}

void ussl_mbedtls_crls_add(ussl_engine_cfg_t *cfg, mbedtls_x509_crl *list) {
    mbedtls_x509_crl **end = &cfg->crls;
    while (*end != NULL) {
        end = &(*end)->next;
    }
    *end = list;
}

void ussl_mbedtls_crls_free(ussl_engine_cfg_t *cfg) {
    if (cfg->crls != NULL) {
        drop(cfg->crls);
        cfg->crls = NULL;
    }
}

size_t ussl_mbedtls_crls_count(const ussl_engine_cfg_t *cfg) {
    size_t count = 0;
    for (const mbedtls_x509_crl *crl = cfg->crls; is_set(crl); crl = crl->next) {
        count++;
    }
    return count;
}

// A list that is new may name somebody whose session would otherwise go on.
ussl_status_t ussl_mbedtls_crls_digest(const ussl_engine_cfg_t *cfg, uint8_t sum[32], ussl_error_t *err) {
    uint8_t one[32];
    for (const mbedtls_x509_crl *crl = cfg->crls; is_set(crl); crl = crl->next) {
        if (ussl_mbedtls_sha256((ussl_bytes_t) { crl->raw.p, crl->raw.len }, one, err) != USSL_OK) {
            return USSL_FAILED;
        }
        ussl_mbedtls_add_digest(sum, one);
    }
    return USSL_OK;
}

static bool is_signed_by(const mbedtls_x509_crl *crl, mbedtls_x509_crt *issuer, const mbedtls_x509_crt_profile *profile) {
    uint8_t hash[MBEDTLS_MD_MAX_SIZE];
    const mbedtls_md_info_t *md = mbedtls_md_info_from_type(crl->sig_md);
    return md != NULL && (profile->allowed_mds & MBEDTLS_X509_ID_FLAG(crl->sig_md)) != 0
           && mbedtls_x509_crt_check_key_usage(issuer, MBEDTLS_X509_KU_CRL_SIGN) == 0
           && mbedtls_md(md, crl->tbs.p, crl->tbs.len, hash) == 0
           && mbedtls_pk_verify_ext(crl->sig_pk, crl->sig_opts, &issuer->pk, crl->sig_md, hash, mbedtls_md_get_size(md),
        crl->sig.p, crl->sig.len) == 0;
}

static uint32_t date_flags(const mbedtls_x509_crl *crl) {
    return (mbedtls_x509_time_is_past(&crl->next_update) ? MBEDTLS_X509_BADCRL_EXPIRED : 0)
           | (mbedtls_x509_time_is_future(&crl->this_update) ? MBEDTLS_X509_BADCRL_FUTURE : 0);
}

// What the lists say of a certificate; one that is in force wins over one that is not.
static uint32_t look_up(const ussl_engine_cfg_t *cfg, const mbedtls_x509_crt *crt, mbedtls_x509_crt *issuer) {
    uint32_t flags = MBEDTLS_X509_BADCRL_NOT_TRUSTED;
    for (mbedtls_x509_crl *crl = cfg->crls; is_set(crl); crl = crl->next) {
        bool theirs = crl->issuer_raw.len == crt->issuer_raw.len
            && memcmp(crl->issuer_raw.p, crt->issuer_raw.p, crt->issuer_raw.len) == 0;
        if (!theirs || !is_signed_by(crl, issuer, cfg->conf.cert_profile)) {
            continue;
        }
        if (mbedtls_x509_crt_is_revoked(crt, crl)) {
            return MBEDTLS_X509_BADCERT_REVOKED;
        }
        flags = flags == 0 ? 0 : date_flags(crl);
    }
    return flags;
}

uint32_t ussl_mbedtls_revocation_flags(ussl_engine_conn_t *conn, mbedtls_x509_crt *crt, int depth) {
    const ussl_engine_cfg_t *cfg = conn->cfg;
    mbedtls_x509_crt *issuer = conn->hs->shown != NULL ? conn->hs->shown : crt; // a root is its own
    bool top = conn->hs->shown == NULL;
    conn->hs->shown = depth == 0 ? NULL : crt;
    bool wanted = depth == 0 ? (cfg->checks & USSL_CHECK_CRL_CHAIN) != 0
        : (cfg->checks & USSL_CHECK_CRL_CHAIN) == USSL_CHECK_CRL_CHAIN;
    bool anchor = top && (depth > 0 || ussl_mbedtls_trusts(cfg, crt));
    bool own_issuer = crt->issuer_raw.len == crt->subject_raw.len
        && memcmp(crt->issuer_raw.p, crt->subject_raw.p, crt->subject_raw.len) == 0;
    return !wanted || (anchor && !own_issuer) ? 0 : look_up(cfg, crt, issuer);
}

#endif
