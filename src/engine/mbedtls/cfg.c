// Configurations: what the connections of a context share.

#include <string.h>

#include "engine/mbedtls/dtls.h"
#include "engine/mbedtls/trust.h"

#include "mbedtls/sha256.h"

#include "core/host.h"
#include "engine/mbedtls/arena.h"

// The longest handshake message but Certificate: a signature of RSA-4096, or a ticket.
#define OTHER_MESSAGES 700

static int set_defaults(ussl_engine_cfg_t *cfg, bool server) {
    int ret = mbedtls_ssl_config_defaults(&cfg->conf, server ? MBEDTLS_SSL_IS_SERVER : MBEDTLS_SSL_IS_CLIENT,
        MBEDTLS_SSL_TRANSPORT_STREAM, MBEDTLS_SSL_PRESET_DEFAULT);
    mbedtls_ssl_conf_rng(&cfg->conf, ussl_mbedtls_random, NULL);
    mbedtls_ssl_conf_authmode(&cfg->conf, MBEDTLS_SSL_VERIFY_NONE);
    mbedtls_ssl_conf_ciphersuites(&cfg->conf, ussl_mbedtls_default_suites);
    mbedtls_ssl_conf_groups(&cfg->conf, ussl_mbedtls_default_groups);
    mbedtls_ssl_conf_session_tickets(&cfg->conf, MBEDTLS_SSL_SESSION_TICKETS_ENABLED);
    ussl_mbedtls_tls13_configure(&cfg->conf);
    mbedtls_ssl_conf_ca_chain(&cfg->conf, &cfg->trust, NULL);
    return ret;
}

ussl_status_t ussl_mbedtls_cfg_new(bool server, ussl_engine_cfg_t **out, ussl_error_t *err) {
    if (server && !USSL_SERVER) {
        return ussl_fail(err, USSL_ERR_CALLER, USSL_REASON_NO_SERVER);
    }
    if (ussl_mbedtls_start(err) != USSL_OK) {
        return USSL_FAILED;
    }
    ussl_engine_cfg_t *cfg = ussl_mbedtls_own_calloc(1, sizeof(*cfg));
    if (cfg == NULL) {
        return ussl_mbedtls_fail(MBEDTLS_ERR_SSL_ALLOC_FAILED, err);
    }
    mbedtls_ssl_config_init(&cfg->conf);
    mbedtls_x509_crt_init(&cfg->trust);
    mbedtls_x509_crt_init(&cfg->chain);
    mbedtls_pk_init(&cfg->key);
    cfg->receive_max = MBEDTLS_SSL_IN_CONTENT_LEN;
    cfg->send_max = USSL_RECORD_OUT;
    cfg->middlebox_compat = true;
    ussl_mbedtls_hold();
    int ret = set_defaults(cfg, server);
    if (ret != 0) {
        ussl_mbedtls_cfg_free(cfg);
        return ussl_mbedtls_fail(ret, err);
    }
    *out = cfg;
    return USSL_OK;
}

void ussl_mbedtls_cfg_free(ussl_engine_cfg_t *cfg) {
    if (cfg == NULL) {
        return;
    }
    #if USSL_TRUST_STORE
    ussl_mbedtls_cfg_clear_roots(cfg);
    #endif
    #if USSL_CRL
    ussl_mbedtls_crls_free(cfg);
    #endif
    #if USSL_DTLS
    ussl_mbedtls_dtls_cfg_free(cfg);
    #endif
    ussl_mbedtls_free((void *)cfg->pins.data);
    ussl_mbedtls_resumption_free(cfg);
    ussl_mbedtls_cfg_set_max_early_data(cfg, 0, &(ussl_error_t) { 0 }); // which cannot fail
    mbedtls_ssl_config_free(&cfg->conf);
    mbedtls_pk_free(&cfg->key);
    mbedtls_x509_crt_free(&cfg->chain);
    mbedtls_x509_crt_free(&cfg->trust);
    ussl_mbedtls_free(cfg);
    ussl_mbedtls_release();
}

const ussl_engine_cfg_t *ussl_mbedtls_cfg_of(const mbedtls_ssl_context *ssl) {
    return ((const ussl_engine_conn_t *)(const void *)ssl)->cfg; // whose first member it is
}

