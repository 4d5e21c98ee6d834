// Sessions: from mbedTLS's form to bytes and back.

#include <string.h>

#include "engine/mbedtls/internal.h"

#include "core/host.h"
#include "engine/mbedtls/session_state.h"

// What a TLS 1.2 server that names no lifetime is taken to mean (RFC 5246 F.1.4).
#define DEFAULT_LIFETIME_S 86400
// The most that TLS 1.3 allows (RFC 8446 4.6.1). In TLS 1.2, where a server may name half a year,
// this is as much a bound on how long a stolen session is of use, and a certificate not looked at.
#define LONGEST_LIFETIME_S (7 * 86400)

static bool is_tls13(const mbedtls_ssl_session *s) {
    return s->tls_version == MBEDTLS_SSL_VERSION_TLS1_3;
}

// In TLS 1.3 an ID resumes nothing: it is there for middleboxes. And what a pre-shared key
// began is not resumed: each connection has to prove that it has the key.
void ussl_mbedtls_session_received(ussl_engine_conn_t *conn) {
    const mbedtls_ssl_session *s = conn->used_psk ? NULL : conn->ssl.session;
    if (s != NULL && (s->ticket_len > 0 || (s->id_len > 0 && !is_tls13(s)))) {
        conn->sessions++;
    }
}

unsigned ussl_mbedtls_session_count(const ussl_engine_conn_t *conn) {
    return conn->sessions;
}

// What a ClientHello holds beside the ticket, generously. It has to fit into one record,
// and a session too long for that is no reason to fail.
#define HELLO_ROOM 1024

#if defined(MBEDTLS_SSL_RECORD_SIZE_LIMIT)
static uint16_t wished_limit(const ussl_engine_conn_t *conn) {
    size_t limit = conn->cfg->receive_max;
    return limit < MBEDTLS_SSL_IN_CONTENT_LEN ? (uint16_t)limit : 0; // the most is not said
}
#endif

// What the client asked for belongs to its session (RFC 6066 4): servers refuse to resume
// it with another wish, or without. mbedTLS's client does not note it; these two fields
// are its server's.
static void note_sizes(const ussl_engine_conn_t *conn, mbedtls_ssl_session *s) {
    s->mfl_code = conn->cfg->conf.mfl_code;
#if defined(MBEDTLS_SSL_RECORD_SIZE_LIMIT)
    s->record_size_limit = wished_limit(conn);
#endif
}

// A TLS 1.2 server that is offered a session without its suite breaks off (RFC 5246 7.4.1.2).
static bool suite_offered(const ussl_engine_conn_t *conn, const mbedtls_ssl_session *s) {
    const int *suite = conn->cfg->conf.ciphersuite_list;
    while (*suite != 0 && *suite != s->ciphersuite) {
        suite++;
    }
    return *suite != 0 || is_tls13(s);
}

static bool same_sizes(const ussl_engine_conn_t *conn, mbedtls_ssl_session *s) {
    if (s->tls_version != MBEDTLS_SSL_VERSION_TLS1_3) {
        return s->mfl_code == conn->cfg->conf.mfl_code;
    }
#if defined(MBEDTLS_SSL_RECORD_SIZE_LIMIT)
    bool same = s->record_size_limit == wished_limit(conn);
    s->record_size_limit = 0; // as before the server has told its own
    return same;
#else
    return true;
#endif
}

// ---- their bytes ----
//
//   4  when it came, in seconds since 1970, rounded up: a ticket older than its server
//      takes it to be would not do for early data
//   3  its lifetime in seconds, as the server put it; 0 when it did not say
//   n  session_state.h
//   TLS 1.2: 1+n  session ID; empty where there is a ticket
//   the rest: the ticket
//
// The peer's certificate and the host name are left out: core binds a session to name and
// trust itself, and the certificate would more than double what a device has to store.

#define HEAD_SIZE (4 + 3)
#define LIFETIME_MAX 0xffffff // half a year; RFC 8446 allows a week

static uint8_t *put_uint(uint8_t *at, uint32_t value, unsigned bytes) {
    for (unsigned i = bytes; i-- > 0;) {
        *at++ = (uint8_t)(value >> (8 * i));
    }
    return at;
}

static uint8_t *put_bytes(uint8_t *at, const uint8_t *data, size_t len) {
    if (len > 0) {
        memcpy(at, data, len);
    }
    return at + len;
}

static uint32_t received(const mbedtls_ssl_session *s) {
    int64_t unix_s = is_tls13(s) ? (ussl_mbedtls_tls13_received_ms(s) + 999) / 1000 : (int64_t)s->start;
    return unix_s < 0 ? 0 : unix_s > UINT32_MAX ? UINT32_MAX : (uint32_t)unix_s;
}

static uint32_t hint(const mbedtls_ssl_session *s) {
    uint32_t lifetime = s->ticket_len > 0 ? s->ticket_lifetime : 0;
    return lifetime > LIFETIME_MAX ? LIFETIME_MAX : lifetime;
}

static size_t id_len(const mbedtls_ssl_session *s) {
    return s->ticket_len > 0 ? 0 : s->id_len;
}

