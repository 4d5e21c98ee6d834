// A server that is told which context is a client's, by the name it asks for.

#include <string.h>

#include "engine/mbedtls/internal.h"

#include "engine/pair.h"
#include "engine/suite.h"
#include "support/host.h"

#define ALERT_ACCESS_DENIED 49

static pair_t pair;
static const uint8_t key[USSL_SEAL_KEY_SIZE] = { 7 };

// What the chooser does, and what it was shown.
static struct {
    ussl_ctx_t *chosen; // for the name "localhost", or NULL
    int answer;
    unsigned calls;
    char name[64];
} plan;

static int choose(void *arg, ussl_bytes_t name) {
    const ussl_judge_t none = { 0 };
    const ussl_psk_source_t no_psk = { 0 };
    ussl_error_t err;
    (void)arg;
    plan.calls++;
    memcpy(plan.name, name.len == 0 ? "" : (const char *)name.data, name.len);
    plan.name[name.len] = '\0';
    if (plan.chosen != NULL && strcmp(plan.name, "localhost") == 0) {
        CHECK_EQ(ussl_conn_set_context(pair.server, plan.chosen, &none, &no_psk, &err), USSL_OK);
    }
    return plan.answer;
}

static pair_options_t choosing(const void *version) {
    pair_options_t o = usual(*(const uint16_t *)version);
    o.chooser.choose = choose;
    plan.answer = -1;
    plan.calls = 0;
    return o;
}

static ussl_ctx_t *server_with_key(const end_options_t *options) {
    ussl_error_t err;
    ussl_ctx_t *ctx = make_context(true, options, &err);
    CHECK(ctx != NULL && ussl_ctx_set_ticket_keys(ctx, key, 1, &err) == USSL_OK);
    return ctx;
}

static end_options_t strict(void) {
    pair_options_t o = usual(0);
    o.server.trust = "root-ecdsa.pem";
    o.server.verify = USSL_VERIFY_REQUIRED;
    return o.server;
}

static void done(void) {
    pair_free(&pair);
    ussl_ctx_release(plan.chosen);
    plan.chosen = NULL;
}

static void is_asked_once(const void *version) {
    pair_options_t o = choosing(version);
    if (pair_connect(&pair, &o)) {
        CHECK_EQ(plan.calls, 1);
        CHECK(strcmp(plan.name, "localhost") == 0);
        CHECK(pair_transfer(pair.client, pair.server, 20000));
    }
    done();
}

// A byte at a time, in many records.
static void small_pipes(const void *version) {
    pair_options_t o = choosing(version);
    o.pipe = 1;
    if (pair_connect(&pair, &o)) {
        CHECK_EQ(plan.calls, 1);
    }
    done();
}

static void without_a_name(const void *version) {
    pair_options_t o = choosing(version);
    o.name = NULL;
    o.check_name = false;
    if (pair_connect(&pair, &o)) {
        CHECK_EQ(plan.calls, 1);
        CHECK_EQ(plan.name[0], '\0');
    }
    done();
}

static void answers_an_alert(const void *version) {
    pair_options_t o = choosing(version);
    plan.answer = ALERT_ACCESS_DENIED;
    if (CHECK(pair_open(&pair, &o))) {
        pair_handshake(&pair);
        CHECK_EQ(pair.server->error.reason, USSL_REASON_CALLBACK);
        CHECK_EQ(pair.client->error.cls, USSL_ERR_ALERT);
        CHECK_EQ(pair.client->error.alert, ALERT_ACCESS_DENIED);
    }
    done();
}

// The one that was made for the connection lives no longer than somebody holds it.
static void the_first_context_goes(const void *version) {
    pair_options_t o = choosing(version);
    plan.chosen = server_with_key(&o.server);
    o.server.identity = NULL;
    if (CHECK(pair_open(&pair, &o))) {
        ussl_ctx_release(pair.server_ctx);
        pair.server_ctx = NULL;
        pair_handshake(&pair);
        CHECK_EQ(pair.client_status, USSL_OK);
        CHECK_EQ(pair.server_status, USSL_OK);
        CHECK(pair.server->ctx == plan.chosen);
    }
    done();
}

// Of one name, which any client gets; the other asks for a certificate.
static void ticket_of_another_name(const void *version) {
    pair_options_t o = choosing(version);
    end_options_t careful = strict();
    ussl_session_t session = { 0 };
    ussl_error_t err;
    plan.chosen = server_with_key(&careful);
    pair.server_ctx = server_with_key(&o.server);
    o.name = "www.example.test";
    bool ok = pair_connect(&pair, &o) && CHECK(pair_save(&pair, &session));
    pair_close(&pair);
    o.name = "localhost";
    if (ok && CHECK(pair_open(&pair, &o))
        && CHECK_EQ(engine_under_test->conn_offer_session(pair.client->tls, session.engine_data, &err), USSL_OK)) {
        pair_handshake(&pair);
        CHECK_EQ(pair.server_status, USSL_FAILED);
        CHECK_EQ(pair.server->error.cls, USSL_ERR_VERIFY);
    }
    ussl_session_free(&session);
    done();
}

