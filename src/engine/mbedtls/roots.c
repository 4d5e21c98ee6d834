// Roots in numbers: kept as they came, found by the name of the issuer that a chain needs,
// and taken apart one at a time. They come as PEM, or from a bundle in flash:
//
//   "USB1"  count: 2 bytes, 2 bytes of zero  sum of the digests of all certificates: 32 bytes
//   count times, ordered by hash:  hash of the name: 4 bytes, place of its record: 4 bytes
//   records:  notAfter as year - 2000, month, day: 3 bytes, 1 byte of zero
//             length of the name, of the key: 2 bytes each, name and key in DER
//
// with numbers in little-endian order; tools/trust_bundle.py writes it. Of a root only name,
// key and end are there, so mbedTLS is shown a certificate made of those.

#include <string.h>

#include "engine/mbedtls/trust.h"

#include "mbedtls/pem.h"

#include "core/host.h"

#if USSL_TRUST_STORE

typedef struct ussl_mbedtls_root {
    struct ussl_mbedtls_root *next;
    uint32_t hash; // of its name
    size_t len;
    uint8_t der[];
} root_t;

static const char MAGIC[4] = "USB1";
enum { HEADER = 40, ENTRY = 8, RECORD = 8 };

// ---- names ----

// FNV-1a over types and values, letter case aside, so that names which mbedTLS takes for
// equal have the same.
static uint32_t add_to_hash(uint32_t hash, const mbedtls_asn1_buf *bytes) {
    for (size_t i = 0; i < bytes->len; i++) {
        uint8_t c = bytes->p[i];
        hash = (hash ^ (c >= 'A' && c <= 'Z' ? c | 0x20 : c)) * 16777619u;
    }
    return hash;
}

static uint32_t hash_name(const mbedtls_x509_name *name) {
    uint32_t hash = 2166136261u;
    for (; name != NULL; name = name->next) {
        hash = add_to_hash(add_to_hash(hash, &name->oid), &name->val);
    }
    return hash;
}

// ---- a bundle ----

static uint32_t number(const uint8_t *p, unsigned bytes) {
    uint32_t value = 0;
    for (unsigned i = bytes; i-- > 0;) {
        value = value << 8 | p[i];
    }
    return value;
}

static bool is_bundle(ussl_bytes_t data) {
    return data.len >= HEADER && memcmp(data.data, MAGIC, sizeof(MAGIC)) == 0;
}

static size_t bundle_count(const ussl_engine_cfg_t *cfg) {
    return cfg->bundle == NULL ? 0 : number(cfg->bundle + 4, 2);
}

static uint8_t *put(uint8_t *p, const void *bytes, size_t len) {
    memcpy(p, bytes, len);
    return p + len;
}

// The start of a SEQUENCE whose content ends at end.
static void put_sequence(uint8_t *at, const uint8_t *end) {
    size_t len = (size_t)(end - at) - 4;
    const uint8_t header[4] = { 0x30, 0x82, (uint8_t)(len >> 8), (uint8_t)len };
    memcpy(at, header, sizeof(header));
}

static uint8_t *put_validity(uint8_t *p, const uint8_t end[3]) {
    static const char start[] = "\x30\x1e\x17\x0d" "700101000000Z" "\x17\x0d";
    p = put(p, start, sizeof(start) - 1);
    for (unsigned i = 0; i < 3; i++) {
        *p++ = (uint8_t)('0' + end[i] / 10);
        *p++ = (uint8_t)('0' + end[i] % 10);
    }
    return put(p, "235959Z", 7);
}

// What else a certificate of a CA has: version 3, number 0 and a kind of signature; that it
// is a CA; the kind again, and no signature. Nobody looks at the root's own.
static const char BEFORE[] = "\xa0\x03\x02\x01\x02" "\x02\x01\x00" "\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x02";
static const char BEHIND[] = "\xa3\x13\x30\x11\x30\x0f\x06\x03\x55\x1d\x13\x01\x01\xff\x04\x05\x30\x03\x01\x01\xff";
static const char UNSIGNED[] = "\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x02" "\x03\x01\x00";
enum { VALIDITY = 32, AROUND = 4 + 4 + sizeof(BEFORE) + VALIDITY + sizeof(BEHIND) + sizeof(UNSIGNED) };

