// DTLS 1.2 over a network that loses, repeats and reorders datagrams, and brings foreign ones.

#include <stdio.h>
#include <string.h>

#include "core/session_cache.h"
#include "engine/pair.h"
#include "engine/suite.h"
#include "support/host.h"

static pair_t pair;

static pair_options_t over_datagrams(void) {
    pair_options_t o = usual(USSL_TLS_1_2);
    o.server.max = USSL_TLS_1_2;
    o.datagrams = true;
    o.peer_id = "the client's address";
    return o;
}

static uint32_t sooner(uint32_t a, uint32_t b) {
    return a < b ? a : b;
}

static bool both_open(const pair_t *p) {
    return p->client->state == USSL_CONN_OPEN && p->server->state == USSL_CONN_OPEN;
}

// Lets time pass as the ends want it. Milliseconds that the handshake took.
static uint64_t shake_in_time(pair_t *p) {
    uint64_t begun = test_host.monotonic_ms;
    for (int rounds = 0; rounds < 40 && !both_open(p); rounds++) {
        pair_handshake(p);
        uint32_t wait = sooner(ussl_conn_timer(p->client), ussl_conn_timer(p->server));
        test_host.monotonic_ms += wait == UINT32_MAX ? 0 : wait;
        size_t got;
        ussl_conn_read(p->server, NULL, 0, &got);
        ussl_conn_take_in(p->server); // who is done still answers who is not
    }
    return test_host.monotonic_ms - begun;
}

static void make_reliable(pipe_t *p) {
    p->lost = p->twice = p->late = 0;
}

static bool transfers(pair_t *p) {
    make_reliable(&p->to_server);
    make_reliable(&p->to_client);
    uint8_t buf[64];
    size_t n;
    ussl_conn_t *ends[] = { p->client, p->server };
    for (int i = 0; i < 2; i++) {
        CHECK_EQ(ussl_conn_write(ends[i], (const uint8_t *)"twelve bytes", 12, &n), USSL_OK);
        CHECK_EQ(ussl_conn_read(ends[1 - i], buf, sizeof(buf), &n), USSL_OK);
        CHECK(n == 12 && memcmp(buf, "twelve bytes", 12) == 0);
    }
    return test_passing();
}

static void handshake(void) {
    pair_options_t o = over_datagrams();
    if (CHECK(pair_connect(&pair, &o))) {
        CHECK_EQ(pair.client->engine->version(pair.client->tls), USSL_TLS_1_2);
        CHECK(pair.to_client.longest <= USSL_MTU_DEFAULT && pair.to_server.longest <= USSL_MTU_DEFAULT);
        transfers(&pair);
        CHECK_EQ(ussl_conn_timer(pair.client), UINT32_MAX);
        CHECK_EQ(ussl_conn_timer(pair.server), UINT32_MAX);
    }
    pair_free(&pair);
}

// Each of the first datagrams each way is lost, comes twice or comes late.
static void unreliable(const void *which) {
    for (int n = 0; n < 8 && test_passing(); n++) {
        pair_options_t o = over_datagrams();
        o.mtu = 400;
        CHECK(pair_open(&pair, &o));
        for (int i = 0; i < 2; i++) {
            pipe_t *pipe = i == 0 ? &pair.to_server : &pair.to_client;
            uint32_t *bits = which == (void *)'l' ? &pipe->lost : which == (void *)'t' ? &pipe->twice : &pipe->late;
            *bits = (uint32_t)1 << n | (which == (void *)'l' ? 0 : 0x55);
        }
        uint64_t took = shake_in_time(&pair);
        CHECK(both_open(&pair) && transfers(&pair));
        CHECK(which != (void *)'t' || took == 0);
        pair_free(&pair);
    }
}

