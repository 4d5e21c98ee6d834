// A server's side of resuming: whose sessions it honours, and what it does not let pass.

#include <stdio.h>
#include <string.h>

#include "core/host.h"
#include "engine/mbedtls/resumption.h"
#include "engine/pair.h"
#include "engine/suite.h"
#include "support/host.h"

#define HOUR_MS 3600000
#define DAY_MS (24 * (int64_t)HOUR_MS)

static pair_t pair;
static ussl_session_t session;

static const uint8_t keys_ab[2][USSL_SEAL_KEY_SIZE] = { { 1 }, { 2 } };
static const uint8_t keys_ba[2][USSL_SEAL_KEY_SIZE] = { { 2 }, { 1 } };
static const uint8_t *const key_a = keys_ab[0];
static const uint8_t *const key_b = keys_ab[1];

static uint16_t version_of(const void *arg) {
    return *(const uint16_t *)arg;
}

// ---- one connection after the other ----

// A new server with these keys, as another process would be.
static void new_server(const end_options_t *o, const uint8_t *keys, size_t count) {
    ussl_error_t err;
    ussl_ctx_release(pair.server_ctx);
    pair.server_ctx = make_context(true, o, &err);
    if (CHECK(pair.server_ctx != NULL)) {
        CHECK_EQ(ussl_ctx_set_ticket_keys(pair.server_ctx, keys, count, &err), USSL_OK);
    }
}

// The first connection, to a server with key A, and its session.
static bool first(const pair_options_t *o) {
    new_server(&o->server, key_a, 1);
    bool ok = pair_connect(&pair, o) && CHECK(pair_save(&pair, &session));
    pair_close(&pair);
    return ok;
}

// Opens a connection that offers the session, whatever core would think of that.
static bool open_with_session(const pair_options_t *o) {
    ussl_error_t err;
    return CHECK(pair_open(&pair, o))
           && CHECK_EQ(engine_under_test->conn_offer_session(pair.client->tls, session.engine_data, &err), USSL_OK);
}

static bool finish_connection(bool resumed) {
    pair_handshake(&pair);
    return CHECK_EQ(pair.client_status, USSL_OK) && CHECK_EQ(pair.server_status, USSL_OK)
           && CHECK_EQ(engine_under_test->resumed(pair.client->tls), resumed)
           && CHECK_EQ(engine_under_test->resumed(pair.server->tls), resumed)
           && CHECK(pair_transfer(pair.client, pair.server, 3000))
           && CHECK(pair_transfer(pair.server, pair.client, 3000));
}

static void again(const pair_options_t *o, bool resumed) {
    if (open_with_session(o)) {
        finish_connection(resumed);
    }
    pair_close(&pair);
}

static void done(void) {
    ussl_session_free(&session);
    pair_free(&pair);
    test_host.unix_ms = 0;
}

static void new_client(void) {
    ussl_ctx_release(pair.client_ctx);
    pair.client_ctx = NULL;
}

static ussl_session_stats_t stats(void) {
    ussl_session_stats_t s;
    ussl_ctx_session_stats(pair.server_ctx, &s);
    return s;
}

// ---- keys ----

static void shared_keys(const void *arg) {
    pair_options_t o = usual(version_of(arg));
    if (first(&o)) {
        new_server(&o.server, key_a, 1);
        again(&o, true);
        new_server(&o.server, keys_ba[0], 2); // rotated: B seals from now on
        again(&o, true);
        new_server(&o.server, key_b, 1);
        again(&o, false);
        CHECK_EQ(stats().misses, 1);
        new_server(&o.server, NULL, 0); // its own
        again(&o, false);
    }
    done();
}

// Keys change under a context that is in use, and those who were given others go on.
static void rotation_in_use(const void *arg) {
    pair_options_t o = usual(version_of(arg));
    ussl_error_t err;
    if (first(&o) && open_with_session(&o)) {
        CHECK_EQ(ussl_ctx_set_ticket_keys(pair.server_ctx, keys_ba[0], 2, &err), USSL_OK);
        finish_connection(true);
        pair_close(&pair);
        CHECK_EQ(ussl_ctx_set_ticket_keys(pair.server_ctx, key_b, 1, &err), USSL_OK);
        again(&o, false);
        CHECK_EQ(ussl_ctx_set_ticket_keys(pair.server_ctx, key_a, 1, &err), USSL_OK);
        again(&o, true);
    }
    done();
}

