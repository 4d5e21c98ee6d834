// A function of the user's that signs in the place of the private key, which may be in a
// secure element and nowhere else. mbedTLS signs with whatever a key's methods (pk_info) do:
// a configuration's key on an elliptic curve gets them all from mbedTLS's own, but for one.

#include "engine/mbedtls/internal.h"

#if USSL_SIGN_CALLBACK

#include <string.h>

#include "pk_wrap.h"

#include "core/host.h"

// mbedTLS hands a key over by its address: a configuration's is in it.
static ussl_engine_cfg_t *cfg_of(mbedtls_pk_context *pk) {
    return (ussl_engine_cfg_t *)(void *)((uint8_t *)pk - offsetof(ussl_engine_cfg_t, key));
}

static int ask(ussl_engine_conn_t *conn, const mbedtls_mpi *d, ussl_bytes_t hash, uint8_t *signature, size_t size) {
    uint8_t key[MBEDTLS_ECP_MAX_BYTES];
    size_t len = mbedtls_mpi_size(d);
    if (len > sizeof(key) || mbedtls_mpi_write_binary(d, key, len) != 0) {
        return -1;
    }
    ussl_mbedtls_pause_t before = ussl_mbedtls_pause();
    int ret = conn->cfg->sign(conn->io.arg, (ussl_bytes_t) { key, len }, hash, signature, size);
    ussl_mbedtls_resume(before);
    ussl_mbedtls_running(conn);
    ussl_wipe(key, sizeof(key));
    return ret;
}

// What is no signature of the certificate's key would be told by the peer, in its words. And
// in TLS 1.3 mbedTLS goes through all algorithms until one works: the first failure counts.
static int sign(mbedtls_pk_context *pk, mbedtls_md_type_t md, const unsigned char *hash, size_t hash_len,
    unsigned char *signature, size_t size, size_t *len, int (*random)(void *, unsigned char *, size_t), void *arg) {
    ussl_engine_cfg_t *cfg = cfg_of(pk);
    ussl_engine_conn_t *conn = cfg->running;
    int n = conn->hs->not_signed ? -1 : ask(conn, &mbedtls_pk_ec_ro(*pk)->d, (ussl_bytes_t) { hash, hash_len }, signature, size);
    *len = n > 0 ? (size_t)n : 0;
    int ret = n < 0 ? USSL_MBEDTLS_NOT_SIGNED : n > 0 ? 0
        : mbedtls_eckey_info.sign_func(pk, md, hash, hash_len, signature, size, len, random, arg);
    ret = ret == 0 ? mbedtls_pk_verify(&cfg->chain.pk, md, hash, hash_len, signature, *len) : ret;
    conn->hs->not_signed |= ret != 0;
    return ret;
}

void ussl_mbedtls_signer_running(ussl_engine_conn_t *conn) {
    conn->cfg->running = conn;
}

int ussl_mbedtls_signer_failed(ussl_engine_conn_t *conn, int ret) {
    if (!conn->hs->not_signed) {
        return ret;
    }
    if (conn->ssl.tls_version == MBEDTLS_SSL_VERSION_TLS1_2) { // mbedTLS says nothing
        mbedtls_ssl_send_alert_message(&conn->ssl, MBEDTLS_SSL_ALERT_LEVEL_FATAL, MBEDTLS_SSL_ALERT_MSG_INTERNAL_ERROR);
    }
    return USSL_MBEDTLS_NOT_SIGNED;
}

// ---- keys ----

static bool is_on_curve(const mbedtls_pk_context *pk) {
    return mbedtls_pk_get_type(pk) == MBEDTLS_PK_ECKEY;
}

int ussl_mbedtls_signer_key(mbedtls_pk_context *pk, const mbedtls_x509_crt *crt) {
    mbedtls_pk_free(pk);
    int ret = is_on_curve(&crt->pk) ? mbedtls_pk_setup(pk, &mbedtls_eckey_info) : MBEDTLS_ERR_PK_TYPE_MISMATCH;
    if (ret == 0) {
        const mbedtls_ecp_keypair *from = mbedtls_pk_ec_ro(crt->pk);
        ret = mbedtls_ecp_group_load(&mbedtls_pk_ec_rw(*pk)->grp, from->grp.id);
        ret = ret == 0 ? mbedtls_ecp_copy(&mbedtls_pk_ec_rw(*pk)->Q, &from->Q) : ret;
    }
    return ret;
}

bool ussl_mbedtls_signer_fits(const mbedtls_pk_context *pk, const mbedtls_x509_crt *crt) {
    return is_on_curve(pk) && is_on_curve(&crt->pk) && mbedtls_pk_ec_ro(*pk)->grp.id == mbedtls_pk_ec_ro(crt->pk)->grp.id;
}

// NXP's secure elements have a private key stand for one of theirs: its number holds this.
static const uint8_t REFERENCE[] = { 0xa5, 0xa6, 0xb5, 0xb6, 0xa5, 0xa6, 0xb5, 0xb6 };

bool ussl_mbedtls_signer_is_reference(const mbedtls_pk_context *pk) {
    uint8_t key[MBEDTLS_ECP_MAX_BYTES];
    bool found = false;
    if (is_on_curve(pk) && mbedtls_mpi_write_binary(&mbedtls_pk_ec_ro(*pk)->d, key, sizeof(key)) == 0) {
        for (size_t i = 0; i + sizeof(REFERENCE) <= sizeof(key); i++) {
            found |= memcmp(key + i, REFERENCE, sizeof(REFERENCE)) == 0;
        }
    }
    ussl_wipe(key, sizeof(key));
    return found;
}

void ussl_mbedtls_signer_use(ussl_engine_cfg_t *cfg) {
    static mbedtls_pk_info_t methods; // written anew each time, always the same
    if (is_on_curve(&cfg->key)) {
        methods = mbedtls_eckey_info;
        methods.sign_func = sign;
        cfg->key.pk_info = cfg->sign == NULL ? &mbedtls_eckey_info : &methods;
    }
}

ussl_status_t ussl_mbedtls_cfg_set_signer(ussl_engine_cfg_t *cfg, ussl_sign_fn function, ussl_error_t *err) {
    ussl_sign_fn before = cfg->sign;
    ussl_mbedtls_begin();
    cfg->sign = function;
    ussl_mbedtls_signer_use(cfg);
    int ret = function == NULL && is_on_curve(&cfg->key) ? ussl_mbedtls_check_pair(&cfg->chain, &cfg->key) : 0;
    if (ret == 0 && !ussl_mbedtls_no_memory()) {
        return USSL_OK;
    }
    cfg->sign = before;
    ussl_mbedtls_signer_use(cfg);
    return ussl_mbedtls_fail_input(ret, USSL_REASON_KEY_MISMATCH, 0, err);
}

#endif
