// Sessions that a context keeps: which one is offered, how often, and when it goes.

#include <string.h>

#include "core/conn.h"
#include "core/session_cache.h"
#include "fake.h"
#include "suite.h"
#include "support/check.h"
#include "support/host.h"
#include "support/pipe.h"

#define PORT 443
#define NOW 1000
#define LIFETIME 7200

static ussl_ctx_t *ctx;

static void begin(uint16_t size) {
    ussl_error_t err;
    fake_reset();
    CHECK_EQ(ussl_ctx_new(&fake_engine, false, &ctx, &err), USSL_OK);
    ussl_session_cache_resize(ctx, size);
}

static void end(void) {
    ussl_ctx_release(ctx);
    ctx = NULL;
    CHECK_EQ(test_host.live, 0);
}

// A session of a server that nothing was verified of, told from others by its tag.
static ussl_session_t session(const char *name, uint16_t version, const char *tag) {
    fake_session_t made = { .received = NOW, .lifetime = LIFETIME, .version = version };
    strcpy(made.tag, tag);
    ussl_session_facts_t facts = { .ctx = ctx, .name = name, .engine_data = { (const uint8_t *)&made, sizeof(made) } };
    ussl_session_t s = { 0 };
    ussl_error_t err;
    CHECK_EQ(ussl_session_encode(&facts, &s, &err), USSL_OK);
    // And a certificate that tells whose it is.
    CHECK(ussl_session_set_cert(&s, (ussl_bytes_t) { (const uint8_t *)tag, strlen(tag) }));
    return s;
}

static void put(const char *name, uint16_t port, uint16_t version, const char *tag) {
    ussl_cached_t cached = { session(name, version, tag), test_host.monotonic_ms, port };
    ussl_session_cache_put(ctx, &cached);
    CHECK(cached.session.data == NULL);
}

// True when the session taken for this server is the one with this tag; "" is none.
static bool takes_at(const char *name, uint16_t port, uint8_t level, int64_t unix_s, const char *tag) {
    ussl_cached_t cached;
    ussl_error_t err;
    test_host.unix_ms = unix_s * 1000;
    CHECK_EQ(ussl_session_cache_take(ctx, port, name, level, &cached, &err), USSL_OK);
    test_host.unix_ms = 0;
    const ussl_session_t *s = &cached.session;
    bool is = s->data == NULL ? tag[0] == '\0' : strcmp((const char *)s->id.data, tag) == 0;
    CHECK(!is || (s->cert.len == strlen(tag) && (tag[0] == '\0' || memcmp(s->cert.data, tag, s->cert.len) == 0)));
    ussl_session_free(&cached.session);
    return is;
}

static bool takes(const char *name, uint16_t port, const char *tag) {
    return takes_at(name, port, USSL_LEVEL_NONE, NOW, tag);
}

static uint32_t number(void) {
    ussl_session_stats_t stats;
    ussl_ctx_session_stats(ctx, &stats);
    return stats.number;
}

// ---- the cache alone ----

static void freshest_first_and_once(void) {
    begin(4);
    put("a", PORT, USSL_TLS_1_3, "old");
    put("a", PORT, USSL_TLS_1_3, "new");
    CHECK(takes("a", PORT, "new"));
    CHECK(takes("a", PORT, "old"));
    CHECK(takes("a", PORT, ""));
    CHECK_EQ(number(), 0);
    end();
}

static void tls12_stays(void) {
    begin(4);
    put("a", PORT, USSL_TLS_1_2, "old");
    put("a", PORT, USSL_TLS_1_2, "new");
    put("b", PORT, USSL_TLS_1_2, "b's");
    for (unsigned i = 0; i < 3; i++) {
        CHECK(takes("a", PORT, "new"));
    }
    CHECK(takes("b", PORT, "b's"));
    CHECK_EQ(number(), 2);
    end();
}

static void a_server_is_name_and_port(void) {
    begin(4);
    put("a", PORT, USSL_TLS_1_3, "443");
    put("a", 8883, USSL_TLS_1_3, "8883");
    CHECK(takes("a", 8884, ""));
    CHECK(takes("b", PORT, ""));
    CHECK(takes("a.b", PORT, ""));
    CHECK(takes("a", 8883, "8883"));
    CHECK(takes("a", PORT, "443"));
    end();
}

