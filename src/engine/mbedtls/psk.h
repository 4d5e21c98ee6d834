// Pre-shared keys of connections; in a build without, nothing.

#ifndef USSL_ENGINE_MBEDTLS_PSK_H
#define USSL_ENGINE_MBEDTLS_PSK_H

#include "engine/mbedtls/internal.h"

typedef struct ussl_mbedtls_psk ussl_mbedtls_psk_t;

#if USSL_PSK
ussl_status_t ussl_mbedtls_conn_set_psk(ussl_engine_conn_t *conn, const ussl_psk_source_t *source, ussl_error_t *err);
bool ussl_mbedtls_used_psk(const ussl_engine_conn_t *conn);
// The same in two steps, the second of which cannot fail: makes what a connection with this
// source needs, NULL where that has none; and lets the connection use it.
ussl_status_t ussl_mbedtls_psk_make(const ussl_engine_cfg_t *cfg, const ussl_psk_source_t *source,
    ussl_mbedtls_psk_t **out, ussl_error_t *err);
void ussl_mbedtls_psk_use(ussl_engine_conn_t *conn, ussl_mbedtls_psk_t *psk);
// Before each step of a handshake: a client asks for its key when it is time to. In TLS 1.2
// that is, once more, when the server's part of the key exchange was read.
int ussl_mbedtls_psk_before(ussl_engine_conn_t *conn);
void ussl_mbedtls_psk_ask_late(mbedtls_ssl_context *ssl);
// After each step that went well: an error where there is no key to go on with.
int ussl_mbedtls_psk_after(ussl_engine_conn_t *conn);
// In the course of a handshake: whether it uses a key that is no session's.
bool ussl_mbedtls_psk_agreed(const mbedtls_ssl_context *ssl);
// Until the handshake is over: whether nothing but a key will do.
bool ussl_mbedtls_psk_alone(const ussl_engine_conn_t *conn);
// The handshake is over: wipes and frees the key.
void ussl_mbedtls_psk_free(ussl_engine_conn_t *conn);
// TLS 1.2 server: whether there is a hint for the client, and puts it into the
// ServerKeyExchange that is about to be sent.
bool ussl_mbedtls_psk_has_hint(const mbedtls_ssl_context *ssl);
void ussl_mbedtls_psk_put_hint(mbedtls_ssl_context *ssl);
// Bytes that the identity may take in a ClientHello or a ClientKeyExchange.
size_t ussl_mbedtls_psk_identity_room(const ussl_engine_conn_t *conn);
// An error of a handshake that may use a key, in words that speak of it.
void ussl_mbedtls_psk_explain(const ussl_engine_conn_t *conn, ussl_error_t *err);
#else
#define ussl_mbedtls_conn_set_psk NULL
#define ussl_mbedtls_used_psk NULL
static inline ussl_status_t ussl_mbedtls_psk_make(const ussl_engine_cfg_t *cfg, const ussl_psk_source_t *source,
    ussl_mbedtls_psk_t **out, ussl_error_t *err) {
    (void)cfg;
    (void)source;
    (void)err;
    *out = NULL;
    return USSL_OK;
}
static inline void ussl_mbedtls_psk_use(ussl_engine_conn_t *conn, ussl_mbedtls_psk_t *psk) {
    (void)conn;
    (void)psk;
}
static inline int ussl_mbedtls_psk_before(ussl_engine_conn_t *conn) {
    (void)conn;
    return 0;
}
static inline int ussl_mbedtls_psk_after(ussl_engine_conn_t *conn) {
    (void)conn;
    return 0;
}
static inline bool ussl_mbedtls_psk_agreed(const mbedtls_ssl_context *ssl) {
    (void)ssl;
    return false;
}
static inline bool ussl_mbedtls_psk_alone(const ussl_engine_conn_t *conn) {
    (void)conn;
    return false;
}
static inline void ussl_mbedtls_psk_free(ussl_engine_conn_t *conn) {
    (void)conn;
}
static inline size_t ussl_mbedtls_psk_identity_room(const ussl_engine_conn_t *conn) {
    (void)conn;
    return 0;
}
static inline void ussl_mbedtls_psk_explain(const ussl_engine_conn_t *conn, ussl_error_t *err) {
    (void)conn;
    (void)err;
}
#endif

#endif