static void no_memory_for_keys(void) {
    pair_options_t o = usual(USSL_TLS_1_2);
    ussl_error_t err;
    if (first(&o)) {
        host_fail_at(1, false);
        CHECK_EQ(ussl_ctx_set_ticket_keys(pair.server_ctx, key_b, 1, &err), USSL_FAILED);
        CHECK_EQ(err.cls, USSL_ERR_MEMORY);
        host_reset();
        again(&o, true);
    }
    done();
}

// A server's own keys last for a day, and open for another.
static void own_keys_rotate(const void *arg) {
    pair_options_t o = usual(version_of(arg));
    uint64_t before = test_host.monotonic_ms;
    bool ok = pair_connect(&pair, &o) && CHECK(pair_save(&pair, &session));
    pair_close(&pair);
    if (ok) {
        test_host.monotonic_ms += DAY_MS + HOUR_MS;
        again(&o, true);
        test_host.monotonic_ms += DAY_MS;
        again(&o, false);
    }
    test_host.monotonic_ms = before;
    done();
}

// When nobody came for two days, the rotation that was missed is made up for.
static void own_keys_end(const void *arg) {
    pair_options_t o = usual(version_of(arg));
    uint64_t before = test_host.monotonic_ms;
    bool ok = pair_connect(&pair, &o) && CHECK(pair_save(&pair, &session));
    pair_close(&pair);
    if (ok) {
        test_host.monotonic_ms += 2 * DAY_MS + HOUR_MS;
        again(&o, false);
    }
    test_host.monotonic_ms = before;
    done();
}

// ---- bindings ----

static void other_name(const void *arg) {
    pair_options_t o = usual(version_of(arg));
    if (first(&o)) {
        o.name = "www.example.test";
        again(&o, false);
        o.name = NULL;
        o.check_name = false;
        again(&o, false);
        o.name = "localhost";
        again(&o, true);
    }
    done();
}

static void other_protocol(const void *arg) {
    pair_options_t o = usual(version_of(arg));
    o.client.alpn = "h2\0h3";
    o.server.alpn = "h2\0h3";
    o.client.alpn_size = o.server.alpn_size = sizeof("h2\0h3");
    if (first(&o)) {
        again(&o, true);
        new_client();
        o.client.alpn = "h3"; // as long as the other
        o.client.alpn_size = sizeof("h3");
        again(&o, false);
        new_client();
        o.client.alpn = NULL;
        again(&o, false);
    }
    done();
}

static pair_options_t mutual(const void *arg) {
    pair_options_t o = usual(version_of(arg));
    o.client.identity = "client-ecdsa";
    o.server.trust = "root-ecdsa.pem";
    o.server.verify = USSL_VERIFY_REQUIRED;
    return o;
}

static bool peer_is(const char *file) {
    uint8_t wanted[USSL_DIGEST_SIZE];
    uint8_t got[USSL_DIGEST_SIZE];
    bool present;
    ussl_error_t err;
    engine_under_test->sha256(pki_file(file), wanted, &err);
    return ussl_conn_peer_sha256(pair.server, got, &present, &err) == USSL_OK && present
           && memcmp(got, wanted, sizeof(got)) == 0;
}

static void authenticated(const void *arg) {
    pair_options_t o = mutual(arg);
    new_server(&o.server, key_a, 1);
    if (pair_connect(&pair, &o) && CHECK(peer_is("client-ecdsa.der")) && CHECK(pair_save(&pair, &session))) {
        pair_close(&pair);
        new_server(&o.server, key_a, 1);
        for (int i = 0; i < 2 && open_with_session(&o) && finish_connection(true); i++) {
            CHECK(peer_is("client-ecdsa.der"));
            ussl_session_free(&session); // a ticket of a resumed connection tells it too
            session.data = NULL;
            pair_save(&pair, &session);
            pair_close(&pair);
        }
    }
    done();
}

// Resumes, and says whether the server knows the client's certificate, with all its bytes.
static bool resumes_and_shows(const pair_options_t *o) {
    ussl_bytes_t wanted = pki_file("client-ecdsa.der");
    bool ok = open_with_session(o) && finish_connection(true);
    ussl_bytes_t got = ok ? ussl_conn_peer_cert(pair.server) : (ussl_bytes_t) { NULL, 0 };
    bool same = got.len == wanted.len && memcmp(got.data, wanted.data, got.len) == 0;
    pair_close(&pair);
    return same;
}

