// Application data through core: queues, the end of a connection, waiting for a ticket.

#include <errno.h>
#include <string.h>

#include "core/conn.h"
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

static bool opened(void) {
    static const fake_step_t nothing[] = { { FAKE_END, 0 } };
    ussl_error_t err;
    ussl_transport_t transport = pipe_transport(&end);
    ussl_conn_options_t options = { .name = NULL };
    fake_reset();
    fake.steps = nothing;
    pipe_reset(&in);
    pipe_reset(&out);
    return CHECK_EQ(ussl_ctx_new(&fake_engine, false, &ctx, &err), USSL_OK)
           && CHECK_EQ(ussl_conn_new(ctx, &transport, &options, &conn, &err), USSL_OK)
           && CHECK_EQ(ussl_conn_handshake(conn), USSL_OK);
}

static void closed(void) {
    ussl_conn_free(conn);
    ussl_ctx_release(ctx);
    CHECK_EQ(test_host.live, 0);
}

static void put(const char *bytes) {
    pipe_put(&in, bytes, strlen(bytes));
}

static void put_byte(uint8_t byte) {
    pipe_put(&in, &byte, 1);
}

// True when the next reads give just this.
static bool reads(const char *wanted) {
    for (size_t n; *wanted != '\0'; wanted += n) {
        char buf[64];
        ussl_status_t st = ussl_conn_read(conn, (uint8_t *)buf, strlen(wanted), &n);
        if (!CHECK_EQ(st, USSL_OK) || !CHECK(memcmp(buf, wanted, n) == 0)) {
            return false;
        }
    }
    return true;
}

static ussl_status_t read_one(void) {
    uint8_t byte;
    size_t n;
    return ussl_conn_read(conn, &byte, 1, &n);
}

static ussl_status_t write_text(const char *text, size_t *n) {
    return ussl_conn_write(conn, (const uint8_t *)text, strlen(text), n);
}

// ---- writing ----

static void leftovers_wait(void) {
    size_t n;
    if (opened()) {
        out.capacity = 4;
        CHECK_EQ(write_text("abcdefgh", &n), USSL_OK);
        CHECK_EQ(n, 8); // taken, though half of it waits
        CHECK_EQ(pipe_len(&out), 4);
        CHECK_EQ(write_text("ij", &n), USSL_WANT_WRITE);
        CHECK_EQ(n, 0);
        CHECK_EQ(ussl_conn_flush(conn), USSL_WANT_WRITE);
        out.capacity = 0;
        CHECK_EQ(ussl_conn_flush(conn), USSL_OK);
        CHECK(memcmp(pipe_data(&out), "abcdefgh", 8) == 0 && pipe_len(&out) == 8);
    }
    closed();
}

static void reading_flushes(void) {
    size_t n;
    if (opened()) {
        out.hold_writes = 1;
        CHECK_EQ(write_text("request", &n), USSL_OK);
        CHECK_EQ(pipe_len(&out), 0);
        CHECK_EQ(read_one(), USSL_WANT_READ);
        CHECK_EQ(pipe_len(&out), 7);
    }
    closed();
}

static void nothing_to_do(void) {
    size_t n = 9;
    uint8_t byte;
    if (opened()) {
        CHECK_EQ(ussl_conn_write(conn, &byte, 0, &n), USSL_OK);
        CHECK_EQ(n, 0);
        CHECK_EQ(ussl_conn_read(conn, &byte, 0, &n), USSL_OK);
        CHECK_EQ(n, 0);
        CHECK_EQ(out.total + in.recv_calls, 0);
    }
    closed();
}

// ---- reading ----

static void unread(void) {
    if (opened()) {
        put("cd");
        CHECK(ussl_conn_unread(conn, (const uint8_t *)"b", 1));
        CHECK(ussl_conn_unread(conn, (const uint8_t *)"a", 1));
        CHECK_EQ(ussl_conn_pending(conn), 2);
        CHECK(ussl_conn_readable(conn));
        CHECK(reads("ab"));
        CHECK_EQ(ussl_conn_pending(conn), 0);
        CHECK(reads("c"));
        host_fail_at(1, false);
        CHECK(!ussl_conn_unread(conn, (const uint8_t *)"x", 1));
        host_reset();
        CHECK(reads("d"));
    }
    closed();
}

static void failed_unread_keeps_the_rest(void) {
    if (opened()) {
        CHECK(ussl_conn_unread(conn, (const uint8_t *)"rest", 4));
        for (unsigned long n = 1; n <= 2; n++) {
            host_fail_at(n, true);
            CHECK(!ussl_conn_unread(conn, (const uint8_t *)"x", 1));
            host_reset();
        }
        CHECK(reads("rest"));
    }
    closed();
}

