// What a connection holds and asks for: little when idle, blocks of the size of what goes
// through it, and all of it given back.

#include <stdio.h>
#include <string.h>

#include "engine/pair.h"
#include "engine/suite.h"
#include "support/host.h"

// Bounds in bytes. Two idle ends hold about 7,000: their keys, the session and the peer's
// certificate. A record's block is a little larger than the record.
#define IDLE_MAX 7600
#define OVERHEAD_MAX 160
#define MESSAGE_MAX (16384 + 400)
#define SMALL 200

static pair_t pair;
static const uint16_t versions[] = { USSL_TLS_1_2, USSL_TLS_1_3 };

// ---- an open pair without read-ahead, which would hide what the engine asks for ----

static size_t contexts; // what the contexts hold

static bool open_exact(const pair_options_t *o) {
    if (!CHECK(pair_open(&pair, o))) {
        return false;
    }
    pair.client->exact_reads = pair.server->exact_reads = true;
    pair_handshake(&pair);
    ussl_conn_take_in(pair.client); // tickets
    return CHECK_EQ(pair.client_status, USSL_OK) && CHECK_EQ(pair.server_status, USSL_OK);
}

static bool open_usual(const void *version) {
    pair_options_t o = usual(*(const uint16_t *)version);
    pair_connect(&pair, &o); // the first handshake also makes what contexts and the process keep
    pair_close(&pair);
    contexts = test_host.bytes;
    return open_exact(&o);
}

// Sends len bytes in one write, as far as one record goes; returns how many.
static size_t send_record(ussl_conn_t *from, size_t len) {
    static uint8_t data[16384];
    size_t put = 0;
    CHECK_EQ(ussl_conn_write(from, data, len, &put), USSL_OK);
    return put;
}

static void receive(ussl_conn_t *to, size_t len) {
    static uint8_t data[16384];
    size_t got = 0;
    CHECK_EQ(ussl_conn_read(to, data, len, &got), USSL_OK);
    CHECK_EQ(got, len);
}

static void both_ways(size_t len) {
    receive(pair.server, send_record(pair.client, len));
    receive(pair.client, send_record(pair.server, len));
}

// ---- what is held ----

static void idle(const void *version) {
    if (open_usual(version)) {
        CHECK(test_host.bytes - contexts < IDLE_MAX);
        size_t held = test_host.bytes;
        for (int i = 0; i < 5; i++) {
            both_ways(SMALL);
            CHECK_EQ(test_host.bytes, held);
        }
    }
    pair_free(&pair);
}

static void small_records(const void *version) {
    if (open_usual(version)) {
        host_reset();
        size_t held = test_host.bytes;
        both_ways(SMALL);
        CHECK(test_host.largest <= SMALL + OVERHEAD_MAX);
        CHECK(test_host.peak <= held + SMALL + OVERHEAD_MAX);
    }
    pair_free(&pair);
}

static void handshake_blocks(const void *version) {
    pair_options_t o = usual(*(const uint16_t *)version);
    host_reset();
    open_exact(&o);
    CHECK(test_host.largest <= engine_record_max + OVERHEAD_MAX);
    pair_free(&pair);
}

// A hello in which everything that its size depends on is long, with a session and without;
// too short a buffer is what the sanitizer sees.
static void long_hello(const void *version) {
    static char name[254], protocols[20][100];
    ussl_session_t session = { 0 };
    memset(name, 'a', sizeof(name) - 1);
    for (size_t i = 0; i < sizeof(protocols) / sizeof(protocols[0]); i++) {
        memset(protocols[i], 'a' + (int)i, sizeof(protocols[i]) - 1);
    }
    pair_options_t o = usual(*(const uint16_t *)version);
    o.name = name;
    o.check_name = false;
    o.client.alpn = o.server.alpn = protocols[0];
    o.client.alpn_size = o.server.alpn_size = sizeof(protocols);
    CHECK(pair_connect(&pair, &o) && CHECK(pair_save(&pair, &session)));
    pair_close(&pair);
    o.session = &session;
    CHECK(pair_connect(&pair, &o) && CHECK(engine_under_test->resumed(pair.client->tls)));
    pair_free(&pair);
    ussl_session_free(&session);
}