static void forget_all(ussl_mbedtls_session_ids_t *certs) {
    USSL_CHARGE(&pair.server_ctx->memory);
    ussl_mbedtls_session_ids_resize(certs, 0);
}

// What the server has forgotten has to be shown again.
static void certificate_of_who_resumes(const void *arg) {
    pair_options_t o = mutual(arg);
    new_server(&o.server, NULL, 0);
    if (pair_connect(&pair, &o) && CHECK(pair_save(&pair, &session))) {
        ussl_mbedtls_session_ids_t *certs = &pair.server_ctx->cfg->resumption->certs;
        pair_close(&pair);
        CHECK(resumes_and_shows(&o) && resumes_and_shows(&o));
        CHECK_EQ(certs->count, 1);
        size_t known = pair.server_ctx->memory.now;
        forget_all(certs);
        again(&o, false);
        certs->size = 1;
        again(&o, false);
        CHECK(resumes_and_shows(&o));
        CHECK_EQ(pair.server_ctx->memory.now, known);
    }
    done();
}

// With shared keys it may never have been here, and its digest has to do.
static void certificate_shown_elsewhere(const void *arg) {
    pair_options_t o = mutual(arg);
    if (first(&o)) {
        new_server(&o.server, key_a, 1);
        CHECK(open_with_session(&o) && finish_connection(true) && peer_is("client-ecdsa.der"));
        CHECK_EQ(ussl_conn_peer_cert(pair.server).len, 0);
    }
    done();
}

// Who has shown nothing gets nowhere with a ticket.
static void never_past_authentication(const void *arg) {
    pair_options_t o = usual(version_of(arg));
    o.client.identity = "client-ecdsa"; // has one, and was not asked
    if (first(&o)) {
        o = mutual(arg);
        new_server(&o.server, key_a, 1);
        again(&o, false);
        o.server.verify = USSL_VERIFY_OPTIONAL;
        new_server(&o.server, key_a, 1);
        again(&o, false);
        o.server.verify = USSL_VERIFY_NONE;
        new_server(&o.server, key_a, 1);
        again(&o, true);
    }
    done();
}

// With a certificate that was not asked for, and without one.
static void no_certificate_no_entry(const void *arg) {
    pair_options_t o = usual(version_of(arg));
    o.server.trust = "root-ecdsa.pem";
    o.server.verify = USSL_VERIFY_OPTIONAL;
    if (first(&o)) {
        again(&o, true);
        o.server.verify = USSL_VERIFY_REQUIRED;
        new_server(&o.server, key_a, 1);
        if (open_with_session(&o)) {
            pair_handshake(&pair);
            CHECK_EQ(pair.server_status, USSL_FAILED);
            CHECK_EQ(pair.server->error.cls, USSL_ERR_VERIFY);
        }
    }
    done();
}

static void other_anchors(const void *arg) {
    pair_options_t o = mutual(arg);
    if (first(&o)) {
        again(&o, true);
        o.server.trust = "other-root.pem";
        new_server(&o.server, key_a, 1);
        if (open_with_session(&o)) {
            pair_handshake(&pair);
            CHECK_EQ(pair.server_status, USSL_FAILED); // its certificate is nobody's here
            CHECK_EQ(pair.server->error.cls, USSL_ERR_VERIFY);
        }
    }
    done();
}

// A server that let nobody resume is given keys when a connection has begun already.
static bool open_then_set_keys(const pair_options_t *o) {
    ussl_error_t err;
    return CHECK(pair_open(&pair, o)) && CHECK_EQ(ussl_ctx_set_ticket_keys(pair.server_ctx, key_a, 1, &err), USSL_OK);
}

static void keys_in_the_last_moment(const void *arg) {
    pair_options_t o = mutual(arg);
    ussl_error_t err;
    o.server.no_tickets = true;
    if (open_then_set_keys(&o) && finish_connection(false) && CHECK(pair_save(&pair, &session))) {
        pair_close(&pair);
        ussl_ctx_release(pair.server_ctx);
        o.server.trust = "other-root.pem";
        pair.server_ctx = make_context(true, &o.server, &err);
        if (open_then_set_keys(&o)) {
            engine_under_test->conn_offer_session(pair.client->tls, session.engine_data, &err);
            pair_handshake(&pair);
            CHECK_EQ(pair.server_status, USSL_FAILED);
            CHECK_EQ(pair.server->error.cls, USSL_ERR_VERIFY);
        }
    }
    done();
}