static void readable(void) {
    if (opened()) {
        CHECK(!ussl_conn_readable(conn));
        put("abc");
        CHECK(!ussl_conn_readable(conn)); // the transport knows, core does not
        CHECK(reads("a"));
        CHECK(!ussl_conn_readable(conn)); // not decrypted: not known to be data
        CHECK(ussl_conn_unprocessed(conn));
        CHECK(reads("b"));
        CHECK(reads("c"));
        CHECK(!ussl_conn_readable(conn));
        put_byte(FAKE_CLOSE);
        CHECK_EQ(read_one(), USSL_CLOSED);
        CHECK(ussl_conn_readable(conn));
    }
    closed();
}

static void both_ends(void) {
    if (opened()) {
        put("x");
        put_byte(FAKE_CLOSE);
        in.ended = true;
        CHECK(reads("x"));
        CHECK_EQ(read_one(), USSL_CLOSED);
        CHECK_EQ(read_one(), USSL_CLOSED);
    }
    closed();
    if (opened()) {
        put("x");
        in.ended = true;
        CHECK(reads("x"));
        CHECK_EQ(read_one(), USSL_EOF);
        CHECK_EQ(read_one(), USSL_EOF);
    }
    closed();
}

static void read_error(void) {
    if (opened()) {
        in.read_error = ETIMEDOUT;
        CHECK_EQ(read_one(), USSL_FAILED);
        CHECK_EQ(conn->error.cls, USSL_ERR_TRANSPORT);
        CHECK_EQ(conn->error.code, ETIMEDOUT);
        in.read_error = 0;
        CHECK_EQ(read_one(), USSL_FAILED); // final
        CHECK_EQ(conn->error.code, ETIMEDOUT);
    }
    closed();
}

// ---- the end ----

static void shutdown_once(void) {
    size_t n;
    if (opened()) {
        out.hold_writes = 2;
        CHECK_EQ(ussl_conn_shutdown(conn), USSL_WANT_WRITE);
        CHECK_EQ(ussl_conn_shutdown(conn), USSL_OK);
        CHECK_EQ(ussl_conn_shutdown(conn), USSL_OK);
        CHECK_EQ(out.total, 1);
        CHECK_EQ(write_text("x", &n), USSL_FAILED);
        CHECK_EQ(conn->error.cls, USSL_ERR_CALLER);
        CHECK_EQ(conn->error.reason, USSL_REASON_SHUT_DOWN);
        put("y");
        CHECK(reads("y")); // reading goes on
    }
    closed();
}

static void unwrap_reads_no_further(void) {
    if (opened()) {
        CHECK_EQ(ussl_conn_unwrap(conn), USSL_WANT_READ);
        put("dropped");
        put_byte(FAKE_CLOSE);
        put("plain");
        int pieces = 0;
        while (ussl_conn_unwrap(conn) == USSL_WANT_READ && pieces < 20) {
            pieces++; // one piece is dropped by each call
        }
        CHECK(pieces > 0);
        CHECK_EQ(ussl_conn_unwrap(conn), USSL_OK);
        CHECK_EQ(pipe_len(&in), 5);
        CHECK(memcmp(pipe_data(&in), "plain", 5) == 0);
    }
    closed();
}

static void unwrap_tells_of_lost_bytes(void) {
    if (opened()) {
        put("x");
        put_byte(FAKE_CLOSE);
        put("plain");
        CHECK(reads("x")); // and reads ahead
        CHECK_EQ(ussl_conn_unwrap(conn), USSL_FAILED);
        CHECK_EQ(conn->error.reason, USSL_REASON_PLAIN_DATA);
    }
    closed();
}

static void unwrap_without_answer(void) {
    if (opened()) {
        in.ended = true;
        CHECK_EQ(ussl_conn_unwrap(conn), USSL_EOF);
    }
    closed();
}

static void unwrap_before_the_handshake(void) {
    ussl_error_t err;
    ussl_transport_t transport = pipe_transport(&end);
    ussl_conn_options_t options = { .name = NULL };
    fake_reset();
    CHECK_EQ(ussl_ctx_new(&fake_engine, false, &ctx, &err), USSL_OK);
    CHECK_EQ(ussl_conn_new(ctx, &transport, &options, &conn, &err), USSL_OK);
    CHECK_EQ(ussl_conn_unwrap(conn), USSL_FAILED);
    CHECK_EQ(conn->error.reason, USSL_REASON_NO_HANDSHAKE);
    closed();
}

// ---- waiting for a session ----

