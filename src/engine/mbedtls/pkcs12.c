// PKCS#12 files (RFC 7292): a chain of certificates and its key, under one password. mbedTLS
// has what they are encrypted and authenticated with, but does not read them.

#include <limits.h>
#include <string.h>

#include "engine/mbedtls/internal.h"

#if USSL_PKCS12

#include "mbedtls/constant_time.h"
#include "mbedtls/oid.h"
#include "mbedtls/pkcs12.h"
#include "mbedtls/pkcs5.h"

#include "core/host.h"

#define PASSWORD_MAX 31 // bytes: mbedTLS's derivation takes 64, in UTF-16

#define IS(oid, name) ussl_mbedtls_is_oid(oid, name, sizeof(name) - 1)

#define PKCS7 "\x2a\x86\x48\x86\xf7\x0d\x01\x07"
static const char DATA[] = PKCS7 "\x01";
static const char ENCRYPTED_DATA[] = PKCS7 "\x06";
#define BAG "\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x0a\x01"
static const char KEY_BAG[] = BAG "\x01";
static const char ENCRYPTED_KEY_BAG[] = BAG "\x02";
static const char CERTIFICATE_BAG[] = BAG "\x03";
static const char X509[] = "\x2a\x86\x48\x86\xf7\x0d\x01\x09\x16\x01";

typedef struct reader {
    mbedtls_x509_crt *chain;
    mbedtls_pk_context *key;
    ussl_bytes_t password;
    ussl_reason_t reason; // of the failure
} reader_t;

static bool fail(reader_t *r, ussl_reason_t reason) {
    r->reason = reason;
    return false;
}

// The version is 3; a certificate or a key has something else there.
bool ussl_mbedtls_is_pkcs12(ussl_bytes_t data) {
    mbedtls_asn1_buf all = { .p = (unsigned char *)data.data, .len = data.len }, pfx, version;
    return ussl_mbedtls_enter(all, USSL_DER_SEQUENCE, &pfx) && ussl_mbedtls_enter(pfx, MBEDTLS_ASN1_INTEGER, &version)
           && version.len == 1 && version.p[0] == 3;
}

// ContentInfo: what kind it is, and the content of the [0] around it.
static bool read_content(mbedtls_asn1_buf info, mbedtls_asn1_buf *kind, mbedtls_asn1_buf *content) {
    return ussl_mbedtls_next_element(&info, kind) && ussl_mbedtls_enter(info, USSL_DER_INSIDE(0), content);
}

// ---- authentication ----

// The password as UTF-16 ended by zero, as the derivation wants it (RFC 7292 B.1); 0 when it
// is too long or has characters beyond ASCII, of which programs make different things.
static size_t wide_password(ussl_bytes_t password, uint8_t out[2 * PASSWORD_MAX + 2]) {
    if (password.len > PASSWORD_MAX) {
        return 0;
    }
    for (size_t i = 0; i < password.len; i++) {
        if (password.data[i] > 0x7f) {
            return 0;
        }
        out[2 * i] = 0;
        out[2 * i + 1] = password.data[i];
    }
    out[2 * password.len] = out[2 * password.len + 1] = 0;
    return 2 * password.len + 2;
}

typedef struct mac {
    mbedtls_md_type_t md;
    mbedtls_asn1_buf digest;
    mbedtls_asn1_buf salt;
    int iterations;
} mac_t;

static bool read_mac(mbedtls_asn1_buf data, mac_t *out) {
    mbedtls_asn1_buf info, algorithm, oid;
    out->iterations = 1;
    if (!ussl_mbedtls_next_element(&data, &info) || !ussl_mbedtls_next_element(&info, &algorithm)
        || !ussl_mbedtls_enter(algorithm, MBEDTLS_ASN1_OID, &oid) || mbedtls_oid_get_md_alg(&oid, &out->md) != 0
        || !ussl_mbedtls_next_element(&info, &out->digest) || !ussl_mbedtls_next_element(&data, &out->salt)) {
        return false;
    }
    unsigned char *p = data.p;
    return data.len == 0 || (mbedtls_asn1_get_int(&p, data.p + data.len, &out->iterations) == 0
        && out->iterations > 0 && out->iterations <= USSL_MBEDTLS_ITERATIONS_MAX);
}

