// The peer's chain for those who ask for it: a copy of each certificate, because mbedTLS
// frees its own with the handshake.

#include <string.h>

#include "engine/mbedtls/internal.h"

void ussl_mbedtls_cfg_set_keep_chain(ussl_engine_cfg_t *cfg, bool keep) {
    cfg->keep_chain = keep;
}

// Puts a copy of crt in front of next; returns next when there is no memory, which the
// step of the handshake then fails for.
static ussl_mbedtls_der_t *copy_before(const mbedtls_x509_crt *crt, ussl_mbedtls_der_t *next) {
    ussl_mbedtls_der_t *one = ussl_mbedtls_own_calloc(1, sizeof(*one) + crt->raw.len);
    if (one == NULL) {
        return next;
    }
    one->next = next;
    one->len = crt->raw.len;
    memcpy(one->data, crt->raw.p, crt->raw.len);
    return one;
}

void ussl_mbedtls_chain_note_sent(ussl_engine_conn_t *conn) {
    const mbedtls_ssl_session *session = conn->ssl.session_negotiate;
    if (!conn->cfg->keep_chain || conn->sent != NULL || session == NULL || conn->resumed) {
        return;
    }
    ussl_mbedtls_der_t **end = &conn->sent;
    for (const mbedtls_x509_crt *crt = session->peer_cert; crt != NULL; crt = crt->next) {
        *end = copy_before(crt, NULL);
        if (*end == NULL) {
            return;
        }
        end = &(*end)->next;
    }
}

void ussl_mbedtls_chain_note_verified(ussl_engine_conn_t *conn, const mbedtls_x509_crt *crt) {
    if (conn->cfg->keep_chain) {
        conn->verified = copy_before(crt, conn->verified);
    }
}

static void free_list(ussl_mbedtls_der_t *list) {
    while (list != NULL) {
        ussl_mbedtls_der_t *next = list->next;
        ussl_mbedtls_free(list);
        list = next;
    }
}

void ussl_mbedtls_chain_free(ussl_engine_conn_t *conn) {
    free_list(conn->sent);
    free_list(conn->verified);
}

ussl_bytes_t ussl_mbedtls_peer_chain(const ussl_engine_conn_t *conn, bool verified, size_t index) {
    const ussl_mbedtls_der_t *one = verified ? conn->verified : conn->sent;
    for (; one != NULL && index > 0; index--) {
        one = one->next;
    }
    return one == NULL ? (ussl_bytes_t) { NULL, 0 } : (ussl_bytes_t) { one->data, one->len };
}
