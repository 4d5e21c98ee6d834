// What is wrong with the peer's certificates, kept until someone asks.

#include <stdio.h>
#include <string.h>

#include "engine/mbedtls/trust.h"

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

static bool counts_common_name(const ussl_engine_conn_t *conn, const mbedtls_x509_crt *crt) {
    return conn->hs->verify_name != NULL && !conn->cfg->no_common_name && !ussl_mbedtls_has_dns_name(crt);
}

static void describe(const ussl_engine_conn_t *conn, const mbedtls_x509_crt *crt, int depth, uint32_t flags) {
    ussl_verify_t *v = conn->hs->verify;
    v->flags = ussl_mbedtls_verify_flags(flags);
    if (conn->hs->refused) { // which mbedTLS tells the peer as it does a missing pin
        v->flags = (v->flags & ~(uint32_t)USSL_VERIFY_NOT_PINNED) | USSL_VERIFY_OTHER;
    }
    if ((v->flags & USSL_VERIFY_UNKNOWN_ISSUER) && is_self_signed(crt)) {
        v->flags |= USSL_VERIFY_SELF_SIGNED;
    }
    v->depth = (uint8_t)depth;
    put_name(v->subject, &crt->subject);
    put_name(v->issuer, &crt->issuer);
    put_names(v->names, crt);
    if (counts_common_name(conn, crt) && !ussl_mbedtls_is_address(conn->hs->verify_name)) {
        put_common_name(v->names, &crt->subject);
    }
    put_date(v->not_before, &crt->valid_from);
    put_date(v->not_after, &crt->valid_to);
}

// A CA that is for something else, such as mail, must not let servers in either, which mbedTLS
// does not look at.
static uint32_t purpose_flags(const ussl_engine_conn_t *conn, const mbedtls_x509_crt *crt) {
    bool client = mbedtls_ssl_conf_get_endpoint(conn->ssl.conf) == MBEDTLS_SSL_IS_CLIENT;
    const char *purpose = client ? MBEDTLS_OID_SERVER_AUTH : MBEDTLS_OID_CLIENT_AUTH;
    size_t len = client ? MBEDTLS_OID_SIZE(MBEDTLS_OID_SERVER_AUTH) : MBEDTLS_OID_SIZE(MBEDTLS_OID_CLIENT_AUTH);
    return mbedtls_x509_crt_check_extended_key_usage(crt, purpose, len) == 0 ? 0 : MBEDTLS_X509_BADCERT_EXT_KEY_USAGE;
}

// What the peer's own certificate does not allow. mbedTLS checks this too, but only
// after it has shown the chain, and reports it as a protocol error.
static uint32_t usage_flags(const mbedtls_x509_crt *crt) {
    return mbedtls_x509_crt_check_key_usage(crt, MBEDTLS_X509_KU_DIGITAL_SIGNATURE) == 0 ? 0 : MBEDTLS_X509_BADCERT_KEY_USAGE;
}

// mbedTLS takes a common name for an address, compares URIs as well, and lets a wildcard
// stand right under the top level: its own finding is put aside.
static uint32_t name_flags(const ussl_engine_conn_t *conn, const mbedtls_x509_crt *crt, uint32_t flags) {
    flags &= ~(uint32_t)MBEDTLS_X509_BADCERT_CN_MISMATCH;
    bool fits = ussl_mbedtls_is_for(crt, conn->hs->verify_name, !conn->cfg->no_common_name);
    return fits ? flags : flags | MBEDTLS_X509_BADCERT_CN_MISMATCH;
}

// Where roots are looked up, mbedTLS no longer takes the peer's own certificate for trusted
// because it is among those that are.
static uint32_t trust_flags(const ussl_engine_conn_t *conn, const mbedtls_x509_crt *crt, uint32_t flags) {
    return ussl_mbedtls_trusts(conn->cfg, crt) ? flags & ~(uint32_t)MBEDTLS_X509_BADCERT_NOT_TRUSTED : flags;
}

