// How certificates are judged, what is told about a bad one, and what the peer hears.

#include <stdio.h>
#include <string.h>

#include "engine/pair.h"
#include "engine/suite.h"
#include "support/host.h"

static pair_t pair;

// AlertDescription, RFC 8446 6.
enum {
    BAD_CERTIFICATE = 42,
    UNSUPPORTED_CERTIFICATE = 43,
    CERTIFICATE_EXPIRED = 45,
    CERTIFICATE_UNKNOWN = 46,
    UNKNOWN_CA = 48,
    ACCESS_DENIED = 49,
    NO_CERTIFICATE = 41, // what mbedTLS sends for certificate_required (116)
    HANDSHAKE_FAILURE = 40,
};

// ---- the server's certificate ----

typedef struct server_case {
    const char *name;
    const char *identity;
    const char *trust;
    uint32_t flags; // 0 when all is well
    uint8_t depth;
    uint8_t alert;
    const char *subject;
    const char *issuer;
} server_case_t;

static const server_case_t server_cases[] = {
    { "a good chain", "server-ecdsa", "roots.pem", 0, 0, 0, "", "" },
    { "an expired certificate", "expired", "roots.pem", USSL_VERIFY_EXPIRED, 0, CERTIFICATE_EXPIRED,
      "localhost", "ussl test intermediate ECDSA" },
    { "a certificate of the future", "future", "roots.pem", USSL_VERIFY_FUTURE, 0, CERTIFICATE_UNKNOWN,
      "localhost", "ussl test intermediate ECDSA" },
    { "an unknown root", "other-server", "roots.pem", USSL_VERIFY_UNKNOWN_ISSUER, 0, UNKNOWN_CA,
      "localhost", "ussl test other root" },
    { "a chain that ends in an unknown root", "server-ecdsa", "other-root.pem", USSL_VERIFY_UNKNOWN_ISSUER, 1, UNKNOWN_CA,
      "ussl test intermediate ECDSA", "ussl test root ECDSA" },
    { "a self-signed certificate", "selfsigned", "roots.pem", USSL_VERIFY_UNKNOWN_ISSUER | USSL_VERIFY_SELF_SIGNED, 0,
      UNKNOWN_CA, "localhost", "localhost" },
    { "a wrong name", "wrongname", "roots.pem", USSL_VERIFY_NAME_MISMATCH, 0, BAD_CERTIFICATE,
      "wrong.example", "ussl test intermediate ECDSA" },
    { "a key that is too short", "weak", "roots.pem", USSL_VERIFY_WEAK_KEY, 0, UNSUPPORTED_CERTIFICATE,
      "localhost", "ussl test intermediate RSA" },
    { "a CA for something else", "mail", "roots.pem", USSL_VERIFY_USAGE, 1, UNSUPPORTED_CERTIFICATE,
      "ussl test CA for mail", "ussl test root ECDSA" },
    { "eight intermediates", "deep", "roots.pem", 0, 0, 0, "", "" },
    { "an issuer that is no CA", "underleaf", "roots.pem", USSL_VERIFY_UNKNOWN_ISSUER, 0, UNKNOWN_CA,
      "localhost", "localhost" },
};

static void check_detail(const ussl_verify_t *v, const server_case_t *s) {
    if (!CHECK(v != NULL)) {
        return;
    }
    CHECK_EQ(v->flags, s->flags);
    CHECK_EQ(v->depth, s->depth);
    CHECK(strcmp(v->subject, s->subject) == 0);
    CHECK(strcmp(v->issuer, s->issuer) == 0);
    CHECK_EQ(strlen(v->not_before), 10);
    CHECK_EQ(strlen(v->not_after), 10);
    CHECK(s->depth > 0 || strstr(v->names, s->subject) != NULL);
}

static void server_in(const server_case_t *s, const char *roots, uint16_t version) {
    pair_options_t o = usual(version);
    o.server.identity = s->identity;
    o.client.trust = roots == NULL ? s->trust : NULL;
    o.client.roots = roots;
    if (CHECK(pair_open(&pair, &o))) {
        pair_handshake(&pair);
        CHECK_EQ(pair.client_status, s->flags == 0 ? USSL_OK : USSL_FAILED);
        if (s->flags != 0 && pair.client_status == USSL_FAILED) {
            CHECK_EQ(pair.client->error.cls, USSL_ERR_VERIFY);
            check_detail(pair.client->verify, s);
            CHECK_EQ(pair.server->error.cls, USSL_ERR_ALERT);
            CHECK_EQ(pair.server->error.alert, s->alert);
        }
    }
    pair_free(&pair);
}

static void server_certificate(const void *arg) {
    server_in(arg, NULL, USSL_TLS_1_2);
    server_in(arg, NULL, USSL_TLS_1_3);
}

