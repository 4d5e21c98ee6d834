// Contexts: counted, and frozen while in use.

#include <string.h>

#include "core/buffer.h"
#include "core/conn.h"
#include "fake.h"
#include "suite.h"
#include "support/check.h"
#include "support/host.h"
#include "support/pipe.h"

static const ussl_bytes_t some = { (const uint8_t *)"x", 1 };
static const ussl_bytes_t nothing = { NULL, 0 };

static ussl_ctx_t *context(void) {
    ussl_ctx_t *ctx = NULL;
    ussl_error_t err;
    fake_reset();
    CHECK_EQ(ussl_ctx_new(&fake_engine, false, &ctx, &err), USSL_OK);
    return ctx;
}

// Tries every setter; all give wanted, and say why.
static void try_setters(ussl_ctx_t *ctx, ussl_status_t wanted) {
    static uint8_t memory[600];
    ussl_error_t err[15] = { { 0 } };
    CHECK_EQ(ussl_ctx_set_versions(ctx, USSL_TLS_1_3, USSL_TLS_1_3, &err[0]), wanted);
    CHECK_EQ(ussl_ctx_set_verify(ctx, USSL_VERIFY_REQUIRED, &err[1]), wanted);
    CHECK_EQ(ussl_ctx_add_trust(ctx, some, &err[2]), wanted);
    CHECK_EQ(ussl_ctx_set_identity(ctx, some, some, nothing, &err[3]), wanted);
    CHECK_EQ(ussl_ctx_set_alpn(ctx, "a", 2, &err[4]), wanted);
    CHECK_EQ(ussl_ctx_enable_resumption(ctx, &err[5]), wanted);
    CHECK_EQ(ussl_ctx_set_receive_max(ctx, 1000, &err[6]), wanted);
    CHECK_EQ(ussl_ctx_set_send_max(ctx, 2000, &err[7]), wanted);
    CHECK_EQ(ussl_ctx_set_record_buffer(ctx, memory, sizeof(memory), &err[8]), wanted);
    CHECK_EQ(ussl_ctx_set_options(ctx, USSL_OP_ALLOW_NO_DHE_KEX, &err[9]), wanted);
    CHECK_EQ(ussl_ctx_add_roots(ctx, some, 0, &err[10]), wanted);
    CHECK_EQ(ussl_ctx_set_keep_chain(ctx, true, &err[11]), wanted);
    CHECK_EQ(ussl_ctx_set_checks(ctx, USSL_CHECK_NO_TIME, &err[12]), wanted);
    CHECK_EQ(ussl_ctx_set_pins(ctx, some, &err[13]), wanted);
    CHECK_EQ(ussl_ctx_set_num_tickets(ctx, 2, &err[14]), wanted);
    for (unsigned i = 0; i < 15; i++) {
        CHECK_EQ(err[i].cls, wanted == USSL_OK ? USSL_ERR_NONE : USSL_ERR_CALLER);
        CHECK_EQ(err[i].reason, wanted == USSL_OK ? USSL_REASON_NONE : USSL_REASON_IN_USE);
    }
}

// Roots that are there by default give way to whatever is given.
static void default_roots(void) {
    ussl_error_t err;
    ussl_ctx_t *ctx = context();
    CHECK_EQ(ussl_ctx_add_roots(ctx, nothing, USSL_ROOTS_BY_DEFAULT, &err), USSL_FAILED);
    CHECK(!ctx->has_default_roots && !ctx->has_trust);
    CHECK_EQ(ussl_ctx_add_roots(ctx, some, USSL_ROOTS_BY_DEFAULT, &err), USSL_OK);
    CHECK(ctx->has_default_roots && !ctx->has_trust && fake.roots == 1);
    CHECK_EQ(ussl_ctx_add_trust(ctx, some, &err), USSL_OK);
    CHECK(!ctx->has_default_roots && ctx->has_trust && fake.roots == 0);
    CHECK_EQ(ussl_ctx_add_roots(ctx, some, 0, &err), USSL_OK);
    CHECK_EQ(ussl_ctx_add_trust(ctx, some, &err), USSL_OK);
    CHECK(!ctx->has_default_roots && ctx->has_trust && fake.roots == 1);
    ussl_ctx_release(ctx);
}