void ussl_mbedtls_cfg_set_options(ussl_engine_cfg_t *cfg, uint32_t options) {
    cfg->middlebox_compat = options & USSL_OP_ENABLE_MIDDLEBOX_COMPAT;
    ussl_mbedtls_tls13_allow_psk_alone(&cfg->conf, options & USSL_OP_ALLOW_NO_DHE_KEX);
}

void ussl_mbedtls_cfg_set_versions(ussl_engine_cfg_t *cfg, uint16_t min, uint16_t max) {
    mbedtls_ssl_conf_min_tls_version(&cfg->conf, (mbedtls_ssl_protocol_version)min);
    mbedtls_ssl_conf_max_tls_version(&cfg->conf, (mbedtls_ssl_protocol_version)max);
}

// mbedTLS's OPTIONAL means "look, do not judge"; ours is for servers and means "none
// is allowed, a bad one is not". REQUIRED would refuse none, so the judging of an
// OPTIONAL certificate is conn.c's.
void ussl_mbedtls_cfg_set_verify(ussl_engine_cfg_t *cfg, ussl_verify_mode_t mode) {
    bool server = mbedtls_ssl_conf_get_endpoint(&cfg->conf) == MBEDTLS_SSL_IS_SERVER;
    int theirs = mode == USSL_VERIFY_NONE ? MBEDTLS_SSL_VERIFY_NONE
        : mode == USSL_VERIFY_OPTIONAL && server ? MBEDTLS_SSL_VERIFY_OPTIONAL : MBEDTLS_SSL_VERIFY_REQUIRED;
    mbedtls_ssl_conf_authmode(&cfg->conf, theirs);
}

void ussl_mbedtls_cfg_set_common_name(ussl_engine_cfg_t *cfg, bool counts) {
    cfg->no_common_name = !counts;
    ussl_mbedtls_resumption_trust_changed(cfg);
}

void ussl_mbedtls_cfg_set_checks(ussl_engine_cfg_t *cfg, uint32_t checks) {
    cfg->checks = checks;
    ussl_mbedtls_resumption_trust_changed(cfg);
}

static bool is_listed(const ussl_engine_cfg_t *cfg, const mbedtls_x509_crt *crt) {
    const mbedtls_x509_crt *one = &cfg->trust;
    while (one != NULL && (one->raw.len != crt->raw.len || memcmp(one->raw.p, crt->raw.p, crt->raw.len) != 0)) {
        one = one->next;
    }
    return one != NULL;
}

bool ussl_mbedtls_trusts(const ussl_engine_cfg_t *cfg, const mbedtls_x509_crt *crt) {
    #if USSL_TRUST_STORE
    return is_listed(cfg, crt) || ussl_mbedtls_is_root(cfg, crt);
    #else
    return is_listed(cfg, crt);
    #endif
}

// Moves one certificate into the list of those that are trusted, unless it is there.
static void adopt(ussl_engine_cfg_t *cfg, mbedtls_x509_crt *one) {
    mbedtls_x509_crt *last = &cfg->trust;
    if (is_listed(cfg, one)) {
        mbedtls_x509_crt_free(one);
        ussl_mbedtls_free(one);
    } else if (last->version == 0) {
        *last = *one;
        ussl_mbedtls_free(one);
    } else {
        while (last->next != NULL) {
            last = last->next;
        }
        last->next = one;
    }
}

static void adopt_all(ussl_engine_cfg_t *cfg, mbedtls_x509_crt *list) {
    while (list != NULL) {
        mbedtls_x509_crt *next = list->next;
        list->next = NULL;
        adopt(cfg, list);
        list = next;
    }
}

static void drop_list(mbedtls_x509_crt *list) {
    mbedtls_x509_crt_free(list);
    ussl_mbedtls_free(list);
}

// Where there are revocation lists there need not be certificates.
static ussl_status_t parse_trust(ussl_engine_cfg_t *cfg, mbedtls_x509_crt *list, ussl_bytes_t data, ussl_error_t *err) {
    #if USSL_CRL
    mbedtls_x509_crl *crls;
    if (ussl_mbedtls_crls_parse(data, &crls, err) != USSL_OK) {
        return USSL_FAILED;
    }
    ussl_status_t st = ussl_mbedtls_parse_certs(list, data, err);
    if (crls != NULL && st != USSL_OK && err->reason == USSL_REASON_NO_CERTIFICATE_IN_DATA) {
        st = USSL_OK;
    }
    if (crls != NULL && st == USSL_OK) {
        ussl_mbedtls_crls_add(cfg, crls);
    } else if (crls != NULL) {
        mbedtls_x509_crl_free(crls);
        ussl_mbedtls_free(crls);
    }
    return st;
    #else
    (void)cfg;
    return ussl_mbedtls_parse_certs(list, data, err);
    #endif
}

