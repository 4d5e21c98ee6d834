// Record buffers on demand. mbedTLS 3.6 gives every connection two buffers of full size
// for life, 33 KB; here it gets room for the record that comes or goes, when it does,
// and between records the few bytes that stand in the connection itself.
//
// Its support for buffers that change their length (VARIABLE_BUFFER_LENGTH) makes it
// look at in_buf_len and out_buf_len; when and how they change is decided here. What
// that rests on, in mbedTLS 3.6's library/ssl_msg.c and ssl_tls.c:
// - fetch_input asks for a record's header when, and only when, in_left is 0, and reads
//   in_hdr anew after the callback; for the payload the parser has noted the buffer.
//   So the buffer can change while the header is read, and not again before the record
//   is complete. The header is collected here: mbedTLS sees it whole.
// - The 8 bytes before the first record's header are the counter of records (in_ctr)
//   and move with the buffer. The output has its counter elsewhere.
// - A handshake message that came in several records is put together at the buffer's
//   start; in_hdr then stands behind the pieces, which have to be kept, and the next
//   header must fit there too.
// - What writes handshake messages checks against the configured size of the output
//   buffer (OUT_CONTENT_LEN behind the header), not its length: the buffer has that size
//   in every state whose message has no lower bound that is known here.
// - The end of a handshake shrinks both buffers to the size of the output without a look
//   at what is in them, so it must not see their lengths.
//
// DTLS is left alone: mbedTLS reads whole datagrams, whose length nobody knows before, and
// keeps its own buffers.

#include <string.h>

#include "engine/mbedtls/dtls.h"

#include "core/host.h"
#include "engine/mbedtls/psk.h"

static bool on_demand(const ussl_engine_conn_t *conn) {
    return !ussl_mbedtls_is_datagram(conn->ssl.conf);
}

#define HEADER_LEN sizeof(((ussl_engine_conn_t *)NULL)->header)
#define COUNTER_LEN MBEDTLS_SSL_SEQUENCE_NUMBER_LEN

// Room beside the data: counter, header, nonce, content type, tag, and with suites that
// ussl does not offer a block of padding and a hash: 8 + 5 + 16 + 1 + 16 + 48 at most.
#define OVERHEAD 128

// ---- input ----

// Moves the input's first keep bytes, counter included, to buf; a record goes behind them.
static void move_input(ussl_engine_conn_t *conn, uint8_t *buf, size_t len, size_t keep) {
    mbedtls_ssl_context *ssl = &conn->ssl;
    memcpy(buf, ssl->in_buf, keep);
    if (ssl->in_buf != conn->idle_in) {
        ussl_mbedtls_record_give_back(conn, ssl->in_buf, ssl->in_buf_len);
    }
    ssl->in_buf = buf;
    ssl->in_buf_len = len;
    ssl->in_hdr = buf + keep;
    mbedtls_ssl_update_in_pointers(ssl);
}

static void idle_input(ussl_engine_conn_t *conn) {
    if (conn->ssl.in_buf != conn->idle_in) {
        move_input(conn, conn->idle_in, sizeof(conn->idle_in), COUNTER_LEN);
    }
}

// True when the input holds something that is still to be used: a record that is not
// complete, data, a message put back, a message not complete, or messages behind the last.
static bool input_waits(const mbedtls_ssl_context *ssl) {
    return ssl->in_left > 0 || ssl->in_offt != NULL || ssl->keep_current_message
           || ssl->badmac_seen_or_in_hsfraglen > 0 || (ssl->in_hslen > 0 && ssl->in_hslen < ssl->in_msglen);
}

static size_t larger(size_t a, size_t b) {
    return a > b ? a : b;
}

static size_t smaller(size_t a, size_t b) {
    return a < b ? a : b;
}

// How much to make room for, so that a message in many small records is copied seldom:
// half as much again, but no more than the message takes with its last header and tag.
static size_t with_reserve(const mbedtls_ssl_context *ssl, size_t need) {
    size_t whole = COUNTER_LEN + HEADER_LEN + ssl->in_hslen + OVERHEAD;
    return larger(need, smaller(smaller(need + need / 2, whole), MBEDTLS_SSL_IN_BUFFER_LEN));
}

// True for what can be a record's header and fits; mbedTLS refuses all else, and nothing
// is to be allocated for it.
static bool is_record(const uint8_t *header, size_t len, size_t offset) {
    return header[0] >= MBEDTLS_SSL_MSG_CHANGE_CIPHER_SPEC && header[0] <= MBEDTLS_SSL_MSG_APPLICATION_DATA
           && header[1] == MBEDTLS_SSL_MAJOR_VERSION_3 && offset + HEADER_LEN + len <= MBEDTLS_SSL_IN_BUFFER_LEN;
}

