// Pinned keys and certificates: one of the peer's chain must be among them.

#include <string.h>

#include "engine/mbedtls/trust.h"

#include "mbedtls/sha256.h"

ussl_status_t ussl_mbedtls_cfg_set_pins(ussl_engine_cfg_t *cfg, ussl_bytes_t digests, ussl_error_t *err) {
    uint8_t *copy = NULL;
    ussl_mbedtls_begin();
    if (digests.len > 0) {
        copy = ussl_mbedtls_own_calloc(1, digests.len);
        if (copy == NULL) {
            return ussl_mbedtls_fail(MBEDTLS_ERR_SSL_ALLOC_FAILED, err);
        }
        memcpy(copy, digests.data, digests.len);
    }
    ussl_mbedtls_free((void *)cfg->pins.data);
    cfg->pins = (ussl_bytes_t) { copy, copy == NULL ? 0 : digests.len };
    ussl_mbedtls_resumption_trust_changed(cfg);
    return USSL_OK;
}

ussl_bytes_t ussl_mbedtls_cfg_pins(const ussl_engine_cfg_t *cfg) {
    return cfg->pins;
}

static bool is_pin(const ussl_engine_cfg_t *cfg, const mbedtls_asn1_buf *data) {
    uint8_t digest[USSL_PIN_SIZE];
    if (mbedtls_sha256(data->p, data->len, digest, 0) != 0) {
        return false;
    }
    for (size_t at = 0; at < cfg->pins.len; at += USSL_PIN_SIZE) {
        if (memcmp(cfg->pins.data + at, digest, USSL_PIN_SIZE) == 0) {
            return true;
        }
    }
    return false;
}

// A pinned certificate of the peer's own needs no issuer. mbedTLS notes an unknown one with
// the topmost certificate and shows the peer's own last, so the verdict is put off till then.
// Anybody can send a pinned issuer along: it counts only if what is below it is signed by it.
uint32_t ussl_mbedtls_pin_flags(ussl_engine_conn_t *conn, const mbedtls_x509_crt *crt, int depth, bool is_signed,
    uint32_t flags) {
    if (conn->cfg->pins.len == 0) {
        return flags;
    }
    bool pinned = is_pin(conn->cfg, &crt->raw) || is_pin(conn->cfg, &crt->pk_raw);
    conn->hs->pinned = pinned || (conn->hs->pinned && is_signed);
    conn->hs->unknown_issuer |= (flags & MBEDTLS_X509_BADCERT_NOT_TRUSTED) != 0;
    flags &= ~(uint32_t)MBEDTLS_X509_BADCERT_NOT_TRUSTED;
    if (depth > 0 || pinned) {
        return flags;
    }
    return flags | (conn->hs->unknown_issuer ? MBEDTLS_X509_BADCERT_NOT_TRUSTED : 0)
           | (conn->hs->pinned ? 0 : MBEDTLS_X509_BADCERT_OTHER);
}