static void frozen_in_use(void) {
    static pipe_t pipe;
    pipe_end_t end = { &pipe, &pipe };
    ussl_transport_t transport = pipe_transport(&end);
    ussl_conn_options_t options = { .name = NULL };
    ussl_conn_t *conn = NULL;
    ussl_error_t err;
    ussl_ctx_t *ctx = context();
    CHECK_EQ(ussl_conn_new(ctx, &transport, &options, &conn, &err), USSL_OK);
    try_setters(ctx, USSL_FAILED);
    CHECK(!ctx->has_trust && !ctx->has_identity && ctx->alpn_list == NULL);
    CHECK_EQ(ctx->verify, USSL_VERIFY_NONE);
    CHECK_EQ(ctx->min_version, USSL_TLS_1_2);
    CHECK_EQ(ctx->options, USSL_OP_ENABLE_MIDDLEBOX_COMPAT);
    CHECK(ctx->receive_max == USSL_RECORD_MAX && ctx->send_max == fake_engine.send_max && ctx->record_buffer == 0);
    ussl_conn_free(conn);
    try_setters(ctx, USSL_OK);
    CHECK(ctx->has_trust && ctx->has_identity && strcmp(ctx->alpn_list[0], "a") == 0);
    CHECK_EQ(ctx->verify, USSL_VERIFY_REQUIRED);
    CHECK_EQ(ctx->min_version, USSL_TLS_1_3);
    CHECK(fake.receive == 1000 && fake.send == 2000 && fake.lent == 600);
    CHECK(ctx->num_tickets == 2 && fake.num_tickets == 2);
    CHECK(ctx->options == USSL_OP_ALLOW_NO_DHE_KEX && fake.options == USSL_OP_ALLOW_NO_DHE_KEX);
    ussl_ctx_release(ctx);
    CHECK_EQ(test_host.live, 0);
}

// ---- what is held ----

static void *charge_inner(ussl_account_t *inner) {
    USSL_CHARGE(inner);
    ussl_host_free(ussl_host_calloc(1, 30));
    return ussl_host_calloc(1, 20);
}

static void charge_outer(ussl_account_t *outer, ussl_account_t *inner) {
    USSL_CHARGE(outer);
    void *first = ussl_host_calloc(1, 100);
    void *second = charge_inner(inner);
    CHECK(outer->now == 100 && outer->peak == 100 && inner->now == 20 && inner->peak == 30);
    ussl_host_free(first);
    ussl_host_free(second); // another's: never less than nothing
    CHECK(outer->now == 0 && outer->peak == 100 && inner->now == 20);
}

// One charged inside another, as connections are whose transports are connections.
static void accounts(void) {
    ussl_account_t outer = { 0 };
    ussl_account_t inner = { 0 };
    charge_outer(&outer, &inner);
    ussl_host_free(ussl_host_calloc(1, 50));
    CHECK(outer.peak == 100 && inner.peak == 30);
}

static void context_is_charged(void) {
    ussl_error_t err;
    size_t before = test_host.bytes;
    ussl_ctx_t *ctx = context();
    CHECK_EQ(ctx->memory.now, test_host.bytes - before);
    CHECK_EQ(ussl_ctx_set_alpn(ctx, "abc\0def", 8, &err), USSL_OK);
    CHECK_EQ(ctx->memory.now, test_host.bytes - before);
    size_t peak = ctx->memory.peak;
    CHECK_EQ(ussl_ctx_set_alpn(ctx, NULL, 0, &err), USSL_OK);
    CHECK(ctx->memory.now == test_host.bytes - before && ctx->memory.peak == peak && ctx->memory.now < peak);
    ussl_ctx_release(ctx);
}

