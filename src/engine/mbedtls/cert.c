// A certificate taken apart, with the names CPython's getpeercert uses.

#include <stdio.h>
#include <string.h>

#include "engine/mbedtls/internal.h"

#include "mbedtls/oid.h"

// The long names that OpenSSL, and so CPython, has for the attributes of names.
static const struct {
    const char *oid;
    uint8_t len;
    const char *name;
} attributes[] = {
#define ATTRIBUTE(oid, name) { oid, sizeof(oid) - 1, name }
    ATTRIBUTE(MBEDTLS_OID_AT "\x03", "commonName"),
    ATTRIBUTE(MBEDTLS_OID_AT "\x04", "surname"),
    ATTRIBUTE(MBEDTLS_OID_AT "\x05", "serialNumber"),
    ATTRIBUTE(MBEDTLS_OID_AT "\x06", "countryName"),
    ATTRIBUTE(MBEDTLS_OID_AT "\x07", "localityName"),
    ATTRIBUTE(MBEDTLS_OID_AT "\x08", "stateOrProvinceName"),
    ATTRIBUTE(MBEDTLS_OID_AT "\x09", "streetAddress"),
    ATTRIBUTE(MBEDTLS_OID_AT "\x0a", "organizationName"),
    ATTRIBUTE(MBEDTLS_OID_AT "\x0b", "organizationalUnitName"),
    ATTRIBUTE(MBEDTLS_OID_AT "\x0c", "title"),
    ATTRIBUTE(MBEDTLS_OID_AT "\x0d", "description"),
    ATTRIBUTE(MBEDTLS_OID_AT "\x0f", "businessCategory"),
    ATTRIBUTE(MBEDTLS_OID_AT "\x10", "postalAddress"),
    ATTRIBUTE(MBEDTLS_OID_AT "\x11", "postalCode"),
    ATTRIBUTE(MBEDTLS_OID_AT "\x29", "name"),
    ATTRIBUTE(MBEDTLS_OID_AT "\x2a", "givenName"),
    ATTRIBUTE(MBEDTLS_OID_AT "\x2b", "initials"),
    ATTRIBUTE(MBEDTLS_OID_AT "\x2c", "generationQualifier"),
    ATTRIBUTE(MBEDTLS_OID_AT "\x2e", "dnQualifier"),
    ATTRIBUTE(MBEDTLS_OID_AT "\x41", "pseudonym"),
    ATTRIBUTE(MBEDTLS_OID_AT "\x61", "organizationIdentifier"),
    ATTRIBUTE(MBEDTLS_OID_PKCS9_EMAIL, "emailAddress"),
    ATTRIBUTE(MBEDTLS_OID_UID, "userId"),
    ATTRIBUTE(MBEDTLS_OID_DOMAIN_COMPONENT, "domainComponent"),
    ATTRIBUTE("\x2b\x06\x01\x04\x01\x82\x37\x3c\x02\x01\x01", "jurisdictionLocalityName"),
    ATTRIBUTE("\x2b\x06\x01\x04\x01\x82\x37\x3c\x02\x01\x02", "jurisdictionStateOrProvinceName"),
    ATTRIBUTE("\x2b\x06\x01\x04\x01\x82\x37\x3c\x02\x01\x03", "jurisdictionCountryName"),
#undef ATTRIBUTE
};

#define NUMERIC_MAX 64 // of an object identifier written out; a longer one is "unknown"

static void put_numeric(char out[NUMERIC_MAX], const mbedtls_asn1_buf *oid) {
    if (mbedtls_oid_get_numeric_string(out, NUMERIC_MAX, oid) < 0) {
        memcpy(out, "unknown", sizeof("unknown"));
    }
}

// The attribute's name, or its number, for which there is room in numeric.
static const char *attribute_name(const mbedtls_asn1_buf *oid, char numeric[NUMERIC_MAX]) {
    for (size_t i = 0; i < sizeof(attributes) / sizeof(attributes[0]); i++) {
        if (ussl_mbedtls_is_oid(oid, attributes[i].oid, attributes[i].len)) {
            return attributes[i].name;
        }
    }
    put_numeric(numeric, oid);
    return numeric;
}

typedef struct sink {
    ussl_cert_field_fn field;
    void *arg;
    bool complete; // false once a text was left out for lack of memory
} sink_t;

// The field's receiver runs Python code, and other operations may run meanwhile.
static void hand_over(const sink_t *sink, const char *group, const char *key, const char *value, size_t len, bool new_rdn) {
    ussl_mbedtls_pause_t before = ussl_mbedtls_pause();
    sink->field(sink->arg, group, key, value, len, new_rdn);
    ussl_mbedtls_resume(before);
}

