// Application data and the end of a connection.

#include <stdio.h>
#include <string.h>

#include "engine/pair.h"
#include "engine/suite.h"

static pair_t pair;
static const uint16_t versions[] = { USSL_TLS_1_2, USSL_TLS_1_3 };

static bool open_usual(const void *version) {
    pair_options_t o = usual(*(const uint16_t *)version);
    return pair_connect(&pair, &o);
}

static void much_both_ways(const void *version) {
    if (open_usual(version)) {
        CHECK(pair_transfer(pair.client, pair.server, 102400));
        CHECK(pair_transfer(pair.server, pair.client, 102400));
    }
    pair_free(&pair);
}

static void small_pipes(const void *version) {
    pair_options_t o = usual(*(const uint16_t *)version);
    o.pipe = 100;
    if (pair_connect(&pair, &o)) {
        CHECK(pair_transfer(pair.client, pair.server, 102400));
        CHECK(pair_transfer(pair.server, pair.client, 102400));
    }
    pair_free(&pair);
}

// A record goes out in one write and comes in with one read.
static void one_call_per_record(const void *version) {
    static uint8_t data[16000];
    static uint8_t back[sizeof(data)];
    size_t len = engine_record_max > sizeof(data) ? sizeof(data) : engine_record_max;
    size_t n;
    if (open_usual(version)) {
        unsigned long sends = pair.to_server.sends;
        CHECK_EQ(ussl_conn_write(pair.client, data, len, &n), USSL_OK);
        CHECK_EQ(n, len);
        CHECK_EQ(pair.to_server.sends, sends + 1);
        unsigned long recvs = pair.to_server.recvs;
        CHECK_EQ(ussl_conn_read(pair.server, back, sizeof(back), &n), USSL_OK);
        CHECK_EQ(n, len);
        CHECK_EQ(pair.to_server.recvs, recvs + 1);
    }
    pair_free(&pair);
}

static void pending_counts(const void *version) {
    uint8_t buf[60] = { 7 };
    size_t n;
    if (open_usual(version)) {
        uint8_t byte;
        ussl_conn_read(pair.client, &byte, 1, &n); // takes in the tickets
        CHECK_EQ(ussl_conn_pending(pair.client), 0);
        CHECK(!ussl_conn_readable(pair.client));
        CHECK_EQ(ussl_conn_write(pair.server, buf, 60, &n), USSL_OK);
        CHECK_EQ(ussl_conn_read(pair.client, buf, 20, &n), USSL_OK);
        CHECK_EQ(n, 20);
        CHECK_EQ(ussl_conn_pending(pair.client), 40);
        CHECK(ussl_conn_readable(pair.client));
        CHECK_EQ(ussl_conn_read(pair.client, buf, 60, &n), USSL_OK);
        CHECK_EQ(n, 40);
        CHECK(!ussl_conn_readable(pair.client));
        CHECK_EQ(ussl_conn_read(pair.client, buf, 60, &n), USSL_WANT_READ);
        CHECK_EQ(n, 0);
    }
    pair_free(&pair);
}

static void close_notify(const void *version) {
    uint8_t buf[10];
    size_t n;
    if (open_usual(version)) {
        CHECK_EQ(ussl_conn_write(pair.server, (const uint8_t *)"bye", 3, &n), USSL_OK);
        CHECK_EQ(ussl_conn_shutdown(pair.server), USSL_OK);
        pair.to_client.ended = true;
        CHECK_EQ(ussl_conn_read(pair.client, buf, sizeof(buf), &n), USSL_OK);
        CHECK_EQ(n, 3);
        CHECK_EQ(ussl_conn_read(pair.client, buf, sizeof(buf), &n), USSL_CLOSED);
        CHECK_EQ(ussl_conn_read(pair.client, buf, sizeof(buf), &n), USSL_CLOSED); // and so it stays
        CHECK_EQ(ussl_conn_write(pair.server, buf, 1, &n), USSL_FAILED);
        CHECK_EQ(pair.server->error.reason, USSL_REASON_SHUT_DOWN);
        // The other direction is still open (RFC 8446 6.1).
        CHECK_EQ(ussl_conn_write(pair.client, (const uint8_t *)"ok", 2, &n), USSL_OK);
        CHECK_EQ(ussl_conn_read(pair.server, buf, sizeof(buf), &n), USSL_OK);
        CHECK_EQ(n, 2);
    }
    pair_free(&pair);
}