// Compares the digest of the content, which tells a wrong password from damage no better
// than it has to: both are told as the former.
static bool check_mac(reader_t *r, mbedtls_asn1_buf data, const mbedtls_asn1_buf *content) {
    enum { MAC_KEY = 3 };
    mac_t mac;
    uint8_t key[MBEDTLS_MD_MAX_SIZE], digest[MBEDTLS_MD_MAX_SIZE], wide[2 * PASSWORD_MAX + 2];
    const mbedtls_md_info_t *md = read_mac(data, &mac) ? mbedtls_md_info_from_type(mac.md) : NULL;
    size_t len = md == NULL ? 0 : mbedtls_md_get_size(md);
    if (len == 0 || mac.digest.len != len || mac.salt.len == 0) {
        return fail(r, USSL_REASON_PKCS12);
    }
    size_t wide_len = wide_password(r->password, wide);
    if (wide_len == 0) {
        return fail(r, USSL_REASON_PKCS12_PASSWORD);
    }
    bool good = mbedtls_pkcs12_derivation(key, len, wide, wide_len, mac.salt.p, mac.salt.len, mac.md, MAC_KEY, mac.iterations) == 0
        && mbedtls_md_hmac(md, key, len, content->p, content->len, digest) == 0
        && mbedtls_ct_memcmp(digest, mac.digest.p, len) == 0;
    ussl_wipe(wide, sizeof(wide));
    ussl_wipe(key, sizeof(key));
    return good || fail(r, USSL_REASON_KEY_ENCRYPTED);
}

// ---- bags ----

static bool add_certificate(reader_t *r, mbedtls_asn1_buf bag) {
    mbedtls_asn1_buf oid, wrapped, der;
    if (!ussl_mbedtls_next_element(&bag, &oid) || !IS(&oid, X509) || !ussl_mbedtls_enter(bag, USSL_DER_INSIDE(0), &wrapped)
        || !ussl_mbedtls_enter(wrapped, MBEDTLS_ASN1_OCTET_STRING, &der)) {
        return fail(r, USSL_REASON_PKCS12);
    }
    return mbedtls_x509_crt_parse_der(r->chain, der.p, der.len) == 0 || fail(r, USSL_REASON_CERTIFICATE_PARSE);
}

// The first key is the one.
static bool add_key(reader_t *r, const mbedtls_asn1_buf *der, ussl_bytes_t password) {
    if (mbedtls_pk_get_type(r->key) != MBEDTLS_PK_NONE) {
        return true;
    }
    int ret = mbedtls_pk_parse_key(r->key, der->p, der->len, password.data, password.len, ussl_mbedtls_random, NULL);
    return ret == 0 || fail(r, ret == MBEDTLS_ERR_PK_PASSWORD_MISMATCH || ret == MBEDTLS_ERR_PK_PASSWORD_REQUIRED
        ? USSL_REASON_KEY_ENCRYPTED : USSL_REASON_PKCS12);
}

// SafeBag; kinds that hold neither are skipped. A key's element is wanted with its header.
static bool read_bag(reader_t *r, mbedtls_asn1_buf bag) {
    mbedtls_asn1_buf kind, content, inner;
    if (!read_content(bag, &kind, &content)) {
        return fail(r, USSL_REASON_PKCS12);
    }
    if (IS(&kind, KEY_BAG)) {
        return add_key(r, &content, (ussl_bytes_t) { NULL, 0 });
    }
    if (IS(&kind, ENCRYPTED_KEY_BAG)) {
        return add_key(r, &content, r->password);
    }
    if (!IS(&kind, CERTIFICATE_BAG)) {
        return true;
    }
    return ussl_mbedtls_enter(content, USSL_DER_SEQUENCE, &inner) ? add_certificate(r, inner) : fail(r, USSL_REASON_PKCS12);
}

static bool read_bags(reader_t *r, mbedtls_asn1_buf data) {
    mbedtls_asn1_buf bags, bag;
    if (!ussl_mbedtls_enter(data, USSL_DER_SEQUENCE, &bags)) {
        return fail(r, USSL_REASON_PKCS12);
    }
    bool good = true;
    while (good && ussl_mbedtls_next_element(&bags, &bag)) {
        good = read_bag(r, bag);
    }
    return good;
}