// Makes room for the record whose header has come, and for one more header behind it.
static bool make_room(ussl_engine_conn_t *conn) {
    mbedtls_ssl_context *ssl = &conn->ssl;
    size_t offset = (size_t)(ssl->in_hdr - ssl->in_buf);
    size_t len = MBEDTLS_GET_UINT16_BE(conn->header, 3);
    size_t need = offset + HEADER_LEN + len + HEADER_LEN;
    if (need <= ssl->in_buf_len || !is_record(conn->header, len, offset)) {
        return true;
    }
    if (offset == COUNTER_LEN) {
        idle_input(conn); // nothing to keep: the old buffer goes before the new one comes
    } else {
        need = with_reserve(ssl, need);
    }
    uint8_t *buf = ussl_mbedtls_record_take(conn, need);
    if (buf != NULL) {
        move_input(conn, buf, need, offset);
    }
    return buf != NULL;
}

static int receive_header(ussl_engine_conn_t *conn) {
    while (conn->header_len < HEADER_LEN) {
        int n = ussl_mbedtls_receive(conn, conn->header + conn->header_len, HEADER_LEN - conn->header_len);
        if (n <= 0) {
            return n;
        }
        conn->header_len = (uint8_t)(conn->header_len + n);
    }
    if (!make_room(conn)) {
        return MBEDTLS_ERR_SSL_ALLOC_FAILED;
    }
    memcpy(conn->ssl.in_hdr, conn->header, HEADER_LEN);
    conn->header_len = 0;
    return HEADER_LEN;
}

int ussl_mbedtls_records_recv(void *arg, unsigned char *buf, size_t len) {
    ussl_engine_conn_t *conn = arg;
    return on_demand(conn) && conn->ssl.in_left == 0 ? receive_header(conn) : ussl_mbedtls_receive(conn, buf, len);
}

// ---- output ----

static void use_output(mbedtls_ssl_context *ssl, uint8_t *buf, size_t len) {
    ssl->out_buf = buf;
    ssl->out_buf_len = len;
    mbedtls_ssl_reset_out_pointers(ssl);
    mbedtls_ssl_update_out_pointers(ssl, ssl->transform_out);
}

static void idle_output(ussl_engine_conn_t *conn) {
    mbedtls_ssl_context *ssl = &conn->ssl;
    if (ssl->out_buf != conn->idle_out) {
        ussl_mbedtls_record_give_back(conn, ssl->out_buf, ssl->out_buf_len);
        use_output(ssl, conn->idle_out, sizeof(conn->idle_out));
    }
}

// Only with nothing left to send.
static int resize_output(ussl_engine_conn_t *conn, size_t len) {
    if (len == conn->ssl.out_buf_len) {
        return 0;
    }
    idle_output(conn);
    if (len <= sizeof(conn->idle_out)) {
        return 0;
    }
    uint8_t *buf = ussl_mbedtls_record_take(conn, len);
    if (buf == NULL) {
        return MBEDTLS_ERR_SSL_ALLOC_FAILED;
    }
    use_output(&conn->ssl, buf, len);
    return 0;
}

int ussl_mbedtls_records_reserve(ussl_engine_conn_t *conn, size_t *len) {
    if (!on_demand(conn)) {
        return 0;
    }
    int most = mbedtls_ssl_get_max_out_record_payload(&conn->ssl);
    if (most < 0) {
        return most;
    }
    *len = smaller(smaller(*len, (size_t)most), conn->cfg->send_max);
    // With something left, this is a write repeated, and its record is there already.
    return conn->ssl.out_left > 0 ? 0 : resize_output(conn, *len + OVERHEAD);
}

// ---- the handshake ----