// Roots that are looked up say the same, whether they come as PEM or from a bundle.
static void with_roots(const void *arg) {
    const server_case_t *s = arg;
    bool known = strcmp(s->trust, "roots.pem") == 0;
    for (uint16_t version = USSL_TLS_1_2; version <= USSL_TLS_1_3; version++) {
        server_in(s, known ? "roots.pem" : "other-root.pem", version);
        server_in(s, known ? "roots.bundle" : "other-root.bundle", version);
    }
}

// What is trusted by itself is found among roots as well.
static void trust_and_roots(void) {
    static const struct { const char *identity, *trust, *roots; bool good; } mixed[] = {
        { "selfsigned", "selfsigned.pem", "roots.pem", true },
        { "server-ecdsa", "inter-ecdsa.pem", "other-root.bundle", true },
        { "server-ecdsa", "other-root.pem", "roots.bundle", true },
        { "server-rsa", "other-root.pem", "roots.bundle", true },
        { "other-server", "roots.pem", "roots.bundle", false },
        { "selfsigned", "server-ecdsa.pem", "roots.pem", false },
    };
    for (size_t i = 0; i < sizeof(mixed) / sizeof(mixed[0]); i++) {
        for (uint16_t version = USSL_TLS_1_2; version <= USSL_TLS_1_3; version++) {
            pair_options_t o = usual(version);
            o.server.identity = mixed[i].identity;
            o.client.trust = mixed[i].trust;
            o.client.roots = mixed[i].roots;
            if (CHECK(pair_open(&pair, &o))) {
                pair_handshake(&pair);
                CHECK_EQ(pair.client_status, mixed[i].good ? USSL_OK : USSL_FAILED);
            }
            pair_free(&pair);
        }
    }
}

// What else is asked of a chain.
static void checks(void) {
    enum { BEFORE_ALL_S = 86400, BEFORE_2024_S = 1700000000 };
    static const struct {
        const char *identity, *trust, *pin;
        uint32_t checks;
        int64_t now_s; // 0 is now
        uint32_t flags;
        uint8_t alert;
    } rows[] = {
        { "server-ecdsa", "roots-crls.pem", NULL, USSL_CHECK_CRL_CHAIN, 0, 0, 0 },
        { "revoked", "roots-crls.pem", NULL, USSL_CHECK_CRL_LEAF, 0, USSL_VERIFY_REVOKED, 44 },
        { "revoked", "roots-crls.pem", NULL, 0, 0, 0, 0 },
        { "server-ecdsa", "roots.pem", NULL, USSL_CHECK_CRL_LEAF, 0, USSL_VERIFY_NO_CRL, CERTIFICATE_UNKNOWN },
        { "server-ecdsa", "roots.pem", "inter-ecdsa.der", 0, 0, 0, 0 },
        { "server-ecdsa", "roots.pem", "direct.der", 0, 0, USSL_VERIFY_NOT_PINNED, 49 },
        { "other-server", "roots.pem", "other-server.der", 0, 0, 0, 0 },
        { "other-server", "roots.pem", "other-root.der", 0, 0, USSL_VERIFY_UNKNOWN_ISSUER | USSL_VERIFY_NOT_PINNED, 49 },
        { "server-ecdsa", "other-root.pem", "inter-ecdsa.der", 0, 0, USSL_VERIFY_UNKNOWN_ISSUER, UNKNOWN_CA },
        { "server-ecdsa", "roots.pem", NULL, 0, BEFORE_ALL_S, USSL_VERIFY_FUTURE, CERTIFICATE_UNKNOWN },
        { "server-ecdsa", "roots.pem", NULL, USSL_CHECK_TIME_IF_SET, BEFORE_ALL_S, 0, 0 },
        { "server-ecdsa", "roots-crls.pem", NULL, USSL_CHECK_TIME_IF_SET | USSL_CHECK_CRL_CHAIN, BEFORE_2024_S, 0, 0 },
        { "expired", "roots.pem", NULL, USSL_CHECK_TIME_IF_SET, BEFORE_2024_S, 0, 0 },
        { "expired", "roots.pem", NULL, USSL_CHECK_TIME_IF_SET, 0, USSL_VERIFY_EXPIRED, CERTIFICATE_EXPIRED },
        { "future", "roots.pem", NULL, USSL_CHECK_TIME_IF_SET, USSL_CLOCK_SET_S, USSL_VERIFY_FUTURE, CERTIFICATE_UNKNOWN },
        { "expired", "roots.pem", NULL, USSL_CHECK_NO_TIME, 0, 0, 0 },
        { "other-server", "roots.pem", NULL, USSL_CHECK_NO_TIME, 0, USSL_VERIFY_UNKNOWN_ISSUER, UNKNOWN_CA },
    };
    for (size_t i = 0; i < 2 * sizeof(rows) / sizeof(rows[0]); i++) {
        pair_options_t o = usual(i % 2 ? USSL_TLS_1_2 : USSL_TLS_1_3);
        o.server.identity = rows[i / 2].identity;
        o.client.trust = rows[i / 2].trust;
        o.client.pin = rows[i / 2].pin;
        o.client.checks = rows[i / 2].checks;
        test_host.unix_ms = rows[i / 2].now_s * 1000;
        if (CHECK(pair_open(&pair, &o))) {
            pair_handshake(&pair);
            CHECK_EQ(pair.client_status, rows[i / 2].flags == 0 ? USSL_OK : USSL_FAILED);
            if (rows[i / 2].flags != 0 && pair.client_status == USSL_FAILED) {
                CHECK(pair.client->verify != NULL && (pair.client->verify->flags & rows[i / 2].flags) != 0);
                CHECK_EQ(pair.server->error.alert, rows[i / 2].alert);
            }
        }
        pair_free(&pair);
        host_reset();
    }
}

