// Early data: once and in order, whatever the session and the server make of it.

#include <string.h>

#include "ussl_mbedtls_config.h"

#include "engine/pair.h"
#include "engine/suite.h"
#include "core/host.h"
#include "engine/mbedtls/early_tickets.h"

#define MOST USSL_UNREAD_MAX

static pair_t pair;
static uint8_t data[2 * MOST];

static ussl_bytes_t early(size_t len) {
    for (size_t i = 0; i < len; i++) {
        data[i] = (uint8_t)(i * 11 + (i >> 8));
    }
    return (ussl_bytes_t) { data, len };
}

static pair_options_t options(uint16_t max) {
    pair_options_t o = usual(USSL_TLS_1_3);
    o.server.max_early_data = max;
    return o;
}

// A first connection and its session; the contexts stay in pair.
static bool first(const pair_options_t *o, ussl_session_t *out) {
    bool ok = pair_connect(&pair, o) && CHECK(pair_save(&pair, out));
    pair_close(&pair);
    return ok;
}

// True when the server reads the early data, all of it and nothing behind. The client's
// handshake takes until all is sent, which may be later than the server's.
static bool arrived(size_t len) {
    static uint8_t got[sizeof(data) + 1];
    size_t n = 0;
    size_t some;
    ussl_status_t st = USSL_OK;
    for (unsigned idle = 0; idle < 2 && st != USSL_FAILED && n < sizeof(got); idle++) {
        unsigned long moved = pair.to_server.total + pair.to_server.recvs;
        pair.client_status = ussl_conn_handshake(pair.client);
        st = ussl_conn_read(pair.server, got + n, sizeof(got) - n, &some);
        n += some;
        idle = some > 0 || moved != pair.to_server.total + pair.to_server.recvs ? 0 : idle;
    }
    return CHECK_EQ(pair.client_status, USSL_OK) && CHECK_EQ(st, USSL_WANT_READ) && CHECK_EQ(n, len)
           && CHECK(memcmp(got, data, len) == 0);
}

// Connects with early data that is delivered once; what became of it at either end.
static void again(pair_options_t *o, const ussl_session_t *s, size_t len, ussl_early_data_t client, ussl_early_data_t server) {
    o->session = s;
    o->early_data = early(len);
    if (CHECK(pair_open(&pair, o))) {
        pair_handshake(&pair);
        CHECK(arrived(len));
        CHECK_EQ(pair.client->early_data, client);
        CHECK_EQ(pair.server->early_data, server);
        CHECK(pair.client->early.block == NULL);
        CHECK(pair_transfer(pair.client, pair.server, 3000));
        CHECK(pair_transfer(pair.server, pair.client, 3000));
    }
    pair_close(&pair);
}

static void accepted(size_t max, size_t len, size_t pipe) {
    pair_options_t o = options((uint16_t)max);
    ussl_session_t s = { 0 };
    if (first(&o, &s)) {
        o.pipe = pipe;
        again(&o, &s, len, USSL_EARLY_ACCEPTED, USSL_EARLY_ACCEPTED);
    }
    ussl_session_free(&s);
    pair_free(&pair);
}

// A session for the key exchange with the PSK alone, which the client does not want: it is not
// offered, and so there is no early data.
static void way_that_is_not_wanted(void) {
    enum { FLAGS = 4 + 3, PSK_EPHEMERAL = 4 }; // behind time and lifetime; see session_state.h
    pair_options_t o = options(1000);
    ussl_session_t s = { 0 };
    if (first(&o, &s)) {
        uint8_t *flags = s.data + (s.engine_data.data - s.data) + FLAGS;
        CHECK(*flags & PSK_EPHEMERAL);
        *flags &= (uint8_t)~PSK_EPHEMERAL;
        again(&o, &s, 100, USSL_EARLY_REJECTED, USSL_EARLY_NONE);
    }
    ussl_session_free(&s);
    pair_free(&pair);
}

static void a_little(void) {
    accepted(1000, 5, 0);
    accepted(1000, 1000, 0);
}