static void put(const sink_t *sink, const char *group, const char *key, const char *value) {
    hand_over(sink, group, key, value, value == NULL ? 0 : strlen(value), true);
}

static void put_text(sink_t *sink, const char *group, const char *key, const mbedtls_asn1_buf *value, bool new_rdn) {
    size_t size = 4 * value->len + 1;
    char *text = ussl_mbedtls_own_calloc(1, size);
    sink->complete &= text != NULL;
    if (text != NULL) {
        size_t len = ussl_mbedtls_exact_text(text, size, value);
        hand_over(sink, group, key, text, len, new_rdn);
    }
    ussl_mbedtls_free(text);
}

static void put_dn(sink_t *sink, const char *group, const mbedtls_x509_name *name) {
    bool new_rdn = true;
    char numeric[NUMERIC_MAX];
    for (; name != NULL && name->oid.p != NULL; name = name->next) {
        put_text(sink, group, attribute_name(&name->oid, numeric), &name->val, new_rdn);
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

// ---- alternative names ----

static void put_address(const sink_t *sink, const mbedtls_x509_buf *ip) {
    char text[48];
    const unsigned char *p = ip->p;
    if (ip->len == 4) {
        snprintf(text, sizeof(text), "%d.%d.%d.%d", p[0], p[1], p[2], p[3]);
    } else if (ip->len == 16) {
        size_t used = 0;
        for (size_t i = 0; i < ip->len; i += 2) {
            used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%X", i == 0 ? "" : ":", p[i] << 8 | p[i + 1]);
        }
    } else {
        memcpy(text, "<invalid>", sizeof("<invalid>"));
    }
    put(sink, "subjectAltName", "IP Address", text);
}

static void put_directory_name(sink_t *sink, const mbedtls_x509_buf *san) {
    mbedtls_x509_subject_alternative_name parsed;
    if (mbedtls_x509_parse_subject_alt_name(san, &parsed) == 0) {
        put_dn(sink, "DirName", &parsed.san.directory_name);
        put(sink, "subjectAltName", "DirName", NULL);
        mbedtls_x509_free_subject_alt_name(&parsed);
    }
}

static void put_registered_id(const sink_t *sink, const mbedtls_x509_buf *san) {
    char numeric[NUMERIC_MAX];
    put_numeric(numeric, san);
    put(sink, "subjectAltName", "Registered ID", numeric);
}

// GeneralName (RFC 5280 4.2.1.6).
static void put_name(sink_t *sink, const mbedtls_x509_buf *san) {
    switch (san->tag & MBEDTLS_ASN1_TAG_VALUE_MASK) {
        case MBEDTLS_X509_SAN_RFC822_NAME:
            put_text(sink, "subjectAltName", "email", san, true);
            break;
        case MBEDTLS_X509_SAN_DNS_NAME:
            put_text(sink, "subjectAltName", "DNS", san, true);
            break;
        case MBEDTLS_X509_SAN_UNIFORM_RESOURCE_IDENTIFIER:
            put_text(sink, "subjectAltName", "URI", san, true);
            break;
        case MBEDTLS_X509_SAN_DIRECTORY_NAME:
            put_directory_name(sink, san);
            break;
        case MBEDTLS_X509_SAN_IP_ADDRESS:
            put_address(sink, san);
            break;
        case MBEDTLS_X509_SAN_REGISTERED_ID:
            put_registered_id(sink, san);
            break;
        case MBEDTLS_X509_SAN_OTHER_NAME:
            put(sink, "subjectAltName", "othername", "<unsupported>");
            break;
    }
}

static void put_names(sink_t *sink, const mbedtls_x509_crt *crt) {
    for (const mbedtls_x509_sequence *s = &crt->subject_alt_names; s != NULL && s->buf.p != NULL; s = s->next) {
        put_name(sink, &s->buf);
    }
}

// ---- where to ask: extensions that mbedTLS leaves alone ----

static const char ACCESS[] = "\x2b\x06\x01\x05\x05\x07\x01\x01";
static const char ACCESS_OCSP[] = "\x2b\x06\x01\x05\x05\x07\x30\x01";
static const char ACCESS_CA_ISSUERS[] = "\x2b\x06\x01\x05\x05\x07\x30\x02";
static const char CRL_POINTS[] = "\x55\x1d\x1f";

static void put_uri(sink_t *sink, const char *group, const mbedtls_asn1_buf *name) {
    if (name->tag == USSL_DER_CONTEXT(MBEDTLS_X509_SAN_UNIFORM_RESOURCE_IDENTIFIER)) {
        put_text(sink, group, "", name, true);
    }
}

// AuthorityInfoAccessSyntax (RFC 5280 4.2.2.1): the addresses of this method.
static void put_access(sink_t *sink, const char *group, const char *method, mbedtls_asn1_buf list) {
    mbedtls_asn1_buf one, oid, name;
    while (ussl_mbedtls_next_element(&list, &one)) {
        if (ussl_mbedtls_next_element(&one, &oid) && ussl_mbedtls_next_element(&one, &name) && ussl_mbedtls_is_oid(&oid, method, sizeof(ACCESS) - 1)) {
            put_uri(sink, group, &name);
        }
    }
}

// CRLDistributionPoints (RFC 5280 4.2.1.13): the full names, where they are addresses.
static void put_crls(sink_t *sink, mbedtls_asn1_buf list) {
    mbedtls_asn1_buf point, place, names, name;
    while (ussl_mbedtls_next_element(&list, &point)) {
        if (!ussl_mbedtls_enter(point, USSL_DER_INSIDE(0), &place) || !ussl_mbedtls_enter(place, USSL_DER_INSIDE(0), &names)) {
            continue;
        }
        while (ussl_mbedtls_next_element(&names, &name)) {
            put_uri(sink, "crlDistributionPoints", &name);
        }
    }
}

// The value of an extension, without its wrapping; false when the certificate has none.
static bool find_extension(const mbedtls_x509_crt *crt, const char *oid, size_t oid_len, mbedtls_asn1_buf *out) {
    mbedtls_asn1_buf list, one, id, value;
    if (!ussl_mbedtls_enter(crt->v3_ext, USSL_DER_SEQUENCE, &list)) {
        return false;
    }
    while (ussl_mbedtls_next_element(&list, &one)) {
        if (!ussl_mbedtls_next_element(&one, &id) || !ussl_mbedtls_is_oid(&id, oid, oid_len)) {
            continue;
        }
        while (ussl_mbedtls_next_element(&one, &value)) {
            if (value.tag == MBEDTLS_ASN1_OCTET_STRING) {
                return ussl_mbedtls_enter(value, USSL_DER_SEQUENCE, out);
            }
        }
    }
    return false;
}

static void put_places(sink_t *sink, const mbedtls_x509_crt *crt) {
    mbedtls_asn1_buf list;
    if (find_extension(crt, ACCESS, sizeof(ACCESS) - 1, &list)) {
        put_access(sink, "OCSP", ACCESS_OCSP, list);
        put_access(sink, "caIssuers", ACCESS_CA_ISSUERS, list);
    }
    if (find_extension(crt, CRL_POINTS, sizeof(CRL_POINTS) - 1, &list)) {
        put_crls(sink, list);
    }
}

// A certificate of version 1 cannot say so.
bool ussl_mbedtls_cert_is_ca(ussl_bytes_t der) {
    mbedtls_x509_crt crt;
    ussl_mbedtls_begin();
    mbedtls_x509_crt_init(&crt);
    bool is_ca = mbedtls_x509_crt_parse_der_nocopy(&crt, der.data, der.len) == 0 && (crt.ca_istrue || crt.version < 3);
    mbedtls_x509_crt_free(&crt);
    return is_ca;
}

static void put_all(sink_t *sink, const mbedtls_x509_crt *crt) {
    char version[4];
    put_dn(sink, "subject", &crt->subject);
    put_dn(sink, "issuer", &crt->issuer);
    snprintf(version, sizeof(version), "%d", crt->version);
    put(sink, "version", NULL, version);
    put_serial(sink, &crt->serial);
    put_date(sink, "notBefore", &crt->valid_from);
    put_date(sink, "notAfter", &crt->valid_to);
    put_names(sink, crt);
    put_places(sink, crt);
}

ussl_status_t ussl_mbedtls_describe_cert(ussl_bytes_t der, ussl_cert_field_fn field, void *arg, ussl_error_t *err) {
    mbedtls_x509_crt crt;
    sink_t sink = { field, arg, true };
    ussl_mbedtls_begin();
    mbedtls_x509_crt_init(&crt);
    int ret = mbedtls_x509_crt_parse_der_nocopy(&crt, der.data, der.len);
    if (ret == 0) {
        put_all(&sink, &crt);
    }
    mbedtls_x509_crt_free(&crt);
    return ret == 0 && sink.complete ? USSL_OK : ussl_mbedtls_fail_input(ret, USSL_REASON_CERTIFICATE_PARSE, 0, err);
}
