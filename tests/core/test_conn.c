// The connection machine over a scripted engine.

#include <errno.h>
#include <string.h>

#include "core/conn.h"
#include "core/host.h"
#include "fake.h"
#include "suite.h"
#include "support/check.h"
#include "support/host.h"
#include "support/pipe.h"

static pipe_t in;
static pipe_t out;
static pipe_end_t end = { &in, &out };
static ussl_ctx_t *ctx;
static ussl_conn_t *conn;

// Two flights each way: 3 messages out, 200 bytes in, 2 messages out.
static const fake_step_t two_flights[] = {
    { FAKE_SEND, 50 }, { FAKE_SEND, 100 }, { FAKE_SEND, 5 }, { FAKE_RECV, 200 }, { FAKE_SEND, 30 }, { FAKE_SEND, 40 },
    { FAKE_END, 0 },
};

static bool open_conn(const fake_step_t *steps, uint32_t timeout_ms, bool server) {
    ussl_error_t err;
    ussl_transport_t transport = pipe_transport(&end);
    ussl_conn_options_t options = { .name = "host", .timeout_ms = timeout_ms };
    fake_reset();
    fake.steps = steps;
    pipe_reset(&in);
    pipe_reset(&out);
    return CHECK_EQ(ussl_ctx_new(&fake_engine, server, &ctx, &err), USSL_OK)
           && CHECK_EQ(ussl_conn_new(ctx, &transport, &options, &conn, &err), USSL_OK);
}

static void close_conn(void) {
    ussl_conn_free(conn);
    ussl_ctx_release(ctx);
    conn = NULL;
    ctx = NULL;
    CHECK_EQ(fake.conns, 0);
    CHECK_EQ(fake.cfgs, 0);
    CHECK_EQ(test_host.live, 0);
    CHECK_EQ(test_host.bytes, 0);
}

static void feed(size_t n) {
    static const uint8_t ones[4096] = { 1 };
    pipe_put(&in, ones, n);
}

// An open connection, nothing in the pipes.
static bool opened(void) {
    static const fake_step_t nothing[] = { { FAKE_END, 0 } };
    return open_conn(nothing, 0, false) && CHECK_EQ(ussl_conn_handshake(conn), USSL_OK);
}

// ---- the handshake ----

static void states(void) {
    if (open_conn(two_flights, 0, false)) {
        CHECK_EQ(conn->state, USSL_CONN_NEW);
        CHECK_EQ(ussl_conn_time_left(conn), UINT32_MAX);
        CHECK_EQ(ussl_conn_handshake(conn), USSL_WANT_READ);
        CHECK_EQ(conn->state, USSL_CONN_HANDSHAKE);
        feed(200);
        test_host.monotonic_ms += 12;
        CHECK_EQ(ussl_conn_handshake(conn), USSL_OK);
        CHECK_EQ(conn->state, USSL_CONN_OPEN);
        CHECK_EQ(conn->handshake_ms, 12);
        CHECK_EQ(ussl_conn_handshake(conn), USSL_OK); // again is harmless
        CHECK_EQ(ussl_conn_shutdown(conn), USSL_OK);
        CHECK_EQ(conn->state, USSL_CONN_SHUT);
        CHECK_EQ(ussl_conn_handshake(conn), USSL_OK);
    }
    close_conn();
}

static void one_send_per_flight(void) {
    if (open_conn(two_flights, 0, false)) {
        ussl_conn_handshake(conn);
        CHECK_EQ(out.sends, 1);
        CHECK_EQ(out.total, 155);
        feed(200);
        ussl_conn_handshake(conn);
        CHECK_EQ(out.sends, 2);
        CHECK_EQ(out.total, 225);
        CHECK_EQ(in.recvs, 1); // and the peer's flight in one read
    }
    close_conn();
}

// A flight beyond the bound leaves in parts, the queue does not grow without end.
static void huge_flight(void) {
    static const fake_step_t huge[] = {
        { FAKE_SEND, 6000 }, { FAKE_SEND, 6000 }, { FAKE_SEND, 6000 }, { FAKE_SEND, 6000 }, { FAKE_RECV, 1 }, { FAKE_END, 0 },
    };
    if (open_conn(huge, 0, false)) {
        out.hold_writes = 1;
        CHECK_EQ(ussl_conn_handshake(conn), USSL_WANT_WRITE);
        CHECK(test_host.bytes < 2 * USSL_FLIGHT_MAX + 16384);
        CHECK_EQ(ussl_conn_handshake(conn), USSL_WANT_READ);
        CHECK_EQ(out.total, 24000);
        CHECK_EQ(out.sends, 2);
    }
    close_conn();
}