static void as_much_as_there_may_be(void) {
    accepted(MOST, MOST, 0);
}

static void more_than_the_session_allows(void) {
    accepted(1000, 1001, 0);
    accepted(1000, 50000, 0);
    accepted(MOST, 2 * MOST, 0);
}

static void small_pipes(void) {
    accepted(20000, 30000, 100);
    accepted(100, 50, 1);
}

static void one_flight(void) {
    pair_options_t o = options(1000);
    ussl_session_t s = { 0 };
    if (first(&o, &s)) {
        o.session = &s;
        o.early_data = early(700);
        CHECK(pair_open(&pair, &o));
        CHECK_EQ(ussl_conn_handshake(pair.client), USSL_WANT_READ);
        CHECK_EQ(pair.to_server.sends, 1);
        CHECK(pipe_len(&pair.to_server) > 700);
        CHECK_EQ(ussl_conn_handshake(pair.server), USSL_WANT_READ);
        CHECK_EQ(ussl_conn_handshake(pair.client), USSL_OK);
        CHECK_EQ(pair.to_server.sends, 2);
        CHECK_EQ(ussl_conn_handshake(pair.server), USSL_OK);
    }
    ussl_session_free(&s);
    pair_free(&pair);
}

// A server that does not accept it skips it, whether it can read the ticket or not.
static void refused(size_t len, size_t pipe, bool other_keys) {
    pair_options_t o = options(MOST);
    ussl_session_t s = { 0 };
    ussl_error_t err;
    if (first(&o, &s)) {
        o.pipe = pipe;
        if (other_keys) {
            ussl_ctx_release(pair.server_ctx);
            pair.server_ctx = NULL;
        } else {
            CHECK_EQ(ussl_ctx_set_max_early_data(pair.server_ctx, 0, &err), USSL_OK);
        }
        again(&o, &s, len, USSL_EARLY_REJECTED, USSL_EARLY_REJECTED);
    }
    ussl_session_free(&s);
    pair_free(&pair);
}

static void switched_off(void) {
    refused(1000, 0, false);
    refused(MOST, 0, false);
    refused(3000, 100, false);
}

static void unreadable_ticket(void) {
    refused(1000, 0, true);
    refused(MOST, 0, true);
    refused(3000, 100, true);
}

// Nothing is announced where it is not allowed: data follows the handshake.
static void not_allowed(void) {
    pair_options_t o = options(0);
    ussl_session_t s = { 0 };
    if (first(&o, &s)) {
        again(&o, &s, 1000, USSL_EARLY_REJECTED, USSL_EARLY_NONE);
    }
    ussl_session_free(&s);
    pair_free(&pair);
}

static void nothing_to_send(void) {
    pair_options_t o = options(1000);
    ussl_session_t s = { 0 };
    if (first(&o, &s)) {
        again(&o, &s, 0, USSL_EARLY_NONE, USSL_EARLY_NONE);
    }
    ussl_session_free(&s);
    pair_free(&pair);
}

static void without_session(void) {
    static const uint16_t versions[] = { USSL_TLS_1_2, USSL_TLS_1_3 };
    for (size_t i = 0; i < 2; i++) {
        pair_options_t o = options(1000);
        o.client.min = o.client.max = versions[i];
        again(&o, NULL, 50000, USSL_EARLY_REJECTED, USSL_EARLY_NONE);
        pair_free(&pair);
    }
}

static void tls12_session(void) {
    pair_options_t o = options(1000);
    ussl_session_t s = { 0 };
    o.client.min = o.client.max = USSL_TLS_1_2;
    if (first(&o, &s)) {
        again(&o, &s, 1000, USSL_EARLY_REJECTED, USSL_EARLY_NONE);
    }
    ussl_session_free(&s);
    pair_free(&pair);
}