static void what_does_not_fit_stays(void) {
    ussl_error_t err;
    begin(4);
    put("a", PORT, USSL_TLS_1_3, "unverified");
    CHECK(takes_at("a", PORT, USSL_LEVEL_NAME, NOW, ""));
    CHECK_EQ(ussl_ctx_set_versions(ctx, USSL_TLS_1_2, USSL_TLS_1_2, &err), USSL_OK);
    CHECK(takes("a", PORT, ""));
    CHECK_EQ(ussl_ctx_set_versions(ctx, USSL_TLS_1_2, USSL_TLS_1_3, &err), USSL_OK);
    CHECK(takes("a", PORT, "unverified"));
    end();
}

static void not_past_its_life(void) {
    begin(4);
    put("a", PORT, USSL_TLS_1_3, "one");
    put("a", PORT, USSL_TLS_1_2, "two");
    put("b", PORT, USSL_TLS_1_2, "three");
    CHECK(takes_at("a", PORT, USSL_LEVEL_NONE, NOW - 5000, "two")); // a clock that was set back
    CHECK(takes_at("a", PORT, USSL_LEVEL_NONE, NOW + LIFETIME, "two"));
    CHECK(takes_at("a", PORT, USSL_LEVEL_NONE, NOW + LIFETIME + 1, ""));
    CHECK_EQ(number(), 0);
    CHECK_EQ(ctx->stats.timeouts, 3);
    end();
}

static void bounded(void) {
    begin(2);
    size_t empty = ctx->memory.now;
    put("a", PORT, USSL_TLS_1_3, "one");
    put("b", PORT, USSL_TLS_1_3, "two");
    put("c", PORT, USSL_TLS_1_3, "three");
    CHECK_EQ(number(), 2);
    CHECK_EQ(ctx->stats.cache_full, 1);
    CHECK(takes("a", PORT, ""));
    ussl_session_cache_resize(ctx, 1);
    CHECK_EQ(number(), 1);
    CHECK(ctx->memory.now > empty);
    CHECK(takes("b", PORT, ""));
    ussl_session_cache_resize(ctx, 0);
    CHECK_EQ(number(), 0);
    put("c", PORT, USSL_TLS_1_3, "four");
    CHECK(takes("c", PORT, ""));
    end();
}

static void dropping_a_server(void) {
    begin(8);
    put("a", PORT, USSL_TLS_1_3, "one");
    put("b", PORT, USSL_TLS_1_3, "b's");
    put("a", PORT, USSL_TLS_1_2, "two");
    put("a", 8883, USSL_TLS_1_3, "other port");
    ussl_session_cache_drop(ctx, PORT, "ab");
    ussl_session_cache_drop(ctx, PORT, "");
    CHECK_EQ(number(), 4);
    ussl_session_cache_drop(ctx, PORT, "a");
    CHECK_EQ(number(), 2);
    CHECK(takes("a", PORT, ""));
    CHECK(takes("b", PORT, "b's"));
    CHECK(takes("a", 8883, "other port"));
    end();
}

static void without_memory(void) {
    ussl_error_t err;
    begin(4);
    ussl_cached_t lost = { .session = session("a", USSL_TLS_1_3, "lost"), .port = PORT };
    host_fail_at(1, false);
    ussl_session_cache_put(ctx, &lost);
    host_reset();
    CHECK(lost.session.data == NULL && lost.session.cert.data == NULL);
    CHECK_EQ(number(), 0);
    put("a", PORT, USSL_TLS_1_2, "kept");
    test_host.unix_ms = NOW * 1000;
    for (unsigned at = 1; at <= 2; at++) { // the session, its certificate
        ussl_cached_t kept;
        host_fail_at(at, false);
        CHECK_EQ(ussl_session_cache_take(ctx, PORT, "a", USSL_LEVEL_NONE, &kept, &err), USSL_FAILED);
        CHECK_EQ(err.cls, USSL_ERR_MEMORY);
        host_reset();
        ussl_session_free(&kept.session);
    }
    CHECK(takes("a", PORT, "kept"));
    end();
}

// Whatever its own lifetime: the chain that it belongs to is not for ever.
static void not_too_long_after_a_certificate(void) {
    begin(4);
    put("a", PORT, USSL_TLS_1_3, "one");
    put("a", PORT, USSL_TLS_1_2, "two");
    test_host.monotonic_ms += USSL_SESSION_CHAIN_MS;
    CHECK(takes("a", PORT, "two"));
    test_host.monotonic_ms++;
    CHECK(takes("a", PORT, ""));
    CHECK_EQ(number(), 0);
    end();
}

// ---- through connections ----

static const fake_step_t no_steps[] = { { FAKE_END, 0 } };
static const fake_step_t failing[] = { { FAKE_FAIL, 0 } };