static void directions(void) {
    if (open_conn(two_flights, 0, false)) {
        out.max_write = 60;
        out.capacity = 60;
        CHECK_EQ(ussl_conn_handshake(conn), USSL_WANT_WRITE);
        CHECK_EQ(ussl_conn_handshake(conn), USSL_WANT_WRITE);
        out.capacity = 0;
        CHECK_EQ(ussl_conn_handshake(conn), USSL_WANT_READ);
        feed(100);
        CHECK_EQ(ussl_conn_handshake(conn), USSL_WANT_READ);
        feed(100);
        out.hold_writes = 1;
        CHECK_EQ(ussl_conn_handshake(conn), USSL_WANT_WRITE); // not done before the last flight left
        CHECK_EQ(conn->state, USSL_CONN_HANDSHAKE);
        CHECK_EQ(ussl_conn_handshake(conn), USSL_OK);
        CHECK_EQ(out.total, 225);
    }
    close_conn();
}

// A TLS 1.3 server's last bytes are tickets: they wait, the handshake does not.
static void tickets_do_not_block(void) {
    static const fake_step_t steps[] = { { FAKE_RECV, 5 }, { FAKE_SEND, 30 }, { FAKE_END, 0 } };
    ussl_error_t err;
    size_t put;
    if (open_conn(steps, 0, true)) {
        ussl_conn_free(conn);
        ussl_transport_t transport = pipe_transport(&end);
        ussl_conn_options_t options = { .name = NULL };
        ussl_bytes_t chain = { (const uint8_t *)"x", 1 };
        CHECK_EQ(ussl_ctx_set_identity(ctx, chain, chain, chain, &err), USSL_OK);
        CHECK_EQ(ussl_conn_new(ctx, &transport, &options, &conn, &err), USSL_OK);
        feed(5);
        out.hold_writes = 2;
        CHECK_EQ(ussl_conn_handshake(conn), USSL_OK);
        CHECK_EQ(ussl_conn_write(conn, (const uint8_t *)"a", 1, &put), USSL_WANT_WRITE);
        CHECK_EQ(put, 0);
        CHECK_EQ(ussl_conn_write(conn, (const uint8_t *)"a", 1, &put), USSL_OK);
        CHECK_EQ(out.total, 31);
    }
    close_conn();
}

// ---- the deadline ----

static void deadline(void) {
    if (open_conn(two_flights, 5000, false)) {
        CHECK_EQ(ussl_conn_handshake(conn), USSL_WANT_READ);
        CHECK_EQ(ussl_conn_time_left(conn), 5000);
        test_host.monotonic_ms += 4999;
        CHECK_EQ(ussl_conn_time_left(conn), 1);
        CHECK_EQ(ussl_conn_handshake(conn), USSL_WANT_READ);
        test_host.monotonic_ms += 1;
        CHECK_EQ(ussl_conn_time_left(conn), 0);
        feed(200); // too late
        CHECK_EQ(ussl_conn_handshake(conn), USSL_FAILED);
        CHECK_EQ(conn->error.cls, USSL_ERR_TIMEOUT);
    }
    close_conn();
}

static void trickle(void) {
    unsigned bytes = 0;
    if (open_conn(two_flights, 10000, false)) {
        while (ussl_conn_handshake(conn) == USSL_WANT_READ) {
            test_host.monotonic_ms += 1000;
            feed(1);
            bytes++;
        }
        CHECK_EQ(conn->error.cls, USSL_ERR_TIMEOUT);
        CHECK_EQ(bytes, 10);
    }
    close_conn();
}

static void no_deadline(void) {
    if (open_conn(two_flights, 0, false)) {
        CHECK_EQ(ussl_conn_handshake(conn), USSL_WANT_READ);
        test_host.monotonic_ms += 1000000000;
        CHECK_EQ(ussl_conn_time_left(conn), UINT32_MAX);
        feed(200);
        CHECK_EQ(ussl_conn_handshake(conn), USSL_OK);
    }
    close_conn();
}

static void deadline_covers_first_io(void) {
    uint8_t byte = 0;
    size_t n;
    if (open_conn(two_flights, 3000, false)) {
        CHECK_EQ(ussl_conn_read(conn, &byte, 1, &n), USSL_WANT_READ);
        test_host.monotonic_ms += 3000;
        CHECK_EQ(ussl_conn_write(conn, &byte, 1, &n), USSL_FAILED);
        CHECK_EQ(conn->error.cls, USSL_ERR_TIMEOUT);
    }
    close_conn();
}

// ---- errors ----