// RFC 8446 4.2.10: the protocol has to be the session's.
static void protocols(void) {
    static const char both[] = "one\0two";
    pair_options_t o = options(1000);
    ussl_session_t s = { 0 };
    ussl_error_t err;
    o.client.alpn = o.server.alpn = both;
    o.client.alpn_size = o.server.alpn_size = sizeof(both);
    if (first(&o, &s)) {
        again(&o, &s, 900, USSL_EARLY_ACCEPTED, USSL_EARLY_ACCEPTED);
        ussl_session_t other = { 0 };
        CHECK(first(&o, &other));
        CHECK_EQ(ussl_ctx_set_alpn(pair.server_ctx, "two", 4, &err), USSL_OK);
        again(&o, &other, 900, USSL_EARLY_REJECTED, USSL_EARLY_REJECTED);
        ussl_session_free(&other);
    }
    ussl_session_free(&s);
    pair_free(&pair);
}

static void options_of_tls13(void) {
    pair_options_t o = options(MOST);
    ussl_session_t s = { 0 };
    o.client.without = USSL_OP_ENABLE_MIDDLEBOX_COMPAT;
    o.client.with = o.server.with = USSL_OP_ALLOW_NO_DHE_KEX;
    if (first(&o, &s)) {
        again(&o, &s, 5000, USSL_EARLY_ACCEPTED, USSL_EARLY_ACCEPTED);
    }
    ussl_session_free(&s);
    pair_free(&pair);
}

// A server that does without (EC)DHE no longer asks for a key share: HelloRetryRequest comes
// while early data is on its way, and ends it (RFC 8446 4.2.10).
static void asked_for_another_hello(void) {
    for (unsigned without = 0; without < 2; without++) {
        pair_options_t o = options(MOST);
        ussl_session_t s = { 0 };
        o.client.without = without ? USSL_OP_ENABLE_MIDDLEBOX_COMPAT : 0;
        o.client.with = o.server.with = USSL_OP_ALLOW_NO_DHE_KEX;
        if (first(&o, &s)) {
            o.server.with = 0;
            ussl_error_t err;
            CHECK_EQ(ussl_ctx_set_options(pair.server_ctx, USSL_OP_ENABLE_MIDDLEBOX_COMPAT, &err), USSL_OK);
            again(&o, &s, 5000, USSL_EARLY_REJECTED, USSL_EARLY_REJECTED);
            again(&o, &s, MOST, USSL_EARLY_REJECTED, USSL_EARLY_REJECTED);
        }
        ussl_session_free(&s);
        pair_free(&pair);
    }
}

// A ticket resumes any number of times, and brings early data in once.
static void second_use(void) {
    pair_options_t o = options(1000);
    ussl_session_t s = { 0 };
    if (first(&o, &s)) {
        again(&o, &s, 900, USSL_EARLY_ACCEPTED, USSL_EARLY_ACCEPTED);
        for (unsigned i = 0; i < 3; i++) {
            again(&o, &s, 900, USSL_EARLY_REJECTED, USSL_EARLY_REJECTED);
        }
    }
    ussl_session_free(&s);
    pair_free(&pair);
}

// Without early data it is used up as well: a copy of it may have been taken.
static void used_without(void) {
    pair_options_t o = options(1000);
    ussl_session_t s = { 0 };
    if (first(&o, &s)) {
        again(&o, &s, 0, USSL_EARLY_NONE, USSL_EARLY_NONE);
        again(&o, &s, 900, USSL_EARLY_REJECTED, USSL_EARLY_REJECTED);
    }
    ussl_session_free(&s);
    pair_free(&pair);
}

// Another server with the same keys, or this one after a restart.
static void shared_keys(void) {
    static const uint8_t key[USSL_SEAL_KEY_SIZE] = { 1, 2, 3 };
    pair_options_t o = options(1000);
    ussl_session_t s = { 0 };
    ussl_error_t err;
    pair.server_ctx = make_context(true, &o.server, &err);
    CHECK_EQ(ussl_ctx_set_ticket_keys(pair.server_ctx, key, 1, &err), USSL_OK);
    if (first(&o, &s)) {
        ussl_ctx_t *issuer = pair.server_ctx;
        pair.server_ctx = make_context(true, &o.server, &err);
        CHECK_EQ(ussl_ctx_set_ticket_keys(pair.server_ctx, key, 1, &err), USSL_OK);
        again(&o, &s, 900, USSL_EARLY_REJECTED, USSL_EARLY_REJECTED);
        ussl_ctx_release(pair.server_ctx);
        pair.server_ctx = issuer;
        again(&o, &s, 900, USSL_EARLY_ACCEPTED, USSL_EARLY_ACCEPTED);
    }
    ussl_session_free(&s);
    pair_free(&pair);
}

