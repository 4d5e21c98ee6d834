// What is fuzzed: everything that reads bytes from the network, a file or a session.

#include <stdlib.h>
#include <string.h>

#include "core/session_seal.h"
#include "engine/mbedtls/resumption.h"
#include "engine/pair.h"
#include "fuzz.h"

static pair_t pair;

// ---- handshakes: a recorded one is the seed, the other end is the input ----

static pair_options_t options(uint16_t version) {
    pair_options_t o = usual(version);
    o.client.identity = "client-ecdsa";
    o.server.trust = "root-ecdsa.pem";
    o.client.alpn = o.server.alpn = "h2\0mqtt";
    o.client.alpn_size = o.server.alpn_size = sizeof("h2\0mqtt");
    o.server.max_early_data = 1000;
    return o;
}

// So that what was recorded opens in the contexts that are fed.
static const uint8_t ticket_key[USSL_SEAL_KEY_SIZE] = { 1 };

// The end of the recorded ticket of TLS 1.3, which lets early data come with it.
static uint8_t early_id[USSL_MBEDTLS_EARLY_ID_LEN];

static void note_ticket(const ussl_session_t *s) {
    memcpy(early_id, s->engine_data.data + s->engine_data.len - sizeof(early_id), sizeof(early_id));
}

static void seed_recorded(bool to_server) {
    pipe_t *p = to_server ? &pair.to_server : &pair.to_client;
    fuzz_seed(p->data, p->end);
}

static void record_resumed(uint16_t version, bool to_server) {
    pair_options_t o = options(version);
    ussl_session_t s = { 0 };
    ussl_error_t err;
    o.server.verify = USSL_VERIFY_OPTIONAL;
    pair.server_ctx = make_context(true, &o.server, &err);
    ussl_ctx_set_ticket_keys(pair.server_ctx, ticket_key, 1, &err);
    if (pair_connect(&pair, &o) && pair_save(&pair, &s)) {
        pair_close(&pair);
        note_ticket(&s);
        o.session = &s;
        o.early_data = (ussl_bytes_t) { (const uint8_t *)"early data", 10 };
        if (pair_connect(&pair, &o) && engine_under_test->resumed(pair.server->tls)) {
            pair_transfer(pair.client, pair.server, 100);
            seed_recorded(to_server);
        }
    }
    ussl_session_free(&s);
    pair_free(&pair);
}

// All bytes that ever went into a pipe are still in its array.
static void record(uint16_t version, bool to_server, ussl_verify_mode_t ask) {
    pair_options_t o = options(version);
    o.server.verify = ask;
    if (pair_connect(&pair, &o)) {
        pair_transfer(pair.server, pair.client, 100);
        pair_transfer(pair.client, pair.server, 100);
        ussl_conn_shutdown(pair.client);
        ussl_conn_shutdown(pair.server);
        seed_recorded(to_server);
    }
    pair_free(&pair);
}

static void record_all(bool to_server) {
    for (uint16_t version = USSL_TLS_1_2; version <= USSL_TLS_1_3; version++) {
        record(version, to_server, USSL_VERIFY_NONE);
        record(version, to_server, USSL_VERIFY_OPTIONAL);
        record_resumed(version, to_server);
    }
}

static ussl_ctx_t *contexts[2]; // client, server

static void start_contexts(void) {
    pair_options_t o = options(0);
    ussl_error_t err;
    o.client.min = 0;
    o.client.verify = USSL_VERIFY_NONE;
    o.server.verify = USSL_VERIFY_OPTIONAL;
    contexts[0] = make_context(false, &o.client, &err);
    contexts[1] = make_context(true, &o.server, &err);
    contexts[1]->chooses = true;
    ussl_ctx_set_ticket_keys(contexts[1], ticket_key, 1, &err);
}

static void stop_contexts(void) {
    ussl_ctx_release(contexts[0]);
    ussl_ctx_release(contexts[1]);
}

// What is shown as a name is one, and nothing is refused for it.
static int choose(void *arg, ussl_bytes_t name) {
    (void)arg;
    for (size_t i = 0; i < name.len; i++) {
        if (name.data[i] <= ' ' || name.data[i] > '~') {
            abort();
        }
    }
    return -1;
}

