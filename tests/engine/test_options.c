// Options: what they take out of a handshake, and that the rest works without it.

#include "engine/pair.h"
#include "engine/suite.h"

// A session ID of 32 bytes, or its echo, and a ChangeCipherSpec record (RFC 8446 D.4).
#define COMPAT_BYTES (32 + 6)
// A key share of X25519, with its lengths; all of the extension, in a ServerHello.
#define CLIENT_SHARE (4 + 32)
#define SERVER_SHARE (4 + 4 + 32)

static pair_t pair;

typedef struct cost {
    bool resumed;
    unsigned long up;
    unsigned long down;
} cost_t;

static cost_t connect(const pair_options_t *o) {
    cost_t cost = { false, 0, 0 };
    if (pair_connect(&pair, o)) {
        cost = (cost_t) { engine_under_test->resumed(pair.client->tls), pair.to_server.total, pair.to_client.total };
        CHECK_EQ(engine_under_test->resumed(pair.server->tls), cost.resumed);
        CHECK(pair_transfer(pair.client, pair.server, 3000) && pair_transfer(pair.server, pair.client, 3000));
    }
    return cost;
}

static bool first(pair_options_t *o, ussl_session_t *session) {
    connect(o);
    bool ok = test_passing() && CHECK(pair_save(&pair, session));
    pair_close(&pair);
    o->session = session;
    return ok;
}

// What a resumed handshake costs.
static cost_t resumed(pair_options_t o) {
    ussl_session_t session = { 0 };
    cost_t cost = { false, 0, 0 };
    if (first(&o, &session)) {
        cost = connect(&o);
        CHECK(cost.resumed);
    }
    ussl_session_free(&session);
    pair_free(&pair);
    return cost;
}

static void without_compat(void) {
    pair_options_t o = usual(USSL_TLS_1_3);
    cost_t with = resumed(o);
    o.client.without = USSL_OP_ENABLE_MIDDLEBOX_COMPAT;
    cost_t without = resumed(o);
    CHECK_EQ(with.up - without.up, COMPAT_BYTES);
    CHECK_EQ(with.down - without.down, COMPAT_BYTES);
}

static void psk_alone(void) {
    pair_options_t o = usual(USSL_TLS_1_3);
    cost_t with = resumed(o);
    o.client.with = o.server.with = USSL_OP_ALLOW_NO_DHE_KEX;
    cost_t without = resumed(o);
    CHECK_EQ(with.up - without.up, CLIENT_SHARE);
    CHECK_EQ(with.down - without.down, SERVER_SHARE);
}

// A session from a connection resumed so resumes so.
static void psk_alone_again(void) {
    pair_options_t o = usual(USSL_TLS_1_3);
    o.client.with = o.server.with = USSL_OP_ALLOW_NO_DHE_KEX;
    ussl_session_t session = { 0 };
    bool ok = first(&o, &session);
    for (int i = 0; ok && i < 3; i++) {
        ussl_session_t next = { 0 };
        ok = CHECK(connect(&o).resumed) && CHECK(pair_save(&pair, &next));
        pair_close(&pair);
        ussl_session_free(&session);
        session = next;
    }
    ussl_session_free(&session);
    pair_free(&pair);
}

// The server does without the PSK rather than without (EC)DHE; with and without the
// records for middleboxes, of which a second ClientHello has some too.
static void psk_alone_declined(void) {
    for (int compat = 0; compat < 2; compat++) {
        pair_options_t o = usual(USSL_TLS_1_3);
        ussl_session_t session = { 0 };
        o.client.with = USSL_OP_ALLOW_NO_DHE_KEX;
        o.client.without = compat ? 0 : USSL_OP_ENABLE_MIDDLEBOX_COMPAT;
        if (first(&o, &session)) {
            CHECK(!connect(&o).resumed);
        }
        ussl_session_free(&session);
        pair_free(&pair);
    }
}

// A server that allows it does not insist.
static void both_modes(void) {
    pair_options_t o = usual(USSL_TLS_1_3);
    cost_t usual_cost = resumed(o);
    o.server.with = USSL_OP_ALLOW_NO_DHE_KEX;
    cost_t cost = resumed(o);
    CHECK_EQ(cost.up, usual_cost.up);
    CHECK_EQ(cost.down, usual_cost.down);
}

// The session and the ticket are of a time without the option.
static void allowed_later(void) {
    pair_options_t o = usual(USSL_TLS_1_3);
    ussl_session_t session = { 0 };
    ussl_error_t err;
    if (first(&o, &session)) {
        CHECK_EQ(ussl_ctx_set_options(pair.client_ctx, USSL_OP_ALLOW_NO_DHE_KEX, &err), USSL_OK);
        connect(&o); // full or resumed
        pair_close(&pair);
        CHECK_EQ(ussl_ctx_set_options(pair.server_ctx, USSL_OP_ALLOW_NO_DHE_KEX, &err), USSL_OK);
        connect(&o);
    }
    ussl_session_free(&session);
    pair_free(&pair);
}

// TLS 1.2 knows neither, and a server may choose it all the same.
static void tls12(void) {
    pair_options_t o = usual(USSL_TLS_1_2);
    cost_t with = resumed(o);
    o.client.with = o.server.with = USSL_OP_ALLOW_NO_DHE_KEX;
    o.client.without = USSL_OP_ENABLE_MIDDLEBOX_COMPAT;
    cost_t without = resumed(o);
    CHECK_EQ(with.up, without.up);
    CHECK_EQ(with.down, without.down);
    o.client.max = USSL_TLS_1_3;
    o.server.max = USSL_TLS_1_2;
    connect(&o);
    pair_free(&pair);
}

void suite_options(void) {
    test_case("options: TLS 1.2 knows none of them", tls12);
    if (engine_under_test->version_max < USSL_TLS_1_3) {
        return;
    }
    test_case("options: without middlebox compatibility 38 bytes less each way", without_compat);
    test_case("options: resumed with the PSK alone, no key shares", psk_alone);
    test_case("options: resumed with the PSK alone, again and again", psk_alone_again);
    test_case("options: a server that declines makes a full handshake", psk_alone_declined);
    test_case("options: a server that allows the PSK alone does not insist", both_modes);
    test_case("options: a session from before the option", allowed_later);
}