static void half_is_lost(void) {
    pair_options_t o = over_datagrams();
    CHECK(pair_open(&pair, &o));
    pair.to_server.lost = 0x5555;
    pair.to_client.lost = 0x3333;
    CHECK(shake_in_time(&pair) >= 1000);
    CHECK(both_open(&pair) && transfers(&pair));
    pair_free(&pair);
}

// The peer never answers: repeated with pauses that double, until the deadline.
static void silent_peer(void) {
    pair_options_t o = over_datagrams();
    CHECK(pair_open(&pair, &o));
    pair.client->timeout_ms = 10000;
    pair.to_server.lost = UINT32_MAX;
    uint64_t begun = test_host.monotonic_ms;
    ussl_status_t st = USSL_WANT_READ;
    while (st == USSL_WANT_READ && test_passing()) {
        st = ussl_conn_handshake(pair.client);
        uint32_t wait = sooner(ussl_conn_timer(pair.client), ussl_conn_time_left(pair.client));
        test_host.monotonic_ms += st == USSL_FAILED ? 0 : wait;
    }
    CHECK_EQ(st, USSL_FAILED);
    CHECK_EQ(pair.client->error.cls, USSL_ERR_TIMEOUT);
    CHECK_EQ(test_host.monotonic_ms - begun, 10000);
    CHECK_EQ(pair.to_server.sends, 4); // at 0, 1, 3 and 7 seconds
    pair_free(&pair);
}

// Without a deadline mbedTLS gives up by itself.
static void gives_up(void) {
    pair_options_t o = over_datagrams();
    CHECK(pair_open(&pair, &o));
    pair.to_server.lost = UINT32_MAX;
    ussl_status_t st = USSL_WANT_READ;
    for (int i = 0; i < 100 && st == USSL_WANT_READ; i++) {
        st = ussl_conn_handshake(pair.client);
        test_host.monotonic_ms += st == USSL_WANT_READ ? ussl_conn_timer(pair.client) : 0;
    }
    CHECK_EQ(st, USSL_FAILED);
    CHECK_EQ(pair.client->error.cls, USSL_ERR_TIMEOUT);
    pair_free(&pair);
}

static void fragments(void) {
    pair_options_t o = over_datagrams();
    o.client.identity = "client-ecdsa";
    o.server.trust = "root-ecdsa.pem";
    o.server.verify = USSL_VERIFY_REQUIRED;
    o.mtu = USSL_MTU_MIN;
    if (CHECK(pair_connect(&pair, &o))) {
        CHECK(pair.to_client.longest <= USSL_MTU_MIN && pair.to_server.longest <= USSL_MTU_MIN);
        CHECK(pair.to_client.sends > 5 && pair.to_server.sends > 5);
        transfers(&pair);
    }
    pair_free(&pair);
}

// A cookie costs a round trip, and only where there is something to bind it to.
static void cookies(void) {
    pair_options_t o = over_datagrams();
    CHECK(pair_open(&pair, &o));
    ussl_conn_handshake(pair.client);
    size_t hello = pipe_len(&pair.to_server);
    ussl_conn_handshake(pair.server);
    CHECK(pipe_len(&pair.to_client) < hello); // it is no amplifier
    pair_handshake(&pair);
    CHECK(both_open(&pair));
    unsigned long with = pair.to_server.sends;
    pair_close(&pair);
    o.peer_id = NULL;
    CHECK(pair_connect(&pair, &o));
    CHECK_EQ(with - pair.to_server.sends, 1);
    pair_free(&pair);
}