// Gives one end the input as all that its peer ever says, in pieces, and lets it talk.
static void feed(ussl_ctx_t *ctx, const uint8_t *data, size_t len) {
    static pipe_t in;
    static pipe_t out;
    pipe_end_t end = { &in, &out };
    ussl_transport_t transport = pipe_transport(&end);
    ussl_conn_options_t o = { .name = "localhost", .chooser = { .choose = choose } };
    ussl_conn_t *conn;
    ussl_error_t err;
    uint8_t buf[1000];
    size_t got;
    in.start = in.end = in.total = 0;
    out.start = out.end = 0;
    pipe_put(&in, data, len);
    in.ended = true;
    in.max_read = len == 0 ? 0 : 1 + data[0] % 97 * 10;
    if (ussl_conn_new(ctx, &transport, &o, &conn, &err) != USSL_OK) {
        return;
    }
    while (ussl_conn_read(conn, buf, sizeof(buf), &got) == USSL_OK) {
    }
    ussl_conn_await_session(conn, &err);
    ussl_conn_shutdown(conn);
    ussl_conn_free(conn);
}

static void start_server(void) {
    record_all(true);
    start_contexts();
}

static void run_server(const uint8_t *data, size_t len) {
    const ussl_bytes_t ticket = { early_id, sizeof(early_id) };
    ussl_mbedtls_early_tickets_add(&contexts[1]->cfg->early_tickets, ticket);
    feed(contexts[1], data, len);
}

static void start_client(void) {
    record_all(false);
    start_contexts();
}

static void run_client(const uint8_t *data, size_t len) {
    feed(contexts[0], data, len);
}

const fuzz_target_t fuzz_server = { "server", start_server, run_server, stop_contexts };
const fuzz_target_t fuzz_client = { "client", start_client, run_client, stop_contexts };

// ---- sessions ----

static const uint8_t seal_key[USSL_SEAL_KEY_SIZE] = { 1 };

static void seed_sealed(const ussl_session_t *s) {
    uint8_t sealed[1024];
    ussl_error_t err;
    if (ussl_session_seal(engine_under_test, s, seal_key, sealed, &err) == USSL_OK) {
        fuzz_seed(sealed, s->len + USSL_SESSION_SEAL_SIZE);
    }
}

static void start_session(void) {
    for (uint16_t version = USSL_TLS_1_2; version <= USSL_TLS_1_3; version++) {
        pair_options_t o = usual(version);
        ussl_session_t s;
        o.client.verify = USSL_VERIFY_NONE;
        if (pair_connect(&pair, &o) && pair_save(&pair, &s)) {
            fuzz_seed(s.data, s.len);
            fuzz_seed(s.engine_data.data, s.engine_data.len);
            seed_sealed(&s);
            ussl_session_free(&s);
        }
        pair_free(&pair);
    }
    start_contexts();
}

// The input as a sealed session, and as what was sealed.
static void open_sealed(const uint8_t *data, size_t len) {
    static uint8_t sealed[FUZZ_MAX_INPUT + USSL_SESSION_SEAL_SIZE];
    ussl_session_t inside = { .data = (uint8_t *)data, .len = len };
    ussl_session_t s;
    ussl_error_t err;
    ussl_session_seal(engine_under_test, &inside, seal_key, sealed, &err);
    ussl_bytes_t inputs[] = { { data, len }, { sealed, len + USSL_SESSION_SEAL_SIZE } };
    for (size_t i = 0; i < 2; i++) {
        if (ussl_session_open(engine_under_test, inputs[i], seal_key, &s, &err) == USSL_OK) {
            ussl_session_free(&s);
        }
    }
}

// Makes the checksum right, so that what lies behind it is reached too.
static void seal(uint8_t *data, size_t len) {
    uint8_t digest[32];
    ussl_error_t err;
    if (len >= 4) {
        engine_under_test->sha256((ussl_bytes_t) { data, len - 4 }, digest, &err);
        memcpy(data + len - 4, digest, 4);
    }
}

// Offers the session as core would, or its inner bytes straight, and says hello with it.
static void offer(const ussl_session_t *session, ussl_bytes_t inner) {
    static pipe_t pipe;
    pipe_end_t end = { &pipe, &pipe };
    ussl_transport_t transport = pipe_transport(&end);
    ussl_conn_options_t o = { .name = "localhost", .session = session };
    ussl_conn_t *conn;
    ussl_error_t err;
    pipe.start = pipe.end = 0;
    pipe.hold_reads = 1000;
    if (ussl_conn_new(contexts[0], &transport, &o, &conn, &err) != USSL_OK) {
        return;
    }
    if (session == NULL) {
        engine_under_test->conn_offer_session(conn->tls, inner, &err);
    }
    ussl_conn_handshake(conn);
    ussl_conn_free(conn);
}

