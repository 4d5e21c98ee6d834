// Sessions: saved, serialised, resumed, refused.

#include <stdio.h>
#include <string.h>

#include "engine/pair.h"
#include "engine/suite.h"
#include "core/host.h"
#include "support/host.h"

static pair_t pair;

// A first connection and its session; the contexts stay in pair.
static bool first(const pair_options_t *o, ussl_session_t *out) {
    bool ok = pair_connect(&pair, o) && CHECK(pair_save(&pair, out));
    pair_close(&pair);
    return ok;
}

// Connects with the session; true when both ends agree on whether it was resumed.
static bool again(pair_options_t *o, const ussl_session_t *session, bool resumed) {
    o->session = session;
    bool ok = pair_connect(&pair, o)
        && CHECK_EQ(engine_under_test->resumed(pair.client->tls), resumed)
        && CHECK_EQ(engine_under_test->resumed(pair.server->tls), resumed)
        && CHECK(pair_transfer(pair.client, pair.server, 3000))
        && CHECK(pair_transfer(pair.server, pair.client, 3000));
    return ok;
}

static const uint16_t versions[] = { USSL_TLS_1_2, USSL_TLS_1_3 };

static void resumed_twice(const void *arg) {
    pair_options_t o = usual(*(const uint16_t *)arg);
    ussl_session_t s = { 0 };
    if (first(&o, &s)) {
        CHECK_EQ(s.version, *(const uint16_t *)arg);
        CHECK(s.has_ticket);
        CHECK_EQ(s.level, USSL_LEVEL_NAME);
        again(&o, &s, true);
        unsigned long bytes = pair.to_client.total;
        pair_close(&pair);
        again(&o, &s, true);
        CHECK(bytes < 8000);
        pair_close(&pair);
    }
    ussl_session_free(&s);
    pair_free(&pair);
}

// A session that a resumed connection brings resumes again.
static void chain_of_sessions(const void *arg) {
    pair_options_t o = usual(*(const uint16_t *)arg);
    ussl_session_t s = { 0 };
    bool ok = first(&o, &s);
    for (int i = 0; ok && i < 3; i++) {
        ussl_session_t next = { 0 };
        ok = again(&o, &s, true) && CHECK(pair_save(&pair, &next));
        pair_close(&pair);
        ussl_session_free(&s);
        s = next;
    }
    ussl_session_free(&s);
    pair_free(&pair);
}

static void through_bytes(const void *arg) {
    pair_options_t o = usual(*(const uint16_t *)arg);
    ussl_session_t s = { 0 };
    ussl_session_t copy = { 0 };
    ussl_error_t err;
    if (first(&o, &s)) {
        CHECK_EQ(ussl_session_decode(engine_under_test, (ussl_bytes_t) { s.data, s.len }, &copy, &err), USSL_OK);
        ussl_session_free(&s);
        // A process that knows nothing but the bytes and its own anchors.
        ussl_ctx_release(pair.client_ctx);
        pair.client_ctx = NULL;
        again(&o, &copy, true);
        CHECK(s.len < 300);
    }
    ussl_session_free(&s);
    ussl_session_free(&copy);
    pair_free(&pair);
}

// With and without a name; an address, which is no SNI; a name that is not compared.
static void names(const void *arg) {
    static const struct { const char *host; bool check; } hosts[] = {
        { NULL, true }, { "127.0.0.1", true }, { "::1", true }, { "localhost", false }, { "elsewhere", false },
    };
    for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]) && test_passing(); i++) {
        pair_options_t o = usual(*(const uint16_t *)arg);
        o.name = hosts[i].host;
        o.check_name = hosts[i].check;
        ussl_session_t s = { 0 };
        if (first(&o, &s)) {
            again(&o, &s, true);
        }
        ussl_session_free(&s);
        pair_free(&pair);
    }
}

