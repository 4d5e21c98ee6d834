// Full handshakes: versions, keys, chains, pipes of every size, what goes over the wire.

#include <string.h>

#include "engine/pair.h"
#include "engine/suite.h"

static pair_t pair;

typedef struct full_case {
    const char *name;
    uint16_t version;
    const char *identity;
    const char *trust;
    size_t pipe;
    const char *cipher;
} full_case_t;

static const full_case_t full_cases[] = {
    { "TLS 1.2, ECDSA chain", USSL_TLS_1_2, "server-ecdsa", "root-ecdsa.pem", 0, "ECDHE-ECDSA-AES128-GCM-SHA256" },
    { "TLS 1.3, ECDSA chain", USSL_TLS_1_3, "server-ecdsa", "root-ecdsa.pem", 0, "TLS_AES_128_GCM_SHA256" },
    { "TLS 1.2, RSA chain", USSL_TLS_1_2, "server-rsa", "root-rsa.pem", 0, "ECDHE-RSA-AES128-GCM-SHA256" },
    { "TLS 1.3, RSA chain", USSL_TLS_1_3, "server-rsa", "root-rsa.pem", 0, "TLS_AES_128_GCM_SHA256" },
    { "TLS 1.2, leaf directly under the root", USSL_TLS_1_2, "direct", "root-ecdsa.pem", 0, "ECDHE-ECDSA-AES128-GCM-SHA256" },
    { "TLS 1.3, leaf directly under the root", USSL_TLS_1_3, "direct", "root-ecdsa.pem", 0, "TLS_AES_128_GCM_SHA256" },
    { "TLS 1.2, self-signed and trusted", USSL_TLS_1_2, "selfsigned", "selfsigned.pem", 0, "ECDHE-ECDSA-AES128-GCM-SHA256" },
    { "TLS 1.3, anchors as DER", USSL_TLS_1_3, "server-ecdsa", "root-ecdsa.der", 0, "TLS_AES_128_GCM_SHA256" },
    { "TLS 1.3, anchors in a bundle with words", USSL_TLS_1_3, "server-ecdsa", "bundle.pem", 0, "TLS_AES_128_GCM_SHA256" },
    { "TLS 1.2, pipes of 64 bytes", USSL_TLS_1_2, "server-ecdsa", "root-ecdsa.pem", 64, "ECDHE-ECDSA-AES128-GCM-SHA256" },
    { "TLS 1.3, pipes of 64 bytes", USSL_TLS_1_3, "server-ecdsa", "root-ecdsa.pem", 64, "TLS_AES_128_GCM_SHA256" },
    { "TLS 1.2, pipes of 1 byte", USSL_TLS_1_2, "server-rsa", "root-rsa.pem", 1, "ECDHE-RSA-AES128-GCM-SHA256" },
    { "TLS 1.3, pipes of 1 byte", USSL_TLS_1_3, "server-rsa", "root-rsa.pem", 1, "TLS_AES_128_GCM_SHA256" },
    { "best version is TLS 1.3", 0, "server-ecdsa", "root-ecdsa.pem", 0, "TLS_AES_128_GCM_SHA256" },
};

static void full(const void *arg) {
    const full_case_t *f = arg;
    pair_options_t o = usual(f->version);
    o.server.identity = f->identity;
    o.client.trust = f->trust;
    o.pipe = f->pipe;
    unsigned bits = 0;
    if (pair_connect(&pair, &o)) {
        uint16_t version = f->version == 0 ? USSL_TLS_1_3 : f->version;
        CHECK_EQ(engine_under_test->version(pair.client->tls), version);
        CHECK_EQ(engine_under_test->version(pair.server->tls), version);
        const char *cipher = engine_under_test->cipher(pair.client->tls, &bits);
        CHECK(cipher != NULL && strcmp(cipher, f->cipher) == 0);
        CHECK_EQ(bits, 128);
        CHECK(!engine_under_test->resumed(pair.client->tls) && !engine_under_test->resumed(pair.server->tls));
        CHECK(engine_under_test->peer_cert(pair.client->tls).len > 200);
        CHECK_EQ(engine_under_test->peer_cert(pair.server->tls).len, 0);
        CHECK(pair_transfer(pair.client, pair.server, 20000));
        CHECK(pair_transfer(pair.server, pair.client, 20000));
    }
    pair_free(&pair);
}

// ---- flights: one segment each ----

typedef struct flight_case {
    const char *name;
    uint16_t version;
    bool tickets;
    unsigned long client; // segments the client sends
    unsigned long server;
} flight_case_t;

static const flight_case_t flight_cases[] = {
    // ClientHello, key exchange to Finished; ServerHello to Done, ticket to Finished.
    { "TLS 1.2 takes two flights each way", USSL_TLS_1_2, true, 2, 2 },
    { "TLS 1.3 takes two flights and one", USSL_TLS_1_3, false, 2, 1 },
    { "TLS 1.3 tickets are one flight more", USSL_TLS_1_3, true, 2, 2 },
};