static void connection_is_charged(void) {
    static pipe_t pipe;
    pipe_end_t end = { &pipe, &pipe };
    ussl_transport_t transport = pipe_transport(&end);
    ussl_conn_options_t options = { .name = "a.test" };
    ussl_conn_t *conn = NULL;
    ussl_error_t err;
    ussl_ctx_t *ctx = context();
    size_t before = test_host.bytes;
    CHECK_EQ(ussl_conn_new(ctx, &transport, &options, &conn, &err), USSL_OK);
    CHECK_EQ(conn->memory.now, test_host.bytes - before);
    CHECK(ussl_conn_unread(conn, (const uint8_t *)"abcdef", 6));
    CHECK_EQ(conn->memory.now, test_host.bytes - before);
    CHECK(conn->memory.peak >= conn->memory.now);
    CHECK_EQ(ctx->memory.now, before);
    ussl_conn_free(conn);
    ussl_ctx_release(ctx);
}

// A connection keeps its context alive.
static void counted(void) {
    static pipe_t pipe;
    pipe_end_t end = { &pipe, &pipe };
    ussl_transport_t transport = pipe_transport(&end);
    ussl_conn_options_t options = { .name = NULL };
    ussl_conn_t *conn = NULL;
    ussl_error_t err;
    ussl_ctx_t *ctx = context();
    CHECK(ussl_ctx_retain(ctx) == ctx);
    CHECK_EQ(ussl_conn_new(ctx, &transport, &options, &conn, &err), USSL_OK);
    ussl_ctx_release(ctx);
    ussl_ctx_release(ctx);
    CHECK_EQ(fake.cfgs, 1);
    CHECK_EQ(ussl_conn_handshake(conn), USSL_OK);
    ussl_conn_free(conn);
    CHECK_EQ(fake.cfgs, 0);
    ussl_ctx_release(NULL);
    ussl_conn_free(NULL);
    CHECK_EQ(test_host.live, 0);
}

static void failed_setters(void) {
    ussl_ctx_t *ctx = context();
    ussl_error_t err;
    CHECK_EQ(ussl_ctx_add_trust(ctx, nothing, &err), USSL_FAILED);
    CHECK_EQ(err.cls, USSL_ERR_INPUT);
    CHECK_EQ(ussl_ctx_set_identity(ctx, nothing, some, nothing, &err), USSL_FAILED);
    CHECK(!ctx->has_trust && !ctx->has_identity);
    ussl_ctx_release(ctx);
}

static void alpn_list(void) {
    ussl_ctx_t *ctx = context();
    ussl_error_t err;
    CHECK_EQ(ussl_ctx_set_alpn(ctx, "h2\0http/1.1\0x", 14, &err), USSL_OK);
    CHECK(strcmp(ctx->alpn_list[0], "h2") == 0 && strcmp(ctx->alpn_list[1], "http/1.1") == 0);
    CHECK(strcmp(ctx->alpn_list[2], "x") == 0 && ctx->alpn_list[3] == NULL);
    for (unsigned long n = 1; n <= 2; n++) {
        host_fail_at(n, false);
        CHECK_EQ(ussl_ctx_set_alpn(ctx, "a", 2, &err), USSL_FAILED);
        CHECK_EQ(err.cls, USSL_ERR_MEMORY);
        host_reset();
    }
    CHECK_EQ(ussl_ctx_set_alpn(ctx, "", 0, &err), USSL_OK);
    CHECK(ctx->alpn_list == NULL);
    ussl_ctx_release(ctx);
    CHECK_EQ(test_host.live, 0);
}

// ---- servers ----

static ussl_conn_t *accepted(ussl_ctx_t *ctx) {
    static pipe_t pipe;
    static pipe_end_t end = { &pipe, &pipe };
    ussl_transport_t transport = pipe_transport(&end);
    ussl_conn_options_t options = { .name = NULL };
    ussl_conn_t *conn = NULL;
    ussl_error_t err;
    CHECK_EQ(ussl_conn_new(ctx, &transport, &options, &conn, &err), USSL_OK);
    return conn;
}

static ussl_ctx_t *server(void) {
    ussl_ctx_t *ctx = NULL;
    ussl_error_t err;
    fake_reset();
    CHECK_EQ(ussl_ctx_new(&fake_engine, true, &ctx, &err), USSL_OK);
    CHECK_EQ(ussl_ctx_set_identity(ctx, some, some, nothing, &err), USSL_OK);
    CHECK_EQ(ussl_ctx_enable_resumption(ctx, &err), USSL_OK);
    return ctx;
}

// What may change while connections live, and what is counted of them.
static unsigned closed;

