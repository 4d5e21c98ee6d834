// Records of bounded size, memory lent for records, and what a connection is charged for.

#include <stdio.h>
#include <string.h>

#include "engine/pair.h"
#include "engine/suite.h"
#include "support/host.h"

// What a record has beside its data, at most: header, nonce or content type, tag.
#define OVERHEAD 29
#define LENT (16384 + 64)

static pair_t pair;
static const uint16_t versions[] = { USSL_TLS_1_2, USSL_TLS_1_3 };

// The client's context is made first, so that what a case wants can be set.
static bool open_contexts(const pair_options_t *o) {
    bool ok = CHECK(pair_open(&pair, o));
    pair_close(&pair);
    return ok;
}

static void set_receive_max(ussl_ctx_t *ctx, uint16_t len) {
    ussl_error_t err;
    CHECK_EQ(ussl_ctx_set_receive_max(ctx, len, &err), USSL_OK);
}

static bool connect(const pair_options_t *o) {
    bool ok = CHECK(pair_connect(&pair, o));
    if (ok) {
        pair.client->exact_reads = pair.server->exact_reads = true;
        ussl_conn_take_in(pair.client); // tickets
    }
    return ok;
}

// Length of the first record in a pipe's unread bytes.
static size_t record_in(const pipe_t *pipe) {
    const uint8_t *header = pipe->data + pipe->start;
    return pipe->end - pipe->start < 5 ? 0 : (size_t)(header[3] << 8 | header[4]) + 5;
}

// Bytes of the first record that a write of a lot makes.
static size_t written(ussl_conn_t *from, const pipe_t *pipe) {
    static const uint8_t data[16384];
    size_t put = 0;
    CHECK_EQ(ussl_conn_write(from, data, sizeof(data), &put), USSL_OK);
    size_t record = record_in(pipe);
    CHECK(put > 0 && record > put && record <= put + OVERHEAD);
    return put;
}

// Reads all there is.
static void drop(ussl_conn_t *to) {
    static uint8_t data[16384];
    size_t got;
    while (ussl_conn_read(to, data, sizeof(data), &got) == USSL_OK) {
    }
}

// ---- sizes ----

// The server's chain of two certificates does not fit into 512 bytes: then it agrees to
// nothing, and its longer records are taken.
static void server_honours(const void *version) {
    static const uint16_t wanted[] = { 512, 1000, 2048, 3000, 5000 };
    static const size_t agreed[] = { 0, 0, 2048, 2048, 4096 };
    pair_options_t o = usual(*(const uint16_t *)version);
    bool tls13 = *(const uint16_t *)version == USSL_TLS_1_3;
    for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]) && open_contexts(&o); i++) {
        set_receive_max(pair.client_ctx, wanted[i]);
        if (connect(&o)) {
            size_t most = agreed[i] == 0 ? engine_record_max : tls13 ? wanted[i] : agreed[i];
            most = most < engine_record_max ? most : engine_record_max;
            size_t len = written(pair.server, &pair.to_client);
            CHECK(len <= most && len + 1 >= most);
            drop(pair.client);
            CHECK(pair_transfer(pair.server, pair.client, 20000));
            CHECK(pair_transfer(pair.client, pair.server, 20000));
        }
        pair_free(&pair);
    }
}

// A client does not ask in TLS 1.2 for what its own certificates would break.
static void client_with_certificate(const void *version) {
    pair_options_t o = usual(*(const uint16_t *)version);
    o.client.identity = "client-ecdsa";
    o.server.trust = "root-ecdsa.pem";
    o.server.verify = USSL_VERIFY_REQUIRED;
    if (open_contexts(&o)) {
        set_receive_max(pair.client_ctx, 512);
        CHECK(connect(&o) && pair_transfer(pair.server, pair.client, 5000));
    }
    pair_free(&pair);
}

static void resumed_with_limit(const void *version) {
    ussl_session_t session = { 0 };
    pair_options_t o = usual(*(const uint16_t *)version);
    if (open_contexts(&o)) {
        set_receive_max(pair.client_ctx, 2048);
        CHECK(connect(&o) && pair_save(&pair, &session));
        pair_close(&pair);
        o.session = &session;
        CHECK(connect(&o) && engine_under_test->resumed(pair.client->tls));
        CHECK(written(pair.server, &pair.to_client) <= 2048);
    }
    ussl_session_free(&session);
    pair_free(&pair);
}

