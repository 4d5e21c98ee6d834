// A client's context that resumes by itself, over a real library.

#include <stdio.h>

#include "core/session_cache.h"
#include "engine/pair.h"
#include "engine/suite.h"
#include "support/host.h"

#define SIZE 4

static pair_t pair;

static bool open_contexts(const pair_options_t *o, uint8_t tickets) {
    ussl_error_t err;
    pair.client_ctx = make_context(false, &o->client, &err);
    pair.server_ctx = make_context(true, &o->server, &err);
    bool ok = CHECK(pair.client_ctx != NULL && pair.server_ctx != NULL)
        && CHECK_EQ(ussl_ctx_set_num_tickets(pair.server_ctx, tickets, &err), USSL_OK);
    if (ok) {
        ussl_session_cache_resize(pair.client_ctx, SIZE);
    }
    return ok;
}

// Connects, moves some data each way and closes; true when it was resumed.
static bool visit(const pair_options_t *o) {
    bool resumed = CHECK(pair_connect(&pair, o)) && engine_under_test->resumed(pair.client->tls)
        && CHECK(engine_under_test->resumed(pair.server->tls));
    if (pair.client != NULL && pair.client->state == USSL_CONN_OPEN) {
        CHECK(pair_transfer(pair.client, pair.server, 100) && pair_transfer(pair.server, pair.client, 100));
    }
    pair_close(&pair);
    return resumed;
}

static void by_itself(const void *version) {
    pair_options_t o = usual(*(const uint16_t *)version);
    if (open_contexts(&o, 1)) {
        CHECK(!visit(&o));
        for (unsigned i = 0; i < 3; i++) {
            CHECK(visit(&o));
            CHECK_EQ(pair.client_ctx->sessions.count, 1);
        }
        CHECK_EQ(pair.client_ctx->stats.hits, 3);
        size_t full = pair.client_ctx->memory.now;
        ussl_session_cache_resize(pair.client_ctx, 0);
        CHECK(pair.client_ctx->memory.now < full);
    }
    pair_free(&pair);
}

// Three tickets in one piece with data: each is kept, and each resumes.
static void several_tickets(void) {
    pair_options_t o = usual(USSL_TLS_1_3);
    if (open_contexts(&o, 3)) {
        ussl_error_t err;
        CHECK(!visit(&o));
        CHECK_EQ(pair.client_ctx->sessions.count, 3);
        CHECK_EQ(ussl_ctx_set_num_tickets(pair.server_ctx, 0, &err), USSL_OK);
        for (unsigned left = 3; left-- > 0;) {
            CHECK(visit(&o));
            CHECK_EQ(pair.client_ctx->sessions.count, left);
        }
        CHECK(!visit(&o));
    }
    pair_free(&pair);
}

// Whatever allocation fails while tickets come, it is the ticket that is lost or the memory
// that is named; the next connection works.
static void tickets_without_memory(const void *version) {
    pair_options_t o = usual(*(const uint16_t *)version);
    bool failed = true;
    unsigned long live = 0;
    for (unsigned long n = 1; failed && n < 100; n++) {
        if (open_contexts(&o, 2) && CHECK(pair_connect(&pair, &o))) {
            uint8_t byte;
            size_t put, got;
            CHECK_EQ(ussl_conn_write(pair.server, (const uint8_t *)"x", 1, &put), USSL_OK);
            host_fail_at(n, false);
            ussl_status_t st = ussl_conn_read(pair.client, &byte, 1, &got);
            failed = test_host.failed;
            host_reset();
            CHECK((st == USSL_OK && byte == 'x') || pair.client->error.cls == USSL_ERR_MEMORY);
            pair_close(&pair);
            visit(&o);
        }
        pair_free(&pair);
        live = live == 0 ? test_host.live : live; // what the library keeps for good
        CHECK_EQ(test_host.live, live);
    }
    CHECK(!failed);
}

void suite_session_cache(void) {
    static const uint16_t versions[] = { USSL_TLS_1_2, USSL_TLS_1_3 };
    static const char *const words[] = { "TLS 1.2", "TLS 1.3" };
    char name[100];
    for (size_t v = 0; v < 2; v++) {
        snprintf(name, sizeof(name), "session cache, %s: a loop resumes by itself", words[v]);
        test_case_with(name, by_itself, &versions[v]);
        snprintf(name, sizeof(name), "session cache, %s: without memory", words[v]);
        test_case_with(name, tickets_without_memory, &versions[v]);
    }
    test_case("session cache: several tickets with data", several_tickets);
}