static void note_closed(void *arg) {
    CHECK(arg == &closed);
    closed++;
}

static void take_line(void *arg, const char *line, size_t len) {
    (void)arg, (void)line, (void)len;
}

static void key_log(void) {
    const ussl_key_log_t log = { take_line, note_closed, &closed };
    ussl_ctx_t *ctx = context();
    ussl_error_t err;
    closed = 0;
    CHECK_EQ(ussl_ctx_set_key_log(ctx, &log, &err), USSL_OK);
    CHECK(fake.key_log != NULL && fake.key_log->write == take_line);
    CHECK_EQ(ussl_ctx_set_key_log(ctx, &log, &err), USSL_OK);
    CHECK_EQ(closed, 1);
    CHECK_EQ(ussl_ctx_set_key_log(ctx, NULL, &err), USSL_OK);
    CHECK(fake.key_log == NULL);
    CHECK_EQ(closed, 2);
    CHECK_EQ(ussl_ctx_set_key_log(ctx, &log, &err), USSL_OK);
    ussl_ctx_retain(ctx);
    CHECK_EQ(ussl_ctx_set_key_log(ctx, &log, &err), USSL_FAILED);
    CHECK_EQ(closed, 2);
    ussl_ctx_release(ctx);
    ussl_ctx_release(ctx);
    CHECK_EQ(closed, 3);
}

static int sign(void *arg, ussl_bytes_t key, ussl_bytes_t hash, uint8_t *signature, size_t size) {
    CHECK_EQ(key.len, 1);
    CHECK_EQ(hash.len, 2);
    CHECK_EQ(size, 3);
    *signature = *(const uint8_t *)arg;
    return 1;
}

// It is asked with what the connection's transport has, and stays where it cannot go.
static void signer(void) {
    uint8_t here = 77, signature[3] = { 0 };
    const ussl_transport_t transport = { .arg = &here };
    const ussl_conn_options_t options = { .name = NULL };
    ussl_conn_t *conn = NULL;
    ussl_error_t err;
    ussl_ctx_t *ctx = context();
    CHECK_EQ(ussl_ctx_set_signer(ctx, sign, &err), USSL_OK);
    fake.fails_signer = true;
    CHECK_EQ(ussl_ctx_set_signer(ctx, NULL, &err), USSL_FAILED);
    fake.fails_signer = false;
    if (CHECK_EQ(ussl_conn_new(ctx, &transport, &options, &conn, &err), USSL_OK)) {
        CHECK_EQ(fake.sign(conn, some, (ussl_bytes_t) { signature, 2 }, signature, sizeof(signature)), 1);
        CHECK_EQ(signature[0], 77);
        CHECK_EQ(ussl_ctx_set_signer(ctx, NULL, &err), USSL_FAILED);
        CHECK_EQ(err.reason, USSL_REASON_IN_USE);
        ussl_conn_free(conn);
    }
    CHECK_EQ(ussl_ctx_set_signer(ctx, NULL, &err), USSL_OK);
    CHECK(fake.sign == NULL);
    ussl_ctx_release(ctx);
}

static void server_resumes(void) {
    static const uint8_t keys[2 * USSL_SEAL_KEY_SIZE];
    ussl_session_stats_t stats;
    ussl_error_t err;
    ussl_ctx_t *ctx = server();
    CHECK_EQ(fake.session_ids, USSL_SERVER_SESSIONS);
    ussl_conn_t *conn = accepted(ctx);
    fake.resumes = true;
    fake.session_ids = 0; // as in a context that has not been enabled yet
    CHECK_EQ(ussl_ctx_set_ticket_keys(ctx, keys, 2, &err), USSL_OK);
    CHECK_EQ(fake.ticket_keys, 2);
    CHECK_EQ(fake.session_ids, USSL_SERVER_SESSIONS);
    ussl_ctx_set_session_cache_size(ctx, 3);
    CHECK(fake.session_ids == 3 && ctx->sessions.size == 3);
    CHECK_EQ(ussl_conn_handshake(conn), USSL_OK);
    CHECK_EQ(ussl_conn_handshake(conn), USSL_OK);
    ussl_conn_free(conn);
    ussl_ctx_session_stats(ctx, &stats);
    CHECK(stats.accept == 1 && stats.accept_good == 1 && stats.hits == 1 && stats.connect == 0);
    CHECK(stats.number == 1 && stats.misses == 5 && stats.timeouts == 6 && stats.cache_full == 7);
    ussl_ctx_release(ctx);
    CHECK_EQ(test_host.live, 0);
}

