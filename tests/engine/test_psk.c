// Pre-shared keys: who may use them, what stands in for them, and what does not.

#include <stdio.h>
#include <string.h>

#include "engine/pair.h"
#include "engine/suite.h"
#include "support/host.h"

#if USSL_PSK

#define ECDHE_PSK_CHACHA20 0xccac
#define PSK_AES_128_GCM 0x00a8
#define ECDHE_ECDSA_AES_128_GCM 0xc02b
#define AES_256_GCM_SHA384 0x1302
#define ALERT_BAD_RECORD_MAC 20
#define ALERT_HANDSHAKE_FAILURE 40
#define ALERT_DECRYPT_ERROR 51
#define ALERT_INTERNAL_ERROR 80
#define ALERT_UNKNOWN_PSK_IDENTITY 115

// One end's key, and what it was told when it was asked.
typedef struct keyring {
    const char *identity;
    const char *key;
    size_t identity_len; // 0 is that of the string
    bool ends;           // the handshake
    unsigned asked;
    char told[300];
} keyring_t;

static pair_t pair;
static keyring_t client_key;
static keyring_t server_key;

static bool ask(void *arg, ussl_bytes_t told, ussl_psk_t *out) {
    keyring_t *k = arg;
    k->asked++;
    memcpy(k->told, told.data == NULL ? (const uint8_t *)"" : told.data, told.len);
    k->told[told.len] = '\0';
    out->identity_len = k->identity_len != 0 ? k->identity_len : strlen(k->identity);
    memcpy(out->identity, k->identity, out->identity_len);
    bool known = k != &server_key || strcmp(k->told, k->identity) == 0;
    out->key_len = known ? strlen(k->key) : 0;
    memcpy(out->key, k->key, out->key_len);
    return !k->ends;
}

static pair_options_t with_keys(uint16_t version) {
    client_key = server_key = (keyring_t) { .identity = "device 1", .key = "sixteen bytes..." };
    return (pair_options_t) {
        .client = { .min = version, .max = version, .psk = { .ask = ask, .arg = &client_key, .alone = true } },
        .server = { .psk = { .ask = ask, .arg = &server_key, .alone = true, .hint = { (const uint8_t *)"a hint", 6 } } },
        .name = "localhost",
    };
}

static const char *suite(void) {
    unsigned bits;
    return engine_under_test->cipher(pair.client->tls, &bits);
}

static void connects(const pair_options_t *o, bool by_psk) {
    if (pair_connect(&pair, o)) {
        CHECK_EQ(engine_under_test->used_psk(pair.client->tls), by_psk);
        CHECK_EQ(engine_under_test->used_psk(pair.server->tls), by_psk);
        CHECK(!engine_under_test->resumed(pair.client->tls) && !engine_under_test->resumed(pair.server->tls));
        CHECK(pair_transfer(pair.client, pair.server, 3000) && pair_transfer(pair.server, pair.client, 3000));
    }
}

// The side that finds the fault says why, the other is told.
static void fails(const pair_options_t *o, bool at_server, unsigned reason, unsigned alert) {
    if (CHECK(pair_open(&pair, o))) {
        pair_handshake(&pair);
        uint8_t byte;
        size_t got;
        if (pair.client_status == USSL_OK) { // in TLS 1.3 the client hears of it later
            pair.client_status = ussl_conn_read(pair.client, &byte, 1, &got);
        }
        const ussl_conn_t *finds = at_server ? pair.server : pair.client;
        const ussl_conn_t *hears = at_server ? pair.client : pair.server;
        CHECK_EQ(finds->error.cls, USSL_ERR_PROTOCOL);
        CHECK_EQ(finds->error.reason, reason);
        CHECK_EQ(hears->error.cls, alert == 0 ? USSL_ERR_NONE : USSL_ERR_ALERT);
        CHECK_EQ(hears->error.alert, alert);
    }
    pair_free(&pair);
}

static uint16_t version_of(const void *arg) {
    return *(const uint16_t *)arg;
}

static void both_know(const void *arg) {
    pair_options_t o = with_keys(version_of(arg));
    connects(&o, true);
    bool tls12 = version_of(arg) == USSL_TLS_1_2;
    CHECK(strcmp(client_key.told, tls12 ? "a hint" : "") == 0);
    CHECK(strcmp(server_key.told, "device 1") == 0);
    CHECK_EQ(client_key.asked, 1);
    CHECK_EQ(server_key.asked, 1);
    CHECK(!tls12 || strcmp(suite(), "ECDHE-PSK-CHACHA20-POLY1305") == 0);
    pair_free(&pair);
}

