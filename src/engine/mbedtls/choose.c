// A server's choice of the configuration by the name that a client asks for. mbedTLS has a
// callback for that, in the middle of reading the ClientHello: what was read before it, and
// what its versions and its sessions are taken from, would be of one configuration and the
// rest of another. So the name is read here, before mbedTLS looks at the message at all, and
// the whole handshake goes by the configuration that was chosen.

#include "engine/mbedtls/resumption.h"

#if USSL_SNI_CALLBACK

#include <string.h>

#include "mbedtls/sha256.h"

#include "core/host.h"
#include "engine/mbedtls/psk.h"

// ---- the name in a ClientHello (RFC 8446 4.1.2, RFC 6066 3) ----

// Takes len bytes off data; false where there are not as many.
static bool take(ussl_bytes_t *data, size_t len, ussl_bytes_t *out) {
    if (len > data->len) {
        return false;
    }
    *out = (ussl_bytes_t) { data->data, len };
    *data = (ussl_bytes_t) { data->data + len, data->len - len };
    return true;
}

static bool take_number(ussl_bytes_t *data, size_t size, size_t *out) {
    ussl_bytes_t bytes;
    *out = 0;
    if (!take(data, size, &bytes)) {
        return false;
    }
    for (size_t i = 0; i < size; i++) {
        *out = *out << 8 | bytes.data[i];
    }
    return true;
}

// The same with a vector whose length stands before it, in size bytes.
static bool take_vector(ussl_bytes_t *data, size_t size, ussl_bytes_t *out) {
    size_t len;
    return take_number(data, size, &len) && take(data, len, out);
}

// A name is shown to programs, which write it into logs and look it up in tables.
static bool is_printable(ussl_bytes_t name) {
    for (size_t i = 0; i < name.len; i++) {
        if (name.data[i] <= ' ' || name.data[i] > '~') {
            return false;
        }
    }
    return name.len > 0;
}

// The one host name of the extension; there may be no second.
static bool read_names(ussl_bytes_t extension, ussl_bytes_t *name) {
    ussl_bytes_t list, one;
    size_t type;
    if (name->len > 0 || !take_vector(&extension, 2, &list) || extension.len > 0) {
        return false;
    }
    while (list.len > 0) {
        if (!take_number(&list, 1, &type) || !take_vector(&list, 2, &one)) {
            return false;
        }
        if (type == MBEDTLS_TLS_EXT_SERVERNAME_HOSTNAME) {
            if (name->len > 0 || !is_printable(one)) {
                return false;
            }
            *name = one;
        }
    }
    return true;
}

static bool read_extensions(ussl_bytes_t list, ussl_bytes_t *name) {
    while (list.len > 0) {
        size_t type;
        ussl_bytes_t extension;
        if (!take_number(&list, 2, &type) || !take_vector(&list, 2, &extension)) {
            return false;
        }
        if (type == MBEDTLS_TLS_EXT_SERVERNAME && !read_names(extension, name)) {
            return false;
        }
    }
    return true;
}

// False for a message that mbedTLS might read in another way.
static bool read_hello(ussl_bytes_t hello, ussl_bytes_t *name) {
    ussl_bytes_t skipped, extensions;
    *name = (ussl_bytes_t) { NULL, 0 };
    if (!take(&hello, 2 + 32, &skipped) || !take_vector(&hello, 1, &skipped) || !take_vector(&hello, 2, &skipped)
        || !take_vector(&hello, 1, &skipped)) {
        return false;
    }
    return hello.len == 0 || (take_vector(&hello, 2, &extensions) && hello.len == 0 && read_extensions(extensions, name));
}

// ---- asking ----

// Waits for the ClientHello, and leaves it for mbedTLS to read again.
static int hello_came(mbedtls_ssl_context *ssl) {
    int ret = mbedtls_ssl_flush_output(ssl);
    ret = ret == 0 && ssl->out_left > 0 ? MBEDTLS_ERR_SSL_WANT_WRITE : ret;
    ret = ret == 0 ? mbedtls_ssl_read_record(ssl, 0) : ret;
    if (ret == 0) {
        ssl->keep_current_message = 1;
    }
    return ret != 0 && ssl->send_alert ? mbedtls_ssl_handle_pending_alert(ssl) : ret;
}