static size_t write_session(uint8_t *out, const mbedtls_ssl_session *s) {
    uint8_t *at = put_uint(out, received(s), 4);
    at = put_uint(at, hint(s), 3);
    at += ussl_mbedtls_state_write(s, at);
    if (!is_tls13(s)) {
        at = put_uint(at, (uint32_t)id_len(s), 1);
        at = put_bytes(at, s->id, id_len(s));
    }
    at = put_bytes(at, s->ticket, s->ticket_len);
    return (size_t)(at - out);
}

// Exports the session in place: the public way copies it whole, certificate and all.
ussl_bytes_t ussl_mbedtls_conn_session(ussl_engine_conn_t *conn) {
    ussl_mbedtls_begin();
    mbedtls_ssl_session saved = *conn->ssl.session;
    note_sizes(conn, &saved);
    size_t room = HEAD_SIZE + USSL_MBEDTLS_STATE_MAX + 1 + sizeof(saved.id) + saved.ticket_len;
    uint8_t *data = ussl_mbedtls_own_calloc(1, room);
    ussl_bytes_t session = { data, data == NULL ? 0 : write_session(data, &saved) };
    ussl_wipe(&saved, sizeof(saved));
    return session;
}

static uint32_t get_uint(const uint8_t *at, unsigned bytes) {
    uint32_t value = 0;
    for (unsigned i = 0; i < bytes; i++) {
        value = value << 8 | at[i];
    }
    return value;
}

// What stands behind the state: an ID or a ticket, which stays where it is.
static bool read_tail(mbedtls_ssl_session *s, ussl_bytes_t tail) {
    if (!is_tls13(s)) {
        if (tail.len == 0 || tail.data[0] > sizeof(s->id) || tail.data[0] > tail.len - 1) {
            return false;
        }
        s->id_len = tail.data[0];
        memcpy(s->id, tail.data + 1, s->id_len);
        tail = (ussl_bytes_t) { tail.data + 1 + s->id_len, tail.len - 1 - s->id_len };
    }
    s->ticket = (unsigned char *)tail.data;
    s->ticket_len = tail.len;
    return (s->id_len > 0) != (s->ticket_len > 0);
}

// The ticket stays in data, so s must not be freed.
static bool read_session(mbedtls_ssl_session *s, ussl_bytes_t data) {
    mbedtls_ssl_session_init(s);
    if (data.len < HEAD_SIZE) {
        return false;
    }
    s->endpoint = MBEDTLS_SSL_IS_CLIENT;
    s->start = get_uint(data.data, 4);
    s->ticket_lifetime = get_uint(data.data + 4, 3);
    ussl_bytes_t rest = { data.data + HEAD_SIZE, data.len - HEAD_SIZE };
    size_t state = ussl_mbedtls_state_take(s, rest);
    return state > 0 && read_tail(s, (ussl_bytes_t) { rest.data + state, rest.len - state });
}

// ---- what they say ----

static uint32_t lifetime(const mbedtls_ssl_session *s) {
    uint32_t seconds = is_tls13(s) || s->ticket_lifetime != 0 ? s->ticket_lifetime : DEFAULT_LIFETIME_S;
    return seconds < LONGEST_LIFETIME_S ? seconds : LONGEST_LIFETIME_S;
}

ussl_status_t ussl_mbedtls_session_info(ussl_bytes_t data, ussl_session_info_t *info, ussl_error_t *err) {
    mbedtls_ssl_session s;
    bool is_session = read_session(&s, data);
    *info = (ussl_session_info_t) {
        .received = s.start,
        .hint = s.ticket_lifetime,
        .lifetime = lifetime(&s),
        .version = (uint16_t)s.tls_version,
        .has_ticket = s.ticket_len > 0,
        .id = { data.data + data.len - s.id_len, s.id_len },
    };
    ussl_wipe(&s, sizeof(s));
    return is_session ? USSL_OK : ussl_fail(err, USSL_ERR_INPUT, USSL_REASON_SESSION_DATA);
}

void ussl_mbedtls_session_forget_name(mbedtls_ssl_session *s) {
    ussl_mbedtls_free(ussl_mbedtls_tls13_take_name(s));
}

// ---- to be resumed ----

// Fits a restored session to this connection.
static int adapt(ussl_engine_conn_t *conn, mbedtls_ssl_session *s) {
    if (s->tls_version != MBEDTLS_SSL_VERSION_TLS1_3) {
        return 0;
    }
    ussl_mbedtls_early_data_offer(conn, s);
    return ussl_mbedtls_tls13_fit(s, conn->hs->sni);
}

ussl_status_t ussl_mbedtls_conn_offer_session(ussl_engine_conn_t *conn, ussl_bytes_t data, ussl_error_t *err) {
    mbedtls_ssl_session s;
    ussl_mbedtls_begin();
    bool fits = data.len + HELLO_ROOM <= MBEDTLS_SSL_OUT_CONTENT_LEN && read_session(&s, data) && same_sizes(conn, &s)
        && suite_offered(conn, &s);
    int ret = fits ? adapt(conn, &s) : MBEDTLS_ERR_SSL_BAD_INPUT_DATA;
    if (ret == 0) {
        ret = mbedtls_ssl_set_session(&conn->ssl, &s);
    }
    if (fits) {
        ussl_mbedtls_session_forget_name(&s);
    }
    ussl_wipe(&s, sizeof(s));
    return ret == 0 && !ussl_mbedtls_no_memory() ? USSL_OK : ussl_mbedtls_fail_input(ret, USSL_REASON_SESSION_DATA, 0, err);
}