// The first hello is anybody's: what it offers is not looked at, and not remembered.
static void a_strangers_ticket(void) {
    pair_options_t o = over_datagrams();
    ussl_session_t session = { 0 };
    if (CHECK(pair_connect(&pair, &o)) && CHECK(pair_save(&pair, &session))) {
        pair_close(&pair);
        o.session = &session;
        CHECK(pair_open(&pair, &o));
        ussl_conn_handshake(pair.client); // a hello with the ticket, of which only the server knows
        ussl_conn_handshake(pair.server);
        ussl_conn_t *server = pair.server;
        ussl_conn_free(pair.client);
        pair.to_client.start = pair.to_client.end;
        ussl_conn_options_t options = { .name = o.name, .check_name = true };
        ussl_transport_t transport = pipe_transport(&pair.client_end);
        ussl_session_cache_resize(pair.client_ctx, 0);
        CHECK_EQ(ussl_conn_new(pair.client_ctx, &transport, &options, &pair.client, &pair.err), USSL_OK);
        pair_handshake(&pair);
        CHECK(server == pair.server && both_open(&pair) && !engine_under_test->resumed(pair.server->tls));
    }
    pair_free(&pair);
    ussl_session_free(&session);
}

static void sessions(void) {
    pair_options_t o = over_datagrams();
    ussl_session_t session = { 0 };
    if (CHECK(pair_connect(&pair, &o)) && CHECK(pair_save(&pair, &session))) {
        CHECK(session.datagram);
        pair_close(&pair);
        o.session = &session;
        CHECK(pair_connect(&pair, &o) && engine_under_test->resumed(pair.client->tls));
        transfers(&pair);
        ussl_session_stats_t stats = { 0 };
        ussl_ctx_session_stats(pair.server_ctx, &stats);
        CHECK(stats.hits == 1 && stats.misses == 0 && stats.accept == 2);
    }
    pair_free(&pair);
    ussl_session_free(&session);
}

// Ticket keys are shared and all else is the same: neither end takes the other's session.
static void sessions_of_the_other(const void *tls_first) {
    static const uint8_t key[USSL_SEAL_KEY_SIZE] = { 1 };
    pair_options_t o = over_datagrams();
    ussl_session_t session = { 0 };
    o.datagrams = tls_first == NULL;
    o.peer_id = NULL;
    CHECK(pair_open(&pair, &o) && ussl_ctx_set_ticket_keys(pair.server_ctx, key, 1, &pair.err) == USSL_OK);
    pair_handshake(&pair);
    CHECK(both_open(&pair) && pair_save(&pair, &session));
    pair_free(&pair);

    o.datagrams = tls_first != NULL;
    o.session = &session;
    CHECK(pair_open(&pair, &o) && ussl_ctx_set_ticket_keys(pair.server_ctx, key, 1, &pair.err) == USSL_OK);
    CHECK(!pair.client->offered_session);
    pair_close(&pair);

    session.datagram = !session.datagram; // a client that does not look
    CHECK(pair_open(&pair, &o) && pair.client->offered_session);
    pair_handshake(&pair);
    CHECK(both_open(&pair) && !engine_under_test->resumed(pair.client->tls));
    pair_free(&pair);
    ussl_session_free(&session);
}

// ---- data ----

static void messages(void) {
    pair_options_t o = over_datagrams();
    static uint8_t data[USSL_MTU_MAX];
    uint8_t buf[200];
    size_t n, most = 0;
    if (CHECK(pair_connect(&pair, &o))) {
        CHECK_EQ(ussl_conn_write(pair.client, data, 100, &n), USSL_OK);
        CHECK_EQ(ussl_conn_write(pair.client, data, 50, &n), USSL_OK);
        CHECK(ussl_conn_read(pair.server, buf, sizeof(buf), &n) == USSL_OK && n == 100);
        CHECK(ussl_conn_read(pair.server, buf, 20, &n) == USSL_OK && n == 20);
        CHECK(ussl_conn_read(pair.server, buf, sizeof(buf), &n) == USSL_OK && n == 30);
        while (ussl_conn_write(pair.client, data, most + 1, &n) == USSL_OK) {
            CHECK_EQ(n, ++most);
            pair.to_server.start = pair.to_server.end;
        }
        CHECK(most < USSL_MTU_DEFAULT && most > USSL_MTU_DEFAULT - 50 && n == 0);
        CHECK_EQ(pair.client->error.reason, USSL_REASON_MESSAGE_SIZE);
        CHECK_EQ(pair.to_server.longest, USSL_MTU_DEFAULT);
        CHECK_EQ(pair.client->state, USSL_CONN_OPEN);
        pair.to_server.start = pair.to_server.end;
        transfers(&pair);
    }
    pair_free(&pair);
}