static void flights(const void *arg) {
    const flight_case_t *f = arg;
    pair_options_t o = usual(f->version);
    o.server.no_tickets = !f->tickets;
    if (pair_connect(&pair, &o)) {
        CHECK_EQ(pair.to_server.sends, f->client);
        CHECK_EQ(pair.to_client.sends, f->server);
        CHECK(pair.to_server.total < 600);
        CHECK(pair.to_client.total < 2000);
    }
    pair_free(&pair);
}

// ---- names ----

static bool hello_holds(const char *word) {
    const uint8_t *data = pipe_data(&pair.to_server);
    size_t len = pipe_len(&pair.to_server);
    for (size_t i = 0; i + strlen(word) <= len; i++) {
        if (memcmp(data + i, word, strlen(word)) == 0) {
            return true;
        }
    }
    return false;
}

typedef struct name_case {
    const char *name;
    const char *host;
    bool check;
    bool sent; // as SNI
    bool good; // the handshake succeeds
} name_case_t;

static const name_case_t name_cases[] = {
    { "a host name is sent and matches", "localhost", true, true, true },
    { "a host name matches whatever its case", "LocalHost", true, true, true },
    { "a wildcard matches", "any.wild.test", true, true, true },
    { "a wildcard covers one label only", "a.b.wild.test", true, true, false },
    { "a wrong host name is refused", "remotehost", true, true, false },
    { "a name only for SNI is sent and not compared", "remotehost", false, true, true },
    { "an IPv4 address is compared and not sent", "127.0.0.1", true, false, true },
    { "an IPv6 address is compared and not sent", "::1", true, false, true },
    { "a wrong IPv4 address is refused", "127.0.0.2", true, false, false },
    { "a wrong IPv6 address is refused", "::2", true, false, false },
    { "without a name the chain alone counts", NULL, true, false, true },
};

static void name_in(const name_case_t *n, uint16_t version) {
    pair_options_t o = usual(version);
    o.name = n->host;
    o.check_name = n->check;
    if (CHECK(pair_open(&pair, &o))) {
        ussl_conn_handshake(pair.client);
        CHECK(n->host == NULL || hello_holds(n->host) == n->sent);
        pair_handshake(&pair);
        CHECK_EQ(pair.client_status, n->good ? USSL_OK : USSL_FAILED);
        if (!n->good && CHECK_EQ(pair.client->error.cls, USSL_ERR_VERIFY)) {
            CHECK(pair.client->verify != NULL && pair.client->verify->flags == USSL_VERIFY_NAME_MISMATCH);
        }
    }
    pair_free(&pair);
}

static void name(const void *arg) {
    name_in(arg, USSL_TLS_1_2);
    name_in(arg, USSL_TLS_1_3);
}

// ---- what does not go together ----

typedef struct clash_case {
    const char *name;
    end_options_t client;
    end_options_t server;
    uint8_t client_class;
    uint8_t client_reason;
    uint8_t client_alert;
    uint8_t server_class;
    uint8_t server_reason;
} clash_case_t;

static const clash_case_t clash_cases[] = {
    { "no version in common, newer server",
      { .min = USSL_TLS_1_2, .max = USSL_TLS_1_2 },
      { .identity = "server-ecdsa", .min = USSL_TLS_1_3, .max = USSL_TLS_1_3 },
      USSL_ERR_ALERT, 0, 70, USSL_ERR_PROTOCOL, USSL_REASON_VERSION },
    { "no version in common, older server",
      { .min = USSL_TLS_1_3, .max = USSL_TLS_1_3 },
      { .identity = "server-ecdsa", .min = USSL_TLS_1_2, .max = USSL_TLS_1_2 },
      USSL_ERR_ALERT, 0, 40, USSL_ERR_PROTOCOL, USSL_REASON_NO_SHARED_CIPHER },
    { "no ALPN name in common",
      { .alpn = "h2", .alpn_size = 3 },
      { .identity = "server-ecdsa", .alpn = "mqtt", .alpn_size = 5 },
      USSL_ERR_ALERT, 0, 120, USSL_ERR_PROTOCOL, USSL_REASON_ENGINE },
    { "no ALPN name in common, TLS 1.2",
      { .alpn = "h2", .alpn_size = 3, .min = USSL_TLS_1_2, .max = USSL_TLS_1_2 },
      { .identity = "server-ecdsa", .alpn = "mqtt", .alpn_size = 5 },
      USSL_ERR_ALERT, 0, 120, USSL_ERR_PROTOCOL, USSL_REASON_ENGINE },
};

static void clash(const void *arg) {
    const clash_case_t *c = arg;
    pair_options_t o = { .client = c->client, .server = c->server, .name = "localhost" };
    if (CHECK(pair_open(&pair, &o))) {
        pair_handshake(&pair);
        CHECK_EQ(pair.client->error.cls, c->client_class);
        CHECK_EQ(pair.client->error.alert, c->client_alert);
        CHECK_EQ(pair.server->error.cls, c->server_class);
        CHECK_EQ(pair.server->error.reason, c->server_reason);
    }
    pair_free(&pair);
}

