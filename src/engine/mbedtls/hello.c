// mbedTLS's ClientHello without bytes that say nothing. The file takes the place of
// ssl_client.c in the build.

#include "engine/mbedtls/internal.h"

// A client shows a ticket of TLS 1.2 together with a session ID, so that the server can
// say that it takes the ticket: by sending the ID back (RFC 5077 3.4). mbedTLS's has 32
// bytes. One does as well: servers make none of their own that is so short.
#define ECHO_LEN 1

static inline void shorten_id(mbedtls_ssl_context *ssl) {
    mbedtls_ssl_session *session = ssl->session_negotiate;
    if (ssl->tls_version == MBEDTLS_SSL_VERSION_TLS1_2) {
        session->id_len = session->ticket_len > 0 ? ECHO_LEN : session->id_len;
    } else if (!ussl_mbedtls_cfg_of(ssl)->middlebox_compat) {
        session->id_len = 0;
    }
}

// The first call after mbedTLS has made the ID.
static inline int start_message(mbedtls_ssl_context *ssl, unsigned char type, unsigned char **buf, size_t *len) {
    shorten_id(ssl);
    return mbedtls_ssl_start_handshake_msg(ssl, type, buf, len);
}

// What point formats there are is said with a first hello only. Uncompressed ones are all
// that is left of them, and every server must take those (RFC 8422 5.1.2).
static inline int write_tls12_extensions(mbedtls_ssl_context *ssl, unsigned char *buf, const unsigned char *end,
    int uses_ec, size_t *len) {
    return mbedtls_ssl_tls12_write_client_hello_exts(ssl, buf, end, uses_ec && !ssl->handshake->resume, len);
}

// Groups concern a server's certificate as well, but in TLS 1.2 alone.
static inline const uint16_t *groups(const mbedtls_ssl_context *ssl) {
    bool tls13_alone = ssl->handshake->min_tls_version > MBEDTLS_SSL_VERSION_TLS1_2;
    return tls13_alone ? ussl_mbedtls_tls13_groups : mbedtls_ssl_get_groups(ssl);
}

#define mbedtls_ssl_get_groups groups
#define mbedtls_ssl_start_handshake_msg start_message
#define mbedtls_ssl_tls12_write_client_hello_exts write_tls12_extensions

#include "ssl_client.c"