// The certificate that came, else the one that came when the session began, else none.
static void peer_digest(void) {
    static const uint8_t earlier[USSL_DIGEST_SIZE] = { 1, 2, 3 };
    uint8_t digest[USSL_DIGEST_SIZE];
    uint8_t wanted[USSL_DIGEST_SIZE];
    bool present = true;
    ussl_error_t err;
    ussl_ctx_t *ctx = server();
    ussl_conn_t *conn = accepted(ctx);
    CHECK_EQ(ussl_conn_handshake(conn), USSL_OK);
    CHECK(ussl_conn_peer_sha256(conn, digest, &present, &err) == USSL_OK && !present);
    fake.peer = earlier;
    CHECK(ussl_conn_peer_sha256(conn, digest, &present, &err) == USSL_OK && present);
    CHECK(memcmp(digest, earlier, sizeof(digest)) == 0);
    fake.peer_cert = some;
    CHECK(ussl_conn_peer_sha256(conn, digest, &present, &err) == USSL_OK && present);
    fake_engine.sha256(some, wanted, &err);
    CHECK(memcmp(digest, wanted, sizeof(digest)) == 0);
    ussl_conn_free(conn);
    ussl_ctx_release(ctx);
}

// ---- the queue under everything ----

// Compares the queue with a plain array through a long run of mixed operations.
static void buffer_against_array(void) {
    static uint8_t model[1 << 16];
    size_t start = 0;
    size_t stop = 0;
    ussl_buffer_t b = { 0 };
    unsigned random = 1;
    uint8_t piece[200];
    while (stop < sizeof(model) - sizeof(piece) && test_passing()) {
        random = random * 1103515245u + 12345u;
        size_t n = random >> 16 & 127;
        if (random & 0x1000000) {
            for (size_t i = 0; i < n; i++) {
                piece[i] = model[stop + i] = (uint8_t)(stop + i);
            }
            CHECK(ussl_buffer_append(&b, piece, n));
            stop += n;
        } else {
            size_t got = ussl_buffer_take(&b, piece, n);
            CHECK_EQ(got, n < stop - start ? n : stop - start);
            CHECK(memcmp(piece, model + start, got) == 0);
            start += got;
        }
        CHECK_EQ(ussl_buffer_len(&b), stop - start);
    }
    ussl_buffer_free(&b);
    CHECK_EQ(test_host.live, 0);
}

static void buffer_without_memory(void) {
    ussl_buffer_t b = { 0 };
    CHECK(ussl_buffer_append(&b, (const uint8_t *)"abc", 3));
    host_fail_at(1, false);
    CHECK(!ussl_buffer_append(&b, (const uint8_t *)"0123456789", 10));
    host_reset();
    CHECK_EQ(ussl_buffer_len(&b), 3);
    CHECK(memcmp(ussl_buffer_data(&b), "abc", 3) == 0);
    ussl_buffer_consume(&b, 3);
    CHECK_EQ(test_host.live, 0); // an empty queue holds nothing
}

void suite_context(void) {
    test_case("context: default roots give way", default_roots);
    test_case("context: frozen while a connection uses it", frozen_in_use);
    test_case("context: counted", counted);
    test_case("context: what failed is not set", failed_setters);
    test_case("context: ALPN names", alpn_list);
    test_case("memory: accounts", accounts);
    test_case("memory: a context's account", context_is_charged);
    test_case("memory: a connection's account", connection_is_charged);
    test_case("context: a key log", key_log);
    test_case("context: a signer", signer);
    test_case("context: a server whose clients resume", server_resumes);
    test_case("connection: the digest of the peer's certificate", peer_digest);
    test_case("buffer: a queue, whatever is done to it", buffer_against_array);
    test_case("buffer: unchanged without memory", buffer_without_memory);
}