// The key is in no memory that was freed, also where the server gives up.
static void key_is_wiped(const void *arg) {
    for (int ends = 0; ends <= 1; ends++) {
        pair_options_t o = with_keys(version_of(arg));
        test_host.secret = client_key.key;
        test_host.secret_len = strlen(client_key.key);
        test_host.exposed = 0;
        server_key.ends = ends;
        if (CHECK(pair_open(&pair, &o))) {
            pair_handshake(&pair);
        }
        pair_free(&pair);
        CHECK_EQ(test_host.exposed, 0);
        test_host.secret = NULL;
    }
}

// Nothing is resumed: neither end has anything to do it with.
static void no_session(const void *arg) {
    pair_options_t o = with_keys(version_of(arg));
    ussl_error_t err;
    if (pair_connect(&pair, &o)) {
        CHECK_EQ(ussl_conn_await_session(pair.client, &err), USSL_FAILED);
        CHECK_EQ(err.reason, USSL_REASON_NO_TICKET);
        ussl_session_stats_t stats;
        ussl_ctx_session_stats(pair.server_ctx, &stats);
        CHECK_EQ(stats.number, 0);
    }
    pair_free(&pair);
}

static void another_key(const void *arg) {
    pair_options_t o = with_keys(version_of(arg));
    client_key.key = "sixteen others..";
    fails(&o, true, USSL_REASON_PSK_MISMATCH, version_of(arg) == USSL_TLS_1_2 ? ALERT_BAD_RECORD_MAC : ALERT_DECRYPT_ERROR);
}

static void unknown_identity(const void *arg) {
    pair_options_t o = with_keys(version_of(arg));
    client_key.identity = "device 2";
    fails(&o, true, USSL_REASON_NO_PSK, ALERT_UNKNOWN_PSK_IDENTITY);
}

static void no_key(const void *arg) {
    pair_options_t o = with_keys(version_of(arg));
    client_key.key = "";
    fails(&o, false, USSL_REASON_NO_PSK, version_of(arg) == USSL_TLS_1_2 ? ALERT_HANDSHAKE_FAILURE : 0);
}

static void client_gives_up(const void *arg) {
    pair_options_t o = with_keys(version_of(arg));
    client_key.ends = true;
    fails(&o, false, USSL_REASON_NO_PSK, version_of(arg) == USSL_TLS_1_2 ? ALERT_INTERNAL_ERROR : 0);
}

// A server whose source fails does not fall back on its certificate.
static void server_gives_up(const void *arg) {
    pair_options_t o = with_keys(version_of(arg));
    o.server.identity = "server-ecdsa";
    o.server.psk.alone = o.client.psk.alone = false;
    o.client.trust = "root-ecdsa.pem";
    o.client.verify = USSL_VERIFY_REQUIRED;
    server_key.ends = true;
    fails(&o, true, USSL_REASON_NO_PSK, version_of(arg) == USSL_TLS_1_2 ? ALERT_UNKNOWN_PSK_IDENTITY : ALERT_INTERNAL_ERROR);
}

static void longest(const void *arg) {
    static char identity[USSL_PSK_IDENTITY_MAX + 1];
    static char key[USSL_PSK_KEY_MAX + 1];
    static char name[254];
    memset(name, 'n', sizeof(name) - 1);
    memset(identity, 'i', USSL_PSK_IDENTITY_MAX);
    memset(key, 'k', USSL_PSK_KEY_MAX);
    pair_options_t o = with_keys(version_of(arg));
    client_key.identity = server_key.identity = identity;
    client_key.key = server_key.key = key;
    o.name = name;
    connects(&o, true);
    pair_free(&pair);
}

// ---- beside certificates ----

static pair_options_t with_both(uint16_t version) {
    pair_options_t o = with_keys(version);
    o.client.psk.alone = o.server.psk.alone = false;
    o.client.trust = "root-ecdsa.pem";
    o.client.verify = USSL_VERIFY_REQUIRED;
    o.server.identity = "server-ecdsa";
    o.check_name = true;
    return o;
}

static void key_first(const void *arg) {
    pair_options_t o = with_both(version_of(arg));
    connects(&o, true);
    CHECK(test_passing() && ussl_conn_peer_cert(pair.client).len == 0);
    pair_free(&pair);
}

