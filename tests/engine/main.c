// One conformance suite for every engine; this program runs it on mbedTLS's adapter.

#include "ussl_mbedtls_config.h"

#include "engine/pair.h"
#include "engine/suite.h"
#include "support/host.h"

const ussl_engine_t *engine_under_test = &ussl_engine_mbedtls;
const size_t engine_record_max = USSL_RECORD_OUT;

// Last of all: the connections gave back whatever they took. What the library keeps for
// the process is there after the first one already.
static void nothing_left(void) {
    static pair_t pair;
    pair_options_t o = usual(0);
    CHECK(pair_connect(&pair, &o));
    pair_free(&pair);
    unsigned long live = test_host.live;
    CHECK(pair_connect(&pair, &o));
    pair_free(&pair);
    CHECK_EQ(test_host.live, live);
}

// The library's own start finds no memory, once at every allocation, and can be repeated.
static void start(void) {
    bool done = false;
    for (unsigned long n = 1; !done && n < 1000 && test_passing(); n++) {
        ussl_ctx_t *ctx = NULL;
        ussl_error_t err;
        engine_under_test->stop();
        host_fail_at(n, false);
        ussl_status_t st = ussl_ctx_new(engine_under_test, true, &ctx, &err);
        done = !test_host.failed;
        host_reset();
        CHECK_EQ(st, done ? USSL_OK : USSL_FAILED);
        CHECK(done || err.cls == USSL_ERR_MEMORY);
        ussl_ctx_release(ctx);
    }
    CHECK(done);
}

int main(int argc, char **argv) {
    test_begin(argc, argv);
    test_case("memory: the library's start", start);
    suite_handshake();
    suite_input();
    suite_verify();
    suite_session();
    suite_state();
    suite_tickets();
    suite_seal();
    suite_choose();
    suite_session_cache();
    suite_early_data();
    suite_options();
    suite_psk();
    suite_data();
    suite_buffers();
    suite_limits();
    suite_dtls();
    suite_arena();
    suite_memory();
    test_case("nothing is left behind", nothing_left);
    return test_end();
}