#if USSL_TLS13 && USSL_EARLY_DATA

// As many tickets as are remembered, each once, and the oldest goes first.
static void list_of_tickets(void) {
    enum { MANY = USSL_MBEDTLS_EARLY_TICKETS };
    ussl_mbedtls_early_tickets_t list = { 0 };
    uint32_t ticket[4] = { 0 };
    const ussl_bytes_t bytes = { (const uint8_t *)ticket, sizeof(ticket) };
    CHECK(!ussl_mbedtls_early_tickets_take(&list, bytes));
    CHECK_EQ(ussl_mbedtls_early_tickets_set(&list, true), 0);
    for (ticket[3] = 1; ticket[3] <= MANY + 1; ticket[3]++) {
        ussl_mbedtls_early_tickets_add(&list, bytes);
    }
    ticket[3] = 1;
    CHECK(!ussl_mbedtls_early_tickets_take(&list, bytes));
    for (ticket[3] = 2; ticket[3] <= MANY + 1; ticket[3]++) {
        CHECK(ussl_mbedtls_early_tickets_take(&list, bytes));
        CHECK(!ussl_mbedtls_early_tickets_take(&list, bytes));
    }
    ussl_mbedtls_early_tickets_set(&list, false);
}

#else

static void list_of_tickets(void) {
}

#endif

// Has the session say that more is allowed than its ticket says: 1000 bytes.
static bool promise_more(ussl_session_t *s) {
    static const uint8_t number[4] = { 0, 0, 1000 >> 8, 1000 & 0xff };
    uint8_t *at = (uint8_t *)s->engine_data.data;
    for (size_t i = 0; i + sizeof(number) <= s->engine_data.len; i++) {
        if (memcmp(at + i, number, sizeof(number)) == 0) {
            at[i + 1] = 1;
            return true;
        }
    }
    return false;
}

// A client that sends more than the server has allowed (RFC 8446 4.6.1).
static void too_much(void) {
    uint8_t byte;
    size_t got;
    pair_options_t o = options(1000);
    ussl_session_t s = { 0 };
    if (first(&o, &s) && CHECK(promise_more(&s))) {
        o.session = &s;
        o.early_data = early(1001);
        CHECK(pair_open(&pair, &o));
        pair_handshake(&pair);
        CHECK_EQ(pair.server_status, USSL_FAILED);
        CHECK_EQ(pair.server->error.reason, USSL_REASON_UNEXPECTED_MESSAGE);
        CHECK_EQ(ussl_conn_pending(pair.server), 0);
        CHECK_EQ(ussl_conn_read(pair.client, &byte, 1, &got), USSL_FAILED);
        CHECK_EQ(pair.client->error.cls, USSL_ERR_ALERT);
        CHECK_EQ(pair.client->early_data, USSL_EARLY_ACCEPTED);
    }
    ussl_session_free(&s);
    pair_free(&pair);
}

// And more than one that has not is ready to skip.
static void too_much_to_skip(void) {
    uint8_t byte;
    size_t got;
    static uint8_t much[70000];
    pair_options_t o = options(1000);
    ussl_session_t s = { 0 };
    ussl_error_t err;
    if (first(&o, &s) && CHECK(promise_more(&s))) {
        CHECK_EQ(ussl_ctx_set_max_early_data(pair.server_ctx, 0, &err), USSL_OK);
        o.session = &s;
        o.early_data = (ussl_bytes_t) { much, sizeof(much) };
        CHECK(pair_open(&pair, &o));
        pair_handshake(&pair);
        CHECK_EQ(pair.server_status, USSL_FAILED);
        CHECK_EQ(ussl_conn_read(pair.client, &byte, 1, &got), USSL_FAILED);
        CHECK_EQ(pair.client->error.cls, USSL_ERR_ALERT);
        CHECK_EQ(pair.client->early_data, USSL_EARLY_REJECTED);
    }
    ussl_session_free(&s);
    pair_free(&pair);
}

