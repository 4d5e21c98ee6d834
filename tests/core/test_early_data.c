// Early data through core: each byte once, and in its place.

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

static bool opened(bool server, const fake_step_t *steps, const char *early) {
    ussl_error_t err;
    ussl_transport_t transport = pipe_transport(&end);
    ussl_conn_options_t options = { .early_data = { (const uint8_t *)early, strlen(early) } };
    fake_reset();
    fake.steps = steps;
    pipe_reset(&in);
    pipe_reset(&out);
    bool ok = CHECK_EQ(ussl_ctx_new(&fake_engine, server, &ctx, &err), USSL_OK);
    if (ok && server) {
        ok = CHECK_EQ(ussl_ctx_set_identity(ctx, (ussl_bytes_t) { (const uint8_t *)"x", 1 },
            (ussl_bytes_t) { NULL, 0 }, (ussl_bytes_t) { NULL, 0 }, &err), USSL_OK);
    }
    return ok && CHECK_EQ(ussl_conn_new(ctx, &transport, &options, &conn, &err), USSL_OK);
}

static void closed(void) {
    ussl_conn_free(conn);
    ussl_ctx_release(ctx);
    conn = NULL;
    ctx = NULL;
    CHECK_EQ(test_host.live, 0);
}

// What has gone out, but for the zeros of the handshake.
static bool went_out(const char *wanted) {
    size_t n = 0;
    for (size_t i = 0; i < pipe_len(&out); i++) {
        uint8_t byte = pipe_data(&out)[i];
        if (byte != 0 && !CHECK(byte == (uint8_t)wanted[n++])) {
            return false;
        }
    }
    return CHECK_EQ(n, strlen(wanted));
}

static const fake_step_t offering[] = { { FAKE_SEND, 3 }, { FAKE_EARLY, 4 }, { FAKE_RECV, 2 }, { FAKE_SEND, 1 }, { FAKE_END, 0 } };

static void answer(ussl_early_data_t outcome) {
    fake.early_data = outcome;
    pipe_put(&in, "ok", 2);
}

static void accepted(void) {
    if (opened(false, offering, "data")) {
        CHECK_EQ(ussl_conn_handshake(conn), USSL_WANT_READ);
        CHECK_EQ(out.sends, 1); // one flight
        went_out("data");
        answer(USSL_EARLY_ACCEPTED);
        CHECK_EQ(ussl_conn_handshake(conn), USSL_OK);
        CHECK_EQ(conn->early_data, USSL_EARLY_ACCEPTED);
        CHECK(conn->early.block == NULL);
        went_out("data");
    }
    closed();
}

static void accepted_in_part(void) {
    if (opened(false, offering, "data and more")) {
        ussl_conn_handshake(conn);
        went_out("data");
        answer(USSL_EARLY_ACCEPTED);
        CHECK_EQ(ussl_conn_handshake(conn), USSL_OK);
        CHECK_EQ(out.sends, 2); // with the last flight
        went_out("data and more");
    }
    closed();
}

static void rejected(void) {
    if (opened(false, offering, "data and more")) {
        ussl_conn_handshake(conn);
        answer(USSL_EARLY_REJECTED);
        CHECK_EQ(ussl_conn_handshake(conn), USSL_OK);
        CHECK_EQ(conn->early_data, USSL_EARLY_REJECTED);
        CHECK_EQ(out.sends, 2);
        went_out("datadata and more");
    }
    closed();
}

static void not_offered(void) {
    static const fake_step_t steps[] = { { FAKE_SEND, 3 }, { FAKE_RECV, 2 }, { FAKE_END, 0 } };
    if (opened(false, steps, "data")) {
        CHECK_EQ(ussl_conn_handshake(conn), USSL_WANT_READ);
        CHECK_EQ(conn->early_data, USSL_EARLY_NONE);
        answer(USSL_EARLY_NONE);
        CHECK_EQ(ussl_conn_handshake(conn), USSL_OK);
        CHECK_EQ(conn->early_data, USSL_EARLY_REJECTED);
        went_out("data");
    }
    closed();
}