// More anchors are other anchors, also for the server that made the ticket.
static void changed_anchors(const void *arg) {
    pair_options_t o = mutual(arg);
    ussl_error_t err;
    if (first(&o)) {
        CHECK_EQ(ussl_ctx_add_trust(pair.server_ctx, pki_file("other-root.pem"), &err), USSL_OK);
        again(&o, false);
    }
    done();
}

static uint32_t end_of(const char *file) {
    mbedtls_x509_crt crt;
    ussl_mbedtls_client_t client;
    ussl_bytes_t der = pki_file(file);
    mbedtls_x509_crt_init(&crt);
    CHECK_EQ(mbedtls_x509_crt_parse_der(&crt, der.data, der.len), 0);
    test_host.unix_ms = ussl_host_unix_ms() + 100 * DAY_MS; // nothing else is the bound
    ussl_mbedtls_client_note(&client, &crt);
    test_host.unix_ms = 0;
    mbedtls_x509_crt_free(&crt);
    return client.until;
}

// The client's certificate ends an hour after it was shown.
static void expired_certificate(const void *arg) {
    pair_options_t o = mutual(arg);
    o.client.identity = "brief-client";
    test_host.unix_ms = ((int64_t)end_of("brief-client.der") - 3600) * 1000;
    if (first(&o)) {
        CHECK(session.lifetime <= 3600);
        test_host.unix_ms += HOUR_MS / 2;
        again(&o, true);
        if (open_with_session(&o)) {
            ussl_conn_handshake(pair.client); // its hello still thinks the session good
            test_host.unix_ms += HOUR_MS;
            pair_handshake(&pair);
            CHECK_EQ(pair.server_status, USSL_FAILED);
            CHECK_EQ(pair.server->error.cls, USSL_ERR_VERIFY);
            CHECK_EQ(stats().timeouts, 1);
        }
    }
    done();
}

// However often it is renewed, what a client has shown is good for a week.
static void renewed_for_a_week(void) {
    const uint16_t version = USSL_TLS_1_3;
    pair_options_t o = mutual(&version);
    int64_t start = ussl_host_unix_ms();
    bool ok = first(&o);
    for (int day = 1; ok && day <= 8; day++) {
        test_host.unix_ms = start + day * (DAY_MS - HOUR_MS);
        ok = open_with_session(&o) && finish_connection(day <= 7);
        ussl_session_free(&session);
        ok = ok && CHECK(pair_save(&pair, &session));
        pair_close(&pair);
    }
    done();
}

// ---- time ----

// Steps the clock between the client's hello and the server's look at it.
static void at_servers_time(const pair_options_t *o, int64_t step_ms, bool resumed) {
    int64_t now = ussl_host_unix_ms();
    if (open_with_session(o)) {
        ussl_conn_handshake(pair.client);
        test_host.unix_ms = now + step_ms;
        pair_handshake(&pair);
        CHECK(CHECK_EQ(pair.server_status, USSL_OK) && engine_under_test->resumed(pair.server->tls) == resumed);
    }
    pair_close(&pair);
    test_host.unix_ms = 0;
}

// The client's clock is what it may be: it slept, or never knew the time.
static void time_apart(const void *arg) {
    pair_options_t o = usual(version_of(arg));
    if (first(&o)) {
        at_servers_time(&o, 20 * HOUR_MS, true);
        at_servers_time(&o, -4 * 60000, true); // another machine's clock
        at_servers_time(&o, -HOUR_MS, false);  // of the future
        CHECK_EQ(stats().timeouts, 0);
        at_servers_time(&o, DAY_MS + HOUR_MS, false);
        CHECK_EQ(stats().timeouts, 1);
        CHECK_EQ(stats().misses, 1);
    }
    done();
}

// ---- what belongs to a session ----

static const int aes[] = { MBEDTLS_TLS1_3_AES_128_GCM_SHA256, MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, 0 };
static const int chacha[] = { MBEDTLS_TLS1_3_CHACHA20_POLY1305_SHA256,
                              MBEDTLS_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, 0 };