static void run_session(const uint8_t *data, size_t len) {
    static uint8_t copy[FUZZ_MAX_INPUT];
    ussl_session_t s;
    ussl_error_t err;
    memcpy(copy, data, len);
    seal(copy, len);
    if (ussl_session_decode(engine_under_test, (ussl_bytes_t) { copy, len }, &s, &err) == USSL_OK) {
        offer(&s, (ussl_bytes_t) { NULL, 0 });
        ussl_session_free(&s);
    }
    offer(NULL, (ussl_bytes_t) { data, len });
    open_sealed(data, len);
}

const fuzz_target_t fuzz_session = { "session", start_session, run_session, stop_contexts };

// ---- tickets: what a client hands a server back, and what is in them ----

static const ussl_bytes_t bound = { (const uint8_t *)"binding", 7 };
static ussl_mbedtls_ticket_keys_t ticket_keys;

static void seed_ticket(uint16_t version, int suite, bool known) {
    uint8_t kept[USSL_MBEDTLS_KEPT_MAX];
    uint8_t ticket[USSL_MBEDTLS_TICKET_MAX];
    ussl_mbedtls_client_t client = { .known = known, .until = UINT32_MAX };
    mbedtls_ssl_session s;
    size_t len = 0;
    mbedtls_ssl_session_init(&s);
    s.tls_version = (mbedtls_ssl_protocol_version)version;
    s.ciphersuite = suite;
    s.resumption_key_len = 32;
    size_t kept_len = ussl_mbedtls_kept_write(&s, &client, kept);
    fuzz_seed(kept, kept_len);
    if (ussl_mbedtls_ticket_seal(&ticket_keys, bound, (ussl_bytes_t) { kept, kept_len }, ticket, &len) == 0) {
        fuzz_seed(ticket, len);
    }
}

static void start_ticket(void) {
    start_contexts();
    ussl_mbedtls_ticket_keys_set(&ticket_keys, ticket_key, 1);
    for (int known = 0; known < 2; known++) {
        seed_ticket(USSL_TLS_1_2, MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, known);
        seed_ticket(USSL_TLS_1_3, MBEDTLS_TLS1_3_AES_128_GCM_SHA256, known);
    }
}

static void stop_ticket(void) {
    ussl_mbedtls_ticket_keys_free(&ticket_keys);
    stop_contexts();
}

static void run_ticket(const uint8_t *data, size_t len) {
    uint8_t kept[USSL_MBEDTLS_KEPT_MAX];
    ussl_mbedtls_client_t client;
    mbedtls_ssl_session s;
    ussl_bytes_t input = { data, len };
    mbedtls_ssl_session_init(&s);
    ussl_mbedtls_kept_read(input, &s, &client);
    mbedtls_ssl_session_free(&s);
    if (ussl_mbedtls_ticket_open(&ticket_keys, bound, input, kept) > sizeof(kept)) {
        abort();
    }
}

const fuzz_target_t fuzz_ticket = { "ticket", start_ticket, run_ticket, stop_ticket };

// ---- files ----

static void seed_files(const char *const *names, size_t count) {
    for (size_t i = 0; i < count; i++) {
        ussl_bytes_t file = pki_file(names[i]);
        fuzz_seed(file.data, file.len);
    }
}

static void start_certificates(void) {
    static const char *const names[] = { "bundle.pem", "server-ecdsa.chain.pem", "server-rsa.der", "root-ecdsa.der",
        "broken-middle.pem", "trailing.der", "server-ecdsa.both.pem" };
    seed_files(names, sizeof(names) / sizeof(names[0]));
}

static void run_certificates(const uint8_t *data, size_t len) {
    ussl_ctx_t *ctx;
    ussl_error_t err;
    uint8_t digest[32];
    if (ussl_ctx_new(engine_under_test, false, &ctx, &err) == USSL_OK) {
        ussl_ctx_add_trust(ctx, (ussl_bytes_t) { data, len }, &err);
        engine_under_test->cfg_trust_digest(ctx->cfg, digest, &err);
        ussl_ctx_release(ctx);
    }
}

