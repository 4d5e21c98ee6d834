// What is wrong with the peer's certificates, kept until someone asks.

#include <stdio.h>
#include <string.h>

#include "engine/mbedtls/internal.h"

#include "mbedtls/oid.h"

#include "core/host.h"

// False, and nothing written, where there is none.
static bool put_common_name(char out[USSL_NAME_MAX], const mbedtls_x509_name *name) {
    for (const mbedtls_x509_name *n = name; n != NULL; n = n->next) {
        if (MBEDTLS_OID_CMP(MBEDTLS_OID_AT_CN, &n->oid) == 0 && n->val.len > 0) {
            ussl_mbedtls_text(out, USSL_NAME_MAX, &n->val);
            return true;
        }
    }
    return false;
}

// A name for people: the common name, else the whole distinguished name.
static void put_name(char out[USSL_NAME_MAX], const mbedtls_x509_name *name) {
    if (!put_common_name(out, name) && mbedtls_x509_dn_gets(out, USSL_NAME_MAX, name) < 0) {
        out[0] = '\0';
    }
}

static void put_date(char out[12], const mbedtls_x509_time *t) {
    snprintf(out, 12, "%04u-%02u-%02u", (unsigned)t->year % 10000, (unsigned)t->mon % 100, (unsigned)t->day % 100);
}

static int print_address(char *out, size_t size, const mbedtls_x509_buf *ip) {
    const unsigned char *p = ip->p;
    if (ip->len == 4) {
        return snprintf(out, size, "%d.%d.%d.%d", p[0], p[1], p[2], p[3]);
    }
    int len = 0;
    for (size_t i = 0; i + 1 < ip->len && len >= 0 && (size_t)len < size; i += 2) {
        len += snprintf(out + len, size - (size_t)len, "%s%x", i == 0 ? "" : ":", p[i] << 8 | p[i + 1]);
    }
    return len;
}

// Lists the names a certificate is for; what does not fit is left out whole.
static void put_names(char out[USSL_NAME_MAX], const mbedtls_x509_crt *crt) {
    size_t used = 0;
    for (const mbedtls_x509_sequence *s = &crt->subject_alt_names; s != NULL && s->buf.p != NULL; s = s->next) {
        char one[USSL_NAME_MAX];
        int type = s->buf.tag & MBEDTLS_ASN1_TAG_VALUE_MASK;
        int len = type == MBEDTLS_X509_SAN_DNS_NAME ? (int)ussl_mbedtls_text(one, sizeof(one), &s->buf)
            : type == MBEDTLS_X509_SAN_IP_ADDRESS ? print_address(one, sizeof(one), &s->buf) : 0;
        if (len > 0 && s->buf.len < sizeof(one) && used + 2 + (size_t)len < USSL_NAME_MAX) {
            used += (size_t)snprintf(out + used, USSL_NAME_MAX - used, "%s%s", used == 0 ? "" : ", ", one);
        }
    }
}

static bool same_bytes(const mbedtls_x509_buf *a, const mbedtls_x509_buf *b) {
    return a->len == b->len && (a->len == 0 || memcmp(a->p, b->p, a->len) == 0);
}

// Its own issuer by name, and by the keys' identifiers where it has both.
static bool is_self_signed(const mbedtls_x509_crt *crt) {
    const mbedtls_x509_buf *own = &crt->subject_key_id;
    const mbedtls_x509_buf *signer = &crt->authority_key_id.keyIdentifier;
    return same_bytes(&crt->subject_raw, &crt->issuer_raw)
           && (own->len == 0 || signer->len == 0 || same_bytes(own, signer));
}

// The common name stands for a host where there are no alternative names at all, as mbedTLS
// sees it too, unless the user wants none of it (RFC 9525 6.3).
static bool counts_common_name(const ussl_engine_conn_t *conn, const mbedtls_x509_crt *crt) {
    return !conn->cfg->no_common_name && !(crt->ext_types & MBEDTLS_X509_EXT_SUBJECT_ALT_NAME);
}

static void describe(const ussl_engine_conn_t *conn, const mbedtls_x509_crt *crt, int depth, uint32_t flags) {
    ussl_verify_t *v = conn->verify;
    v->flags = ussl_mbedtls_verify_flags(flags);
    if ((v->flags & USSL_VERIFY_UNKNOWN_ISSUER) && is_self_signed(crt)) {
        v->flags |= USSL_VERIFY_SELF_SIGNED;
    }
    v->depth = (uint8_t)depth;
    put_name(v->subject, &crt->subject);
    put_name(v->issuer, &crt->issuer);
    put_names(v->names, crt);
    if (counts_common_name(conn, crt) && conn->verify_name != NULL && !ussl_mbedtls_is_address(conn->verify_name)) {
        put_common_name(v->names, &crt->subject);
    }
    put_date(v->not_before, &crt->valid_from);
    put_date(v->not_after, &crt->valid_to);
}