// A transport that is full for a while: nothing is joined, nothing is repeated.
static void full_transport(void) {
    pair_options_t o = over_datagrams();
    uint8_t buf[100] = { 0 };
    size_t n;
    CHECK(pair_open(&pair, &o));
    pair.to_server.hold_writes = pair.to_client.hold_writes = 5;
    pair_handshake(&pair);
    pair_handshake(&pair); // the first ended with the last refusal
    if (CHECK(both_open(&pair))) {
        unsigned long before = pair.to_server.sends;
        pair.to_server.hold_writes = 3;
        CHECK(ussl_conn_write(pair.client, buf, 100, &n) == USSL_OK && n == 100);
        CHECK(ussl_conn_write(pair.client, buf, 50, &n) == USSL_WANT_WRITE && n == 0);
        CHECK_EQ(ussl_conn_flush(pair.client), USSL_WANT_WRITE);
        CHECK(ussl_conn_write(pair.client, buf, 50, &n) == USSL_OK && n == 50);
        CHECK_EQ(pair.to_server.sends - before, 2);
        CHECK(ussl_conn_read(pair.server, buf, 100, &n) == USSL_OK && n == 100);
        CHECK(ussl_conn_read(pair.server, buf, 100, &n) == USSL_OK && n == 50);
    }
    pair_free(&pair);
}

static void put_datagram(pipe_t *p, const void *data, size_t len) {
    pipe_put(p, &len, sizeof(len));
    pipe_put(p, data, len);
}

// What foreigners may send: noise, headers of records with nothing behind, too much, too
// little, nothing at all.
static void put_garbage(pipe_t *p) {
    static const uint8_t lies[] = { 22, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 7, 0x3f, 0xff, 1, 2, 3 };
    static uint8_t noise[17500];
    for (size_t i = 0; i < sizeof(noise); i++) {
        noise[i] = (uint8_t)(i * 7919 >> 3);
    }
    put_datagram(p, noise, 100);
    put_datagram(p, noise, sizeof(noise));
    put_datagram(p, noise, 1);
    put_datagram(p, noise, 0);
    put_datagram(p, lies, sizeof(lies));
    for (uint8_t type = 20; type < 24; type++) {
        noise[0] = type;
        noise[1] = 0xfe;
        noise[2] = 0xfd;
        noise[11] = 0;
        noise[12] = 87;
        put_datagram(p, noise, 100);
    }
}

// In the clear, which counts until there are keys, as everywhere, and not after.
static void put_alert(pipe_t *p) {
    static const uint8_t alert[] = { 21, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 99, 0, 2, 2, 40 };
    put_datagram(p, alert, sizeof(alert));
}

// A hello of the client's and what anybody may make of it.
typedef struct hello {
    uint8_t data[600];
    size_t len;
} hello_t;

static hello_t catch_hello(pair_t *p) {
    hello_t hello = { .len = pipe_len(&p->to_server) - sizeof(size_t) };
    CHECK(hello.len <= sizeof(hello.data));
    memcpy(hello.data, pipe_data(&p->to_server) + sizeof(size_t), hello.len);
    p->to_server.start = p->to_server.end;
    return hello;
}

// The server's answer, of how many bytes; it waits on for a good hello.
static size_t answer_to(pair_t *p, const uint8_t *data, size_t len) {
    put_datagram(&p->to_server, data, len);
    CHECK_EQ(ussl_conn_handshake(p->server), USSL_WANT_READ);
    size_t answer = pipe_len(&p->to_client);
    p->to_client.start = p->to_client.end;
    return answer == 0 ? 0 : answer - sizeof(size_t);
}