static void large_between_small(const void *version) {
    if (open_usual(version)) {
        size_t held = test_host.bytes;
        both_ways(SMALL);
        size_t len = send_record(pair.server, 16000);
        CHECK_EQ(test_host.bytes, held); // the writer gives back at once
        receive(pair.client, 100);
        CHECK(test_host.bytes >= held + len - 100 && test_host.bytes <= held + len + OVERHEAD_MAX);
        receive(pair.client, len - 100);
        CHECK_EQ(test_host.bytes, held); // and the reader with the last byte
        both_ways(SMALL);
        CHECK_EQ(test_host.bytes, held);
    }
    pair_free(&pair);
}

// A reader that waits for the rest of a header holds nothing; of a record, that record.
static void in_pieces(const void *version) {
    if (open_usual(version)) {
        size_t held = test_host.bytes;
        size_t end = pair.to_client.end;
        send_record(pair.server, SMALL);
        size_t whole = pair.to_client.end;
        for (pair.to_client.end = end + 1; pair.to_client.end < whole; pair.to_client.end++) {
            ussl_conn_take_in(pair.client);
            bool header = pair.to_client.end - end < 5;
            CHECK(header ? test_host.bytes == held : test_host.bytes <= held + SMALL + OVERHEAD_MAX);
            CHECK_EQ(ussl_conn_pending(pair.client), 0);
        }
        receive(pair.client, SMALL);
        CHECK_EQ(test_host.bytes, held);
    }
    pair_free(&pair);
}

static void one_byte_pipes(const void *version) {
    if (open_usual(version)) {
        size_t held = test_host.bytes;
        pair.to_client.max_read = pair.to_server.max_read = 1;
        pair.to_client.max_write = pair.to_server.max_write = 1;
        pair.to_client.capacity = pair.to_server.capacity = 1;
        CHECK(pair_transfer(pair.client, pair.server, 9000));
        CHECK(pair_transfer(pair.server, pair.client, 9000));
        CHECK_EQ(test_host.bytes, held);
    }
    pair_free(&pair);
}

// ---- handshake messages over several records ----

// The first flight of the given end, its messages in records of len bytes each.
static void break_up(pipe_t *pipe, size_t len) {
    static pipe_t old;
    old = *pipe;
    pipe->start = pipe->end = 0;
    for (size_t at = old.start; at < old.end;) {
        uint8_t header[5];
        memcpy(header, old.data + at, 5);
        size_t left = (size_t)(header[3] << 8 | header[4]);
        for (at += 5; left > 0;) {
            bool handshake = header[0] == 22;
            size_t n = handshake && left > len ? len : left;
            header[3] = (uint8_t)(n >> 8);
            header[4] = (uint8_t)n;
            pipe_put(pipe, header, 5);
            pipe_put(pipe, old.data + at, n);
            at += n;
            left -= n;
        }
    }
}

static void broken_up(const void *version) {
    static const size_t lengths[] = { 4, 5, 33, 300 };
    pair_options_t o = usual(*(const uint16_t *)version);
    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        if (CHECK(pair_open(&pair, &o))) {
            ussl_conn_handshake(pair.client);
            break_up(&pair.to_server, lengths[i]);
            ussl_conn_handshake(pair.server);
            break_up(&pair.to_client, lengths[i]);
            pair_handshake(&pair);
            CHECK_EQ(pair.client_status, USSL_OK);
            CHECK_EQ(pair.server_status, USSL_OK);
            CHECK(pair_transfer(pair.client, pair.server, 3000));
        }
        pair_free(&pair);
    }
}

// The same, and nothing comes at once: the parts of a message wait for the rest.
static void broken_up_slowly(const void *version) {
    pair_options_t o = usual(*(const uint16_t *)version);
    if (CHECK(pair_open(&pair, &o))) {
        pair.client->exact_reads = true;
        ussl_conn_handshake(pair.client);
        ussl_conn_handshake(pair.server);
        break_up(&pair.to_client, 50);
        size_t whole = pair.to_client.end;
        for (pair.to_client.end = pair.to_client.start; pair.to_client.end < whole; pair.to_client.end++) {
            CHECK(ussl_conn_handshake(pair.client) == USSL_WANT_READ);
        }
        pair_handshake(&pair);
        CHECK_EQ(pair.client_status, USSL_OK);
    }
    pair_free(&pair);
}

