// What DTLS needs of the adapter beside TLS; in a build without, nothing.

#ifndef USSL_ENGINE_MBEDTLS_DTLS_H
#define USSL_ENGINE_MBEDTLS_DTLS_H

#include "engine/mbedtls/internal.h"

// Whether conf is one for DTLS.
static inline bool ussl_mbedtls_is_datagram(const mbedtls_ssl_config *conf) {
    return USSL_DTLS && conf->transport == MBEDTLS_SSL_TRANSPORT_DATAGRAM;
}

#if USSL_DTLS
ussl_status_t ussl_mbedtls_cfg_use_datagrams(ussl_engine_cfg_t *cfg, ussl_error_t *err);
void ussl_mbedtls_cfg_set_mtu(ussl_engine_cfg_t *cfg, uint16_t mtu);
void ussl_mbedtls_dtls_cfg_free(ussl_engine_cfg_t *cfg);
// What a new connection needs.
void ussl_mbedtls_dtls_new(ussl_engine_conn_t *conn);
ussl_status_t ussl_mbedtls_conn_set_peer_id(ussl_engine_conn_t *conn, ussl_bytes_t id, ussl_error_t *err);
uint32_t ussl_mbedtls_timer(const ussl_engine_conn_t *conn);
// After a step of a server's that ended with ret: what was no hello is forgotten, and the next
// datagram is read.
int ussl_mbedtls_dtls_start_over(ussl_engine_conn_t *conn, int ret);
// Whether one datagram holds a message of len bytes, where that matters.
bool ussl_mbedtls_dtls_fits(const ussl_engine_conn_t *conn, size_t len);
#else
#define ussl_mbedtls_cfg_use_datagrams NULL
#define ussl_mbedtls_cfg_set_mtu NULL
#define ussl_mbedtls_conn_set_peer_id NULL
#define ussl_mbedtls_timer NULL
#endif

#endif