ussl_status_t ussl_mbedtls_cfg_add_trust(ussl_engine_cfg_t *cfg, ussl_bytes_t data, ussl_error_t *err) {
    ussl_mbedtls_begin();
    mbedtls_x509_crt *list = ussl_mbedtls_own_calloc(1, sizeof(*list));
    if (list == NULL) {
        return ussl_mbedtls_fail(MBEDTLS_ERR_X509_ALLOC_FAILED, err);
    }
    mbedtls_x509_crt_init(list);
    if (parse_trust(cfg, list, data, err) != USSL_OK) {
        drop_list(list);
        return USSL_FAILED;
    }
    if (list->version != 0) {
        adopt_all(cfg, list);
    } else {
        drop_list(list);
    }
    ussl_mbedtls_resumption_trust_changed(cfg);
    return USSL_OK;
}

ussl_bytes_t ussl_mbedtls_cfg_trust(const ussl_engine_cfg_t *cfg, size_t index) {
    const mbedtls_x509_crt *crt = cfg->trust.version == 0 ? NULL : &cfg->trust;
    for (; crt != NULL && index > 0; index--) {
        crt = crt->next;
    }
    if (crt != NULL) {
        return (ussl_bytes_t) { crt->raw.p, crt->raw.len };
    }
    #if USSL_TRUST_STORE
    return ussl_mbedtls_root(cfg, index);
    #else
    return (ussl_bytes_t) { NULL, 0 };
    #endif
}

int ussl_mbedtls_check_pair(mbedtls_x509_crt *crt, mbedtls_pk_context *pk) {
    bool before = ussl_mbedtls_arena_switch(true);
    int ret = mbedtls_pk_check_pair(&crt->pk, pk, ussl_mbedtls_random, NULL);
    ussl_mbedtls_arena_switch(before);
    ussl_mbedtls_arena_trim();
    return ret;
}

#if USSL_SIGN_CALLBACK

// A signer may have the key to itself, or know it by another that is none.
static ussl_status_t parse_signers_key(mbedtls_x509_crt *crt, mbedtls_pk_context *pk, ussl_bytes_t key,
    ussl_bytes_t password, bool separate, ussl_error_t *err) {
    ussl_status_t st = ussl_mbedtls_parse_key(pk, key, password, err);
    if (st != USSL_OK && !separate && err->cls != USSL_ERR_MEMORY && mbedtls_pk_get_type(&crt->pk) == MBEDTLS_PK_ECKEY) {
        int ret = ussl_mbedtls_signer_key(pk, crt);
        return ret == 0 && !ussl_mbedtls_no_memory() ? USSL_OK : ussl_mbedtls_fail(ret, err);
    }
    if (st == USSL_OK && !ussl_mbedtls_signer_fits(pk, crt)) {
        int ret = ussl_mbedtls_check_pair(crt, pk); // RSA
        st = ret == 0 && !ussl_mbedtls_no_memory() ? USSL_OK : ussl_mbedtls_fail_input(ret, USSL_REASON_KEY_MISMATCH, 0, err);
    }
    return st;
}

#endif

static ussl_status_t parse_identity(const ussl_engine_cfg_t *cfg, mbedtls_x509_crt *crt, mbedtls_pk_context *pk,
    ussl_bytes_t chain, ussl_bytes_t key, ussl_bytes_t password, ussl_error_t *err) {
    #if USSL_PKCS12
    if (ussl_mbedtls_is_pkcs12(chain)) {
        return ussl_mbedtls_parse_pkcs12(crt, pk, chain, password, err);
    }
    #endif
    if (ussl_mbedtls_parse_certs(crt, chain, err) != USSL_OK) {
        return USSL_FAILED;
    }
    #if USSL_SIGN_CALLBACK
    if (cfg->sign != NULL) {
        return parse_signers_key(crt, pk, key, password, key.data != chain.data, err);
    }
    #else
    (void)cfg;
    #endif
    if (ussl_mbedtls_parse_key(pk, key, password, err) != USSL_OK) {
        return USSL_FAILED;
    }
    int ret = ussl_mbedtls_check_pair(crt, pk);
    #if USSL_SIGN_CALLBACK
    ret = ussl_mbedtls_signer_is_reference(pk) && ussl_mbedtls_signer_fits(pk, crt) ? 0 : ret; // the signer is still to come
    #endif
    return ret == 0 && !ussl_mbedtls_no_memory() ? USSL_OK : ussl_mbedtls_fail_input(ret, USSL_REASON_KEY_MISMATCH, 0, err);
}