// The suite of the ticket is not offered any more, but another one with the same hash: which
// a client of TLS 1.2 should not do, so it is told after it has taken the session.
static void other_suite(const void *arg) {
    static const int both[] = { MBEDTLS_TLS1_3_CHACHA20_POLY1305_SHA256, MBEDTLS_TLS1_3_AES_128_GCM_SHA256,
                                MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, 0 };
    pair_options_t o = usual(version_of(arg));
    ussl_error_t err;
    pair.client_ctx = make_context(false, &o.client, &err);
    mbedtls_ssl_conf_ciphersuites(&pair.client_ctx->cfg->conf, aes);
    if (first(&o)) {
        mbedtls_ssl_conf_ciphersuites(&pair.client_ctx->cfg->conf, both);
        again(&o, true);
        if (open_with_session(&o)) {
            mbedtls_ssl_conf_ciphersuites(&pair.client_ctx->cfg->conf, chacha);
            pair_handshake(&pair); // a full one, where the client does not find itself at odds
            CHECK(CHECK_EQ(pair.server_status, USSL_OK) && !engine_under_test->resumed(pair.server->tls));
        }
    }
    done();
}

// Who shows another's ticket, which is not taken for its suite, is himself all the same, and
// so is his own ticket.
static void ticket_of_another(const void *arg) {
    pair_options_t o = mutual(arg);
    ussl_error_t err;
    o.server.trust = "roots.pem";
    pair.client_ctx = make_context(false, &o.client, &err);
    mbedtls_ssl_conf_ciphersuites(&pair.client_ctx->cfg->conf, aes);
    if (first(&o)) {
        new_client();
        o.client.identity = "client-rsa";
        pair.client_ctx = make_context(false, &o.client, &err);
        bool offers = open_with_session(&o);
        mbedtls_ssl_conf_ciphersuites(&pair.client_ctx->cfg->conf, chacha);
        if (offers && finish_connection(false) && CHECK(peer_is("client-rsa.der"))) {
            ussl_session_free(&session);
            CHECK(pair_save(&pair, &session));
            pair_close(&pair);
            CHECK(open_with_session(&o) && finish_connection(true) && peer_is("client-rsa.der"));
        }
    }
    done();
}

// The client wants the PSK alone, which the ticket does not allow.
static void no_mode_in_common(void) {
    pair_options_t o = usual(USSL_TLS_1_3);
    ussl_error_t err;
    unsigned long live = test_host.live;
    o.client.alpn = o.server.alpn = "mqtt";
    o.client.alpn_size = o.server.alpn_size = sizeof("mqtt");
    if (first(&o)) {
        new_client();
        pair.client_ctx = make_context(false, &o.client, &err);
        CHECK_EQ(ussl_ctx_set_options(pair.client_ctx, USSL_OP_ALLOW_NO_DHE_KEX, &err), USSL_OK);
        again(&o, false);
        CHECK_EQ(stats().misses, 1);
    }
    done();
    CHECK_EQ(test_host.live, live);
}

// RFC 7627 5.3: with or without the extension, but not once so and once so.
static void other_master_secret(void) {
    pair_options_t o = usual(USSL_TLS_1_2);
    if (first(&o)) {
        mbedtls_ssl_conf_extended_master_secret(&pair.client_ctx->cfg->conf, MBEDTLS_SSL_EXTENDED_MS_DISABLED);
        again(&o, false);
    }
    done();
}

static void other_fragments(void) {
    pair_options_t o = usual(USSL_TLS_1_2);
    ussl_error_t err;
    if (first(&o)) {
        again(&o, true);
        if (pair_open(&pair, &o)) {
            CHECK_EQ(engine_under_test->conn_offer_session(pair.client->tls, session.engine_data, &err), USSL_OK);
            pair.client_ctx->cfg->conf.mfl_code = MBEDTLS_SSL_MAX_FRAG_LEN_2048;
            finish_connection(false);
        }
    }
    done();
}

// ---- session IDs ----

static pair_options_t without_tickets(void) {
    pair_options_t o = usual(USSL_TLS_1_2);
    ussl_error_t err;
    pair.client_ctx = make_context(false, &o.client, &err);
    mbedtls_ssl_conf_session_tickets(&pair.client_ctx->cfg->conf, MBEDTLS_SSL_SESSION_TICKETS_DISABLED);
    return o;
}