static void other_server_refuses(const void *arg) {
    pair_options_t o = usual(*(const uint16_t *)arg);
    ussl_session_t s = { 0 };
    if (first(&o, &s)) {
        ussl_ctx_release(pair.server_ctx); // and its ticket keys
        pair.server_ctx = NULL;
        again(&o, &s, false);
    }
    ussl_session_free(&s);
    pair_free(&pair);
}

static void other_version(const void *arg) {
    uint16_t version = *(const uint16_t *)arg;
    pair_options_t o = usual(version);
    ussl_session_t s = { 0 };
    if (first(&o, &s)) {
        ussl_ctx_release(pair.client_ctx);
        pair.client_ctx = NULL;
        o.client.min = o.client.max = version == USSL_TLS_1_2 ? USSL_TLS_1_3 : USSL_TLS_1_2;
        again(&o, &s, false);
    }
    ussl_session_free(&s);
    pair_free(&pair);
}

// A client that allows both versions offers what it has; so does one whose session is 1.2.
static void any_version(const void *arg) {
    uint16_t version = *(const uint16_t *)arg;
    pair_options_t o = usual(version);
    ussl_session_t s = { 0 };
    if (first(&o, &s)) {
        ussl_ctx_release(pair.client_ctx);
        pair.client_ctx = NULL;
        o.client.min = USSL_TLS_1_2;
        o.client.max = USSL_TLS_1_3;
        o.session = &s;
        // A server that prefers TLS 1.3 may make a full handshake of a 1.2 session.
        if (pair_connect(&pair, &o)) {
            bool resumed = engine_under_test->resumed(pair.client->tls);
            CHECK_EQ(resumed, engine_under_test->resumed(pair.server->tls));
            CHECK(resumed || version == USSL_TLS_1_2);
            CHECK(pair_transfer(pair.client, pair.server, 3000));
        }
    }
    ussl_session_free(&s);
    pair_free(&pair);
}

// The client's clock was reset: the session seems to come from the future.
static void from_the_future(const void *arg) {
    pair_options_t o = usual(*(const uint16_t *)arg);
    ussl_session_t s = { 0 };
    o.client.verify = USSL_VERIFY_NONE; // the certificate would be of the future too
    o.client.trust = NULL;
    if (first(&o, &s)) {
        o.session = &s;
        test_host.unix_ms = ussl_host_unix_ms() - 3600000;
        if (CHECK(pair_open(&pair, &o))) {
            ussl_conn_handshake(pair.client);
            test_host.unix_ms = 0; // only the client's clock is wrong
            pair_handshake(&pair);
            CHECK_EQ(pair.client_status, USSL_OK);
            CHECK_EQ(pair.server_status, USSL_OK);
            CHECK_EQ(engine_under_test->resumed(pair.client->tls), engine_under_test->resumed(pair.server->tls));
        }
        test_host.unix_ms = 0;
    }
    ussl_session_free(&s);
    pair_free(&pair);
}

static void expired(const void *arg) {
    pair_options_t o = usual(*(const uint16_t *)arg);
    ussl_session_t s = { 0 };
    o.client.verify = USSL_VERIFY_NONE;
    o.client.trust = NULL;
    if (first(&o, &s)) {
        test_host.unix_ms = ussl_host_unix_ms() + ((int64_t)s.lifetime + 10) * 1000;
        again(&o, &s, false);
        test_host.unix_ms = 0;
    }
    ussl_session_free(&s);
    pair_free(&pair);
}

// A client with a certificate resumes where the server does not ask for it, and only
// with the same one.
static void with_identity(const void *arg) {
    pair_options_t o = usual(*(const uint16_t *)arg);
    ussl_session_t s = { 0 };
    o.client.identity = "client-ecdsa";
    if (first(&o, &s)) {
        again(&o, &s, true);
        pair_close(&pair);
        ussl_ctx_release(pair.client_ctx);
        pair.client_ctx = NULL;
        o.client.identity = "client-rsa";
        again(&o, &s, false);
    }
    ussl_session_free(&s);
    pair_free(&pair);
}

