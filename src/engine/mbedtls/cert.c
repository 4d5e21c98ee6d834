// A certificate taken apart, with the names CPython's getpeercert uses.

#include <stdio.h>
#include <string.h>

#include "engine/mbedtls/internal.h"

#include "mbedtls/oid.h"

// From the short names mbedTLS knows to the long ones OpenSSL and CPython print.
static const struct {
    const char *theirs;
    const char *name;
} attributes[] = {
    { "CN", "commonName" }, { "C", "countryName" }, { "L", "localityName" },
    { "ST", "stateOrProvinceName" }, { "O", "organizationName" }, { "OU", "organizationalUnitName" },
    { "emailAddress", "emailAddress" }, { "serialNumber", "serialNumber" }, { "DC", "domainComponent" },
    { "postalAddress", "postalAddress" }, { "postalCode", "postalCode" }, { "SN", "surname" },
    { "GN", "givenName" }, { "initials", "initials" }, { "generationQualifier", "generationQualifier" },
    { "title", "title" }, { "dnQualifier", "dnQualifier" }, { "pseudonym", "pseudonym" }, { "uid", "userId" },
};

static const char *attribute_name(const mbedtls_asn1_buf *oid) {
    const char *theirs = NULL;
    if (mbedtls_oid_get_attr_short_name(oid, &theirs) != 0) {
        return "unknown";
    }
    for (size_t i = 0; i < sizeof(attributes) / sizeof(attributes[0]); i++) {
        if (strcmp(attributes[i].theirs, theirs) == 0) {
            return attributes[i].name;
        }
    }
    return theirs;
}

typedef struct sink {
    ussl_cert_field_fn field;
    void *arg;
    bool complete; // false once a text was left out for lack of memory
} sink_t;

static void put(const sink_t *sink, const char *group, const char *key, const char *value) {
    sink->field(sink->arg, group, key, value, strlen(value), true);
}

static void put_text(sink_t *sink, const char *group, const char *key, const mbedtls_asn1_buf *value, bool new_rdn) {
    size_t size = 4 * value->len + 1;
    char *text = ussl_mbedtls_own_calloc(1, size);
    sink->complete &= text != NULL;
    if (text != NULL) {
        size_t len = ussl_mbedtls_text(text, size, value);
        sink->field(sink->arg, group, key, text, len, new_rdn);
    }
    ussl_mbedtls_free(text);
}

static void put_dn(sink_t *sink, const char *group, const mbedtls_x509_name *name) {
    bool new_rdn = true;
    for (; name != NULL && name->oid.p != NULL; name = name->next) {
        put_text(sink, group, attribute_name(&name->oid), &name->val, new_rdn);
        new_rdn = !name->next_merged;
    }
}

static void put_serial(const sink_t *sink, const mbedtls_x509_buf *serial) {
    char hex[2 * 32 + 1];
    const unsigned char *p = serial->p;
    size_t len = serial->len;
    if (len > 1 && p[0] == 0) { // the sign's zero byte is not shown
        p++;
        len--;
    }
    hex[0] = '\0';
    for (size_t i = 0; i < len && i < 32; i++) {
        snprintf(hex + 2 * i, 3, "%02X", p[i]);
    }
    put(sink, "serialNumber", NULL, hex);
}

static void put_date(const sink_t *sink, const char *group, const mbedtls_x509_time *t) {
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    char text[48];
    const char *month = months + 3 * ((unsigned)(t->mon - 1) % 12);
    snprintf(text, sizeof(text), "%.3s %2d %02d:%02d:%02d %d GMT", month, t->day, t->hour, t->min, t->sec, t->year);
    put(sink, group, NULL, text);
}

static void put_address(const sink_t *sink, const mbedtls_x509_buf *ip) {
    char text[48];
    const unsigned char *p = ip->p;
    if (ip->len == 4) {
        snprintf(text, sizeof(text), "%d.%d.%d.%d", p[0], p[1], p[2], p[3]);
    } else {
        size_t used = 0;
        text[0] = '\0';
        for (size_t i = 0; i + 1 < ip->len && used < sizeof(text) - 5; i += 2) {
            used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%X", i == 0 ? "" : ":", p[i] << 8 | p[i + 1]);
        }
    }
    put(sink, "subjectAltName", "IP Address", text);
}

static const char *san_key(int type) {
    return type == MBEDTLS_X509_SAN_DNS_NAME ? "DNS"
           : type == MBEDTLS_X509_SAN_RFC822_NAME ? "email"
           : type == MBEDTLS_X509_SAN_UNIFORM_RESOURCE_IDENTIFIER ? "URI" : NULL;
}

static void put_names(sink_t *sink, const mbedtls_x509_crt *crt) {
    for (const mbedtls_x509_sequence *s = &crt->subject_alt_names; s != NULL && s->buf.p != NULL; s = s->next) {
        int type = s->buf.tag & MBEDTLS_ASN1_TAG_VALUE_MASK;
        if (type == MBEDTLS_X509_SAN_IP_ADDRESS) {
            put_address(sink, &s->buf);
        } else if (san_key(type) != NULL) {
            put_text(sink, "subjectAltName", san_key(type), &s->buf, true);
        }
    }
}

ussl_status_t ussl_mbedtls_describe_cert(ussl_bytes_t der, ussl_cert_field_fn field, void *arg, ussl_error_t *err) {
    mbedtls_x509_crt crt;
    sink_t sink = { field, arg, true };
    char version[4];
    ussl_mbedtls_begin();
    mbedtls_x509_crt_init(&crt);
    int ret = mbedtls_x509_crt_parse_der_nocopy(&crt, der.data, der.len);
    if (ret == 0) {
        put_dn(&sink, "subject", &crt.subject);
        put_dn(&sink, "issuer", &crt.issuer);
        snprintf(version, sizeof(version), "%d", crt.version);
        put(&sink, "version", NULL, version);
        put_serial(&sink, &crt.serial);
        put_date(&sink, "notBefore", &crt.valid_from);
        put_date(&sink, "notAfter", &crt.valid_to);
        put_names(&sink, &crt);
    }
    mbedtls_x509_crt_free(&crt);
    return ret == 0 && sink.complete ? USSL_OK : ussl_mbedtls_fail_input(ret, USSL_REASON_CERTIFICATE_PARSE, 0, err);
}