// An event loop has nothing to read before the end of the handshake.
static void not_readable_yet(void) {
    pair_options_t o = options(1000);
    ussl_session_t s = { 0 };
    if (first(&o, &s)) {
        o.session = &s;
        o.early_data = early(100);
        CHECK(pair_open(&pair, &o));
        ussl_conn_handshake(pair.client);
        CHECK_EQ(ussl_conn_handshake(pair.server), USSL_WANT_READ);
        CHECK(!ussl_conn_readable(pair.server));
        CHECK_EQ(ussl_conn_pending(pair.server), 0);
        pair_handshake(&pair);
        CHECK(ussl_conn_readable(pair.server));
        CHECK_EQ(ussl_conn_pending(pair.server), 100);
    }
    ussl_session_free(&s);
    pair_free(&pair);
}

// What stands behind early data: its end, in a record of its own, is no data.
static void end_without_finished(void) {
    pair_options_t o = options(1000);
    ussl_session_t s = { 0 };
    uint8_t byte;
    size_t got;
    if (first(&o, &s)) {
        o.session = &s;
        o.early_data = early(100);
        CHECK(pair_open(&pair, &o));
        ussl_conn_handshake(pair.client);
        pair.to_server.ended = true;
        CHECK_EQ(ussl_conn_read(pair.server, &byte, 1, &got), USSL_FAILED);
        CHECK_EQ(got, 0);
        CHECK_EQ(pair.server->early_data, USSL_EARLY_ACCEPTED);
        CHECK_EQ(pair.server->unread.block == NULL, true);
    }
    ussl_session_free(&s);
    pair_free(&pair);
}

// What a ticket says holds, also when the context allows less by now.
static void less_than_the_ticket(void) {
    pair_options_t o = options(1000);
    ussl_session_t s = { 0 };
    ussl_error_t err;
    if (first(&o, &s)) {
        CHECK_EQ(ussl_ctx_set_max_early_data(pair.server_ctx, 500, &err), USSL_OK);
        again(&o, &s, 1000, USSL_EARLY_ACCEPTED, USSL_EARLY_ACCEPTED);
    }
    ussl_session_free(&s);
    pair_free(&pair);
}

void suite_early_data(void) {
    test_case("early data: accepted", a_little);
    test_case("early data: as much as there may be", as_much_as_there_may_be);
    test_case("early data: more than the session allows", more_than_the_session_allows);
    test_case("early data: through small pipes", small_pipes);
    test_case("early data: leaves in the flight of the ClientHello", one_flight);
    test_case("early data: switched off at the server", switched_off);
    test_case("early data: with a ticket that the server cannot read", unreadable_ticket);
    test_case("early data: not allowed by the session", not_allowed);
    test_case("early data: for a key exchange that is not wanted", way_that_is_not_wanted);
    test_case("early data: none", nothing_to_send);
    test_case("early data: without a session", without_session);
    test_case("early data: with a session of TLS 1.2", tls12_session);
    test_case("early data: for the session's protocol only", protocols);
    test_case("early data: with a PSK alone, and without ChangeCipherSpec", options_of_tls13);
    test_case("early data: after HelloRetryRequest", asked_for_another_hello);
    test_case("early data: with a session used twice", second_use);
    test_case("early data: with a session that was resumed without", used_without);
    test_case("early data: to another server with the same ticket keys", shared_keys);
    test_case("early data: the list of tickets", list_of_tickets);
    test_case("early data: more than the server allows", too_much);
    test_case("early data: more than a server skips", too_much_to_skip);
    test_case("early data: not readable before the end of the handshake", not_readable_yet);
    test_case("early data: without the end of the handshake nobody reads it", end_without_finished);
    test_case("early data: as the ticket says", less_than_the_ticket);
}