static pipe_t in;
static pipe_t out;
static pipe_end_t ends = { &in, &out };
static uint16_t port;

static uint16_t peer_port(void *arg) {
    (void)arg;
    return port;
}

static ussl_conn_t *connect(const char *name, const ussl_session_t *given) {
    ussl_transport_t transport = pipe_transport(&ends);
    ussl_conn_options_t options = { .name = name, .session = given };
    ussl_conn_t *conn = NULL;
    ussl_error_t err;
    transport.peer_port = peer_port;
    pipe_reset(&in);
    pipe_reset(&out);
    CHECK_EQ(ussl_conn_new(ctx, &transport, &options, &conn, &err), USSL_OK);
    return conn;
}

// Connects, receives tickets and a byte of data in one piece, and closes.
static void visit(const char *name, const char *bytes, ussl_status_t wanted) {
    uint8_t buf[8];
    size_t got = 0;
    ussl_conn_t *conn = connect(name, NULL);
    CHECK_EQ(ussl_conn_handshake(conn), wanted);
    if (wanted == USSL_OK) {
        pipe_put(&in, (const uint8_t *)bytes, strlen(bytes));
        CHECK_EQ(ussl_conn_read(conn, buf, sizeof(buf), &got), USSL_OK);
        CHECK(got == 1 && buf[0] == 'd');
    }
    ussl_conn_free(conn);
}

static void start(void) {
    begin(4);
    fake.steps = no_steps;
    test_host.unix_ms = NOW * 1000;
    port = PORT;
}

static void finish(void) {
    test_host.unix_ms = 0;
    end();
}

static void every_ticket_is_kept(void) {
    start();
    visit("a", "\xf1\xf1\xf1" "d", USSL_OK);
    CHECK_EQ(number(), 3);
    CHECK_EQ(fake.offered, 0);
    visit("a", "d", USSL_OK);
    CHECK_EQ(fake.offered, 1);
    CHECK_EQ(number(), 2);
    port = 8883;
    visit("a", "d", USSL_OK);
    CHECK_EQ(fake.offered, 1);
    finish();
}

// What the cache holds is the context's, and what it gave away is not.
static void held_by_the_context(void) {
    start();
    size_t empty = ctx->memory.now;
    visit("a", "\xf1\xf1" "d", USSL_OK);
    size_t two = ctx->memory.now;
    visit("a", "d", USSL_OK);
    CHECK_EQ(two - ctx->memory.now, (two - empty) / 2);
    fake.resumes = true;
    visit("a", "d", USSL_OK);
    CHECK_EQ(ctx->memory.now, empty);
    finish();
}

static void no_name_no_sessions(void) {
    start();
    visit(NULL, "\xf1" "d", USSL_OK);
    CHECK_EQ(number(), 0);
    finish();
}

static void the_callers_choice_wins(void) {
    start();
    ussl_session_t given = session("a", USSL_TLS_1_3, "given");
    ussl_session_t unfit = session("b", USSL_TLS_1_3, "unfit");
    visit("a", "\xf1" "d", USSL_OK);
    ussl_conn_t *conn = connect("a", &given);
    CHECK_EQ(ussl_conn_handshake(conn), USSL_OK);
    CHECK_EQ(fake.offered, 1);
    ussl_conn_free(conn);
    conn = connect("a", &unfit); // no session of the context's instead
    CHECK_EQ(ussl_conn_handshake(conn), USSL_OK);
    CHECK_EQ(fake.offered, 1);
    ussl_conn_free(conn);
    CHECK_EQ(number(), 1);
    ussl_session_free(&given);
    ussl_session_free(&unfit);
    finish();
}

// The certificate of a session is the connection's where the server resumes.
static void the_certificate_of_a_session(void) {
    start();
    ussl_session_t given = session("a", USSL_TLS_1_3, "given");
    for (int resumes = 0; resumes < 2; resumes++) {
        ussl_conn_t *conn = connect("a", &given);
        fake.resumes = resumes;
        CHECK_EQ(ussl_conn_handshake(conn), USSL_OK);
        CHECK_EQ(ussl_conn_peer_cert(conn).len, resumes ? strlen("given") : 0);
        ussl_conn_free(conn);
    }
    ussl_session_free(&given);
    finish();
}

// The transport may learn its port only after it was wrapped.
static void looked_for_at_the_first_step(void) {
    start();
    visit("a", "\xf1" "d", USSL_OK);
    port = 0;
    ussl_conn_t *conn = connect("a", NULL);
    CHECK_EQ(number(), 1);
    port = PORT;
    CHECK_EQ(ussl_conn_handshake(conn), USSL_OK);
    CHECK_EQ(fake.offered, 1);
    CHECK_EQ(number(), 0);
    ussl_conn_free(conn);
    finish();
}

