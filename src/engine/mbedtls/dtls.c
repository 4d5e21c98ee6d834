// DTLS 1.2: what mbedTLS leaves to its user is a timer, and the cookies by which a server makes
// clients prove their addresses.

#include "engine/mbedtls/dtls.h"

#if USSL_DTLS

#include "core/host.h"

// ---- configurations ----

#if defined(MBEDTLS_SSL_SRV_C)

// The key is random: cookies are good for this configuration, for a minute.
static int set_up_cookies(ussl_engine_cfg_t *cfg) {
    return mbedtls_ssl_cookie_setup(&cfg->cookies, ussl_mbedtls_random, NULL);
}

// Where no peer was named there is nothing to bind a cookie to, and none is asked for.
static int check_cookie(void *arg, const unsigned char *cookie, size_t len, const unsigned char *id, size_t id_len) {
    return id_len == 0 ? 0 : mbedtls_ssl_cookie_check(arg, cookie, len, id, id_len);
}

static void use_cookies(ussl_engine_cfg_t *cfg) {
    mbedtls_ssl_conf_dtls_cookies(&cfg->conf, mbedtls_ssl_cookie_write, check_cookie, &cfg->cookies);
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

ussl_status_t ussl_mbedtls_conn_set_peer_id(ussl_engine_conn_t *conn, ussl_bytes_t id, ussl_error_t *err) {
    ussl_mbedtls_begin();
    int ret = mbedtls_ssl_set_client_transport_id(&conn->ssl, id.data, id.len);
    return ret == 0 && !ussl_mbedtls_no_memory() ? USSL_OK : ussl_mbedtls_fail(ret, err);
}

bool ussl_mbedtls_dtls_asks_again(const ussl_engine_conn_t *conn) {
    return ussl_mbedtls_is_datagram(conn->ssl.conf) && conn->ssl.handshake->cookie_verify_result != 0;
}

// What is no hello, while a server waits for one, mbedTLS ignores only so far as to leave the
// decision to its user: it may be left from an earlier connection, or anybody's.
static bool starts_over(const mbedtls_ssl_context *ssl, int ret) {
    bool foreign = ret == MBEDTLS_ERR_SSL_INVALID_RECORD || ret == MBEDTLS_ERR_SSL_UNEXPECTED_MESSAGE;
    bool waits = ussl_mbedtls_is_datagram(ssl->conf) && ssl->state == MBEDTLS_SSL_CLIENT_HELLO
        && ssl->conf->endpoint == MBEDTLS_SSL_IS_SERVER;
    return ret == MBEDTLS_ERR_SSL_HELLO_VERIFY_REQUIRED || (waits && foreign);
}

// mbedTLS forgets whose address it is, too.
int ussl_mbedtls_dtls_start_over(ussl_engine_conn_t *conn, int ret) {
    mbedtls_ssl_context *ssl = &conn->ssl;
    if (!starts_over(ssl, ret)) {
        return ret;
    }
    unsigned char *id = ssl->cli_id;
    size_t len = ssl->cli_id_len;
    ssl->cli_id = NULL;
    ret = mbedtls_ssl_session_reset(ssl);
    ssl->cli_id = id;
    ssl->cli_id_len = len;
    return ret;
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