#if defined(MBEDTLS_SSL_PROTO_TLS1_3)

// The client's second hello has this name, whatever the first had.
static void rename_second_hello(const char *name) {
    ussl_conn_handshake(pair.client);
    ussl_conn_handshake(pair.server);
    pair.client->tls->hs->sni = name;
    CHECK_EQ(mbedtls_ssl_session_set_hostname(pair.client->tls->ssl.session_negotiate, name), 0);
    pair_handshake(&pair);
}

// A client of TLS 1.3 has to say its hello again, and asks for another name then.
static void another_name_in_the_second_hello(void) {
    const uint16_t version = USSL_TLS_1_3;
    pair_options_t o = choosing(&version);
    ussl_session_t session = { 0 };
    o.client.with = USSL_OP_ALLOW_NO_DHE_KEX; // which the server does not: it asks for a key
    bool ok = pair_connect(&pair, &o) && CHECK(pair_save(&pair, &session));
    pair_close(&pair);
    o.session = &session;
    for (int other = 0; ok && other < 2; other++) {
        ok = CHECK(pair_open(&pair, &o));
        plan.calls = 0;
        rename_second_hello(other ? "other.test" : "localhost");
        CHECK_EQ(plan.calls, 1);
        CHECK_EQ(pair.server_status, other ? USSL_FAILED : USSL_OK);
        CHECK_EQ(pair.client->error.alert, other ? MBEDTLS_SSL_ALERT_MSG_ILLEGAL_PARAMETER : 0);
        pair_close(&pair);
    }
    ussl_session_free(&session);
    done();
}

// A ticket is for the name in the second hello, here for none, without a chooser as well.
static void ticket_of_the_second_hello(void) {
    pair_options_t o = usual(USSL_TLS_1_3);
    ussl_session_t asks = { 0 }, got = { 0 };
    ussl_error_t err;
    pair.server_ctx = server_with_key(&o.server);
    o.client.with = USSL_OP_ALLOW_NO_DHE_KEX;
    bool ok = pair_connect(&pair, &o) && CHECK(pair_save(&pair, &asks));
    pair_close(&pair);
    o.session = &asks;
    if (ok && CHECK(pair_open(&pair, &o))) {
        rename_second_hello(NULL);
        ok = CHECK_EQ(pair.server_status, USSL_OK) && CHECK(pair_save(&pair, &got));
        pair_close(&pair);
        o.session = NULL;
        o.name = NULL;
        o.check_name = false;
        ok = ok && CHECK_EQ(ussl_ctx_set_options(pair.server_ctx, USSL_OP_ALLOW_NO_DHE_KEX, &err), USSL_OK);
    }
    if (ok && CHECK(pair_open(&pair, &o))
        && CHECK_EQ(engine_under_test->conn_offer_session(pair.client->tls, got.engine_data, &err), USSL_OK)) {
        pair_handshake(&pair);
        CHECK(engine_under_test->resumed(pair.server->tls));
    }
    ussl_session_free(&asks);
    ussl_session_free(&got);
    done();
}

#endif

void suite_choose(void) {
    static const struct {
        const char *name12, *name13;
        void (*run)(const void *version);
    } cases[] = {
        { "choose: 1.2, once", "choose: 1.3, once", is_asked_once },
        { "choose: 1.2, small pipes", "choose: 1.3, small pipes", small_pipes },
        { "choose: 1.2, no name", "choose: 1.3, no name", without_a_name },
        { "choose: 1.2, an alert", "choose: 1.3, an alert", answers_an_alert },
        { "choose: 1.2, the first context goes", "choose: 1.3, the first context goes", the_first_context_goes },
        { "choose: 1.2, a ticket of another name", "choose: 1.3, a ticket of another name", ticket_of_another_name },
    };
    static const uint16_t tls12 = USSL_TLS_1_2, tls13 = USSL_TLS_1_3;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        test_case_with(cases[i].name12, cases[i].run, &tls12);
        test_case_with(cases[i].name13, cases[i].run, &tls13);
    }
    #if defined(MBEDTLS_SSL_PROTO_TLS1_3)
    test_case("choose: 1.3, another name in the second hello", another_name_in_the_second_hello);
    test_case("choose: 1.3, a ticket of the second hello", ticket_of_the_second_hello);
    #endif
}