static void a_failed_handshake_drops(void) {
    start();
    visit("a", "\xf1\xf1" "d", USSL_OK);
    visit("b", "\xf1" "d", USSL_OK);
    fake.steps = failing;
    fake.error = (ussl_error_t) { .cls = USSL_ERR_ALERT, .alert = 40 };
    visit("a", "", USSL_FAILED);
    CHECK_EQ(number(), 1);
    fake.steps = no_steps;
    visit("a", "d", USSL_OK);
    CHECK_EQ(fake.offered, 1);
    visit("b", "d", USSL_OK);
    CHECK_EQ(fake.offered, 2);
    finish();
}

// Also where the transport knows no port any more, as a socket that was reset.
static void a_reset_handshake_drops(void) {
    static const fake_step_t hears[] = { { FAKE_RECV, 1 }, { FAKE_FAIL, 0 } };
    start();
    visit("a", "\xf1\xf1" "d", USSL_OK);
    fake.steps = hears;
    fake.error = (ussl_error_t) { .cls = USSL_ERR_TRANSPORT };
    ussl_conn_t *conn = connect("a", NULL);
    CHECK_EQ(ussl_conn_handshake(conn), USSL_WANT_READ);
    CHECK_EQ(fake.offered, 1);
    port = 0;
    pipe_put(&in, (const uint8_t *)"x", 1);
    CHECK_EQ(ussl_conn_handshake(conn), USSL_FAILED);
    ussl_conn_free(conn);
    CHECK_EQ(number(), 0);
    finish();
}

// And a ticket that came last is the server's whose port was known.
static void a_ticket_before_the_end(void) {
    start();
    uint8_t byte;
    size_t got;
    visit("a", "\xf1" "d", USSL_OK);
    ussl_conn_t *conn = connect("a", NULL);
    CHECK_EQ(ussl_conn_handshake(conn), USSL_OK);
    port = 0;
    pipe_put(&in, (const uint8_t *)"\xf1" "d", 2);
    CHECK_EQ(ussl_conn_read(conn, &byte, 1, &got), USSL_OK);
    ussl_conn_free(conn);
    port = PORT;
    visit("a", "d", USSL_OK);
    CHECK_EQ(fake.offered, 2);
    finish();
}

// Without a session offered a failure says nothing about those that are kept, and neither
// does one after the handshake.
static void other_failures_do_not(void) {
    size_t got;
    uint8_t byte;
    start();
    visit("a", "\xf1\xf1" "d", USSL_OK);
    fake.error = (ussl_error_t) { .cls = USSL_ERR_ALERT, .alert = 40 };
    ussl_conn_t *conn = connect("a", NULL);
    CHECK_EQ(ussl_conn_handshake(conn), USSL_OK);
    pipe_put(&in, (const uint8_t *)"\xf2", 1);
    CHECK_EQ(ussl_conn_read(conn, &byte, 1, &got), USSL_FAILED);
    ussl_conn_free(conn);
    CHECK_EQ(number(), 1);
    fake.steps = failing;
    visit("b", "", USSL_FAILED);
    CHECK_EQ(number(), 1);
    finish();
}

// Resumed again and again, with new tickets each time: after a day a full handshake.
static void a_chain_ends(void) {
    start();
    visit("a", "\xf1" "d", USSL_OK);
    fake.resumes = true;
    for (unsigned i = 0; i < 4; i++) {
        test_host.monotonic_ms += USSL_SESSION_CHAIN_MS / 4;
        visit("a", "\xf1" "d", USSL_OK);
    }
    CHECK_EQ(fake.offered, 4);
    test_host.monotonic_ms++;
    fake.resumes = false;
    visit("a", "\xf1" "d", USSL_OK); // nothing is offered, and a new chain begins
    CHECK_EQ(fake.offered, 4);
    test_host.monotonic_ms += USSL_SESSION_CHAIN_MS;
    visit("a", "\xf1" "d", USSL_OK); // offered and refused: another one begins
    CHECK_EQ(fake.offered, 5);
    test_host.monotonic_ms += USSL_SESSION_CHAIN_MS;
    visit("a", "d", USSL_OK);
    CHECK_EQ(fake.offered, 6);
    finish();
}