static void by_id(void) {
    pair_options_t o = without_tickets();
    if (first(&o)) {
        CHECK(!session.has_ticket);
        CHECK_EQ(stats().number, 1);
        again(&o, true);
        CHECK_EQ(stats().number, 1);
        o.name = "www.example.test";
        again(&o, false);
        o.name = "localhost";
        at_servers_time(&o, DAY_MS + HOUR_MS, false);
        CHECK_EQ(stats().timeouts, 1);
        size_t held = pair.server_ctx->memory.now;
        ussl_ctx_set_session_cache_size(pair.server_ctx, 0);
        CHECK_EQ(stats().number, 0);
        CHECK(pair.server_ctx->memory.now < held); // it is the context that holds them
        again(&o, false);
        CHECK_EQ(stats().number, 0);
    }
    done();
}

static void bounded_cache(void) {
    pair_options_t o = without_tickets();
    ussl_error_t err;
    pair.server_ctx = make_context(true, &o.server, &err);
    ussl_ctx_set_session_cache_size(pair.server_ctx, 2);
    bool ok = pair_connect(&pair, &o) && CHECK(pair_save(&pair, &session));
    pair_close(&pair);
    CHECK(ok && pair_connect(&pair, &o));
    pair_close(&pair);
    again(&o, true);
    CHECK_EQ(stats().cache_full, 0);
    CHECK(pair_connect(&pair, &o));
    pair_close(&pair);
    CHECK_EQ(stats().number, 2);
    CHECK_EQ(stats().cache_full, 1);
    again(&o, false);
    CHECK_EQ(stats().number, 2);
    done();
}

static void authenticated_by_id(void) {
    pair_options_t o = without_tickets();
    uint16_t version = USSL_TLS_1_2;
    o = mutual(&version);
    ussl_error_t err;
    new_client();
    pair.client_ctx = make_context(false, &o.client, &err);
    mbedtls_ssl_conf_session_tickets(&pair.client_ctx->cfg->conf, MBEDTLS_SSL_SESSION_TICKETS_DISABLED);
    if (first(&o) && CHECK(!session.has_ticket) && open_with_session(&o) && finish_connection(true)) {
        CHECK(peer_is("client-ecdsa.der"));
    }
    done();
}

static void no_memory_for_the_cache(void) {
    pair_options_t o = without_tickets();
    if (first(&o)) {
        uint8_t binding[USSL_MBEDTLS_DIGEST_LEN] = { 0 };
        ussl_mbedtls_session_ids_t ids = { .size = 1 };
        host_fail_at(1, false);
        ussl_mbedtls_session_ids_put(&ids, binding, binding, binding, sizeof(binding));
        CHECK_EQ(ids.count, 0);
        host_reset();
        ussl_mbedtls_session_ids_put(&ids, binding, binding, binding, sizeof(binding));
        CHECK_EQ(ids.count, 1);
        ussl_mbedtls_session_ids_resize(&ids, 0);
    }
    done();
}

// ---- numbers ----

static void num_tickets(void) {
    static const uint8_t wanted[] = { 0, 1, 2, 8 };
    pair_options_t o = usual(USSL_TLS_1_3);
    ussl_error_t err;
    for (size_t i = 0; i < sizeof(wanted) && test_passing(); i++) {
        pair.server_ctx = make_context(true, &o.server, &err);
        CHECK_EQ(ussl_ctx_set_num_tickets(pair.server_ctx, wanted[i], &err), USSL_OK);
        CHECK(pair_connect(&pair, &o));
        CHECK_EQ(ussl_ctx_set_num_tickets(pair.server_ctx, 1, &err), USSL_FAILED);
        CHECK_EQ(err.reason, USSL_REASON_IN_USE);
        ussl_conn_take_in(pair.client);
        CHECK_EQ(engine_under_test->session_count(pair.client->tls), wanted[i]);
        pair_free(&pair);
    }
}

static void counters(const void *arg) {
    pair_options_t o = usual(version_of(arg));
    if (first(&o)) {
        again(&o, true);
        again(&o, true);
        pair_open(&pair, &o);
        pair_close(&pair);
        ussl_session_stats_t s = stats();
        CHECK_EQ(s.accept, 3);
        CHECK_EQ(s.accept_good, 3);
        CHECK_EQ(s.connect + s.connect_good, 0);
        CHECK_EQ(s.hits, 2);
        CHECK_EQ(s.misses + s.timeouts + s.cache_full + s.number, 0);
    }
    done();
}