static void check_chain(bool verified, const char *const names[], size_t count) {
    for (size_t i = 0; i < count; i++) {
        ussl_bytes_t der = engine_under_test->peer_chain(pair.client->tls, verified, i);
        ussl_bytes_t file = pki_file(names[i]);
        CHECK(der.len == file.len && memcmp(der.data, file.data, der.len) == 0);
    }
    CHECK_EQ(engine_under_test->peer_chain(pair.client->tls, verified, count).len, 0);
}

static void chains(void) {
    static const char *const all[] = { "server-ecdsa.der", "inter-ecdsa.der", "root-ecdsa.der" };
    for (uint16_t version = USSL_TLS_1_2; version <= USSL_TLS_1_3; version++) {
        pair_options_t o = usual(version);
        o.client.keep_chain = true;
        CHECK(pair_connect(&pair, &o));
        check_chain(false, all, 2);
        check_chain(true, all, 3);
        pair_free(&pair);
        o.client.keep_chain = false;
        CHECK(pair_connect(&pair, &o));
        check_chain(false, all, 0);
        check_chain(true, all, 0);
        pair_free(&pair);
    }
}

static void none_looks_at_nothing(void) {
    static const char *const bad[] = { "expired", "other-server", "selfsigned", "wrongname" };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        for (uint16_t version = USSL_TLS_1_2; version <= USSL_TLS_1_3; version++) {
            pair_options_t o = usual(version);
            o.server.identity = bad[i];
            o.client.verify = USSL_VERIFY_NONE;
            o.client.trust = NULL;
            CHECK(pair_connect(&pair, &o));
            pair_free(&pair);
        }
    }
}

// A client cannot be asked to look without judging.
static void optional_client_is_strict(void) {
    for (uint16_t version = USSL_TLS_1_2; version <= USSL_TLS_1_3; version++) {
        pair_options_t o = usual(version);
        o.client.verify = USSL_VERIFY_OPTIONAL;
        o.server.identity = "other-server";
        if (CHECK(pair_open(&pair, &o))) {
            pair_handshake(&pair);
            CHECK_EQ(pair.client->error.cls, USSL_ERR_VERIFY);
        }
        pair_free(&pair);
    }
}

static void required_without_anchors(void) {
    for (uint16_t version = USSL_TLS_1_2; version <= USSL_TLS_1_3; version++) {
        pair_options_t o = usual(version);
        o.client.trust = NULL;
        if (CHECK(pair_open(&pair, &o))) {
            pair_handshake(&pair);
            CHECK_EQ(pair.client_status, USSL_FAILED);
            CHECK_EQ(pair.client->error.cls, USSL_ERR_VERIFY);
        }
        pair_free(&pair);
    }
}

// ---- the client's certificate ----

typedef struct client_case {
    const char *identity;
    const char *what;
    uint32_t flags; // what a server that looks finds wrong; 0 is nothing
    uint8_t alert;
} client_case_t;

static const client_case_t client_cases[] = {
    { "client-ecdsa", "a good ECDSA one", 0, 0 },
    { "client-rsa", "a good RSA one", 0, 0 },
    { NULL, "none", USSL_VERIFY_MISSING, 0 },
    { "other-client", "one of an unknown root", USSL_VERIFY_UNKNOWN_ISSUER, UNKNOWN_CA },
    { "expired-client", "an expired one", USSL_VERIFY_EXPIRED, CERTIFICATE_EXPIRED },
    { "server-ecdsa", "one for servers only", USSL_VERIFY_USAGE, UNSUPPORTED_CERTIFICATE },
};

static uint8_t wanted_alert(const client_case_t *c, uint16_t version) {
    return c->alert != 0 ? c->alert : version == USSL_TLS_1_2 ? HANDSHAKE_FAILURE : NO_CERTIFICATE;
}