// Before the client has proved its address nothing ends the server, whatever is wrong with it,
// and nothing but a request for a cookie is ever answered, which is no longer.
static void forged_hellos(const void *with_cookie) {
    pair_options_t o = over_datagrams();
    CHECK(pair_open(&pair, &o));
    ussl_conn_handshake(pair.client);
    if (with_cookie != NULL) {
        ussl_conn_handshake(pair.server);
        ussl_conn_handshake(pair.client);
    }
    hello_t hello = catch_hello(&pair);
    hello_t forged = hello;
    forged.data[60 + hello.data[59] + 1] ^= with_cookie == NULL ? 0 : 3; // its first byte
    for (size_t i = 0; i < hello.len && test_passing(); i++) {
        CHECK_EQ(answer_to(&pair, hello.data, i), 0);
        for (unsigned bit = 1; bit < 256; bit <<= 1) {
            forged.data[i] ^= (uint8_t)bit;
            CHECK(answer_to(&pair, forged.data, hello.len) <= hello.len);
            forged.data[i] ^= (uint8_t)bit;
        }
    }
    put_datagram(&pair.to_server, hello.data, hello.len);
    pair_handshake(&pair);
    CHECK(both_open(&pair) && transfers(&pair));
    pair_free(&pair);
}

// Alerts in the clear as well, which count only once a handshake is under way; with cookies or without.
static void foreign_alerts(const void *peer_id) {
    static const uint8_t closing[] = { 21, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 98, 0, 2, 1, 0 };
    pair_options_t o = over_datagrams();
    o.peer_id = peer_id;
    CHECK(pair_open(&pair, &o));
    for (int i = 0; i < 3; i++) {
        put_alert(&pair.to_server);
        put_datagram(&pair.to_server, closing, sizeof(closing));
        CHECK_EQ(ussl_conn_handshake(pair.server), USSL_WANT_READ);
    }
    pair_handshake(&pair);
    CHECK(both_open(&pair) && transfers(&pair));
    pair_free(&pair);
}

// One that does not fit the server gets a cookie like any other, and with it hears why.
static void no_common_suite(void) {
    static const uint16_t one[] = { 0xc02b, 0 }, another[] = { 0xc02c, 0 };
    pair_options_t o = over_datagrams();
    o.client.suites = one;
    o.server.suites = another;
    CHECK(pair_open(&pair, &o));
    pair_handshake(&pair);
    CHECK_EQ(pair.client->error.cls, USSL_ERR_ALERT);
    CHECK_EQ(pair.client->error.alert, 40); // handshake_failure
    CHECK_EQ(pair.server->state, USSL_CONN_FAILED);
    pair_free(&pair);
}

static void garbage(void) {
    pair_options_t o = over_datagrams();
    CHECK(pair_open(&pair, &o));
    for (int i = 0; i < 6; i++) {
        put_garbage(&pair.to_client);
        put_garbage(&pair.to_server);
        ussl_conn_handshake(pair.client);
        ussl_conn_handshake(pair.server);
    }
    pair_handshake(&pair);
    CHECK(both_open(&pair));
    put_garbage(&pair.to_client);
    put_garbage(&pair.to_server);
    put_alert(&pair.to_client);
    put_alert(&pair.to_server);
    for (int i = 0; i < 40 && both_open(&pair); i++) {
        ussl_conn_take_in(pair.client);
        ussl_conn_take_in(pair.server);
    }
    CHECK(both_open(&pair) && transfers(&pair));
    pair_free(&pair);
}

