// DTLS 1.2: what mbedTLS leaves to its user is a timer, and the cookies by which a server makes
// clients prove their addresses.

#include "engine/mbedtls/dtls.h"

#if USSL_DTLS

#include <string.h>

#include "core/host.h"

// ---- configurations ----

#if defined(MBEDTLS_SSL_SRV_C)

// The key is random: cookies are good for this configuration, for a minute.
static int set_up_cookies(ussl_engine_cfg_t *cfg) {
    return mbedtls_ssl_cookie_setup(&cfg->cookies, ussl_mbedtls_random, NULL);
}

// mbedTLS sees only hellos whose cookies were found good, or that need none; see below.
static int was_checked(void *unused, const unsigned char *cookie, size_t len, const unsigned char *id, size_t id_len) {
    (void)unused, (void)cookie, (void)len, (void)id, (void)id_len;
    return 0;
}

static void use_cookies(ussl_engine_cfg_t *cfg) {
    mbedtls_ssl_conf_dtls_cookies(&cfg->conf, mbedtls_ssl_cookie_write, was_checked, &cfg->cookies);
}

#endif

ussl_status_t ussl_mbedtls_cfg_use_datagrams(ussl_engine_cfg_t *cfg, ussl_error_t *err) {
    mbedtls_ssl_config *conf = &cfg->conf;
    mbedtls_ssl_conf_transport(conf, MBEDTLS_SSL_TRANSPORT_DATAGRAM);
    mbedtls_ssl_conf_max_tls_version(conf, MBEDTLS_SSL_VERSION_TLS1_2);
    ussl_mbedtls_cfg_set_mtu(cfg, USSL_MTU_DEFAULT);
    ussl_mbedtls_begin();
    int ret = 0;
    #if defined(MBEDTLS_SSL_SRV_C)
    mbedtls_ssl_cookie_init(&cfg->cookies);
    if (mbedtls_ssl_conf_get_endpoint(conf) == MBEDTLS_SSL_IS_SERVER) {
        use_cookies(cfg);
        ret = set_up_cookies(cfg);
    }
    #endif
    return ret == 0 && !ussl_mbedtls_no_memory() ? USSL_OK : ussl_mbedtls_fail(ret, err);
}

void ussl_mbedtls_dtls_cfg_free(ussl_engine_cfg_t *cfg) {
    mbedtls_ssl_cookie_free(&cfg->cookies);
}

void ussl_mbedtls_cfg_set_mtu(ussl_engine_cfg_t *cfg, uint16_t mtu) {
    cfg->mtu = mtu;
}

// ---- the timer ----

// The intermediate delay tells nothing but that it has passed.
static void set_timer(void *arg, uint32_t intermediate_ms, uint32_t final_ms) {
    ussl_engine_conn_t *conn = arg;
    (void)intermediate_ms;
    conn->timer_ms = final_ms == 0 ? 0 : ussl_host_monotonic_ms() + final_ms;
}

// As mbedTLS wants it: -1 is not set, 2 is over.
static int get_timer(void *arg) {
    const ussl_engine_conn_t *conn = arg;
    return conn->timer_ms == 0 ? -1 : ussl_host_monotonic_ms() >= conn->timer_ms ? 2 : 0;
}

uint32_t ussl_mbedtls_timer(const ussl_engine_conn_t *conn) {
    uint64_t now = ussl_host_monotonic_ms();
    return conn->timer_ms == 0 ? UINT32_MAX : now >= conn->timer_ms ? 0 : (uint32_t)(conn->timer_ms - now);
}

// ---- connections ----

void ussl_mbedtls_dtls_new(ussl_engine_conn_t *conn) {
    if (ussl_mbedtls_is_datagram(conn->ssl.conf)) {
        mbedtls_ssl_set_timer_cb(&conn->ssl, conn, set_timer, get_timer);
        mbedtls_ssl_set_mtu(&conn->ssl, conn->cfg->mtu);
    }
}

bool ussl_mbedtls_dtls_fits(const ussl_engine_conn_t *conn, size_t len) {
    int most = mbedtls_ssl_get_max_out_record_payload(&conn->ssl);
    return !ussl_mbedtls_is_datagram(conn->ssl.conf) || most < 0 || len <= (size_t)most;
}

#if defined(MBEDTLS_SSL_SRV_C)

// ---- a server whose client has not proved its address ----

// The first fragment of a ClientHello in a datagram of its own (RFC 6347 4.1, 4.2.2): where
// things are. All that follows the cookie is mbedTLS's to read.
enum {
    RECORD_EPOCH = 3,
    RECORD_LEN = 11,
    MESSAGE = 13,
    MESSAGE_LEN = MESSAGE + 1,
    FRAGMENT_OFFSET = MESSAGE + 6,
    FRAGMENT_LEN = MESSAGE + 9,
    BODY = MESSAGE + 12,
    SESSION_ID = BODY + 2 + 32, // behind a version and 32 random bytes
    COOKIE_ROOM = 64,           // mbedTLS's have 32 bytes
};