// Every byte is paid for.
static void sizes(const void *arg) {
    pair_options_t o = usual(version_of(arg));
    uint8_t kept[USSL_MBEDTLS_KEPT_MAX];
    uint8_t ticket[USSL_MBEDTLS_TICKET_MAX];
    ussl_mbedtls_client_t client = { .known = false };
    ussl_mbedtls_ticket_keys_t keys = { 0 };
    mbedtls_ssl_session s;
    size_t len = 0;
    mbedtls_ssl_session_init(&s);
    s.tls_version = (mbedtls_ssl_protocol_version)o.client.min;
    #if defined(MBEDTLS_SSL_PROTO_TLS1_3)
    s.resumption_key_len = 32;
    #endif
    new_server(&o.server, NULL, 0); // the library runs
    CHECK_EQ(ussl_mbedtls_ticket_keys_set(&keys, key_a, 1), 0);
    size_t kept_len = ussl_mbedtls_kept_write(&s, &client, kept);
    CHECK_EQ(ussl_mbedtls_ticket_seal(&keys, (ussl_bytes_t) { NULL, 0 }, (ussl_bytes_t) { kept, kept_len }, ticket, &len), 0);
    CHECK_EQ(len, version_of(arg) == USSL_TLS_1_3 ? 75 : 88);
    ussl_mbedtls_ticket_keys_free(&keys);
    done();
}

// ---- what is no ticket ----

typedef struct forgery {
    ussl_mbedtls_ticket_keys_t keys;
    uint8_t kept[USSL_MBEDTLS_KEPT_MAX];
    size_t kept_len;
    uint8_t ticket[USSL_MBEDTLS_TICKET_MAX];
    size_t len;
} forgery_t;

static const ussl_bytes_t bound = { (const uint8_t *)"binding", 7 };

static bool make_ticket(forgery_t *f) {
    pair_options_t o = usual(0);
    new_server(&o.server, NULL, 0); // the library runs
    memset(f, 0, sizeof(*f));
    f->kept_len = 100;
    memset(f->kept, 0x5a, f->kept_len);
    return CHECK_EQ(ussl_mbedtls_ticket_keys_set(&f->keys, keys_ab[0], 2), 0)
           && CHECK_EQ(ussl_mbedtls_ticket_seal(&f->keys, bound, (ussl_bytes_t) { f->kept, f->kept_len }, f->ticket, &f->len), 0);
}

static size_t opens(forgery_t *f, size_t len) {
    uint8_t out[USSL_MBEDTLS_KEPT_MAX];
    return ussl_mbedtls_ticket_open(&f->keys, bound, (ussl_bytes_t) { f->ticket, len }, out);
}

static void forged(void) {
    forgery_t f;
    if (make_ticket(&f)) {
        CHECK_EQ(opens(&f, f.len), f.kept_len);
        for (size_t len = 0; len < f.len; len++) {
            CHECK_EQ(opens(&f, len), 0);
        }
        for (size_t i = 0; i < f.len; i++) {
            f.ticket[i] ^= 1;
            CHECK_EQ(opens(&f, f.len), 0);
            f.ticket[i] ^= 1;
        }
        CHECK_EQ(opens(&f, sizeof(f.ticket) + 1), 0);
        ussl_bytes_t other = { bound.data, bound.len - 1 };
        CHECK_EQ(ussl_mbedtls_ticket_open(&f.keys, other, (ussl_bytes_t) { f.ticket, f.len }, f.kept), 0);
    }
    ussl_mbedtls_ticket_keys_free(&f.keys);
    done();
}

static ussl_mbedtls_found_t reads(const uint8_t *data, size_t len) {
    mbedtls_ssl_session s;
    ussl_mbedtls_client_t client;
    mbedtls_ssl_session_init(&s);
    ussl_mbedtls_found_t found = ussl_mbedtls_kept_read((ussl_bytes_t) { data, len }, &s, &client);
    mbedtls_ssl_session_free(&s);
    return found;
}