// Verified while the clock was not set, and the ticket came when it was: whoever has an old
// certificate's key could go on with it.
static void dates_that_did_not_count(void) {
    static const struct { int64_t before; uint32_t checks; unsigned offered; } rows[] = {
        { USSL_CLOCK_SET_S - 1, USSL_CHECK_TIME_IF_SET, 0 },
        { USSL_CLOCK_SET_S, USSL_CHECK_TIME_IF_SET, 1 },
        { USSL_CLOCK_SET_S - 1, USSL_CHECK_NO_TIME, 1 },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        uint8_t byte;
        size_t got;
        ussl_error_t err;
        start();
        fake.received = USSL_CLOCK_SET_S;
        CHECK_EQ(ussl_ctx_set_verify(ctx, USSL_VERIFY_REQUIRED, &err), USSL_OK);
        CHECK_EQ(ussl_ctx_set_checks(ctx, rows[i].checks, &err), USSL_OK);
        test_host.unix_ms = rows[i].before * 1000;
        ussl_conn_t *conn = connect("a", NULL);
        CHECK_EQ(ussl_conn_handshake(conn), USSL_OK);
        test_host.unix_ms = (int64_t)USSL_CLOCK_SET_S * 1000;
        pipe_put(&in, (const uint8_t *)"\xf1" "d", 2);
        CHECK_EQ(ussl_conn_read(conn, &byte, 1, &got), USSL_OK);
        ussl_conn_free(conn);
        visit("a", "d", USSL_OK);
        CHECK_EQ(fake.offered, rows[i].offered);
        finish();
    }
}

static void counters(void) {
    start();
    visit("a", "\xf1" "d", USSL_OK);
    fake.resumes = true;
    visit("a", "\xf1" "d", USSL_OK);
    fake.resumes = false;
    visit("a", "d", USSL_OK);
    fake.steps = failing;
    visit("a", "", USSL_FAILED);
    const ussl_session_stats_t *s = &ctx->stats;
    CHECK_EQ(s->connect, 4);
    CHECK_EQ(s->connect_good, 3);
    CHECK_EQ(s->hits, 1);
    CHECK_EQ(s->misses, 1);
    CHECK_EQ(s->accept + s->accept_good, 0);
    finish();
}

// Whatever allocation fails, the data arrives and nothing leaks.
static void tickets_without_memory(void) {
    for (unsigned long n = 1; n <= 4; n++) {
        uint8_t byte;
        size_t got;
        start();
        ussl_conn_t *conn = connect("a", NULL);
        CHECK_EQ(ussl_conn_handshake(conn), USSL_OK);
        pipe_put(&in, (const uint8_t *)"\xf1" "d", 2);
        ussl_conn_handshake(conn);
        host_fail_at(n, false);
        ussl_status_t st = ussl_conn_read(conn, &byte, 1, &got);
        CHECK(st == USSL_OK || (st == USSL_FAILED && conn->error.cls == USSL_ERR_MEMORY));
        host_reset();
        ussl_conn_free(conn);
        finish();
    }
}

void suite_session_cache(void) {
    test_case("session cache: the freshest first, TLS 1.3 once each", freshest_first_and_once);
    test_case("session cache: TLS 1.2 again and again, the newest", tls12_stays);
    test_case("session cache: a server is a name and a port", a_server_is_name_and_port);
    test_case("session cache: what does not fit stays", what_does_not_fit_stays);
    test_case("session cache: nothing past its lifetime", not_past_its_life);
    test_case("session cache: nothing too long after a certificate was shown", not_too_long_after_a_certificate);
    test_case("session cache: bounded, also when made smaller", bounded);
    test_case("session cache: a server's sessions dropped", dropping_a_server);
    test_case("session cache: without memory", without_memory);
    test_case("session cache: every ticket of a read is kept", every_ticket_is_kept);
    test_case("session cache: its memory is the context's", held_by_the_context);
    test_case("session cache: a connection without a name keeps none", no_name_no_sessions);
    test_case("session cache: the caller's session wins", the_callers_choice_wins);
    test_case("session cache: the certificate of a session", the_certificate_of_a_session);
    test_case("session cache: looked for at the first step of the handshake", looked_for_at_the_first_step);
    test_case("session cache: a failed handshake drops the server's", a_failed_handshake_drops);
    test_case("session cache: a handshake that was reset drops them too", a_reset_handshake_drops);
    test_case("session cache: a ticket before the end", a_ticket_before_the_end);
    test_case("session cache: other failures drop none", other_failures_do_not);
    test_case("session cache: a chain of sessions ends", a_chain_ends);
    test_case("session cache: dates that did not count when the server was verified", dates_that_did_not_count);
    test_case("session cache: counters", counters);
    test_case("session cache: tickets without memory", tickets_without_memory);
}