// A session belongs to what was asked for: with another wish the handshake is a full one.
static void not_resumed_with_another(const void *version) {
    ussl_session_t session = { 0 };
    pair_options_t o = usual(*(const uint16_t *)version);
    if (open_contexts(&o)) {
        set_receive_max(pair.client_ctx, 2048);
        CHECK(connect(&o) && pair_save(&pair, &session));
        pair_close(&pair);
        o.session = &session;
        set_receive_max(pair.client_ctx, 16384);
        CHECK(connect(&o) && !engine_under_test->resumed(pair.client->tls));
    }
    ussl_session_free(&session);
    pair_free(&pair);
}

static void send_max(const void *version) {
    pair_options_t o = usual(*(const uint16_t *)version);
    ussl_error_t err;
    if (open_contexts(&o)) {
        CHECK_EQ(ussl_ctx_set_send_max(pair.client_ctx, 700, &err), USSL_OK);
        if (connect(&o)) {
            host_reset();
            CHECK_EQ(written(pair.client, &pair.to_server), 700);
            CHECK(test_host.largest <= 700 + 160);
            drop(pair.server);
            CHECK(pair_transfer(pair.client, pair.server, 20000));
        }
    }
    pair_free(&pair);
}

// ---- the ClientHello ----

// Everything long that it can hold; its room is reckoned beforehand.
static void long_hello(const void *version) {
    static char name[] = "localhost.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
        "aaaaaaaaaaaaaaaaaaaaaaaaa.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    static char alpn[10 * 256];
    ussl_session_t session = { 0 };
    memset(alpn, 'a', sizeof(alpn));
    for (size_t i = 0; i < 10; i++) {
        alpn[i * 256 + 255] = '\0';
        alpn[i * 256] = (char)('a' + i);
    }
    pair_options_t o = usual(*(const uint16_t *)version);
    o.name = name;
    o.check_name = false;
    o.client.max = USSL_TLS_1_3;
    o.client.alpn = o.server.alpn = alpn;
    o.client.alpn_size = o.server.alpn_size = sizeof(alpn);
    if (open_contexts(&o)) {
        set_receive_max(pair.client_ctx, 2048);
        CHECK(connect(&o) && pair_save(&pair, &session));
        pair_close(&pair);
        o.session = &session;
        CHECK(connect(&o) && engine_under_test->resumed(pair.client->tls));
    }
    ussl_session_free(&session);
    pair_free(&pair);
}

// A client that receives little needs no large block either.
static void small_client(const void *version) {
    pair_options_t o = usual(*(const uint16_t *)version);
    if (open_contexts(&o) && CHECK(pair_open(&pair, &o))) {
        pair.client->exact_reads = true;
        host_reset();
        CHECK_EQ(ussl_conn_handshake(pair.client), USSL_WANT_READ);
        CHECK(test_host.largest < 1024 + 160);
    }
    pair_free(&pair);
}

// ---- lent memory ----

static uint8_t lent[LENT];

static bool lend(ussl_ctx_t *ctx, size_t len) {
    ussl_error_t err;
    memset(lent, 0xaa, sizeof(lent));
    return CHECK_EQ(ussl_ctx_set_record_buffer(ctx, lent, len, &err), USSL_OK);
}

static size_t used(void) {
    size_t count = 0;
    for (size_t i = 0; i < sizeof(lent); i++) {
        count += lent[i] != 0 && lent[i] != 0xaa;
    }
    return count;
}

// Handshake and the longest records take nothing from the host but small blocks.
static void lent_for_all(const void *version) {
    pair_options_t o = usual(*(const uint16_t *)version);
    if (open_contexts(&o) && lend(pair.client_ctx, LENT) && connect(&o)) {
        CHECK_EQ(used(), 0); // wiped
        written(pair.server, &pair.to_client);
        host_reset();
        host_fail_at(1, true);
        uint8_t byte;
        size_t got;
        CHECK_EQ(ussl_conn_read(pair.client, &byte, 1, &got), USSL_OK);
        CHECK(!test_host.failed);
        host_reset();
        drop(pair.client);
        CHECK(pair_transfer(pair.server, pair.client, 40000));
        CHECK(pair_transfer(pair.client, pair.server, 40000));
        CHECK_EQ(used(), 0);
    }
    pair_free(&pair);
}

