// The cipher suites and groups offered, and the names people know them by.

#include "engine/mbedtls/internal.h"

#include "mbedtls/ssl_ciphersuites.h"

#if USSL_FAST_AES
#define FASTER_FIRST(aes, chacha20) aes, chacha20
#else
#define FASTER_FIRST(aes, chacha20) chacha20, aes
#endif

// AES-128 before AES-256: as safe for any life a session has, and fewer rounds.
const int ussl_mbedtls_default_suites[] = {
    FASTER_FIRST(MBEDTLS_TLS1_3_AES_128_GCM_SHA256, MBEDTLS_TLS1_3_CHACHA20_POLY1305_SHA256),
    MBEDTLS_TLS1_3_AES_256_GCM_SHA384,
    #if USSL_PSK
    MBEDTLS_TLS_ECDHE_PSK_WITH_CHACHA20_POLY1305_SHA256, // where there is a key
    #endif
    FASTER_FIRST(MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
        MBEDTLS_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256),
    FASTER_FIRST(MBEDTLS_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
        MBEDTLS_TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256),
    MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
    MBEDTLS_TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
    0,
    MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256, MBEDTLS_TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256,
    MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384, MBEDTLS_TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384,
    #if USSL_PSK
    MBEDTLS_TLS_ECDHE_PSK_WITH_AES_128_CBC_SHA256,
    FASTER_FIRST(MBEDTLS_TLS_PSK_WITH_AES_128_GCM_SHA256, MBEDTLS_TLS_PSK_WITH_CHACHA20_POLY1305_SHA256),
    MBEDTLS_TLS_PSK_WITH_AES_256_GCM_SHA384,
    #endif
};

// X25519 has the smallest key shares, which is what a metered link pays for.
const uint16_t ussl_mbedtls_default_groups[] = {
    MBEDTLS_SSL_IANA_TLS_GROUP_X25519,
    MBEDTLS_SSL_IANA_TLS_GROUP_SECP256R1,
    MBEDTLS_SSL_IANA_TLS_GROUP_SECP384R1,
    MBEDTLS_SSL_IANA_TLS_GROUP_SECP521R1,
    0,
};

// No server exchanges keys with P-521 alone: RFC 8446 9.1 demands P-256.
const uint16_t ussl_mbedtls_tls13_groups[] = {
    MBEDTLS_SSL_IANA_TLS_GROUP_X25519,
    MBEDTLS_SSL_IANA_TLS_GROUP_SECP256R1,
    MBEDTLS_SSL_IANA_TLS_GROUP_SECP384R1,
    0,
};

// CPython shows OpenSSL's names, so these are the ones users compare with.
static const struct {
    int id;
    const char *name;
    unsigned bits;
} suites[] = {
    { MBEDTLS_TLS1_3_AES_128_GCM_SHA256, "TLS_AES_128_GCM_SHA256", 128 },
    { MBEDTLS_TLS1_3_CHACHA20_POLY1305_SHA256, "TLS_CHACHA20_POLY1305_SHA256", 256 },
    { MBEDTLS_TLS1_3_AES_256_GCM_SHA384, "TLS_AES_256_GCM_SHA384", 256 },
    { MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, "ECDHE-ECDSA-AES128-GCM-SHA256", 128 },
    { MBEDTLS_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, "ECDHE-RSA-AES128-GCM-SHA256", 128 },
    { MBEDTLS_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, "ECDHE-ECDSA-CHACHA20-POLY1305", 256 },
    { MBEDTLS_TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256, "ECDHE-RSA-CHACHA20-POLY1305", 256 },
    { MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, "ECDHE-ECDSA-AES256-GCM-SHA384", 256 },
    { MBEDTLS_TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384, "ECDHE-RSA-AES256-GCM-SHA384", 256 },
    { MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256, "ECDHE-ECDSA-AES128-SHA256", 128 },
    { MBEDTLS_TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256, "ECDHE-RSA-AES128-SHA256", 128 },
    { MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384, "ECDHE-ECDSA-AES256-SHA384", 256 },
    { MBEDTLS_TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384, "ECDHE-RSA-AES256-SHA384", 256 },
    #if USSL_PSK
    { MBEDTLS_TLS_ECDHE_PSK_WITH_CHACHA20_POLY1305_SHA256, "ECDHE-PSK-CHACHA20-POLY1305", 256 },
    { MBEDTLS_TLS_ECDHE_PSK_WITH_AES_128_CBC_SHA256, "ECDHE-PSK-AES128-CBC-SHA256", 128 },
    { MBEDTLS_TLS_PSK_WITH_CHACHA20_POLY1305_SHA256, "PSK-CHACHA20-POLY1305", 256 },
    { MBEDTLS_TLS_PSK_WITH_AES_128_GCM_SHA256, "PSK-AES128-GCM-SHA256", 128 },
    { MBEDTLS_TLS_PSK_WITH_AES_256_GCM_SHA384, "PSK-AES256-GCM-SHA384", 256 },
    #endif
};

const char *ussl_mbedtls_suite_name(int id, unsigned *bits) {
    for (size_t i = 0; i < sizeof(suites) / sizeof(suites[0]); i++) {
        if (suites[i].id == id) {
            *bits = suites[i].bits;
            return suites[i].name;
        }
    }
    *bits = 0;
    return NULL;
}

#define DEFAULTS (9 + USSL_PSK)
#define ALL (sizeof(suites) / sizeof(suites[0]))

bool ussl_mbedtls_suite(size_t index, ussl_suite_t *out) {
    if (index >= ALL) {
        return false;
    }
    int id = ussl_mbedtls_default_suites[index < DEFAULTS ? index : index + 1];
    const mbedtls_ssl_ciphersuite_t *info = mbedtls_ssl_ciphersuite_from_id(id);
    *out = (ussl_suite_t) { .id = (uint16_t)id, .by_default = index < DEFAULTS };
    out->name = ussl_mbedtls_suite_name(id, &out->bits);
    out->library_name = info == NULL ? NULL : mbedtls_ssl_get_ciphersuite_name(id);
    out->tls13 = info != NULL && mbedtls_ssl_ciphersuite_get_id(info) >> 8 == 0x13;
    return true;
}

void ussl_mbedtls_cfg_set_suites(ussl_engine_cfg_t *cfg, const uint16_t *ids, size_t count) {
    for (size_t i = 0; i < count; i++) {
        cfg->suites[i] = ids[i];
    }
    cfg->suites[count] = 0;
    mbedtls_ssl_conf_ciphersuites(&cfg->conf, cfg->suites);
}