// A server that asks for certificates resumes those who have shown theirs.
static void mutual(const void *arg) {
    pair_options_t o = usual(*(const uint16_t *)arg);
    ussl_session_t s = { 0 };
    o.client.identity = "client-ecdsa";
    o.server.trust = "root-ecdsa.pem";
    o.server.verify = USSL_VERIFY_REQUIRED;
    if (first(&o, &s)) {
        again(&o, &s, true);
    }
    ussl_session_free(&s);
    pair_free(&pair);
}

// An authenticated session must not outlive a server's change of mind.
static void stricter_server(const void *arg) {
    pair_options_t o = usual(*(const uint16_t *)arg);
    ussl_session_t s = { 0 };
    ussl_error_t err;
    if (first(&o, &s)) {
        CHECK_EQ(ussl_ctx_add_trust(pair.server_ctx, pki_file("root-ecdsa.pem"), &err), USSL_OK);
        CHECK_EQ(ussl_ctx_set_verify(pair.server_ctx, USSL_VERIFY_REQUIRED, &err), USSL_OK);
        o.session = &s;
        if (CHECK(pair_open(&pair, &o))) {
            pair_handshake(&pair);
            CHECK_EQ(pair.server_status, USSL_FAILED); // no certificate, no entry
            CHECK_EQ(pair.server->error.cls, USSL_ERR_VERIFY);
        }
    }
    ussl_session_free(&s);
    pair_free(&pair);
}

static void no_ticket(const void *arg) {
    pair_options_t o = usual(*(const uint16_t *)arg);
    ussl_error_t err = { 0 };
    uint8_t byte;
    size_t got;
    o.server.no_tickets = true;
    if (pair_connect(&pair, &o)) {
        ussl_status_t st = ussl_conn_await_session(pair.client, &err);
        if (*(const uint16_t *)arg == USSL_TLS_1_3) {
            CHECK_EQ(st, USSL_WANT_READ); // one may still come
            CHECK_EQ(ussl_conn_shutdown(pair.server), USSL_OK);
            CHECK_EQ(ussl_conn_await_session(pair.client, &err), USSL_FAILED);
            CHECK_EQ(err.reason, USSL_REASON_NO_TICKET);
            CHECK_EQ(ussl_conn_read(pair.client, &byte, 1, &got), USSL_CLOSED);
        }
    }
    pair_free(&pair);
}

// A ticket and data in one go: the ticket is found, the data is kept.
static void ticket_with_data(void) {
    pair_options_t o = usual(USSL_TLS_1_3);
    ussl_session_t s = { 0 };
    ussl_error_t err;
    uint8_t buf[100];
    size_t n = 0;
    if (CHECK(pair_open(&pair, &o))) {
        pair.to_client.hold_reads = 0;
        pair_handshake(&pair);
        CHECK_EQ(ussl_conn_write(pair.server, (const uint8_t *)"hello", 5, &n), USSL_OK);
        CHECK_EQ(ussl_conn_await_session(pair.client, &err), USSL_OK);
        CHECK_EQ(ussl_conn_session(pair.client, &s, &err), USSL_OK);
        CHECK_EQ(ussl_conn_read(pair.client, buf, sizeof(buf), &n), USSL_OK);
        CHECK(n == 5 && memcmp(buf, "hello", 5) == 0);
    }
    ussl_session_free(&s);
    pair_free(&pair);
}

static void servers_have_none(void) {
    pair_options_t o = usual(0);
    ussl_error_t err = { 0 };
    if (pair_connect(&pair, &o)) {
        CHECK_EQ(ussl_conn_await_session(pair.server, &err), USSL_FAILED);
        CHECK_EQ(err.reason, USSL_REASON_NOT_CLIENT);
    }
    pair_free(&pair);
}

// Time and lifetime, what session_state.h has in it at least, and in TLS 1.2 the length of
// the ID. The rest is the ticket, which may have any length.
#define BEFORE_TICKET(version) ((version) == USSL_TLS_1_2 ? 7 + 51 + 1 : 7 + 38)

