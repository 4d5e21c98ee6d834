// One conformance suite for every engine; this program runs it on mbedTLS's adapter.

#include "engine/pair.h"
#include "engine/suite.h"
#include "support/host.h"

const ussl_engine_t *engine_under_test = &ussl_engine_mbedtls;

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

int main(int argc, char **argv) {
    test_begin(argc, argv);
    suite_handshake();
    suite_input();
    suite_verify();
    suite_session();
    suite_data();
    suite_memory();
    test_case("nothing is left behind", nothing_left);
    return test_end();
}