// A message longer than any buffer is refused, and nothing is allocated for it.
static void endless_message(void) {
    static const uint8_t first[] = { 22, 3, 3, 0, 8, 1, 0xff, 0xff, 0xff, 3, 3, 0, 0 };
    static const uint8_t more[5 + 1024] = { 22, 3, 3, 4, 0 };
    pair_options_t o = usual(0);
    if (CHECK(pair_open(&pair, &o))) {
        pair.server->exact_reads = true;
        host_reset();
        pipe_put(&pair.to_server, first, sizeof(first));
        for (int i = 0; i < 100; i++) {
            pipe_put(&pair.to_server, more, sizeof(more));
        }
        CHECK_EQ(ussl_conn_handshake(pair.server), USSL_FAILED);
        CHECK_EQ(pair.server->error.cls, USSL_ERR_PROTOCOL);
        CHECK(test_host.largest <= MESSAGE_MAX);
    }
    pair_free(&pair);
}

// ---- memory that runs out where a buffer grows ----

// Who does what with its n-th allocation refused, and fails for that or copes; true when
// it was not one of so many.
static bool spoilt(ussl_conn_t *conn, ussl_status_t (*act)(ussl_conn_t *conn), unsigned long n) {
    host_fail_at(n, false);
    ussl_status_t st = act(conn);
    bool failed = test_host.failed;
    host_reset();
    bool went_on = st == USSL_OK || st == USSL_WANT_READ;
    CHECK(went_on || (failed && st == USSL_FAILED && conn->error.cls == USSL_ERR_MEMORY));
    return !failed;
}

static ussl_status_t write_much(ussl_conn_t *conn) {
    uint8_t data[4000] = { 0 };
    size_t n;
    return ussl_conn_write(conn, data, sizeof(data), &n);
}

static ussl_status_t read_some(ussl_conn_t *conn) {
    uint8_t byte;
    size_t n;
    return ussl_conn_read(conn, &byte, 1, &n);
}

static void no_memory_to_write(const void *version) {
    bool done = false;
    for (unsigned long n = 1; !done && n < 20 && open_usual(version); n++) {
        done = spoilt(pair.client, write_much, n);
        pair_close(&pair);
        CHECK_EQ(test_host.bytes, contexts);
        pair_free(&pair);
    }
    CHECK(done);
}

static void no_memory_to_read(const void *version) {
    bool done = false;
    for (unsigned long n = 1; !done && n < 20 && open_usual(version); n++) {
        send_record(pair.server, 16000);
        done = spoilt(pair.client, read_some, n);
        pair_close(&pair);
        CHECK_EQ(test_host.bytes, contexts);
        pair_free(&pair);
    }
    CHECK(done);
}

// The parts of a certificate's message grow the buffer several times. Only the first
// allocations of the call: after them comes the arithmetic, which test_memory.c covers.
static void no_memory_to_assemble(const void *version) {
    pair_options_t o = usual(*(const uint16_t *)version);
    for (unsigned long n = 1; n <= 60 && test_passing(); n++) {
        if (CHECK(pair_open(&pair, &o))) {
            pair.client->exact_reads = true;
            ussl_conn_handshake(pair.client);
            ussl_conn_handshake(pair.server);
            break_up(&pair.to_client, 40);
            CHECK(!spoilt(pair.client, ussl_conn_handshake, n));
        }
        pair_free(&pair);
    }
}

static const struct {
    const char *name;
    void (*run)(const void *version);
} cases[] = {
    { "idle ends hold little, and always the same", idle },
    { "small records take small blocks", small_records },
    { "a handshake's blocks", handshake_blocks },
    { "a long hello", long_hello },
    { "a large record between small ones", large_between_small },
    { "a record in pieces", in_pieces },
    { "through 1 byte", one_byte_pipes },
    { "handshake messages in small records", broken_up },
    { "handshake messages in small records, slowly", broken_up_slowly },
    { "no memory to write", no_memory_to_write },
    { "no memory to read", no_memory_to_read },
    { "no memory to put a message together", no_memory_to_assemble },
};

void suite_buffers(void) {
    static const char *const words[] = { "TLS 1.2", "TLS 1.3" };
    char name[100];
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        for (size_t v = 0; v < 2; v++) {
            snprintf(name, sizeof(name), "buffers, %s: %s", words[v], cases[i].name);
            test_case_with(name, cases[i].run, &versions[v]);
        }
    }
    test_case("buffers: a message without end", endless_message);
}
