// What is said of records' sizes in TLS 1.3: record_size_limit (RFC 8449; see
// tls13_generic.c) and max_fragment_length (RFC 6066 4).

#include "engine/mbedtls/internal.h"

#if defined(MBEDTLS_SSL_RECORD_SIZE_LIMIT)

// TLS 1.3 counts the content type as data.
#define CONTENT_TYPE_LEN 1

int ussl_mbedtls_parse_record_size_limit(mbedtls_ssl_context *ssl, const unsigned char *buf, const unsigned char *end);

static bool is_server(const mbedtls_ssl_context *ssl) {
    return ssl->conf->endpoint == MBEDTLS_SSL_IS_SERVER;
}

// mbedTLS sends each handshake message in one record, so a server agrees only to a limit
// that its own fit into.
int mbedtls_ssl_tls13_parse_record_size_limit_ext(mbedtls_ssl_context *ssl, const unsigned char *buf,
    const unsigned char *end) {
    int ret = ussl_mbedtls_parse_record_size_limit(ssl, buf, end);
    size_t limit = ssl->session_negotiate->record_size_limit;
    if (ret == 0 && is_server(ssl) && limit < ussl_mbedtls_cfg_longest_message(ussl_mbedtls_cfg_of(ssl)) + CONTENT_TYPE_LEN) {
        ssl->session_negotiate->record_size_limit = 0;
    }
    return ret;
}

static unsigned char *put_extension(unsigned char *p, unsigned type, unsigned len) {
    MBEDTLS_PUT_UINT16_BE(type, p, 0);
    MBEDTLS_PUT_UINT16_BE(len, p, 2);
    return p + 4;
}

// OpenSSL 3.0 does not know the newer extension and takes the older one in TLS 1.3 too.
// mbedTLS writes that where TLS 1.2 is offered as well, and has to be told that it was
// sent: a server's answer would be an error else.
static unsigned char *put_fragment_length(mbedtls_ssl_context *ssl, unsigned char *p) {
    if (ssl->conf->mfl_code == MBEDTLS_SSL_MAX_FRAG_LEN_NONE) {
        return p;
    }
    mbedtls_ssl_tls13_set_hs_sent_ext_mask(ssl, MBEDTLS_TLS_EXT_MAX_FRAGMENT_LENGTH);
    if (ssl->handshake->min_tls_version == MBEDTLS_SSL_VERSION_TLS1_3) {
        p = put_extension(p, MBEDTLS_TLS_EXT_MAX_FRAGMENT_LENGTH, 1);
        *p++ = ssl->conf->mfl_code;
    }
    return p;
}

static unsigned char *put_limit(mbedtls_ssl_context *ssl, unsigned char *p) {
    mbedtls_ssl_tls13_set_hs_sent_ext_mask(ssl, MBEDTLS_TLS_EXT_RECORD_SIZE_LIMIT);
    p = put_extension(p, MBEDTLS_TLS_EXT_RECORD_SIZE_LIMIT, 2);
    MBEDTLS_PUT_UINT16_BE(ussl_mbedtls_cfg_of(ssl)->receive_max + CONTENT_TYPE_LEN, p, 0);
    return p + 2;
}

// A client asks when it wants less than the most; a server that agrees tells its own.
static bool says_limit(const mbedtls_ssl_context *ssl) {
    return is_server(ssl) ? ssl->session_negotiate->record_size_limit != 0
           : ussl_mbedtls_cfg_of(ssl)->receive_max < MBEDTLS_SSL_IN_CONTENT_LEN;
}

int mbedtls_ssl_tls13_write_record_size_limit_ext(mbedtls_ssl_context *ssl, unsigned char *buf,
    const unsigned char *end, size_t *out_len) {
    unsigned char *p = buf;
    if (end - buf < 6 + 5) {
        return MBEDTLS_ERR_SSL_BUFFER_TOO_SMALL;
    }
    if (!is_server(ssl)) {
        p = put_fragment_length(ssl, p);
    }
    if (says_limit(ssl)) {
        p = put_limit(ssl, p);
    }
    *out_len = (size_t)(p - buf);
    return 0;
}

#endif