static int parse_record(mbedtls_x509_crt *list, const uint8_t *record) {
    size_t name_len = number(record + 4, 2), key_len = number(record + 6, 2);
    const uint8_t *name = record + RECORD;
    uint8_t *der = ussl_mbedtls_own_calloc(1, AROUND + 2 * name_len + key_len);
    if (der == NULL) {
        return MBEDTLS_ERR_X509_ALLOC_FAILED;
    }
    uint8_t *p = put(der + 8, BEFORE, sizeof(BEFORE) - 1);
    p = put(p, name, name_len);
    p = put_validity(p, record);
    p = put(p, name, name_len + key_len);
    p = put(p, BEHIND, sizeof(BEHIND) - 1);
    put_sequence(der + 4, p);
    p = put(p, UNSIGNED, sizeof(UNSIGNED) - 1);
    put_sequence(der, p);
    int ret = mbedtls_x509_crt_parse_der(list, der, (size_t)(p - der));
    ussl_mbedtls_free(der);
    return ret;
}

static void find_in_bundle(const ussl_engine_cfg_t *cfg, uint32_t hash, mbedtls_x509_crt *list) {
    if (cfg->bundle == NULL) {
        return;
    }
    const uint8_t *entry = cfg->bundle + HEADER;
    for (size_t left = bundle_count(cfg); left > 0 && number(entry, 4) <= hash; left--, entry += ENTRY) {
        if (number(entry, 4) == hash) {
            parse_record(list, cfg->bundle + number(entry + 4, 4));
        }
    }
}

// ---- lookup ----

static void find_all(const ussl_engine_cfg_t *cfg, uint32_t hash, mbedtls_x509_crt *list) {
    for (const mbedtls_x509_crt *crt = &cfg->trust; crt != NULL && crt->version != 0; crt = crt->next) {
        if (hash_name(&crt->subject) == hash) {
            mbedtls_x509_crt_parse_der_nocopy(list, crt->raw.p, crt->raw.len);
        }
    }
    for (const root_t *root = cfg->roots; root != NULL; root = root->next) {
        if (root->hash == hash) {
            mbedtls_x509_crt_parse_der_nocopy(list, root->der, root->len);
        }
    }
    find_in_bundle(cfg, hash, list);
}

// mbedTLS asks for those that could have signed child, and frees them.
static int on_issuer_wanted(void *arg, const mbedtls_x509_crt *child, mbedtls_x509_crt **out) {
    *out = NULL;
    mbedtls_x509_crt *list = ussl_mbedtls_own_calloc(1, sizeof(*list));
    if (list != NULL) {
        mbedtls_x509_crt_init(list);
        find_all(arg, hash_name(&child->issuer), list);
        if (list->version != 0) {
            *out = list;
        } else {
            mbedtls_x509_crt_free(list);
            ussl_mbedtls_free(list);
        }
    }
    return ussl_mbedtls_no_memory() ? MBEDTLS_ERR_X509_ALLOC_FAILED : 0;
}

// ---- adding ----

static bool is_known(const ussl_engine_cfg_t *cfg, const uint8_t *der, size_t len) {
    const root_t *root = cfg->roots;
    while (root != NULL && (root->len != len || memcmp(root->der, der, len) != 0)) {
        root = root->next;
    }
    return root != NULL;
}

static void add_root(ussl_engine_cfg_t *cfg, const uint8_t *der, size_t len) {
    mbedtls_x509_crt crt;
    mbedtls_x509_crt_init(&crt);
    if (!is_known(cfg, der, len) && mbedtls_x509_crt_parse_der_nocopy(&crt, der, len) == 0) {
        root_t *root = ussl_mbedtls_own_calloc(1, sizeof(*root) + len);
        if (root != NULL) {
            root->next = cfg->roots;
            root->hash = hash_name(&crt.subject);
            root->len = len;
            memcpy(root->der, der, len);
            cfg->roots = root;
        }
    }
    mbedtls_x509_crt_free(&crt);
}