static void end_without_it(const void *version) {
    uint8_t buf[10];
    size_t n;
    if (open_usual(version)) {
        CHECK_EQ(ussl_conn_write(pair.server, (const uint8_t *)"bye", 3, &n), USSL_OK);
        pair.to_client.ended = true;
        CHECK_EQ(ussl_conn_read(pair.client, buf, sizeof(buf), &n), USSL_OK);
        CHECK_EQ(ussl_conn_read(pair.client, buf, sizeof(buf), &n), USSL_EOF);
        CHECK_EQ(ussl_conn_read(pair.client, buf, sizeof(buf), &n), USSL_EOF);
    }
    pair_free(&pair);
}

static void end_inside_a_record(const void *version) {
    uint8_t buf[10];
    size_t n;
    if (open_usual(version)) {
        while (ussl_conn_read(pair.client, buf, 1, &n) == USSL_OK) {
        }
        CHECK_EQ(ussl_conn_write(pair.server, (const uint8_t *)"cut off", 7, &n), USSL_OK);
        pair.to_client.end -= 5;
        pair.to_client.ended = true;
        CHECK_EQ(ussl_conn_read(pair.client, buf, sizeof(buf), &n), USSL_EOF);
    }
    pair_free(&pair);
}

static void end_in_the_handshake(const void *version) {
    pair_options_t o = usual(*(const uint16_t *)version);
    if (CHECK(pair_open(&pair, &o))) {
        ussl_conn_handshake(pair.client);
        pair.to_client.ended = true;
        CHECK_EQ(ussl_conn_handshake(pair.client), USSL_FAILED);
        CHECK_EQ(pair.client->error.cls, USSL_ERR_EOF);
        CHECK_EQ(ussl_conn_handshake(pair.client), USSL_FAILED); // the first error is final
        CHECK_EQ(pair.client->error.cls, USSL_ERR_EOF);
    }
    pair_free(&pair);
}

// Every byte of a record is authenticated; the peer hears of a wrong one.
static void damaged_record(const void *version) {
    uint8_t buf[10];
    size_t n;
    if (open_usual(version)) {
        while (ussl_conn_read(pair.client, buf, 1, &n) == USSL_OK) {
        }
        CHECK_EQ(ussl_conn_write(pair.server, (const uint8_t *)"data", 4, &n), USSL_OK);
        pair.to_client.data[pair.to_client.end - 1] ^= 1;
        CHECK_EQ(ussl_conn_read(pair.client, buf, sizeof(buf), &n), USSL_FAILED);
        CHECK_EQ(pair.client->error.cls, USSL_ERR_PROTOCOL);
        CHECK_EQ(pair.client->error.reason, USSL_REASON_BAD_RECORD);
        ussl_conn_flush(pair.client);
        CHECK_EQ(ussl_conn_read(pair.server, buf, sizeof(buf), &n), USSL_FAILED);
        CHECK_EQ(pair.server->error.cls, USSL_ERR_ALERT);
        CHECK_EQ(pair.server->error.alert, 20); // bad_record_mac
    }
    pair_free(&pair);
}

static void unwrapped(const void *version) {
    uint8_t rest[16];
    size_t n;
    int error = 0;
    if (open_usual(version)) {
        CHECK_EQ(ussl_conn_write(pair.server, (const uint8_t *)"dropped", 7, &n), USSL_OK);
        CHECK_EQ(ussl_conn_unwrap(pair.client), USSL_WANT_READ);
        CHECK_EQ(ussl_conn_unwrap(pair.server), USSL_OK);
        pipe_put(&pair.to_client, "plain", 5);
        CHECK_EQ(ussl_conn_unwrap(pair.client), USSL_OK);
        ussl_transport_t t = pipe_transport(&pair.client_end);
        CHECK_EQ(t.recv(t.arg, rest, sizeof(rest), &error), 5);
        CHECK(memcmp(rest, "plain", 5) == 0);
    }
    pair_free(&pair);
}

static const struct {
    const char *name;
    void (*run)(const void *version);
} cases[] = {
    { "100 KB both ways", much_both_ways },
    { "100 KB both ways through 100 bytes", small_pipes },
    { "a record is one write and one read", one_call_per_record },
    { "pending and readable tell the truth", pending_counts },
    { "close_notify is told from", close_notify },
    { "an end without it", end_without_it },
    { "an end inside a record", end_inside_a_record },
    { "an end in the handshake", end_in_the_handshake },
    { "a damaged record", damaged_record },
    { "unwrap leaves plain bytes alone", unwrapped },
};

void suite_data(void) {
    static const char *const words[] = { "TLS 1.2", "TLS 1.3" };
    char name[100];
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        for (size_t v = 0; v < 2; v++) {
            snprintf(name, sizeof(name), "data, %s: %s", words[v], cases[i].name);
            test_case_with(name, cases[i].run, &versions[v]);
        }
    }
}