static void first_error_is_final(void) {
    static const fake_step_t steps[] = { { FAKE_RECV, 1 }, { FAKE_FAIL, 0 }, { FAKE_END, 0 } };
    uint8_t byte;
    size_t n;
    if (open_conn(steps, 1000, false)) {
        fake.error = (ussl_error_t) { .cls = USSL_ERR_PROTOCOL, .reason = USSL_REASON_DECODE, .code = -5 };
        feed(1);
        CHECK_EQ(ussl_conn_handshake(conn), USSL_FAILED);
        CHECK_EQ(fake.conns, 0); // the engine's memory is free already
        test_host.monotonic_ms += 5000;
        in.read_error = ECONNRESET;
        out.write_error = EPIPE;
        CHECK_EQ(ussl_conn_handshake(conn), USSL_FAILED);
        CHECK_EQ(ussl_conn_read(conn, &byte, 1, &n), USSL_FAILED);
        CHECK_EQ(ussl_conn_write(conn, &byte, 1, &n), USSL_FAILED);
        CHECK_EQ(ussl_conn_shutdown(conn), USSL_FAILED);
        CHECK_EQ(ussl_conn_unwrap(conn), USSL_FAILED);
        CHECK_EQ(ussl_conn_pending(conn), 0);
        CHECK(ussl_conn_readable(conn));
        CHECK_EQ(conn->error.cls, USSL_ERR_PROTOCOL);
        CHECK_EQ(conn->error.reason, USSL_REASON_DECODE);
        CHECK_EQ(conn->error.code, -5);
    }
    close_conn();
}

static void alert_leaves(void) {
    static const fake_step_t steps[] = { { FAKE_RECV, 1 }, { FAKE_ALERT, 0 }, { FAKE_END, 0 } };
    if (open_conn(steps, 0, false)) {
        fake.error = (ussl_error_t) { .cls = USSL_ERR_VERIFY };
        feed(1);
        out.hold_writes = 2;
        CHECK_EQ(ussl_conn_handshake(conn), USSL_FAILED);
        CHECK_EQ(conn->error.cls, USSL_ERR_VERIFY);
        CHECK(conn->verify != NULL && conn->verify->flags == USSL_VERIFY_EXPIRED);
        CHECK_EQ(ussl_conn_flush(conn), USSL_WANT_WRITE);
        CHECK_EQ(ussl_conn_flush(conn), USSL_OK);
        CHECK_EQ(out.total, 2);
    }
    close_conn();
}

static void transport_errors(void) {
    if (open_conn(two_flights, 0, false)) {
        in.read_error = ECONNRESET;
        CHECK_EQ(ussl_conn_handshake(conn), USSL_FAILED);
        CHECK_EQ(conn->error.cls, USSL_ERR_TRANSPORT);
        CHECK_EQ(conn->error.code, ECONNRESET);
    }
    close_conn();
    if (open_conn(two_flights, 0, false)) {
        in.ended = true;
        CHECK_EQ(ussl_conn_handshake(conn), USSL_FAILED);
        CHECK_EQ(conn->error.cls, USSL_ERR_EOF);
    }
    close_conn();
}

// The peer sent an alert and hung up: writing gives EPIPE, the alert says why.
static void alert_before_broken_pipe(void) {
    static const uint8_t alert = FAKE_BAD;
    static const fake_step_t write_first[] = { { FAKE_SEND, 10 }, { FAKE_RECV, 5 }, { FAKE_END, 0 } };
    if (open_conn(write_first, 0, false)) {
        fake.error = (ussl_error_t) { .cls = USSL_ERR_ALERT, .alert = 48 };
        out.write_error = EPIPE;
        pipe_put(&in, &alert, 1);
        CHECK_EQ(ussl_conn_handshake(conn), USSL_FAILED);
        CHECK_EQ(conn->error.cls, USSL_ERR_ALERT);
        CHECK_EQ(conn->error.alert, 48);
    }
    close_conn();
    if (open_conn(write_first, 0, false)) { // without an alert the broken write is the reason
        out.write_error = EPIPE;
        in.ended = true;
        CHECK_EQ(ussl_conn_handshake(conn), USSL_FAILED);
        CHECK_EQ(conn->error.cls, USSL_ERR_TRANSPORT);
        CHECK_EQ(conn->error.code, EPIPE);
    }
    close_conn();
}

// The last flight could not be written: nothing may seem to be sent after that.
static void broken_last_flight(void) {
    static const fake_step_t steps[] = { { FAKE_RECV, 1 }, { FAKE_SEND, 10 }, { FAKE_END, 0 } };
    uint8_t byte = 1;
    size_t n;
    if (open_conn(steps, 0, false)) {
        feed(1);
        out.write_error = EPIPE;
        ussl_conn_handshake(conn);
        CHECK_EQ(ussl_conn_write(conn, &byte, 1, &n), USSL_FAILED);
        CHECK_EQ(n, 0);
        CHECK_EQ(conn->error.cls, USSL_ERR_TRANSPORT);
        CHECK_EQ(conn->error.code, EPIPE);
    }
    close_conn();
}