// A server without keys shows its certificate, which is verified as ever.
static void certificate_instead(const void *arg) {
    pair_options_t o = with_both(version_of(arg));
    o.server.psk.ask = NULL;
    connects(&o, false);
    pair_close(&pair);
    ussl_ctx_release(pair.client_ctx);
    pair.client_ctx = NULL;
    o.client.trust = "root-rsa.pem";
    if (CHECK(pair_open(&pair, &o))) {
        pair_handshake(&pair);
        CHECK_EQ(pair.client->error.cls, USSL_ERR_VERIFY);
    }
    pair_free(&pair);
}

// In TLS 1.3 a server that does not know the identity goes on with its certificate.
static void unknown_then_certificate(void) {
    pair_options_t o = with_both(USSL_TLS_1_3);
    client_key.identity = "device 2";
    connects(&o, false);
    CHECK_EQ(server_key.asked, 1);
    pair_free(&pair);
}

// Whoever verifies nothing accepts no certificate in the key's place.
static void no_certificate_instead(const void *arg) {
    pair_options_t o = with_both(version_of(arg));
    o.server.psk.ask = NULL;
    o.client.psk.alone = true;
    o.client.verify = USSL_VERIFY_NONE;
    if (CHECK(pair_open(&pair, &o))) {
        pair_handshake(&pair);
        CHECK_EQ(pair.client_status, USSL_FAILED);
        CHECK_EQ(pair.client->error.cls, USSL_ERR_ALERT);
    }
    pair_free(&pair);
}

// And a server with keys alone no client without one.
static void no_client_without(const void *arg) {
    pair_options_t o = with_both(version_of(arg));
    o.client.psk.ask = NULL;
    o.server.psk.alone = true;
    fails(&o, true, version_of(arg) == USSL_TLS_1_2 ? USSL_REASON_NO_SHARED_CIPHER : USSL_REASON_NO_PSK,
        ALERT_HANDSHAKE_FAILURE);
}

// No ticket and no session ID gets a client past the key: not those of a server that shares its
// tickets' keys and takes everybody, nor those from before this one had keys.
static void session_of_a_server_without(const void *arg) {
    static const uint8_t shared[USSL_SEAL_KEY_SIZE] = { 1 };
    pair_options_t o = with_both(version_of(arg));
    ussl_session_t session = { 0 };
    ussl_error_t err;
    o.client.psk.ask = o.server.psk.ask = NULL;
    pair.server_ctx = make_context(true, &o.server, &err);
    CHECK_EQ(ussl_ctx_set_ticket_keys(pair.server_ctx, shared, 1, &err), USSL_OK);
    if (pair_connect(&pair, &o) && CHECK(pair_save(&pair, &session))) {
        pair_close(&pair);
        o.session = &session;
        if (pair_connect(&pair, &o)) {
            CHECK(engine_under_test->resumed(pair.client->tls));
        }
        pair_close(&pair);
        o.server.psk.ask = ask;
        o.server.psk.alone = true;
        fails(&o, true, version_of(arg) == USSL_TLS_1_2 ? USSL_REASON_NO_SHARED_CIPHER : USSL_REASON_NO_PSK,
            version_of(arg) == USSL_TLS_1_2 ? ALERT_HANDSHAKE_FAILURE : ALERT_UNKNOWN_PSK_IDENTITY);
    }
    ussl_session_free(&session);
    pair_free(&pair);
}

// A session that a certificate began is offered as well as the key. In TLS 1.3 it comes first
// and is resumed; in TLS 1.2 the server wants the suite with a key most, which is not the
// session's. Where nothing but the key will do it is not offered.
static void session_of_certificate(const void *arg) {
    pair_options_t o = with_both(version_of(arg));
    ussl_session_t session = { 0 };
    o.server.psk.ask = NULL;
    if (pair_connect(&pair, &o) && CHECK(pair_save(&pair, &session))) {
        pair_close(&pair);
        o.session = &session;
        o.server.psk.ask = ask;
        if (pair_connect(&pair, &o)) {
            bool resumes = version_of(arg) == USSL_TLS_1_3;
            CHECK(pair.client->offered_session);
            CHECK_EQ(engine_under_test->resumed(pair.client->tls), resumes);
            CHECK_EQ(engine_under_test->resumed(pair.server->tls), resumes);
            CHECK_EQ(engine_under_test->used_psk(pair.client->tls), !resumes);
            CHECK_EQ(engine_under_test->used_psk(pair.server->tls), !resumes);
        }
        pair_close(&pair);
        o.client.psk.alone = true;
        connects(&o, true);
        CHECK(!pair.client->offered_session);
    }
    ussl_session_free(&session);
    pair_free(&pair);
}

