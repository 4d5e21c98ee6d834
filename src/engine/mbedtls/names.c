// Whether a certificate is for a name (RFC 9525 6.3 to 6.5): a host name is looked for among
// the DNS names, an address among the addresses only. Where a certificate has no DNS names its
// common name may count as one (RFC 6125 6.4.4). A wildcard stands for one whole
// label, the leftmost, of letters, digits and hyphens; behind it at least two labels follow.

#include <string.h>

#include "engine/mbedtls/internal.h"

#include "mbedtls/oid.h"

bool ussl_mbedtls_is_address(const char *name) {
    uint8_t address[16];
    return mbedtls_x509_crt_parse_cn_inet_pton(name, address) != 0;
}

static uint8_t lower(uint8_t c) {
    return c >= 'A' && c <= 'Z' ? c | 0x20 : c;
}

static bool same_text(const uint8_t *a, const uint8_t *b, size_t len) {
    for (size_t i = 0; i < len; i++) {
        if (lower(a[i]) != lower(b[i])) {
            return false;
        }
    }
    return true;
}

// How many bytes of the first label a wildcard may stand for; 0 for none.
static size_t first_label(const uint8_t *name, size_t len) {
    size_t i = 0;
    while (i < len && name[i] != '.') {
        uint8_t c = lower(name[i++]);
        if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '-') {
            return 0;
        }
    }
    return i;
}

static bool is_wildcard(const mbedtls_asn1_buf *pattern) {
    if (pattern->len <= 2 || pattern->p[0] != '*' || pattern->p[1] != '.') {
        return false;
    }
    const uint8_t *rest = pattern->p + 2;
    size_t len = pattern->len - 2;
    return memchr(rest, '.', len) != NULL && memchr(rest, '*', len) == NULL && rest[len - 1] != '.';
}

static bool covers(const mbedtls_asn1_buf *pattern, const char *host) {
    const uint8_t *name = (const uint8_t *)host;
    size_t len = strlen(host);
    if (pattern->len == len && same_text(pattern->p, name, len)) {
        return true;
    }
    size_t label = first_label(name, len);
    return label > 0 && is_wildcard(pattern) && pattern->len - 1 == len - label
           && same_text(pattern->p + 1, name + label, len - label);
}

bool ussl_mbedtls_has_dns_name(const mbedtls_x509_crt *crt) {
    const mbedtls_x509_sequence *s = &crt->subject_alt_names;
    while (s != NULL && (s->buf.tag & MBEDTLS_ASN1_TAG_VALUE_MASK) != MBEDTLS_X509_SAN_DNS_NAME) {
        s = s->next;
    }
    return s != NULL && s->buf.p != NULL;
}

static bool common_name_covers(const mbedtls_x509_crt *crt, const char *host) {
    const mbedtls_x509_name *n = &crt->subject;
    while (n != NULL && (MBEDTLS_OID_CMP(MBEDTLS_OID_AT_CN, &n->oid) != 0 || !covers(&n->val, host))) {
        n = n->next;
    }
    return n != NULL;
}

bool ussl_mbedtls_is_for(const mbedtls_x509_crt *crt, const char *name, bool common_name) {
    uint8_t address[16];
    size_t len = mbedtls_x509_crt_parse_cn_inet_pton(name, address);
    for (const mbedtls_x509_sequence *s = &crt->subject_alt_names; s != NULL && s->buf.p != NULL; s = s->next) {
        int type = s->buf.tag & MBEDTLS_ASN1_TAG_VALUE_MASK;
        bool found = len == 0 ? type == MBEDTLS_X509_SAN_DNS_NAME && covers(&s->buf, name)
            : type == MBEDTLS_X509_SAN_IP_ADDRESS && s->buf.len == len && memcmp(s->buf.p, address, len) == 0;
        if (found) {
            return true;
        }
    }
    return len == 0 && common_name && !ussl_mbedtls_has_dns_name(crt) && common_name_covers(crt, name);
}