// In TLS 1.3 the client is done before the server has judged: it hears with its first read.
static void check_client_hears(uint8_t alert) {
    uint8_t byte;
    size_t got;
    if (pair.client_status == USSL_OK) {
        CHECK_EQ(ussl_conn_read(pair.client, &byte, 1, &got), USSL_FAILED);
    }
    CHECK_EQ(pair.client->error.cls, USSL_ERR_ALERT);
    CHECK_EQ(pair.client->error.alert, alert);
}

// Nine intermediates, of which mbedTLS follows eight; the end that verifies says so and tells the
// other, in both roles, with anchors and with roots.
static void too_long(const void *server) {
    for (unsigned i = 0; i < 8; i++) {
        pair_options_t o = usual(i & 1 ? USSL_TLS_1_3 : USSL_TLS_1_2);
        end_options_t *judge = server != NULL ? &o.server : &o.client, *judged = server != NULL ? &o.client : &o.server;
        judged->identity = server != NULL ? "too-deep-client" : "too-deep";
        judge->trust = i & 2 ? "roots.pem" : NULL;
        judge->roots = i & 2 ? NULL : "roots.pem";
        judge->verify = i & 4 ? USSL_VERIFY_OPTIONAL : USSL_VERIFY_REQUIRED;
        if (CHECK(pair_open(&pair, &o))) {
            pair_handshake(&pair);
            const ussl_conn_t *loser = server != NULL ? pair.server : pair.client;
            CHECK_EQ(loser->error.cls, USSL_ERR_VERIFY);
            CHECK(loser->verify != NULL && loser->verify->flags == USSL_VERIFY_TOO_LONG);
            if (server != NULL) {
                check_client_hears(ACCESS_DENIED);
            } else {
                CHECK_EQ(pair.server->error.alert, ACCESS_DENIED);
            }
        }
        pair_free(&pair);
    }
}

static void check_refused(const client_case_t *c, uint16_t version) {
    CHECK_EQ(pair.server_status, USSL_FAILED);
    CHECK_EQ(pair.server->error.cls, USSL_ERR_VERIFY);
    if (CHECK(pair.server->verify != NULL)) {
        CHECK_EQ(pair.server->verify->flags, c->flags);
    }
    check_client_hears(wanted_alert(c, version));
}

static void client_in(const client_case_t *c, ussl_verify_mode_t mode, uint16_t version) {
    pair_options_t o = usual(version);
    o.client.identity = c->identity;
    o.server.trust = "roots.pem";
    o.server.verify = mode;
    bool good = c->flags == 0 || mode == USSL_VERIFY_NONE
        || (mode == USSL_VERIFY_OPTIONAL && c->flags == USSL_VERIFY_MISSING);
    if (CHECK(pair_open(&pair, &o))) {
        pair_handshake(&pair);
        if (!good) {
            check_refused(c, version);
        } else if (CHECK_EQ(pair.server_status, USSL_OK)) {
            bool shown = c->identity != NULL && mode != USSL_VERIFY_NONE;
            CHECK_EQ(engine_under_test->peer_cert(pair.server->tls).len > 0, shown);
            CHECK(pair_transfer(pair.client, pair.server, 1000));
        }
    }
    pair_free(&pair);
}

static void client_certificate(const void *arg) {
    for (ussl_verify_mode_t mode = USSL_VERIFY_NONE; mode <= USSL_VERIFY_REQUIRED; mode++) {
        client_in(arg, mode, USSL_TLS_1_2);
        client_in(arg, mode, USSL_TLS_1_3);
    }
}

void suite_verify(void) {
    char name[100];
    for (size_t i = 0; i < sizeof(server_cases) / sizeof(server_cases[0]); i++) {
        snprintf(name, sizeof(name), "the server shows %s", server_cases[i].name);
        test_case_with(name, server_certificate, &server_cases[i]);
        snprintf(name, sizeof(name), "the server shows %s: verified with roots", server_cases[i].name);
        test_case_with(name, with_roots, &server_cases[i]);
    }
    test_case("verified with anchors and roots", trust_and_roots);
    test_case("verified with revocation lists, pins and clocks", checks);
    test_case("verified chain and sent chain", chains);
    test_case_with("nine intermediates on the server's side", too_long, NULL);
    test_case_with("nine intermediates on the client's side", too_long, "");
    test_case("NONE accepts any certificate", none_looks_at_nothing);
    test_case("OPTIONAL on a client is REQUIRED", optional_client_is_strict);
    test_case("REQUIRED without anchors accepts nothing", required_without_anchors);
    for (size_t i = 0; i < sizeof(client_cases) / sizeof(client_cases[0]); i++) {
        snprintf(name, sizeof(name), "the client shows %s: NONE, OPTIONAL, REQUIRED", client_cases[i].what);
        test_case_with(name, client_certificate, &client_cases[i]);
    }
}