// The rest waits for a transport that takes little; the handshake is done when it has left.
static void blocked(void) {
    if (opened(false, offering, "data and more")) {
        ussl_conn_handshake(conn);
        answer(USSL_EARLY_REJECTED);
        out.capacity = pipe_len(&out) + 5;
        CHECK_EQ(ussl_conn_handshake(conn), USSL_WANT_WRITE);
        CHECK_EQ(conn->state, USSL_CONN_HANDSHAKE);
        CHECK_EQ(ussl_conn_handshake(conn), USSL_WANT_WRITE);
        out.capacity = 0;
        CHECK_EQ(ussl_conn_handshake(conn), USSL_OK);
        CHECK_EQ(ussl_conn_handshake(conn), USSL_OK);
        CHECK_EQ(conn->early_data, USSL_EARLY_REJECTED);
        went_out("datadata and more");
    }
    closed();
}

// A server answers while early data is still on its way: the answer is read.
static void answered_meanwhile(void) {
    if (opened(false, offering, "data")) {
        out.capacity = 5;
        CHECK_EQ(ussl_conn_handshake(conn), USSL_WANT_WRITE);
        answer(USSL_EARLY_ACCEPTED);
        CHECK_EQ(ussl_conn_handshake(conn), USSL_WANT_WRITE);
        CHECK_EQ(conn->early_data, USSL_EARLY_ACCEPTED);
        out.capacity = 0;
        CHECK_EQ(ussl_conn_handshake(conn), USSL_OK);
        went_out("data");
    }
    closed();
}

// Without early data a flight has to leave before anything is read.
static void flights_take_turns(void) {
    if (opened(false, offering, "")) {
        out.capacity = 2;
        pipe_put(&in, "ok", 2);
        CHECK_EQ(ussl_conn_handshake(conn), USSL_WANT_WRITE);
        CHECK_EQ(pipe_len(&in), 2);
    }
    closed();
}

static void deadline(void) {
    if (opened(false, offering, "data")) {
        conn->timeout_ms = 1000;
        ussl_conn_handshake(conn);
        answer(USSL_EARLY_REJECTED);
        out.capacity = pipe_len(&out);
        CHECK_EQ(ussl_conn_handshake(conn), USSL_WANT_WRITE);
        test_host.monotonic_ms += 1000;
        CHECK_EQ(ussl_conn_handshake(conn), USSL_FAILED);
        CHECK_EQ(conn->error.cls, USSL_ERR_TIMEOUT);
        CHECK_EQ(conn->early_data, USSL_EARLY_REJECTED);
        CHECK(conn->early.block == NULL);
    }
    closed();
}

// A transport that broke while it was sent is told at once, not by a later read.
static void broken(void) {
    static const ussl_early_data_t outcomes[] = { USSL_EARLY_REJECTED, USSL_EARLY_ACCEPTED };
    for (size_t i = 0; i < 2; i++) {
        if (opened(false, offering, "data")) {
            ussl_conn_handshake(conn);
            answer(outcomes[i]);
            out.write_error = EPIPE;
            CHECK_EQ(ussl_conn_handshake(conn), USSL_FAILED);
            CHECK_EQ(conn->error.cls, USSL_ERR_TRANSPORT);
            CHECK_EQ(conn->error.code, EPIPE);
            CHECK_EQ(conn->early_data, outcomes[i]);
        }
        closed();
    }
}

// What the server has said of it is known after a failure too.
static void failed_after(void) {
    static const fake_step_t steps[] = { { FAKE_EARLY, 4 }, { FAKE_RECV, 2 }, { FAKE_RECV, 1 }, { FAKE_END, 0 } };
    const uint8_t bad = FAKE_BAD;
    if (opened(false, steps, "data")) {
        ussl_conn_handshake(conn);
        fake.error = (ussl_error_t) { .cls = USSL_ERR_ALERT, .alert = 40 };
        answer(USSL_EARLY_ACCEPTED);
        pipe_put(&in, &bad, 1);
        CHECK_EQ(ussl_conn_handshake(conn), USSL_FAILED);
        CHECK_EQ(conn->early_data, USSL_EARLY_ACCEPTED);
    }
    closed();
}

static void dropped(void) {
    if (opened(false, offering, "data")) {
        ussl_conn_handshake(conn);
    }
    closed();
}

static void no_memory(void) {
    ussl_error_t err;
    if (opened(false, offering, "")) {
        ussl_conn_t *other = NULL;
        ussl_transport_t transport = pipe_transport(&end);
        ussl_conn_options_t options = { .early_data = { (const uint8_t *)"data", 4 } };
        for (unsigned long n = 1; n < 10 && other == NULL; n++) {
            unsigned long live = test_host.live;
            host_fail_at(n, false);
            ussl_status_t st = ussl_conn_new(ctx, &transport, &options, &other, &err);
            host_reset();
            CHECK(st == USSL_OK || (err.cls == USSL_ERR_MEMORY && test_host.live == live));
            other = st == USSL_OK ? other : NULL;
        }
        CHECK(other != NULL);
        ussl_conn_free(other);
    }
    closed();
}