// Half a record of one connection keeps it; another takes the host's, and later its turn.
static void lent_to_one(const void *version) {
    static pair_t other;
    pair_options_t o = usual(*(const uint16_t *)version);
    if (open_contexts(&o) && lend(pair.client_ctx, LENT) && connect(&o)) {
        other.client_ctx = ussl_ctx_retain(pair.client_ctx);
        other.server_ctx = ussl_ctx_retain(pair.server_ctx);
        size_t end = pair.to_client.end;
        written(pair.server, &pair.to_client);
        size_t whole = pair.to_client.end;
        pair.to_client.end = end + 100;
        uint8_t byte;
        size_t got;
        CHECK_EQ(ussl_conn_read(pair.client, &byte, 1, &got), USSL_WANT_READ);
        host_reset();
        CHECK(pair_connect(&other, &o) && pair_transfer(other.server, other.client, 20000));
        CHECK(test_host.largest >= 1000);
        pair.to_client.end = whole;
        CHECK_EQ(ussl_conn_read(pair.client, &byte, 1, &got), USSL_OK);
        drop(pair.client);
        CHECK(pair_transfer(pair.server, pair.client, 20000));
        pair_close(&pair);
        CHECK(pair_transfer(other.server, other.client, 20000));
        CHECK_EQ(used(), 0);
    }
    pair_free(&other);
    pair_free(&pair);
}

// Any size does, also one that holds only some records or that is not aligned.
static void lent_too_little(const void *version) {
    static const size_t lengths[] = { 512, 4229, 4240, 5000 };
    pair_options_t o = usual(*(const uint16_t *)version);
    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]) && open_contexts(&o); i++) {
        ussl_error_t err;
        memset(lent, 0xaa, sizeof(lent));
        CHECK_EQ(ussl_ctx_set_record_buffer(pair.client_ctx, lent + i, lengths[i], &err), USSL_OK);
        CHECK(connect(&o) && pair_transfer(pair.server, pair.client, 20000) && pair_transfer(pair.client, pair.server, 20000));
        CHECK(lent[i + lengths[i]] == 0xaa && used() == 0);
        CHECK(i == 0 || lent[i - 1] == 0xaa);
        pair_free(&pair);
    }
}

static void lent_and_failed(const void *version) {
    pair_options_t o = usual(*(const uint16_t *)version);
    if (open_contexts(&o) && lend(pair.client_ctx, LENT) && connect(&o)) {
        written(pair.server, &pair.to_client);
        pair.to_client.data[pair.to_client.end - 1] ^= 1;
        uint8_t byte;
        size_t got;
        CHECK_EQ(ussl_conn_read(pair.client, &byte, 1, &got), USSL_FAILED);
        CHECK_EQ(used(), 0);
    }
    pair_free(&pair);
}

// ---- accounts ----

static void charged(const void *version) {
    pair_options_t o = usual(*(const uint16_t *)version);
    if (open_contexts(&o) && CHECK(pair_connect(&pair, &o))) { // what contexts and the process keep
        pair_close(&pair);
        size_t before = test_host.bytes;
        host_reset();
        CHECK(connect(&o));
        CHECK_EQ(pair.client->memory.now + pair.server->memory.now, test_host.bytes - before);
        CHECK(pair.client->memory.peak >= engine_record_max && pair.client->memory.peak < test_host.peak - before + 2048);
        size_t idle = pair.client->memory.now;
        written(pair.server, &pair.to_client);
        uint8_t byte;
        size_t got;
        CHECK_EQ(ussl_conn_read(pair.client, &byte, 1, &got), USSL_OK);
        CHECK(pair.client->memory.now >= idle + (engine_record_max < 4096 ? engine_record_max : 4096));
        drop(pair.client);
        CHECK_EQ(pair.client->memory.now, idle);
    }
    pair_free(&pair);
}

static const struct {
    const char *name;
    void (*run)(const void *version);
} cases[] = {
    { "a server sends what it was asked for", server_honours },
    { "a client that shows a certificate", client_with_certificate },
    { "resumed", resumed_with_limit },
    { "not resumed with another wish", not_resumed_with_another },
    { "what is sent", send_max },
    { "a long ClientHello", long_hello },
    { "a client's first block", small_client },
    { "lent memory is enough", lent_for_all },
    { "lent memory is for one at a time", lent_to_one },
    { "too little lent memory", lent_too_little },
    { "lent memory and a failed connection", lent_and_failed },
    { "what a connection is charged for", charged },
};

void suite_limits(void) {
    static const char *const words[] = { "TLS 1.2", "TLS 1.3" };
    char name[100];
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        for (size_t v = 0; v < 2; v++) {
            snprintf(name, sizeof(name), "limits, %s: %s", words[v], cases[i].name);
            test_case_with(name, cases[i].run, &versions[v]);
        }
    }
}