// Even sealed by a friend, what is kept is read with care.
static void damaged(void) {
    uint8_t kept[USSL_MBEDTLS_KEPT_MAX + 1] = { 0 };
    ussl_mbedtls_client_t client = { .known = true, .until = UINT32_MAX };
    mbedtls_ssl_session s;
    mbedtls_ssl_session_init(&s);
    s.tls_version = MBEDTLS_SSL_VERSION_TLS1_2;
    s.ciphersuite = MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256;
    size_t len = ussl_mbedtls_kept_write(&s, &client, kept);
    CHECK_EQ(reads(kept, len), USSL_KEPT_GOOD);
    for (size_t n = 0; n < len; n++) {
        CHECK_EQ(reads(kept, n), USSL_KEPT_UNKNOWN);
    }
    CHECK_EQ(reads(kept, len + 1), USSL_KEPT_UNKNOWN);
    for (unsigned flags = 0; flags < 0x100; flags++) {
        kept[0] = (uint8_t)flags;
        CHECK_EQ(reads(kept, len), flags == 1 ? USSL_KEPT_GOOD : USSL_KEPT_UNKNOWN);
    }
}

static int write_nothing(void *arg, const mbedtls_ssl_session *s, unsigned char *start, const unsigned char *end,
    size_t *len, uint32_t *life) {
    (void)arg, (void)s, (void)start, (void)end;
    *len = 0;
    *life = 7200;
    return 0;
}

static int take_nothing(void *arg, mbedtls_ssl_session *s, unsigned char *ticket, size_t len) {
    (void)arg, (void)s, (void)ticket, (void)len;
    return MBEDTLS_ERR_SSL_INVALID_MAC;
}

// A server that sends an empty ticket has given none, whatever ID its hello had.
static void empty_ticket(const void *arg) {
    pair_options_t o = usual(version_of(arg));
    ussl_error_t err;
    pair.server_ctx = make_context(true, &o.server, &err);
    mbedtls_ssl_conf_session_tickets_cb(&pair.server_ctx->cfg->conf, write_nothing, take_nothing, NULL);
    if (CHECK(pair_connect(&pair, &o)) && CHECK(pair_transfer(pair.server, pair.client, 100))) {
        CHECK_EQ(engine_under_test->session_count(pair.client->tls), 0);
        CHECK_EQ(ussl_conn_await_session(pair.client, &err) == USSL_OK, false);
    }
    done();
}

// ---- all of them ----

static const struct {
    const char *name;
    void (*run)(const void *version);
} both[] = {
    { "servers with the same keys", shared_keys },
    { "keys that change in use", rotation_in_use },
    { "own keys rotate", own_keys_rotate },
    { "own keys end", own_keys_end },
    { "another name", other_name },
    { "another protocol", other_protocol },
    { "a client with a certificate", authenticated },
    { "the certificate of a client that resumes", certificate_of_who_resumes },
    { "a certificate shown to another server", certificate_shown_elsewhere },
    { "never past client authentication", never_past_authentication },
    { "no certificate, no entry", no_certificate_no_entry },
    { "other anchors", other_anchors },
    { "anchors that change", changed_anchors },
    { "keys in the last moment", keys_in_the_last_moment },
    { "a client's certificate that ends", expired_certificate },
    { "clocks apart, and the end of a lifetime", time_apart },
    { "a suite that is not offered any more", other_suite },
    { "another client's ticket", ticket_of_another },
    { "counters", counters },
    { "an empty one", empty_ticket },
    { "size", sizes },
};

void suite_tickets(void) {
    static const uint16_t versions[] = { USSL_TLS_1_2, USSL_TLS_1_3 };
    char name[100];
    for (size_t i = 0; i < sizeof(both) / sizeof(both[0]); i++) {
        for (size_t v = 0; v < 2; v++) {
            snprintf(name, sizeof(name), "tickets, TLS 1.%d: %s", (int)v + 2, both[i].name);
            test_case_with(name, both[i].run, &versions[v]);
        }
    }
    test_case("tickets, TLS 1.3: their number", num_tickets);
    test_case("tickets, TLS 1.3: renewed for a week", renewed_for_a_week);
    test_case("tickets, TLS 1.3: no mode in common", no_mode_in_common);
    test_case("tickets, TLS 1.2: another kind of master secret", other_master_secret);
    test_case("tickets, TLS 1.2: another wish for fragments", other_fragments);
    test_case("tickets, TLS 1.2: a session by its ID", by_id);
    test_case("tickets, TLS 1.2: the cache is bounded", bounded_cache);
    test_case("tickets, TLS 1.2: a client with a certificate, by ID", authenticated_by_id);
    test_case("tickets, TLS 1.2: no memory for the cache", no_memory_for_the_cache);
    test_case("tickets, TLS 1.2: no memory for keys", no_memory_for_keys);
    test_case("tickets: forged", forged);
    test_case("tickets: damaged inside", damaged);
}