// The server has lost its tickets' keys: the client offers a session and a key, and it is the
// key that counts.
static void session_refused(void) {
    pair_options_t o = with_both(USSL_TLS_1_3);
    ussl_session_t session = { 0 };
    o.server.psk.ask = NULL;
    if (pair_connect(&pair, &o) && CHECK(pair_save(&pair, &session))) {
        pair_close(&pair);
        o.session = &session;
        o.server.psk.ask = ask;
        ussl_error_t err;
        CHECK_EQ(ussl_ctx_set_ticket_keys(pair.server_ctx, (const uint8_t[USSL_SEAL_KEY_SIZE]) { 1 }, 1, &err), USSL_OK);
        connects(&o, true);
        CHECK(pair.client->offered_session);
        CHECK_EQ(server_key.asked, 2); // the ticket was nobody's
        CHECK_EQ(ussl_conn_await_session(pair.client, &err), USSL_FAILED);
    }
    ussl_session_free(&session);
    pair_free(&pair);
}

// ---- a context that was chosen by name ----

#if USSL_SNI_CALLBACK

static ussl_ctx_t *chosen;
static ussl_psk_source_t its_source;

static int choose(void *arg, ussl_bytes_t name) {
    const ussl_judge_t none = { 0 };
    ussl_error_t err;
    (void)arg, (void)name;
    return ussl_conn_set_context(pair.server, chosen, &none, &its_source, &err) == USSL_OK ? -1 : ALERT_INTERNAL_ERROR;
}

// The keys are those of the context that the handshake ends with, be there any or not.
static void chosen_keys(const void *arg) {
    pair_options_t o = with_keys(version_of(arg));
    ussl_error_t err;
    chosen = make_context(true, &o.server, &err);
    its_source = o.server.psk;
    o.chooser = (ussl_chooser_t) { choose, NULL };
    o.server.psk.ask = NULL;
    connects(&o, true);
    CHECK_EQ(server_key.asked, 1);
    pair_free(&pair);
    o.server.psk = its_source;
    its_source.ask = NULL;
    if (CHECK(pair_open(&pair, &o))) {
        pair_handshake(&pair);
        CHECK_EQ(pair.client_status, USSL_FAILED);
        CHECK_EQ(server_key.asked, 1);
    }
    pair_free(&pair);
    ussl_ctx_release(chosen);
}

#endif

// ---- suites ----

// With a key alone the other suites are not offered, whatever the order.
static void suites(void) {
    static const uint16_t mixed[] = { AES_256_GCM_SHA384, ECDHE_ECDSA_AES_128_GCM, ECDHE_PSK_CHACHA20, 0x1301, 0 };
    pair_options_t o = with_keys(USSL_TLS_1_3);
    o.client.suites = o.server.suites = mixed;
    connects(&o, true);
    CHECK(test_passing() && strcmp(suite(), "TLS_AES_128_GCM_SHA256") == 0);
    pair_free(&pair);
    o.client.min = o.client.max = USSL_TLS_1_2;
    connects(&o, true);
    pair_free(&pair);
}

// Without (EC)DHE only where it was named; the server's hint is then a message of its own.
static void plain(void) {
    static const uint16_t named[] = { PSK_AES_128_GCM, 0 };
    pair_options_t o = with_keys(USSL_TLS_1_2);
    o.client.suites = named;
    fails(&o, true, USSL_REASON_NO_SHARED_CIPHER, ALERT_HANDSHAKE_FAILURE);
    o.server.suites = named;
    connects(&o, true);
    CHECK(test_passing() && strcmp(suite(), "PSK-AES128-GCM-SHA256") == 0);
    CHECK(strcmp(client_key.told, "a hint") == 0);
    pair_free(&pair);
    o.server.psk.hint.len = 0;
    connects(&o, true);
    CHECK(strcmp(client_key.told, "") == 0);
    pair_free(&pair);
}