static void late_ticket(void) {
    ussl_error_t err;
    ussl_session_t session = { 0 };
    if (opened()) {
        CHECK_EQ(ussl_conn_await_session(conn, &err), USSL_WANT_READ);
        put("early");
        CHECK_EQ(ussl_conn_await_session(conn, &err), USSL_WANT_READ);
        CHECK_EQ(ussl_conn_pending(conn), 5);
        put(" data");
        put_byte(FAKE_TICKET);
        CHECK_EQ(ussl_conn_await_session(conn, &err), USSL_OK);
        CHECK_EQ(ussl_conn_session(conn, &session, &err), USSL_OK);
        CHECK(session.has_ticket);
        put("!");
        CHECK(reads("early data"));
        CHECK(reads("!"));
        ussl_session_free(&session);
    }
    closed();
}

static void no_ticket(const void *last) {
    ussl_error_t err;
    if (opened()) {
        fake.version = last == NULL ? USSL_TLS_1_2 : USSL_TLS_1_3;
        put("data");
        if (last != NULL && *(const uint8_t *)last == FAKE_CLOSE) {
            put_byte(FAKE_CLOSE);
        }
        in.ended = true;
        CHECK_EQ(ussl_conn_await_session(conn, &err), USSL_FAILED);
        CHECK_EQ(err.cls, USSL_ERR_CALLER);
        CHECK_EQ(err.reason, USSL_REASON_NO_TICKET);
        CHECK_EQ(conn->state, USSL_CONN_OPEN); // unharmed
        CHECK(reads("data"));
    }
    closed();
}

static void too_much_data(void) {
    static uint8_t much[USSL_UNREAD_MAX + 100];
    ussl_error_t err;
    size_t got;
    size_t total = 0;
    memset(much, 'm', sizeof(much));
    if (opened()) {
        pipe_put(&in, much, sizeof(much));
        put_byte(FAKE_TICKET);
        CHECK_EQ(ussl_conn_await_session(conn, &err), USSL_FAILED);
        CHECK_EQ(err.reason, USSL_REASON_NO_TICKET);
        while (ussl_conn_read(conn, much, sizeof(much), &got) == USSL_OK) {
            total += got;
        }
        CHECK_EQ(total, sizeof(much)); // nothing is lost
    }
    closed();
}

static void failure_while_waiting(void) {
    ussl_error_t err;
    if (opened()) {
        fake.error = (ussl_error_t) { .cls = USSL_ERR_ALERT, .alert = 80 };
        put_byte(FAKE_BAD);
        CHECK_EQ(ussl_conn_await_session(conn, &err), USSL_FAILED);
        CHECK_EQ(err.cls, USSL_ERR_ALERT);
        CHECK_EQ(ussl_conn_await_session(conn, &err), USSL_FAILED);
        CHECK_EQ(err.cls, USSL_ERR_CALLER);
    }
    closed();
}

static void memory_while_waiting(void) {
    ussl_error_t err;
    bool done = false;
    for (unsigned long n = 1; !done && test_passing(); n++) {
        if (opened()) {
            put("data");
            put_byte(FAKE_TICKET);
            host_fail_at(n, false);
            ussl_status_t st = ussl_conn_await_session(conn, &err);
            ussl_session_t session = { 0 };
            if (st == USSL_OK) {
                st = ussl_conn_session(conn, &session, &err);
            }
            done = !test_host.failed;
            host_reset();
            CHECK_EQ(st, done ? USSL_OK : USSL_FAILED);
            CHECK(done || err.cls == USSL_ERR_MEMORY);
            ussl_session_free(&session);
        }
        closed();
    }
}

void suite_flow(void) {
    static const uint8_t close_byte = FAKE_CLOSE;
    static const uint8_t no_byte = 0;
    test_case("flow: what the transport does not take waits", leftovers_wait);
    test_case("flow: reading sends what waits", reading_flushes);
    test_case("flow: no bytes are no work", nothing_to_do);
    test_case("flow: data given back comes first", unread);
    test_case("flow: without memory nothing given back is lost", failed_unread_keeps_the_rest);
    test_case("flow: readable", readable);
    test_case("flow: close_notify and the bare end", both_ends);
    test_case("flow: a read error is final", read_error);
    test_case("flow: close_notify is sent once", shutdown_once);
    test_case("flow: unwrap reads nothing past close_notify", unwrap_reads_no_further);
    test_case("flow: unwrap tells of plain bytes it lost", unwrap_tells_of_lost_bytes);
    test_case("flow: unwrap without an answer", unwrap_without_answer);
    test_case("flow: unwrap before the handshake", unwrap_before_the_handshake);
    test_case("flow: a late ticket between data", late_ticket);
    test_case_with("flow: no ticket before close_notify", no_ticket, &close_byte);
    test_case_with("flow: no ticket before the end", no_ticket, &no_byte);
    test_case_with("flow: no ticket in TLS 1.2", no_ticket, NULL);
    test_case("flow: too much data before the ticket", too_much_data);
    test_case("flow: a failure while waiting for a ticket", failure_while_waiting);
    test_case("flow: every allocation while waiting for a ticket", memory_while_waiting);
}