// True where the next step reads, or does neither: it writes no more than an alert.
static bool only_reads(const mbedtls_ssl_context *ssl, bool client) {
    switch (ssl->state) {
        case MBEDTLS_SSL_HELLO_REQUEST:
        case MBEDTLS_SSL_FLUSH_BUFFERS:
        case MBEDTLS_SSL_HANDSHAKE_WRAPUP:
            return true;
        case MBEDTLS_SSL_SERVER_HELLO:
        case MBEDTLS_SSL_ENCRYPTED_EXTENSIONS:
        case MBEDTLS_SSL_SERVER_CERTIFICATE:
        case MBEDTLS_SSL_SERVER_KEY_EXCHANGE:
        case MBEDTLS_SSL_CERTIFICATE_REQUEST:
        case MBEDTLS_SSL_SERVER_HELLO_DONE:
        case MBEDTLS_SSL_NEW_SESSION_TICKET:
        case MBEDTLS_SSL_SERVER_CHANGE_CIPHER_SPEC:
        case MBEDTLS_SSL_SERVER_FINISHED:
            return client;
        case MBEDTLS_SSL_CLIENT_HELLO:
        case MBEDTLS_SSL_CLIENT_CERTIFICATE:
        case MBEDTLS_SSL_CLIENT_KEY_EXCHANGE:
        case MBEDTLS_SSL_CLIENT_CERTIFICATE_VERIFY:
        case MBEDTLS_SSL_CLIENT_CHANGE_CIPHER_SPEC:
        case MBEDTLS_SSL_CLIENT_FINISHED:
        case MBEDTLS_SSL_END_OF_EARLY_DATA:
            return !client;
        case MBEDTLS_SSL_CERTIFICATE_VERIFY: // the server's in TLS 1.3, the client's in 1.2
            return client == (ssl->tls_version == MBEDTLS_SSL_VERSION_TLS1_3);
        default:
            return false;
    }
}

// True where a client sends what only the request for a certificate calls for.
static bool writes_if_asked(const mbedtls_ssl_context *ssl, bool client) {
    return client && (ssl->state == MBEDTLS_SSL_CLIENT_CERTIFICATE || ssl->state == MBEDTLS_SSL_CERTIFICATE_VERIFY
        || ssl->state == MBEDTLS_SSL_CLIENT_CERTIFICATE_VERIFY);
}

// True for ChangeCipherSpec (1 byte), Finished (a hash) and EndOfEarlyData (nothing). Not for the one of a TLS 1.2
// server: its ticket is written in the same state.
static bool writes_little(const mbedtls_ssl_context *ssl) {
    switch (ssl->state) {
        case MBEDTLS_SSL_CLIENT_CHANGE_CIPHER_SPEC:
        case MBEDTLS_SSL_CLIENT_FINISHED:
        case MBEDTLS_SSL_SERVER_FINISHED:
        case MBEDTLS_SSL_END_OF_EARLY_DATA:
        case MBEDTLS_SSL_CLIENT_CCS_AFTER_CLIENT_HELLO:
        case MBEDTLS_SSL_CLIENT_CCS_AFTER_SERVER_FINISHED:
        case MBEDTLS_SSL_CLIENT_CCS_BEFORE_2ND_CLIENT_HELLO:
        case MBEDTLS_SSL_SERVER_CCS_AFTER_SERVER_HELLO:
        case MBEDTLS_SSL_SERVER_CCS_AFTER_HELLO_RETRY_REQUEST:
            return true;
        default:
            return false;
    }
}

// What a ClientHello holds has a bound, but for these: the name, the protocols, the ticket, a
// pre-shared key's identity, and what a server makes a TLS 1.3 client repeat (RFC 8446 4.2.2). All else comes to less
// than 500 bytes.
static size_t hello_max(const ussl_engine_conn_t *conn) {
    const mbedtls_ssl_context *ssl = &conn->ssl;
    size_t len = 768 + ssl->session_negotiate->ticket_len + ussl_mbedtls_tls13_cookie_len(ssl);
    len += ussl_mbedtls_psk_identity_room(conn);
    len += conn->hs->sni == NULL ? 0 : strlen(conn->hs->sni);
    for (const char *const *alpn = ssl->conf->alpn_list; alpn != NULL && *alpn != NULL; alpn++) {
        len += 1 + strlen(*alpn);
    }
    return len;
}

// The most that the next step writes into one record.
static size_t message_max(const ussl_engine_conn_t *conn) {
    switch (conn->ssl.state) {
        case MBEDTLS_SSL_CLIENT_HELLO:
            return smaller(hello_max(conn), MBEDTLS_SSL_OUT_CONTENT_LEN);
        case MBEDTLS_SSL_CLIENT_KEY_EXCHANGE: // of ECDHE: a header, an identity, a point
            return 4 + ussl_mbedtls_psk_identity_room(conn) + 1 + MBEDTLS_ECP_MAX_PT_LEN;
        default:
            return MBEDTLS_SSL_OUT_CONTENT_LEN;
    }
}