static void start_key(void) {
    static const char *const names[] = { "server-ecdsa.key", "server-ecdsa.old.key", "server-ecdsa.key.der",
        "server-ecdsa.old.key.der", "server-rsa.old.key.der", "server-rsa.key", "server-ecdsa.enc.key", "server-ecdsa.both.pem" };
    seed_files(names, sizeof(names) / sizeof(names[0]));
}

static void run_key(const uint8_t *data, size_t len) {
    ussl_ctx_t *ctx;
    ussl_error_t err;
    ussl_bytes_t password = { (const uint8_t *)"secret", 6 };
    if (ussl_ctx_new(engine_under_test, true, &ctx, &err) == USSL_OK) {
        ussl_ctx_set_identity(ctx, pki_file("server-ecdsa.der"), (ussl_bytes_t) { data, len }, password, &err);
        ussl_ctx_release(ctx);
    }
}

static void start_describe(void) {
    static const char *const names[] = { "server-ecdsa.der", "server-rsa.der", "root-ecdsa.der", "nosan.der", "client-ecdsa.der", "shown.der",
        "shown-places.der" };
    seed_files(names, sizeof(names) / sizeof(names[0]));
}

// Text that is not UTF-8 would be an error later, in the middle of telling another one.
static bool is_utf8(const uint8_t *text, size_t len) {
    unsigned more = 0;
    for (size_t i = 0; i < len; i++) {
        bool follows = (text[i] & 0xc0) == 0x80;
        if (follows != (more > 0) || text[i] >= 0xf8) {
            return false;
        }
        more = follows ? more - 1 : text[i] >= 0xf0 ? 3 : text[i] >= 0xe0 ? 2 : text[i] >= 0xc0 ? 1 : 0;
    }
    return more == 0;
}

static void touch(void *arg, const char *group, const char *key, const char *value, size_t len, bool new_rdn) {
    size_t *sum = arg;
    *sum += strlen(group) + (key == NULL ? 0 : strlen(key)) + new_rdn;
    if (value != NULL && !is_utf8((const uint8_t *)value, len)) {
        abort();
    }
}

static void run_describe(const uint8_t *data, size_t len) {
    size_t sum = 0;
    ussl_error_t err;
    engine_under_test->describe_cert((ussl_bytes_t) { data, len }, touch, &sum, &err);
}

static void start_pkcs12(void) {
    static const char *const names[] = { "aes.p12", "open.p12", "open-key.p12", "no-mac.p12", "leaf.p12", "no-key.p12" };
    seed_files(names, sizeof(names) / sizeof(names[0]));
}

static void run_pkcs12(const uint8_t *data, size_t len) {
    ussl_ctx_t *ctx;
    ussl_error_t err;
    ussl_bytes_t password = { (const uint8_t *)"secret", 6 };
    if (ussl_ctx_new(engine_under_test, true, &ctx, &err) == USSL_OK) {
        ussl_ctx_set_identity(ctx, (ussl_bytes_t) { data, len }, (ussl_bytes_t) { data, len }, password, &err);
        ussl_ctx_release(ctx);
    }
}

static void start_roots(void) {
    static const char *const names[] = { "roots.pem", "broken-middle.pem", "crls.pem", "roots-crls.pem", "crl-old-revoked.pem" };
    seed_files(names, sizeof(names) / sizeof(names[0]));
}

// Roots and revocation lists.
static void run_roots(const uint8_t *data, size_t len) {
    ussl_ctx_t *ctx;
    ussl_error_t err;
    if (ussl_ctx_new(engine_under_test, false, &ctx, &err) == USSL_OK) {
        ussl_ctx_add_roots(ctx, (ussl_bytes_t) { data, len }, 0, &err);
        ussl_ctx_add_trust(ctx, (ussl_bytes_t) { data, len }, &err);
        ussl_ctx_release(ctx);
    }
}

const fuzz_target_t fuzz_pkcs12 = { "pkcs12", start_pkcs12, run_pkcs12, NULL };
const fuzz_target_t fuzz_roots = { "roots", start_roots, run_roots, NULL };
const fuzz_target_t fuzz_certificates = { "certificates", start_certificates, run_certificates, NULL };
const fuzz_target_t fuzz_key = { "key", start_key, run_key, NULL };
const fuzz_target_t fuzz_describe = { "describe", start_describe, run_describe, NULL };