static uint32_t date_flags(const ussl_engine_cfg_t *cfg, uint32_t flags) {
    const uint32_t dates = MBEDTLS_X509_BADCERT_EXPIRED | MBEDTLS_X509_BADCERT_FUTURE | MBEDTLS_X509_BADCRL_EXPIRED
        | MBEDTLS_X509_BADCRL_FUTURE;
    bool ignored = (cfg->checks & USSL_CHECK_NO_TIME)
        || ((cfg->checks & USSL_CHECK_TIME_IF_SET) && !ussl_clock_is_set());
    return ignored ? flags & ~dates : flags;
}

// The peer's own certificate.
static uint32_t own_flags(const ussl_engine_conn_t *conn, const mbedtls_x509_crt *crt, uint32_t flags) {
    flags = trust_flags(conn, crt, flags) | usage_flags(crt);
    return conn->hs->verify_name == NULL ? flags : name_flags(conn, crt, flags);
}

void ussl_mbedtls_set_judge(ussl_engine_conn_t *conn, const ussl_judge_t *judge) {
    conn->hs->judge = *judge;
    conn->judged = judge->accepts != NULL;
}

static uint32_t judged(ussl_engine_conn_t *conn, const mbedtls_x509_crt *crt, int depth, uint32_t flags) {
    if (conn->hs->judge.accepts == NULL || conn->hs->refused) {
        return flags;
    }
    ussl_mbedtls_pause_t before = ussl_mbedtls_pause();
    conn->hs->refused = !conn->hs->judge.accepts(conn->hs->judge.arg, (ussl_bytes_t) { crt->raw.p, crt->raw.len }, depth);
    ussl_mbedtls_resume(before);
    ussl_mbedtls_running(conn);
    return conn->hs->refused ? flags | MBEDTLS_X509_BADCERT_OTHER : conn->hs->judge.alone ? 0 : flags;
}

// mbedTLS shows each certificate of the chain, the root's end first.
static int on_certificate(void *arg, mbedtls_x509_crt *crt, int depth, uint32_t *flags) {
    ussl_engine_conn_t *conn = arg;
    bool is_signed = (*flags & MBEDTLS_X509_BADCERT_NOT_TRUSTED) == 0;
    ussl_mbedtls_chain_note_verified(conn, crt);
    #if USSL_CRL
    *flags |= ussl_mbedtls_revocation_flags(conn, crt, depth);
    #endif
    *flags |= purpose_flags(conn, crt);
    *flags = date_flags(conn->cfg, depth == 0 ? own_flags(conn, crt, *flags) : *flags);
    *flags = judged(conn, crt, depth, *flags);
    *flags = ussl_mbedtls_pin_flags(conn, crt, depth, is_signed, *flags); // which no callback overrules
    if (*flags == 0 || conn->hs->verify != NULL) {
        return 0;
    }
    conn->hs->verify = ussl_mbedtls_own_calloc(1, sizeof(*conn->hs->verify));
    if (conn->hs->verify == NULL) {
        return MBEDTLS_ERR_X509_ALLOC_FAILED;
    }
    describe(conn, crt, depth, *flags);
    return 0;
}

void ussl_mbedtls_watch_verification(ussl_engine_conn_t *conn) {
    mbedtls_ssl_set_verify(&conn->ssl, on_certificate, conn);
}

// Of a chain of more than MBEDTLS_X509_MAX_INTERMEDIATE_CA intermediates mbedTLS shows nothing, and
// says that all is wrong with it.
static bool is_too_long(const mbedtls_ssl_session *session) {
    return session != NULL && session->verify_result == UINT32_MAX;
}

void ussl_mbedtls_verify_detail(const ussl_engine_conn_t *conn, ussl_verify_t *out) {
    if (conn->hs->verify != NULL) {
        *out = *conn->hs->verify;
    } else {
        out->flags = is_too_long(conn->ssl.session_negotiate) ? USSL_VERIFY_TOO_LONG : USSL_VERIFY_MISSING;
    }
}