// ---- ALPN and exporter ----

static void alpn_in(uint16_t version, const char *server_names, size_t size, const char *wanted) {
    pair_options_t o = usual(version);
    o.client.alpn = "h2\0http/1.1";
    o.client.alpn_size = sizeof("h2\0http/1.1");
    o.server.alpn = server_names;
    o.server.alpn_size = size;
    if (pair_connect(&pair, &o)) {
        const char *client = engine_under_test->alpn(pair.client->tls);
        const char *server = engine_under_test->alpn(pair.server->tls);
        CHECK(wanted == NULL ? client == NULL && server == NULL
            : client != NULL && server != NULL && strcmp(client, wanted) == 0 && strcmp(server, wanted) == 0);
    }
    pair_free(&pair);
}

static void alpn(void) {
    static const char both[] = "mqtt\0http/1.1\0h2";
    alpn_in(USSL_TLS_1_2, both, sizeof(both), "http/1.1"); // the server's order counts
    alpn_in(USSL_TLS_1_3, both, sizeof(both), "http/1.1");
    alpn_in(USSL_TLS_1_2, NULL, 0, NULL);
    alpn_in(USSL_TLS_1_3, NULL, 0, NULL);
}

static void exporter_in(uint16_t version) {
    uint8_t client[32] = { 0 };
    uint8_t server[32] = { 1 };
    uint8_t other[32];
    pair_options_t o = usual(version);
    if (pair_connect(&pair, &o)) {
        CHECK(engine_under_test->export_key(pair.client->tls, "EXPORTER-Channel-Binding", client, 32));
        CHECK(engine_under_test->export_key(pair.server->tls, "EXPORTER-Channel-Binding", server, 32));
        CHECK(engine_under_test->export_key(pair.server->tls, "EXPORTER-Other", other, 32));
        CHECK(memcmp(client, server, 32) == 0);
        CHECK(memcmp(client, other, 32) != 0);
    }
    pair_free(&pair);
}

static void exporter(void) {
    exporter_in(USSL_TLS_1_2);
    exporter_in(USSL_TLS_1_3);
}

// ---- not TLS at all ----

static void not_tls_to_client(const char *words) {
    pair_options_t o = usual(0);
    if (CHECK(pair_open(&pair, &o))) {
        pipe_put(&pair.to_client, words, strlen(words));
        pair.client_status = ussl_conn_handshake(pair.client);
        CHECK_EQ(pair.client_status, USSL_FAILED);
        CHECK_EQ(pair.client->error.cls, USSL_ERR_PROTOCOL);
        CHECK_EQ(pair.client->error.reason, USSL_REASON_NOT_TLS);
    }
    pair_free(&pair);
}

static void not_tls_to_server(const char *words) {
    pair_options_t o = usual(0);
    if (CHECK(pair_open(&pair, &o))) {
        pipe_put(&pair.to_server, words, strlen(words));
        CHECK_EQ(ussl_conn_handshake(pair.server), USSL_FAILED);
        CHECK_EQ(pair.server->error.cls, USSL_ERR_PROTOCOL);
        CHECK_EQ(pair.server->error.reason, USSL_REASON_NOT_TLS);
    }
    pair_free(&pair);
}

static void not_tls(void) {
    not_tls_to_client("HTTP/1.1 400 Bad Request\r\n\r\n");
    not_tls_to_client("SSH-2.0-OpenSSH_9.2\r\n");
    not_tls_to_server("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
}

static void no_identity(void) {
    pair_options_t o = usual(0);
    o.server.identity = NULL;
    if (CHECK(pair_open(&pair, &o))) {
        CHECK_EQ(ussl_conn_handshake(pair.server), USSL_FAILED);
        CHECK_EQ(pair.server->error.cls, USSL_ERR_CALLER);
        CHECK_EQ(pair.server->error.reason, USSL_REASON_NO_IDENTITY);
    }
    pair_free(&pair);
}

void suite_handshake(void) {
    for (size_t i = 0; i < sizeof(full_cases) / sizeof(full_cases[0]); i++) {
        test_case_with(full_cases[i].name, full, &full_cases[i]);
    }
    for (size_t i = 0; i < sizeof(flight_cases) / sizeof(flight_cases[0]); i++) {
        test_case_with(flight_cases[i].name, flights, &flight_cases[i]);
    }
    for (size_t i = 0; i < sizeof(name_cases) / sizeof(name_cases[0]); i++) {
        test_case_with(name_cases[i].name, name, &name_cases[i]);
    }
    for (size_t i = 0; i < sizeof(clash_cases) / sizeof(clash_cases[0]); i++) {
        test_case_with(clash_cases[i].name, clash, &clash_cases[i]);
    }
    test_case("ALPN is agreed in the server's order, or not at all", alpn);
    test_case("both ends export the same key", exporter);
    test_case("what is not TLS is called so", not_tls);
    test_case("a server without identity says so", no_identity);
}
