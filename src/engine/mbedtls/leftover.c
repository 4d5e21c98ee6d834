// What mbedTLS keeps of a handshake that is over, and nobody needs: after TLS 1.3 the
// handshake's state, of which only the parsing of tickets uses a few bytes (it is lent
// anew for each ticket), and the peer's chain taken apart, of which ussl shows the leaf.

#include <string.h>

#include "engine/mbedtls/dtls.h"

#include "engine/mbedtls/arena.h"

static int free_state(mbedtls_ssl_context *ssl) {
    mbedtls_ssl_handshake_free(ssl);
    ussl_mbedtls_free(ssl->handshake);
    ssl->handshake = NULL;
    return 0;
}

// Made for TLS 1.2 before the version is known; mbedtls_ssl_free looks for it only where
// there is a handshake.
static void free_unused_keys(mbedtls_ssl_context *ssl) {
    mbedtls_ssl_transform_free(ssl->transform_negotiate);
    ussl_mbedtls_free(ssl->transform_negotiate);
    ssl->transform_negotiate = NULL;
}

// Takes the leaf's bytes out of the chain, without a copy, and frees the rest.
static void keep_leaf(ussl_engine_conn_t *conn) {
    mbedtls_x509_crt *chain = conn->ssl.session == NULL ? NULL : conn->ssl.session->peer_cert;
    if (chain == NULL || !chain->own_buffer) {
        return;
    }
    conn->peer_cert = (ussl_bytes_t) { chain->raw.p, chain->raw.len };
    chain->own_buffer = 0;
    mbedtls_x509_crt_free(chain);
    ussl_mbedtls_free(chain);
    conn->ssl.session->peer_cert = NULL;
}

// A short ticket that came during the handshake lives in the arena, and has to leave it.
static void move_ticket(mbedtls_ssl_session *session) {
    bool moves = session != NULL && ussl_mbedtls_arena_owns(session->ticket);
    void *copy = moves ? ussl_mbedtls_own_calloc(1, session->ticket_len) : NULL;
    if (copy != NULL) {
        memcpy(copy, session->ticket, session->ticket_len);
        ussl_mbedtls_free(session->ticket);
        session->ticket = copy;
    }
}

void ussl_mbedtls_leftover_free(ussl_engine_conn_t *conn) {
    mbedtls_ssl_context *ssl = &conn->ssl;
    if (ssl->state != MBEDTLS_SSL_HANDSHAKE_OVER) {
        return;
    }
    keep_leaf(conn);
    move_ticket(ssl->session);
    ussl_mbedtls_early_data_forget(ssl->session);
    // Over datagrams the last flight may be asked for again; mbedTLS frees it with the first data.
    if (ssl->handshake != NULL && !ussl_mbedtls_is_datagram(ssl->conf)) {
        ussl_mbedtls_records_hidden(ssl, free_state);
        free_unused_keys(ssl);
    }
}

int ussl_mbedtls_leftover_restore(ussl_engine_conn_t *conn) {
    if (conn->ssl.handshake == NULL) {
        conn->ssl.handshake = ussl_mbedtls_own_calloc(1, sizeof(*conn->ssl.handshake));
    }
    return conn->ssl.handshake == NULL ? MBEDTLS_ERR_SSL_ALLOC_FAILED : 0;
}

void ussl_mbedtls_leftover_forget(ussl_engine_conn_t *conn) {
    ussl_mbedtls_free((void *)conn->peer_cert.data);
    conn->peer_cert = (ussl_bytes_t) { NULL, 0 };
}