// EncryptedContentInfo, by PBES2 (RFC 8018 6.2).
static bool read_encrypted_bags(reader_t *r, mbedtls_asn1_buf info) {
    mbedtls_asn1_buf kind, algorithm, oid, parameters, content;
    if (!ussl_mbedtls_next_element(&info, &kind) || !ussl_mbedtls_next_element(&info, &algorithm)
        || !ussl_mbedtls_next_element(&info, &content) || !ussl_mbedtls_next_element(&algorithm, &oid)
        || !IS(&oid, MBEDTLS_OID_PKCS5_PBES2) || !ussl_mbedtls_next_element(&algorithm, &parameters)) {
        return fail(r, USSL_REASON_PKCS12);
    }
    size_t size = content.len + MBEDTLS_MAX_BLOCK_LENGTH, len = 0;
    uint8_t *plain = ussl_mbedtls_own_calloc(1, size);
    int ret = plain == NULL ? MBEDTLS_ERR_X509_ALLOC_FAILED
        : mbedtls_pkcs5_pbes2_ext(&parameters, MBEDTLS_PKCS5_DECRYPT, r->password.data, r->password.len, content.p, content.len,
        plain, size, &len);
    bool locked = ret == MBEDTLS_ERR_PKCS5_PASSWORD_MISMATCH;
    bool good = ret == 0 ? read_bags(r, (mbedtls_asn1_buf) { .p = plain, .len = len })
        : fail(r, locked ? USSL_REASON_KEY_ENCRYPTED : USSL_REASON_PKCS12);
    if (plain != NULL) {
        ussl_wipe(plain, size);
    }
    ussl_mbedtls_free(plain);
    return good;
}

// ---- the file ----

static bool read_safe(reader_t *r, mbedtls_asn1_buf info) {
    mbedtls_asn1_buf kind, content, inner, version;
    if (!read_content(info, &kind, &content) || !ussl_mbedtls_next_element(&content, &inner)) {
        return fail(r, USSL_REASON_PKCS12);
    }
    if (IS(&kind, DATA)) {
        return read_bags(r, inner);
    }
    bool encrypted = IS(&kind, ENCRYPTED_DATA) && ussl_mbedtls_next_element(&inner, &version)
        && ussl_mbedtls_enter(inner, USSL_DER_SEQUENCE, &content);
    return encrypted ? read_encrypted_bags(r, content) : fail(r, USSL_REASON_PKCS12);
}

static bool read_file(reader_t *r, ussl_bytes_t data) {
    mbedtls_asn1_buf pfx = { .p = (unsigned char *)data.data, .len = data.len };
    mbedtls_asn1_buf version, info, kind, content, safes, safe, mac;
    if (!ussl_mbedtls_enter(pfx, USSL_DER_SEQUENCE, &pfx) || !ussl_mbedtls_next_element(&pfx, &version)
        || !ussl_mbedtls_next_element(&pfx, &info) || !read_content(info, &kind, &content) || !IS(&kind, DATA)
        || !ussl_mbedtls_enter(content, MBEDTLS_ASN1_OCTET_STRING, &content)
        || !ussl_mbedtls_enter(content, USSL_DER_SEQUENCE, &safes)) {
        return fail(r, USSL_REASON_PKCS12);
    }
    bool good = !ussl_mbedtls_next_element(&pfx, &mac) || check_mac(r, mac, &content);
    while (good && ussl_mbedtls_next_element(&safes, &safe)) {
        good = read_safe(r, safe);
    }
    return good;
}

// Puts the certificate of the key before the others.
static bool put_own_first(reader_t *r) {
    for (mbedtls_x509_crt *crt = r->chain; crt != NULL; crt = crt->next) {
        if (mbedtls_pk_check_pair(&crt->pk, r->key, ussl_mbedtls_random, NULL) == 0) {
            mbedtls_x509_crt first = *r->chain, *first_next = r->chain->next, *own_next = crt->next;
            if (crt != r->chain) {
                *r->chain = *crt;
                *crt = first;
                r->chain->next = first_next;
                crt->next = own_next;
            }
            return true;
        }
    }
    return fail(r, USSL_REASON_KEY_MISMATCH);
}

ussl_status_t ussl_mbedtls_parse_pkcs12(mbedtls_x509_crt *chain, mbedtls_pk_context *key, ussl_bytes_t data,
    ussl_bytes_t password, ussl_error_t *err) {
    reader_t r = { chain, key, password, USSL_REASON_NONE };
    bool good = read_file(&r, data);
    if (good && chain->version == 0) {
        good = fail(&r, USSL_REASON_NO_CERTIFICATE_IN_DATA);
    } else if (good && mbedtls_pk_get_type(key) == MBEDTLS_PK_NONE) {
        good = fail(&r, USSL_REASON_NO_KEY_IN_DATA);
    }
    good = good && put_own_first(&r);
    if (ussl_mbedtls_no_memory()) {
        return ussl_mbedtls_fail(MBEDTLS_ERR_X509_ALLOC_FAILED, err);
    }
    return good ? USSL_OK : ussl_mbedtls_fail_input(0, r.reason, 0, err);
}

#endif