// mbedTLS's list of identities gets its one entry before anything is replaced, so that
// no failure can come after. It points to cfg's own chain and key, whatever they hold.
static ussl_status_t list_identity(ussl_engine_cfg_t *cfg, ussl_error_t *err) {
    if (cfg->conf.key_cert != NULL) {
        return USSL_OK;
    }
    int ret = mbedtls_ssl_conf_own_cert(&cfg->conf, &cfg->chain, &cfg->key);
    if (ret == 0 && !ussl_mbedtls_no_memory()) {
        return USSL_OK;
    }
    mbedtls_ssl_conf_own_cert(&cfg->conf, NULL, NULL);
    return ussl_mbedtls_fail(ret, err);
}

ussl_status_t ussl_mbedtls_cfg_set_identity(ussl_engine_cfg_t *cfg, ussl_bytes_t chain, ussl_bytes_t key,
    ussl_bytes_t password, ussl_error_t *err) {
    mbedtls_x509_crt crt;
    mbedtls_pk_context pk;
    mbedtls_x509_crt_init(&crt);
    mbedtls_pk_init(&pk);
    ussl_mbedtls_begin();
    if (parse_identity(cfg, &crt, &pk, chain, key, password, err) != USSL_OK || list_identity(cfg, err) != USSL_OK) {
        mbedtls_x509_crt_free(&crt);
        mbedtls_pk_free(&pk);
        return USSL_FAILED;
    }
    mbedtls_x509_crt_free(&cfg->chain);
    mbedtls_pk_free(&cfg->key);
    cfg->chain = crt;
    cfg->key = pk;
    #if USSL_SIGN_CALLBACK
    ussl_mbedtls_signer_use(cfg);
    #endif
    return USSL_OK;
}

ussl_status_t ussl_mbedtls_cfg_set_alpn(ussl_engine_cfg_t *cfg, const char **protocols, ussl_error_t *err) {
    if (protocols == NULL) {
        cfg->conf.alpn_list = NULL; // private: the public call refuses to offer none
        return USSL_OK;
    }
    ussl_mbedtls_begin();
    int ret = mbedtls_ssl_conf_alpn_protocols(&cfg->conf, protocols);
    return ret == 0 ? USSL_OK : ussl_mbedtls_fail(ret, err);
}

// ---- sizes of records ----

void ussl_mbedtls_cfg_set_record_sizes(ussl_engine_cfg_t *cfg, size_t receive, size_t send) {
    cfg->receive_max = receive;
    cfg->send_max = send;
}

// A server's request for certificates names all it trusts, which makes it long as well.
size_t ussl_mbedtls_cfg_longest_message(const ussl_engine_cfg_t *cfg) {
    size_t certificates = 16;
    for (const mbedtls_x509_crt *crt = &cfg->chain; crt != NULL && crt->version != 0; crt = crt->next) {
        certificates += crt->raw.len + 5;
    }
    bool asks = mbedtls_ssl_conf_get_endpoint(&cfg->conf) == MBEDTLS_SSL_IS_SERVER
        && cfg->conf.authmode != MBEDTLS_SSL_VERIFY_NONE;
    return asks ? MBEDTLS_SSL_IN_CONTENT_LEN : certificates > OTHER_MESSAGES ? certificates : OTHER_MESSAGES;
}

static unsigned char fragment_code(size_t len) {
    return len >= MBEDTLS_SSL_IN_CONTENT_LEN ? MBEDTLS_SSL_MAX_FRAG_LEN_NONE
           : len >= 4096 ? MBEDTLS_SSL_MAX_FRAG_LEN_4096
           : len >= 2048 ? MBEDTLS_SSL_MAX_FRAG_LEN_2048
           : len >= 1024 ? MBEDTLS_SSL_MAX_FRAG_LEN_1024 : MBEDTLS_SSL_MAX_FRAG_LEN_512;
}

