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
    return s;
}

static void put(const char *name, uint16_t port, uint16_t version, const char *tag) {
    ussl_session_t s = session(name, version, tag);
    ussl_session_cache_put(ctx, port, &s);
    CHECK(s.data == NULL);
}

// True when the session taken for this server is the one with this tag; "" is none.
static bool takes_at(const char *name, uint16_t port, uint8_t level, int64_t unix_s, const char *tag) {
    ussl_session_t s;
    ussl_error_t err;
    CHECK_EQ(ussl_session_cache_take(ctx, port, name, level, unix_s, &s, &err), USSL_OK);
    bool is = s.data == NULL ? tag[0] == '\0' : strcmp((const char *)s.id.data, tag) == 0;
    ussl_session_free(&s);
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
    ussl_session_t s = session("a", USSL_TLS_1_3, "lost");
    host_fail_at(1, false);
    ussl_session_cache_put(ctx, PORT, &s);
    host_reset();
    CHECK(s.data == NULL);
    CHECK_EQ(number(), 0);
    put("a", PORT, USSL_TLS_1_2, "kept");
    host_fail_at(1, false);
    CHECK_EQ(ussl_session_cache_take(ctx, PORT, "a", USSL_LEVEL_NONE, NOW, &s, &err), USSL_FAILED);
    CHECK_EQ(err.cls, USSL_ERR_MEMORY);
    host_reset();
    CHECK(takes("a", PORT, "kept"));
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
    test_case("session cache: bounded, also when made smaller", bounded);
    test_case("session cache: a server's sessions dropped", dropping_a_server);
    test_case("session cache: without memory", without_memory);
    test_case("session cache: every ticket of a read is kept", every_ticket_is_kept);
    test_case("session cache: a connection without a name keeps none", no_name_no_sessions);
    test_case("session cache: the caller's session wins", the_callers_choice_wins);
    test_case("session cache: looked for at the first step of the handshake", looked_for_at_the_first_step);
    test_case("session cache: a failed handshake drops the server's", a_failed_handshake_drops);
    test_case("session cache: other failures drop none", other_failures_do_not);
    test_case("session cache: counters", counters);
    test_case("session cache: tickets without memory", tickets_without_memory);
}