static size_t output_for_step(const ussl_engine_conn_t *conn) {
    const mbedtls_ssl_context *ssl = &conn->ssl;
    bool client = ssl->conf->endpoint == MBEDTLS_SSL_IS_CLIENT;
    bool nothing = only_reads(ssl, client) || (writes_if_asked(ssl, client) && !ssl->handshake->client_auth);
    return nothing ? USSL_MBEDTLS_IDLE_OUT : OVERHEAD + (writes_little(ssl) ? 0 : message_max(conn));
}

// Buffers that change their length bring support for the client's wish for short records
// (RFC 6066 4), in halves: mbedTLS's server agrees and then sends its certificates in one
// record all the same. So it agrees only to what they fit into.
static void decline_fragment_length(ussl_engine_conn_t *conn) {
    mbedtls_ssl_context *ssl = &conn->ssl;
    bool server_hello = ssl->state == MBEDTLS_SSL_SERVER_HELLO && ssl->conf->endpoint == MBEDTLS_SSL_IS_SERVER;
    if (server_hello && ussl_mbedtls_cfg_longest_message(conn->cfg) > mbedtls_ssl_get_output_max_frag_len(ssl)) {
        ssl->session_negotiate->mfl_code = MBEDTLS_SSL_MAX_FRAG_LEN_NONE;
    }
}

static int prepare_step(ussl_engine_conn_t *conn) {
    mbedtls_ssl_context *ssl = &conn->ssl;
    decline_fragment_length(conn);
    int ret = mbedtls_ssl_flush_output(ssl);
    if (ret != 0 || ssl->out_left > 0) {
        return ret != 0 ? ret : MBEDTLS_ERR_SSL_WANT_WRITE;
    }
    return resize_output(conn, output_for_step(conn));
}

int ussl_mbedtls_records_hidden(mbedtls_ssl_context *ssl, int (*run)(mbedtls_ssl_context *ssl)) {
    size_t in_len = ssl->in_buf_len;
    size_t out_len = ssl->out_buf_len;
    ssl->in_buf_len = ssl->out_buf_len = 0;
    int ret = run(ssl);
    ssl->in_buf_len = in_len;
    ssl->out_buf_len = out_len;
    return ret;
}

int ussl_mbedtls_records_step(ussl_engine_conn_t *conn) {
    mbedtls_ssl_context *ssl = &conn->ssl;
    if (!on_demand(conn)) {
        return mbedtls_ssl_handshake_step(ssl);
    }
    int ret = prepare_step(conn);
    if (ret == 0) {
        bool last = ssl->state == MBEDTLS_SSL_HANDSHAKE_WRAPUP;
        ret = last ? ussl_mbedtls_records_hidden(ssl, mbedtls_ssl_handshake_step) : mbedtls_ssl_handshake_step(ssl);
    }
    if ((ret == 0 || ret == MBEDTLS_ERR_SSL_WANT_READ) && !input_waits(ssl)) {
        idle_input(conn);
    }
    return ret;
}

// ---- life ----

int ussl_mbedtls_records_setup(ussl_engine_conn_t *conn, const mbedtls_ssl_config *conf) {
    mbedtls_ssl_context *ssl = &conn->ssl;
    bool datagram = ussl_mbedtls_is_datagram(conf);
    ussl_mbedtls_lend(datagram ? NULL : conn->idle_in, datagram ? NULL : conn->idle_out);
    int ret = mbedtls_ssl_setup(ssl, conf);
    ussl_mbedtls_lend(NULL, NULL);
    ssl->conf = conf; // gone after a failure, and mbedtls_ssl_free looks at it all the same
    if (ret == 0 && !datagram) {
        ssl->in_buf_len = sizeof(conn->idle_in);
        ssl->out_buf_len = sizeof(conn->idle_out);
    }
    return ret;
}

void ussl_mbedtls_records_settle(ussl_engine_conn_t *conn) {
    if (!on_demand(conn)) {
        return;
    }
    if (!input_waits(&conn->ssl)) {
        idle_input(conn);
    }
    if (conn->ssl.out_left == 0) {
        idle_output(conn);
    }
}

void ussl_mbedtls_records_free(ussl_engine_conn_t *conn) {
    if (conn->ssl.in_buf == NULL || !on_demand(conn)) {
        return; // mbedtls_ssl_setup did not come so far, or the buffers are mbedTLS's
    }
    idle_input(conn);
    idle_output(conn);
    ussl_wipe(conn->idle_in, sizeof(conn->idle_in));
    conn->ssl.in_buf = conn->ssl.out_buf = NULL;
}