// A maximum fragment length (RFC 6066 4) binds both ends, so a client must not ask for
// less than its own certificates take. In DTLS mbedTLS would have no room for longer
// records any more, also where the server has not agreed.
static bool may_ask_for(const ussl_engine_cfg_t *cfg, unsigned char code) {
    bool shows_certificate = cfg->conf.key_cert != NULL;
    if (ussl_mbedtls_is_datagram(&cfg->conf)) {
        return false;
    }
    return !shows_certificate || ussl_mbedtls_cfg_longest_message(cfg) <= (size_t)256 << code;
}

static void ask_for_fragments(ussl_engine_cfg_t *cfg) {
    if (mbedtls_ssl_conf_get_endpoint(&cfg->conf) == MBEDTLS_SSL_IS_CLIENT) {
        unsigned char code = fragment_code(cfg->receive_max);
        mbedtls_ssl_conf_max_frag_len(&cfg->conf, may_ask_for(cfg, code) ? code : MBEDTLS_SSL_MAX_FRAG_LEN_NONE);
    }
}

ussl_status_t ussl_mbedtls_cfg_ready(ussl_engine_cfg_t *cfg, ussl_error_t *err) {
    ask_for_fragments(cfg);
    #if USSL_SIGN_CALLBACK
    if (cfg->sign == NULL && ussl_mbedtls_signer_is_reference(&cfg->key)) {
        return ussl_mbedtls_fail_input(0, USSL_REASON_KEY_MISMATCH, 0, err);
    }
    #endif
    return ussl_mbedtls_resumption_ready(cfg, err);
}

ussl_status_t ussl_mbedtls_sha256(ussl_bytes_t data, uint8_t out[32], ussl_error_t *err) {
    ussl_mbedtls_begin();
    int ret = mbedtls_sha256(data.data, data.len, out, 0);
    return ret == 0 ? USSL_OK : ussl_mbedtls_fail(ret, err);
}

// 256-bit numbers.
void ussl_mbedtls_add_digest(uint8_t sum[32], const uint8_t part[32]) {
    unsigned carry = 0;
    for (unsigned i = 32; i-- > 0;) {
        carry += (unsigned)sum[i] + part[i];
        sum[i] = (uint8_t)carry;
        carry >>= 8;
    }
}

// What verification rests on, each kind for itself: a certificate that is pinned is not one that
// is trusted. Bytes only, so that there is nothing between them.
typedef struct basis {
    uint8_t anchors[32]; // sums of digests
    uint8_t crls[32];
    uint8_t pins[32];
    uint8_t checks[4];
    uint8_t no_common_name;
} basis_t;

static ussl_status_t add_anchors(ussl_engine_cfg_t *cfg, uint8_t sum[32], ussl_error_t *err) {
    uint8_t one[32];
    for (const mbedtls_x509_crt *crt = &cfg->trust; crt != NULL && crt->version != 0; crt = crt->next) {
        if (ussl_mbedtls_sha256((ussl_bytes_t) { crt->raw.p, crt->raw.len }, one, err) != USSL_OK) {
            return USSL_FAILED;
        }
        ussl_mbedtls_add_digest(sum, one);
    }
    #if USSL_TRUST_STORE
    return ussl_mbedtls_roots_digest(cfg, sum, err);
    #else
    return USSL_OK;
    #endif
}

ussl_status_t ussl_mbedtls_cfg_trust_digest(ussl_engine_cfg_t *cfg, uint8_t out[32], ussl_error_t *err) {
    basis_t basis = { .no_common_name = cfg->no_common_name };
    if (add_anchors(cfg, basis.anchors, err) != USSL_OK) {
        return USSL_FAILED;
    }
    #if USSL_CRL
    if (ussl_mbedtls_crls_digest(cfg, basis.crls, err) != USSL_OK) {
        return USSL_FAILED;
    }
    #endif
    for (size_t at = 0; at < cfg->pins.len; at += USSL_PIN_SIZE) {
        ussl_mbedtls_add_digest(basis.pins, cfg->pins.data + at);
    }
    MBEDTLS_PUT_UINT32_BE(cfg->checks, basis.checks, 0);
    return ussl_mbedtls_sha256((ussl_bytes_t) { (const uint8_t *)&basis, sizeof(basis) }, out, err);
}