// Each datagram of a connection once more, and with one bit changed.
static void replay(void) {
    pair_options_t o = over_datagrams();
    uint8_t buf[100] = "once";
    uint8_t record[200];
    size_t n, len;
    if (CHECK(pair_connect(&pair, &o))) {
        CHECK_EQ(ussl_conn_write(pair.client, buf, 100, &n), USSL_OK);
        len = pipe_len(&pair.to_server) - sizeof(size_t);
        memcpy(record, pipe_data(&pair.to_server) + sizeof(size_t), len);
        CHECK(ussl_conn_read(pair.server, buf, sizeof(buf), &n) == USSL_OK && n == 100);
        put_datagram(&pair.to_server, record, len);
        CHECK_EQ(ussl_conn_read(pair.server, buf, sizeof(buf), &n), USSL_WANT_READ);
        record[10] += 1; // its number
        put_datagram(&pair.to_server, record, len);
        CHECK_EQ(ussl_conn_read(pair.server, buf, sizeof(buf), &n), USSL_WANT_READ);
        put_datagram(&pair.to_server, record, len - 1);
        CHECK_EQ(ussl_conn_read(pair.server, buf, sizeof(buf), &n), USSL_WANT_READ);
        transfers(&pair);
    }
    pair_free(&pair);
}

static void the_end(void) {
    pair_options_t o = over_datagrams();
    uint8_t buf[10];
    size_t n;
    if (CHECK(pair_connect(&pair, &o))) {
        CHECK_EQ(ussl_conn_shutdown(pair.client), USSL_OK);
        CHECK_EQ(ussl_conn_read(pair.server, buf, sizeof(buf), &n), USSL_CLOSED);
        pair.to_client.ended = true; // no datagram transport ends, whatever it says
        CHECK_EQ(ussl_conn_read(pair.client, buf, sizeof(buf), &n), USSL_WANT_READ);
    }
    pair_free(&pair);
}

static void without_identity(void) {
    pair_options_t o = over_datagrams();
    o.server.identity = NULL;
    CHECK(pair_open(&pair, &o));
    CHECK_EQ(ussl_conn_handshake(pair.server), USSL_WANT_READ);
    ussl_conn_handshake(pair.client);
    CHECK_EQ(ussl_conn_handshake(pair.server), USSL_FAILED);
    CHECK_EQ(pair.server->error.reason, USSL_REASON_NO_IDENTITY);
    pair_free(&pair);
}

void suite_dtls(void) {
    if (engine_under_test->cfg_use_datagrams == NULL) {
        return;
    }
    test_case("dtls: handshake and data", handshake);
    test_case_with("dtls: datagrams are lost", unreliable, (void *)'l');
    test_case_with("dtls: datagrams come twice", unreliable, (void *)'t');
    test_case_with("dtls: datagrams change places", unreliable, (void *)'o');
    test_case("dtls: half of all datagrams is lost", half_is_lost);
    test_case("dtls: a silent peer and the deadline", silent_peer);
    test_case("dtls: a silent peer and no deadline", gives_up);
    test_case("dtls: mutual, in the smallest datagrams", fragments);
    test_case("dtls: cookies", cookies);
    test_case_with("dtls: forged hellos without a cookie", forged_hellos, NULL);
    test_case_with("dtls: forged hellos with another's cookie", forged_hellos, "");
    test_case_with("dtls: alerts before any hello", foreign_alerts, "an address");
    test_case_with("dtls: alerts before any hello, without cookies", foreign_alerts, NULL);
    test_case("dtls: no suite in common", no_common_suite);
    test_case("dtls: a session is resumed", sessions);
    test_case("dtls: a ticket in somebody's first hello", a_strangers_ticket);
    test_case_with("dtls: no session of TLS is resumed", sessions_of_the_other, "");
    test_case_with("dtls: none of DTLS is resumed in TLS", sessions_of_the_other, NULL);
    test_case("dtls: messages keep their bounds", messages);
    test_case("dtls: a transport that is full", full_transport);
    test_case("dtls: garbage is ignored", garbage);
    test_case("dtls: replayed and changed records are ignored", replay);
    test_case("dtls: the end", the_end);
    test_case("dtls: a server without a certificate", without_identity);
}