// DTLS 1.2 has the same messages behind longer headers.
static void datagrams(void) {
    static const uint16_t named[] = { PSK_AES_128_GCM, 0 };
    pair_options_t o = with_keys(USSL_TLS_1_2);
    o.server.min = o.server.max = USSL_TLS_1_2;
    o.datagrams = true;
    o.peer_id = "the client's address";
    for (int i = 0; i < 2 && test_passing(); i++) {
        if (pair_connect(&pair, &o)) {
            uint8_t buf[64];
            size_t n;
            CHECK(engine_under_test->used_psk(pair.client->tls) && engine_under_test->used_psk(pair.server->tls));
            CHECK(strcmp(client_key.told, "a hint") == 0 && strcmp(server_key.told, "device 1") == 0);
            CHECK_EQ(ussl_conn_write(pair.client, (const uint8_t *)"twelve bytes", 12, &n), USSL_OK);
            CHECK_EQ(ussl_conn_read(pair.server, buf, sizeof(buf), &n), USSL_OK);
            CHECK(n == 12 && memcmp(buf, "twelve bytes", 12) == 0);
        }
        pair_free(&pair);
        o.client.suites = o.server.suites = named;
    }
}

// Both versions are offered and the server speaks 1.2: the client is asked once more.
static void asked_again(void) {
    pair_options_t o = with_keys(USSL_TLS_1_2);
    o.client.max = engine_under_test->version_max;
    o.server.min = o.server.max = USSL_TLS_1_2;
    connects(&o, true);
    CHECK_EQ(client_key.asked, o.client.max == USSL_TLS_1_2 ? 1 : 2);
    CHECK(strcmp(client_key.told, "a hint") == 0);
    pair_free(&pair);
}

// RFC 4279 allows an identity of no bytes; mbedTLS's server refuses it.
static void empty_identity(void) {
    pair_options_t o = with_keys(USSL_TLS_1_2);
    client_key.identity = server_key.identity = "";
    fails(&o, true, USSL_REASON_DECODE, 0);
}

static const struct {
    const char *name;
    void (*run)(const void *arg);
} each_version[] = {
    { "psk, TLS 1.%d: both ends know the key", both_know },
    { "psk, TLS 1.%d: the key is wiped", key_is_wiped },
    { "psk, TLS 1.%d: nothing to resume with", no_session },
    { "psk, TLS 1.%d: another key", another_key },
    { "psk, TLS 1.%d: an unknown identity", unknown_identity },
    { "psk, TLS 1.%d: a client without a key", no_key },
    { "psk, TLS 1.%d: the client's source gives up", client_gives_up },
    { "psk, TLS 1.%d: the server's source gives up", server_gives_up },
    { "psk, TLS 1.%d: the longest identity and key", longest },
    { "psk, TLS 1.%d: the key comes before the certificate", key_first },
    { "psk, TLS 1.%d: a certificate instead is verified", certificate_instead },
    { "psk, TLS 1.%d: no certificate that nobody verifies", no_certificate_instead },
    { "psk, TLS 1.%d: a server with keys alone", no_client_without },
    { "psk, TLS 1.%d: a session of a certificate", session_of_certificate },
    { "psk, TLS 1.%d: a session of a server without keys", session_of_a_server_without },
    #if USSL_SNI_CALLBACK
    { "psk, TLS 1.%d: keys of a context that was chosen", chosen_keys },
    #endif
};

void suite_psk(void) {
    static const uint16_t versions[] = { USSL_TLS_1_2, USSL_TLS_1_3 };
    static char names[2][sizeof(each_version) / sizeof(each_version[0])][80];
    for (size_t v = 0; v < 2; v++) {
        for (size_t i = 0; i < sizeof(each_version) / sizeof(each_version[0]); i++) {
            snprintf(names[v][i], sizeof(names[v][i]), each_version[i].name, v == 0 ? 2 : 3);
            test_case_with(names[v][i], each_version[i].run, &versions[v]);
        }
    }
    test_case("psk, TLS 1.3: an unknown identity, then the certificate", unknown_then_certificate);
    test_case("psk, TLS 1.3: a session that is refused, and the key", session_refused);
    test_case("psk, TLS 1.3: suites beside", suites);
    test_case("psk, TLS 1.2: without (EC)DHE where that is named", plain);
    test_case("psk, TLS 1.2: asked again where the server speaks 1.2", asked_again);
    test_case("psk, TLS 1.2: an identity of no bytes", empty_identity);
    if (engine_under_test->cfg_use_datagrams != NULL) {
        test_case("psk, DTLS 1.2: with (EC)DHE and without", datagrams);
    }
}

#else

void suite_psk(void) {
}

#endif