static bool begins_hello(const uint8_t *d, size_t len) {
    return len > SESSION_ID && d[0] == MBEDTLS_SSL_MSG_HANDSHAKE && d[1] == 0xfe // DTLS 1.x
           && MBEDTLS_GET_UINT16_BE(d, RECORD_EPOCH) == 0
           && (size_t)MESSAGE + MBEDTLS_GET_UINT16_BE(d, RECORD_LEN) <= len
           && d[MESSAGE] == MBEDTLS_SSL_HS_CLIENT_HELLO && MBEDTLS_GET_UINT24_BE(d, FRAGMENT_OFFSET) == 0
           && MBEDTLS_GET_UINT24_BE(d, FRAGMENT_LEN) <= MBEDTLS_GET_UINT24_BE(d, MESSAGE_LEN)
           && d[BODY] == 0xfe;
}

// The cookie in a datagram; its data is NULL where that holds no hello.
static ussl_bytes_t find_cookie(const uint8_t *d, size_t len) {
    size_t at = begins_hello(d, len) ? SESSION_ID + 1 + (size_t)d[SESSION_ID] : len;
    bool whole = at < len && at + 1 + d[at] <= len && d[SESSION_ID] <= 32;
    return whole ? (ussl_bytes_t) { d + at + 1, d[at] } : (ussl_bytes_t) { NULL, 0 };
}

// A HelloVerifyRequest bears the numbers of the hello it answers, and as its version DTLS 1.0,
// whatever will be spoken (RFC 6347 4.2.1). One that does not get away was lost.
static void ask_for_cookie(const ussl_engine_conn_t *conn, const uint8_t *hello) {
    uint8_t out[BODY + 3 + COOKIE_ROOM];
    uint8_t *end = out + BODY + 3;
    memcpy(out, hello, BODY);
    out[MESSAGE] = MBEDTLS_SSL_HS_HELLO_VERIFY_REQUEST;
    out[BODY] = 0xfe;
    out[BODY + 1] = 0xff;
    if (mbedtls_ssl_cookie_write(&conn->cfg->cookies, &end, out + sizeof(out), conn->ssl.cli_id, conn->ssl.cli_id_len) != 0) {
        return;
    }
    size_t len = (size_t)(end - out);
    out[BODY + 2] = (uint8_t)(len - BODY - 3);
    MBEDTLS_PUT_UINT16_BE(len - MESSAGE, out, RECORD_LEN);
    MBEDTLS_PUT_UINT24_BE(len - BODY, out, MESSAGE_LEN);
    MBEDTLS_PUT_UINT24_BE(len - BODY, out, FRAGMENT_LEN);
    conn->ssl.f_send(conn->ssl.p_bio, out, len);
}

// Whether the sender has a cookie; otherwise it gets one, or, if that was no hello, no answer.
static bool is_proved(const ussl_engine_conn_t *conn, const uint8_t *d, size_t len) {
    const mbedtls_ssl_context *ssl = &conn->ssl;
    ussl_bytes_t cookie = find_cookie(d, len);
    if (cookie.data == NULL) {
        return false;
    }
    if (mbedtls_ssl_cookie_check(&conn->cfg->cookies, cookie.data, cookie.len, ssl->cli_id, ssl->cli_id_len) == 0) {
        return true;
    }
    ask_for_cookie(conn, d);
    return false;
}

// Until a hello comes with a cookie nothing is read, kept or believed of what comes: it may be
// anybody's (RFC 6347 4.2.1).
static int receive_proof(void *arg, unsigned char *buf, size_t len) {
    ussl_engine_conn_t *conn = arg;
    int n;
    do {
        n = ussl_mbedtls_receive(conn, buf, len);
    } while (n > 0 && !is_proved(conn, buf, (size_t)n));
    if (n > 0) {
        conn->ssl.f_recv = ussl_mbedtls_records_recv;
    }
    return n;
}

ussl_status_t ussl_mbedtls_conn_set_peer_id(ussl_engine_conn_t *conn, ussl_bytes_t id, ussl_error_t *err) {
    ussl_mbedtls_begin();
    int ret = mbedtls_ssl_set_client_transport_id(&conn->ssl, id.data, id.len);
    if (ret != 0 || ussl_mbedtls_no_memory()) {
        return ussl_mbedtls_fail(ret, err);
    }
    conn->ssl.f_recv = id.len == 0 ? ussl_mbedtls_records_recv : receive_proof;
    return USSL_OK;
}

// What is no hello, while a server waits for one, mbedTLS ignores only so far as to leave the
// decision to its user: it may be left from an earlier connection, or anybody's.
static bool is_foreign(const mbedtls_ssl_context *ssl, int ret) {
    bool no_hello = ret == MBEDTLS_ERR_SSL_INVALID_RECORD || ret == MBEDTLS_ERR_SSL_UNEXPECTED_MESSAGE
        || ret == MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE || ret == MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY;
    return no_hello && ussl_mbedtls_is_datagram(ssl->conf) && ssl->state == MBEDTLS_SSL_CLIENT_HELLO
           && ssl->conf->endpoint == MBEDTLS_SSL_IS_SERVER;
}

int ussl_mbedtls_dtls_start_over(ussl_engine_conn_t *conn, int ret) {
    return is_foreign(&conn->ssl, ret) ? mbedtls_ssl_session_reset(&conn->ssl) : ret;
}

#else

ussl_status_t ussl_mbedtls_conn_set_peer_id(ussl_engine_conn_t *conn, ussl_bytes_t id, ussl_error_t *err) {
    (void)conn;
    (void)id;
    return ussl_fail(err, USSL_ERR_CALLER, USSL_REASON_NO_SERVER);
}

int ussl_mbedtls_dtls_start_over(ussl_engine_conn_t *conn, int ret) {
    (void)conn;
    return ret;
}

#endif

#endif