// ---- servers ----

static const fake_step_t taking[] = { { FAKE_RECV, 2 }, { FAKE_SEND, 3 }, { FAKE_COME, 6 }, { FAKE_RECV, 1 }, { FAKE_END, 0 } };

// Kept until the handshake is over, and then the first that is read.
static void came(void) {
    uint8_t buf[20];
    size_t n;
    if (opened(true, taking, "")) {
        fake.early_data = USSL_EARLY_ACCEPTED;
        pipe_put(&in, "hiear", 5);
        CHECK_EQ(ussl_conn_read(conn, buf, sizeof(buf), &n), USSL_WANT_READ);
        pipe_put(&in, "ly.", 3);
        CHECK_EQ(ussl_conn_read(conn, buf, sizeof(buf), &n), USSL_WANT_READ);
        CHECK_EQ(n, 0);
        pipe_put(&in, "!late", 5);
        CHECK_EQ(ussl_conn_handshake(conn), USSL_OK);
        CHECK_EQ(conn->early_data, USSL_EARLY_ACCEPTED);
        CHECK_EQ(ussl_conn_pending(conn), 6);
        CHECK_EQ(ussl_conn_read(conn, buf, sizeof(buf), &n), USSL_OK);
        CHECK(n == 6 && memcmp(buf, "early.", 6) == 0);
        CHECK_EQ(ussl_conn_read(conn, buf, 1, &n), USSL_OK);
        CHECK_EQ(buf[0], 'l');
    }
    closed();
}

static void came_in_vain(void) {
    const uint8_t bad = FAKE_BAD;
    uint8_t byte;
    size_t n;
    if (opened(true, taking, "")) {
        pipe_put(&in, "hiearly.", 8);
        CHECK_EQ(ussl_conn_handshake(conn), USSL_WANT_READ);
        fake.error = (ussl_error_t) { .cls = USSL_ERR_PROTOCOL };
        pipe_put(&in, &bad, 1);
        CHECK_EQ(ussl_conn_read(conn, &byte, 1, &n), USSL_FAILED);
        CHECK_EQ(ussl_conn_read(conn, &byte, 1, &n), USSL_FAILED);
        CHECK_EQ(ussl_conn_pending(conn), 0);
    }
    closed();
}

static void came_without_memory(void) {
    if (opened(true, taking, "")) {
        pipe_put(&in, "hiear", 5);
        bool failed = false;
        for (unsigned long n = 1; n < 10 && !failed; n++) {
            host_fail_at(n, false);
            failed = ussl_conn_handshake(conn) == USSL_FAILED;
            host_reset();
        }
        CHECK(failed);
        CHECK_EQ(conn->error.cls, USSL_ERR_MEMORY);
    }
    closed();
}

static void how_much(void) {
    ussl_error_t err;
    if (opened(true, taking, "")) {
        CHECK_EQ(ussl_ctx_set_max_early_data(ctx, 9, &err), USSL_FAILED);
        CHECK_EQ(err.reason, USSL_REASON_IN_USE);
        ussl_conn_free(conn);
        conn = NULL;
        CHECK_EQ(ussl_ctx_set_max_early_data(ctx, 9, &err), USSL_OK);
        CHECK_EQ(fake.max_early_data, 9);
        CHECK_EQ(ctx->max_early_data, 9);
    }
    closed();
}

static const struct {
    const char *name;
    void (*run)(void);
} cases[] = {
    { "early data: accepted", accepted },
    { "early data: accepted in part", accepted_in_part },
    { "early data: rejected", rejected },
    { "early data: not offered", not_offered },
    { "early data: the rest waits", blocked },
    { "early data: answered while it is on its way", answered_meanwhile },
    { "early data: without it flights take turns", flights_take_turns },
    { "early data: within the deadline", deadline },
    { "early data: the transport breaks", broken },
    { "early data: accepted before the failure", failed_after },
    { "early data: dropped half-way", dropped },
    { "early data: no memory", no_memory },
    { "early data: a server's, read after the handshake", came },
    { "early data: a server's, never read", came_in_vain },
    { "early data: a server's, without memory", came_without_memory },
    { "early data: how much a server accepts", how_much },
};

void suite_early_data(void) {
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        test_case(cases[i].name, cases[i].run);
    }
}