// What the peer's own certificate does not allow. mbedTLS checks this too, but only
// after it has shown the chain, and reports it as a protocol error.
static uint32_t usage_flags(const ussl_engine_conn_t *conn, const mbedtls_x509_crt *crt) {
    bool client = mbedtls_ssl_conf_get_endpoint(conn->ssl.conf) == MBEDTLS_SSL_IS_CLIENT;
    const char *purpose = client ? MBEDTLS_OID_SERVER_AUTH : MBEDTLS_OID_CLIENT_AUTH;
    size_t len = client ? MBEDTLS_OID_SIZE(MBEDTLS_OID_SERVER_AUTH) : MBEDTLS_OID_SIZE(MBEDTLS_OID_CLIENT_AUTH);
    return (mbedtls_x509_crt_check_key_usage(crt, MBEDTLS_X509_KU_DIGITAL_SIGNATURE) == 0 ? 0 : MBEDTLS_X509_BADCERT_KEY_USAGE)
           | (mbedtls_x509_crt_check_extended_key_usage(crt, purpose, len) == 0 ? 0 : MBEDTLS_X509_BADCERT_EXT_KEY_USAGE);
}

bool ussl_mbedtls_is_address(const char *name) {
    uint8_t address[16];
    return mbedtls_x509_crt_parse_cn_inet_pton(name, address) != 0;
}

// The certificate has an alternative name of this type, equal to value unless that is NULL.
static bool has_name(const mbedtls_x509_crt *crt, int type, const uint8_t *value, size_t len) {
    for (const mbedtls_x509_sequence *s = &crt->subject_alt_names; s != NULL && s->buf.p != NULL; s = s->next) {
        bool same = value == NULL || (s->buf.len == len && memcmp(s->buf.p, value, len) == 0);
        if ((s->buf.tag & MBEDTLS_ASN1_TAG_VALUE_MASK) == type && same) {
            return true;
        }
    }
    return false;
}

// What mbedTLS would still let pass: an address is to be found among the addresses (RFC
// 9525 6.5), and a common name may not count.
static bool misses_name(const ussl_engine_conn_t *conn, const mbedtls_x509_crt *crt) {
    uint8_t address[16];
    size_t len = mbedtls_x509_crt_parse_cn_inet_pton(conn->verify_name, address);
    return len == 0 ? !counts_common_name(conn, crt) && !has_name(crt, MBEDTLS_X509_SAN_DNS_NAME, NULL, 0)
           : !has_name(crt, MBEDTLS_X509_SAN_IP_ADDRESS, address, len);
}

void ussl_mbedtls_set_judge(ussl_engine_conn_t *conn, const ussl_judge_t *judge) {
    conn->judge = *judge;
}

static uint32_t judged(ussl_engine_conn_t *conn, const mbedtls_x509_crt *crt, int depth, uint32_t flags) {
    if (conn->judge.accepts == NULL || conn->refused) {
        return flags;
    }
    ussl_mbedtls_pause_t before = ussl_mbedtls_pause();
    conn->refused = !conn->judge.accepts(conn->judge.arg, (ussl_bytes_t) { crt->raw.p, crt->raw.len }, depth);
    ussl_mbedtls_resume(before);
    return conn->refused ? flags | MBEDTLS_X509_BADCERT_OTHER : conn->judge.alone ? 0 : flags;
}

// mbedTLS shows each certificate of the chain, the root's end first.
static int on_certificate(void *arg, mbedtls_x509_crt *crt, int depth, uint32_t *flags) {
    ussl_engine_conn_t *conn = arg;
    if (depth == 0 && conn->verify_name != NULL && misses_name(conn, crt)) {
        *flags |= MBEDTLS_X509_BADCERT_CN_MISMATCH;
    }
    if (depth == 0) {
        *flags |= usage_flags(conn, crt);
    }
    *flags = judged(conn, crt, depth, *flags);
    if (*flags == 0 || conn->verify != NULL) {
        return 0;
    }
    conn->verify = ussl_mbedtls_own_calloc(1, sizeof(*conn->verify));
    if (conn->verify == NULL) {
        return MBEDTLS_ERR_X509_ALLOC_FAILED;
    }
    describe(conn, crt, depth, *flags);
    return 0;
}

void ussl_mbedtls_watch_verification(ussl_engine_conn_t *conn) {
    mbedtls_ssl_set_verify(&conn->ssl, on_certificate, conn);
}

const ussl_verify_t *ussl_mbedtls_verify_detail(const ussl_engine_conn_t *conn) {
    static const ussl_verify_t missing = { .flags = USSL_VERIFY_MISSING };
    return conn->verify != NULL ? conn->verify : &missing;
}