static bool is_refused(ussl_status_t st, const ussl_error_t *err) {
    return st == USSL_FAILED && err->cls == USSL_ERR_INPUT && err->reason == USSL_REASON_SESSION_DATA;
}

// Data that cannot be a session is refused; the connection goes on without it.
static void bad_session_data(const void *arg) {
    pair_options_t o = usual(*(const uint16_t *)arg);
    ussl_session_t s = { 0 };
    ussl_session_info_t info;
    ussl_error_t err;
    if (first(&o, &s) && pair_open(&pair, &o)) {
        for (size_t len = 0; len <= BEFORE_TICKET(*(const uint16_t *)arg); len++) {
            ussl_bytes_t part = { s.engine_data.data, len };
            CHECK(is_refused(engine_under_test->session_info(part, &info, &err), &err));
            CHECK(is_refused(engine_under_test->conn_offer_session(pair.client->tls, part, &err), &err));
        }
        CHECK_EQ(engine_under_test->session_info(s.engine_data, &info, &err), USSL_OK);
        pair_handshake(&pair);
        CHECK_EQ(pair.client_status, USSL_OK);
    }
    ussl_session_free(&s);
    pair_free(&pair);
}

// Whatever the server names; 0 is no time at all in TLS 1.3, and a day in TLS 1.2.
static void a_week_at_most(const void *arg) {
    enum { HINT_AT = 4, DAY = 86400, WEEK = 7 * DAY };
    bool tls12 = *(const uint16_t *)arg == USSL_TLS_1_2;
    const uint32_t rows[][2] = { { 0, tls12 ? DAY : 0 }, { 60, 60 }, { WEEK, WEEK }, { WEEK + 1, WEEK }, { 0xffffff, WEEK } };
    pair_options_t o = usual(*(const uint16_t *)arg);
    ussl_session_t s = { 0 };
    if (first(&o, &s)) {
        uint8_t data[1000];
        CHECK(s.engine_data.len <= sizeof(data));
        memcpy(data, s.engine_data.data, s.engine_data.len);
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
            ussl_session_info_t info;
            ussl_error_t err;
            for (int byte = 0; byte < 3; byte++) {
                data[HINT_AT + byte] = (uint8_t)(rows[i][0] >> (8 * (2 - byte)));
            }
            CHECK_EQ(engine_under_test->session_info((ussl_bytes_t) { data, s.engine_data.len }, &info, &err), USSL_OK);
            CHECK_EQ(info.hint, rows[i][0]);
            CHECK_EQ(info.lifetime, rows[i][1]);
        }
    }
    ussl_session_free(&s);
    pair_free(&pair);
}

static const struct {
    const char *name;
    void (*run)(const void *version);
} cases[] = {
    { "good for a week at most", a_week_at_most },
    { "resumed twice", resumed_twice },
    { "a resumed connection's session resumes", chain_of_sessions },
    { "resumed from bytes by a new context", through_bytes },
    { "resumed for each kind of name", names },
    { "refused by another server: a full handshake", other_server_refuses },
    { "of another version: a full handshake", other_version },
    { "offered by a client of both versions", any_version },
    { "of the future is offered", from_the_future },
    { "expired: a full handshake", expired },
    { "of a client with a certificate", with_identity },
    { "with a server that asks for certificates", mutual },
    { "of a server that became stricter", stricter_server },
    { "none without tickets", no_ticket },
    { "truncated inside", bad_session_data },
};

void suite_session(void) {
    static const char *const words[] = { "TLS 1.2", "TLS 1.3" };
    char name[100];
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        for (size_t v = 0; v < 2; v++) {
            snprintf(name, sizeof(name), "session, %s: %s", words[v], cases[i].name);
            test_case_with(name, cases[i].run, &versions[v]);
        }
    }
    test_case("session: a late ticket together with data", ticket_with_data);
    test_case("session: servers have none to save", servers_have_none);
}
