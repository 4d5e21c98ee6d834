// What mbedTLS keeps of a TLS 1.3 handshake that is over: several KB, of which only the
// parsing of tickets uses a few bytes. They are freed, and lent anew for each ticket.

#include "engine/mbedtls/internal.h"

// Frees the handshake without letting mbedTLS resize the record buffers; see records.c.
static void free_handshake(mbedtls_ssl_context *ssl) {
    size_t in_len = ssl->in_buf_len;
    size_t out_len = ssl->out_buf_len;
    ssl->in_buf_len = ssl->out_buf_len = 0;
    mbedtls_ssl_handshake_free(ssl);
    ssl->in_buf_len = in_len;
    ssl->out_buf_len = out_len;
    ussl_mbedtls_free(ssl->handshake);
    ssl->handshake = NULL;
}

void ussl_mbedtls_leftover_free(ussl_engine_conn_t *conn) {
    mbedtls_ssl_context *ssl = &conn->ssl;
    if (ssl->handshake == NULL || ssl->state != MBEDTLS_SSL_HANDSHAKE_OVER) {
        return;
    }
    free_handshake(ssl);
    // For TLS 1.2, made before the version is known; mbedtls_ssl_free looks for it only
    // where there is a handshake.
    mbedtls_ssl_transform_free(ssl->transform_negotiate);
    ussl_mbedtls_free(ssl->transform_negotiate);
    ssl->transform_negotiate = NULL;
}

int ussl_mbedtls_leftover_restore(ussl_engine_conn_t *conn) {
    if (conn->ssl.handshake == NULL) {
        conn->ssl.handshake = ussl_mbedtls_own_calloc(1, sizeof(*conn->ssl.handshake));
    }
    return conn->ssl.handshake == NULL ? MBEDTLS_ERR_SSL_ALLOC_FAILED : 0;
}