static void alert_before_failed_write(void) {
    static const uint8_t alert = FAKE_BAD;
    uint8_t byte = 1;
    size_t n;
    if (opened()) {
        fake.error = (ussl_error_t) { .cls = USSL_ERR_ALERT, .alert = 10 };
        pipe_put(&in, &alert, 1);
        out.write_error = ECONNRESET;
        CHECK_EQ(ussl_conn_write(conn, &byte, 1, &n), USSL_FAILED);
        CHECK_EQ(conn->error.cls, USSL_ERR_ALERT);
        CHECK_EQ(conn->error.alert, 10);
    }
    close_conn();
    if (opened()) {
        out.write_error = ECONNRESET;
        CHECK_EQ(ussl_conn_write(conn, &byte, 1, &n), USSL_FAILED);
        CHECK_EQ(conn->error.cls, USSL_ERR_TRANSPORT);
        CHECK_EQ(conn->error.code, ECONNRESET);
    }
    close_conn();
}

static void server_without_identity(void) {
    if (open_conn(two_flights, 0, true)) {
        CHECK_EQ(ussl_conn_handshake(conn), USSL_FAILED);
        CHECK_EQ(conn->error.cls, USSL_ERR_CALLER);
        CHECK_EQ(conn->error.reason, USSL_REASON_NO_IDENTITY);
        CHECK_EQ(out.total, 0);
    }
    close_conn();
}

// ---- memory ----

// A connection that lives through everything core allocates for.
static ussl_error_t whole_life(void) {
    ussl_error_t err = { 0 };
    ussl_transport_t transport = pipe_transport(&end);
    ussl_conn_options_t options = { .name = "host" };
    uint8_t byte = 1;
    size_t n;
    if (ussl_ctx_new(&fake_engine, false, &ctx, &err) != USSL_OK
        || ussl_ctx_set_alpn(ctx, "a\0b", 4, &err) != USSL_OK
        || ussl_conn_new(ctx, &transport, &options, &conn, &err) != USSL_OK) {
        return err;
    }
    feed(200);
    out.max_write = 3;
    bool ok = ussl_conn_handshake(conn) == USSL_OK;
    out.capacity = pipe_len(&out) + 1;
    ok = ok && ussl_conn_write(conn, (const uint8_t *)"data", 4, &n) == USSL_OK;
    out.capacity = 0;
    feed(1);
    ok = ok && ussl_conn_read(conn, &byte, 1, &n) == USSL_OK;
    if (ok && !ussl_conn_unread(conn, &byte, 1)) {
        ussl_fail(&err, USSL_ERR_MEMORY, USSL_REASON_NONE);
        return err;
    }
    return ok ? err : conn->error;
}

static void every_allocation(void) {
    bool done = false;
    for (unsigned long n = 1; !done && test_passing(); n++) {
        fake_reset();
        fake.steps = two_flights;
        pipe_reset(&in);
        pipe_reset(&out);
        host_fail_at(n, false);
        ussl_error_t err = whole_life();
        done = !test_host.failed;
        host_reset();
        CHECK_EQ(err.cls, done ? USSL_ERR_NONE : USSL_ERR_MEMORY);
        CHECK(!done || n > 6);
        close_conn();
    }
}

static void options_are_copied(void) {
    char name[] = "host";
    ussl_error_t err;
    ussl_transport_t transport = pipe_transport(&end);
    ussl_conn_options_t options = { .name = name };
    fake_reset();
    CHECK_EQ(ussl_ctx_new(&fake_engine, false, &ctx, &err), USSL_OK);
    CHECK_EQ(ussl_conn_new(ctx, &transport, &options, &conn, &err), USSL_OK);
    name[0] = 'm';
    CHECK(strcmp(conn->name, "host") == 0);
    close_conn();
}

void suite_conn(void) {
    test_case("conn: the states in their order", states);
    test_case("conn: one send for each flight", one_send_per_flight);
    test_case("conn: a huge flight leaves in parts", huge_flight);
    test_case("conn: the handshake says which way it is blocked", directions);
    test_case("conn: tickets of a TLS 1.3 server do not block", tickets_do_not_block);
    test_case("conn: the deadline is total", deadline);
    test_case("conn: the deadline holds against a trickle", trickle);
    test_case("conn: no deadline", no_deadline);
    test_case("conn: the deadline covers first I/O", deadline_covers_first_io);
    test_case("conn: the first error is final", first_error_is_final);
    test_case("conn: an alert leaves after the failure", alert_leaves);
    test_case("conn: transport errors keep their errno", transport_errors);
    test_case("conn: an alert is preferred to a broken pipe", alert_before_broken_pipe);
    test_case("conn: a broken last flight is not forgotten", broken_last_flight);
    test_case("conn: an alert is preferred to a failed write", alert_before_failed_write);
    test_case("conn: a server needs an identity", server_without_identity);
    test_case("conn: every allocation fails once", every_allocation);
    test_case("conn: options are copied", options_are_copied);
}