static void add_pem(ussl_engine_cfg_t *cfg, ussl_bytes_t block) {
    static const char begin[] = "-----BEGIN CERTIFICATE-----", end[] = "-----END CERTIFICATE-----";
    mbedtls_pem_context pem;
    size_t used;
    mbedtls_pem_init(&pem);
    uint8_t *copy = ussl_mbedtls_copy_with_nul(block);
    if (copy != NULL && mbedtls_pem_read_buffer(&pem, begin, end, copy, NULL, 0, &used) == 0) {
        size_t len;
        const uint8_t *der = mbedtls_pem_get_buffer(&pem, &len);
        add_root(cfg, der, len);
    }
    ussl_mbedtls_free(copy);
    mbedtls_pem_free(&pem);
}

static void free_roots(ussl_engine_cfg_t *cfg, const root_t *until) {
    while (cfg->roots != until) {
        root_t *next = cfg->roots->next;
        ussl_mbedtls_free(cfg->roots);
        cfg->roots = next;
    }
}

ussl_status_t ussl_mbedtls_cfg_add_roots(ussl_engine_cfg_t *cfg, ussl_bytes_t data, bool stays, ussl_error_t *err) {
    const root_t *before = cfg->roots;
    const uint8_t *at = data.data;
    ussl_bytes_t block;
    ussl_mbedtls_begin();
    if (stays && is_bundle(data)) {
        cfg->bundle = data.data;
    } else {
        while (ussl_mbedtls_next_pem(&at, data.data + data.len, "CERTIFICATE", &block)) {
            add_pem(cfg, block);
        }
    }
    if (ussl_mbedtls_no_memory()) {
        free_roots(cfg, before);
        return ussl_mbedtls_fail(MBEDTLS_ERR_X509_ALLOC_FAILED, err);
    }
    cfg->has_roots_digest = false;
    if (cfg->roots == NULL && cfg->bundle == NULL) {
        return ussl_mbedtls_fail_input(0, USSL_REASON_NO_CERTIFICATE_IN_DATA, 0, err);
    }
    mbedtls_ssl_conf_ca_cb(&cfg->conf, on_issuer_wanted, cfg);
    ussl_mbedtls_resumption_trust_changed(cfg);
    return USSL_OK;
}

void ussl_mbedtls_cfg_clear_roots(ussl_engine_cfg_t *cfg) {
    free_roots(cfg, NULL);
    cfg->bundle = NULL;
    cfg->has_roots_digest = false;
    mbedtls_ssl_conf_ca_chain(&cfg->conf, &cfg->trust, NULL);
    ussl_mbedtls_resumption_trust_changed(cfg);
}

// ---- what there is ----

bool ussl_mbedtls_is_root(const ussl_engine_cfg_t *cfg, const mbedtls_x509_crt *crt) {
    return is_known(cfg, crt->raw.p, crt->raw.len);
}

size_t ussl_mbedtls_roots_hidden(const ussl_engine_cfg_t *cfg) {
    return bundle_count(cfg);
}

ussl_bytes_t ussl_mbedtls_root(const ussl_engine_cfg_t *cfg, size_t index) {
    const root_t *root = cfg->roots;
    for (; root != NULL && index > 0; index--) {
        root = root->next;
    }
    return root == NULL ? (ussl_bytes_t) { NULL, 0 } : (ussl_bytes_t) { root->der, root->len };
}

// Their digests take a millisecond, so the sum is kept.
ussl_status_t ussl_mbedtls_roots_digest(ussl_engine_cfg_t *cfg, uint8_t sum[32], ussl_error_t *err) {
    uint8_t one[32];
    if (!cfg->has_roots_digest) {
        memset(cfg->roots_digest, 0, sizeof(cfg->roots_digest));
        if (cfg->bundle != NULL) {
            memcpy(cfg->roots_digest, cfg->bundle + 8, sizeof(cfg->roots_digest));
        }
        for (const root_t *root = cfg->roots; root != NULL; root = root->next) {
            if (ussl_mbedtls_sha256((ussl_bytes_t) { root->der, root->len }, one, err) != USSL_OK) {
                return USSL_FAILED;
            }
            ussl_mbedtls_add_digest(cfg->roots_digest, one);
        }
        cfg->has_roots_digest = true;
    }
    ussl_mbedtls_add_digest(sum, cfg->roots_digest);
    return USSL_OK;
}

#endif