static int refuse(mbedtls_ssl_context *ssl, int alert, int error) {
    mbedtls_ssl_send_alert_message(ssl, MBEDTLS_SSL_ALERT_LEVEL_FATAL, (unsigned char)alert);
    return error;
}

static int ask(ussl_engine_conn_t *conn, ussl_bytes_t name) {
    ussl_mbedtls_pause_t before = ussl_mbedtls_pause();
    int alert = conn->accepted->chooser.choose(conn->accepted->chooser.arg, name);
    ussl_mbedtls_resume(before);
    conn->accepted->asked = true;
    return alert < 0 ? 0 : refuse(&conn->ssl, alert, MBEDTLS_ERR_SSL_UNRECOGNIZED_NAME);
}

// The first time the chooser is asked, and then the name has to be the same.
static int look_at(ussl_engine_conn_t *conn, ussl_bytes_t name) {
    ussl_mbedtls_accepted_t *a = conn->accepted;
    uint8_t digest[USSL_MBEDTLS_DIGEST_LEN];
    int ret = mbedtls_sha256(name.data, name.len, digest, 0);
    if (ret == 0 && !a->asked) {
        memcpy(a->asked_for, digest, sizeof(digest));
        return ask(conn, name);
    }
    bool same = memcmp(a->asked_for, digest, sizeof(digest)) == 0;
    return ret != 0 || same ? ret : refuse(&conn->ssl, MBEDTLS_SSL_ALERT_MSG_ILLEGAL_PARAMETER, MBEDTLS_ERR_SSL_ILLEGAL_PARAMETER);
}

int ussl_mbedtls_choose(ussl_engine_conn_t *conn) {
    mbedtls_ssl_context *ssl = &conn->ssl;
    bool asks = conn->accepted != NULL && conn->accepted->chooser.choose != NULL;
    int ret = asks && ssl->state == MBEDTLS_SSL_CLIENT_HELLO ? hello_came(ssl) : 0;
    bool came = ssl->keep_current_message && ssl->in_msgtype == MBEDTLS_SSL_MSG_HANDSHAKE
        && ssl->in_msg[0] == MBEDTLS_SSL_HS_CLIENT_HELLO;
    if (!asks || ret != 0 || ssl->state != MBEDTLS_SSL_CLIENT_HELLO || !came) {
        return ret;
    }
    size_t header = mbedtls_ssl_hs_hdr_len(ssl);
    ussl_bytes_t name;
    if (!read_hello((ussl_bytes_t) { ssl->in_msg + header, ssl->in_hslen - header }, &name)) {
        return refuse(ssl, MBEDTLS_SSL_ALERT_MSG_DECODE_ERROR, MBEDTLS_ERR_SSL_DECODE_ERROR);
    }
    return look_at(conn, name);
}

// ---- the choice ----

void ussl_mbedtls_conn_set_chooser(ussl_engine_conn_t *conn, const ussl_chooser_t *chooser) {
    conn->accepted->chooser = *chooser;
}

bool ussl_mbedtls_may_choose(const ussl_engine_conn_t *conn) {
    return conn->accepted != NULL && conn->accepted->chooser.choose != NULL && !conn->accepted->asked;
}

// What mbedtls_ssl_setup has taken from the configuration.
static void follow(mbedtls_ssl_context *ssl, const mbedtls_ssl_config *conf) {
    ssl->conf = conf;
    ssl->tls_version = conf->max_tls_version;
    #if defined(MBEDTLS_SSL_PROTO_TLS1_3)
    ssl->handshake->new_session_tickets_count = conf->new_session_tickets_count;
    #endif
    ssl->handshake->group_list = conf->group_list;
}

ussl_status_t ussl_mbedtls_conn_set_cfg(ussl_engine_conn_t *conn, ussl_engine_cfg_t *cfg, const ussl_psk_source_t *source,
    ussl_error_t *err) {
    ussl_mbedtls_psk_t *psk;
    if (ussl_mbedtls_cfg_ready(cfg, err) != USSL_OK || ussl_mbedtls_psk_make(cfg, source, &psk, err) != USSL_OK) {
        return USSL_FAILED;
    }
    ussl_mbedtls_psk_free(conn);
    conn->cfg = cfg;
    follow(&conn->ssl, &cfg->conf);
    ussl_mbedtls_psk_use(conn, psk);
    ussl_mbedtls_log_keys(conn);
    return USSL_OK;
}

#endif
