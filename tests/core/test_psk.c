// Pre-shared keys: what stands in their place, and what they stand in place of.

#include "core/conn.h"
#include "core/session_cache.h"
#include "fake.h"
#include "suite.h"
#include "support/check.h"
#include "support/host.h"
#include "support/pipe.h"

static const fake_step_t nothing[] = { { FAKE_END, 0 } };

static pipe_t in;
static pipe_t out;
static pipe_end_t end = { &in, &out };
static ussl_ctx_t *ctx;
static ussl_conn_t *conn;

static bool ask(void *arg, ussl_bytes_t told, ussl_psk_t *psk) {
    (void)arg, (void)told, (void)psk;
    return true;
}

static void begin(bool server) {
    ussl_error_t err;
    fake_reset();
    fake.steps = nothing;
    test_host.unix_ms = 1000 * 1000;
    pipe_reset(&in);
    pipe_reset(&out);
    CHECK_EQ(ussl_ctx_new(&fake_engine, server, &ctx, &err), USSL_OK);
}

static ussl_status_t open_conn(bool has, bool alone, const ussl_session_t *session, ussl_error_t *err) {
    ussl_transport_t transport = pipe_transport(&end);
    ussl_conn_options_t options = { .name = "host", .session = session, .psk = { .ask = has ? ask : NULL, .alone = alone } };
    return ussl_conn_new(ctx, &transport, &options, &conn, err);
}

static void finish(void) {
    ussl_conn_free(conn);
    conn = NULL;
    ussl_ctx_release(ctx);
    test_host.unix_ms = 0;
    CHECK_EQ(fake.conns, 0);
    CHECK_EQ(test_host.live, 0);
}

// A server with a key needs no certificate.
static void server(void) {
    ussl_error_t err;
    begin(true);
    if (CHECK_EQ(open_conn(true, true, NULL, &err), USSL_OK)) {
        CHECK_EQ(ussl_conn_handshake(conn), USSL_OK);
    }
    finish();
}

static ussl_session_t session(void) {
    fake_session_t made = { .received = 1000, .lifetime = 7200, .version = USSL_TLS_1_3, .tag = "A" };
    ussl_session_facts_t facts = { .ctx = ctx, .name = "host", .engine_data = { (const uint8_t *)&made, sizeof(made) } };
    ussl_session_t s = { 0 };
    ussl_error_t err;
    CHECK_EQ(ussl_session_encode(&facts, &s, &err), USSL_OK);
    return s;
}

static void offers(bool has, bool alone, unsigned times) {
    ussl_error_t err;
    begin(false);
    ussl_session_t saved = session();
    if (CHECK_EQ(open_conn(has, alone, &saved, &err), USSL_OK)) {
        CHECK_EQ(ussl_conn_handshake(conn), USSL_OK);
        CHECK_EQ(fake.offered, times);
    }
    ussl_session_free(&saved);
    finish();
}

// Where nothing but the key will do, no session will: it may come from a connection that
// verified nothing.
static void sessions(void) {
    offers(false, false, 1);
    offers(true, false, 1);
    offers(true, true, 0);
}

// The same for one that the context kept.
static void cached_session(void) {
    ussl_error_t err;
    begin(false);
    ussl_session_cache_resize(ctx, 4);
    ussl_cached_t cached = { session(), test_host.monotonic_ms, 0 };
    ussl_session_cache_put(ctx, &cached);
    if (CHECK_EQ(open_conn(true, true, NULL, &err), USSL_OK)) {
        CHECK_EQ(ussl_conn_handshake(conn), USSL_OK);
        CHECK_EQ(fake.offered, 0);
    }
    finish();
}

// Nobody waits for a ticket that cannot come; without the key it may.
static void no_ticket(void) {
    ussl_error_t err;
    begin(false);
    if (CHECK_EQ(open_conn(true, false, NULL, &err), USSL_OK)) {
        CHECK_EQ(ussl_conn_handshake(conn), USSL_OK);
        CHECK_EQ(ussl_conn_await_session(conn, &err), USSL_WANT_READ);
        fake.uses_psk = true;
        CHECK_EQ(ussl_conn_await_session(conn, &err), USSL_FAILED);
        CHECK_EQ(err.reason, USSL_REASON_NO_TICKET);
    }
    finish();
}

static void no_memory(void) {
    ussl_error_t err;
    begin(false);
    fake.fails_psk = true;
    CHECK_EQ(open_conn(true, true, NULL, &err), USSL_FAILED);
    CHECK_EQ(err.cls, USSL_ERR_MEMORY);
    conn = NULL;
    finish();
}

void suite_psk(void) {
    test_case("psk: a server without a certificate", server);
    test_case("psk: no session where nothing else will do", sessions);
    test_case("psk: nor one of the context's", cached_session);
    test_case("psk: no wait for a ticket", no_ticket);
    test_case("psk: no memory", no_memory);
}
