// Core alone: no TLS library, no MicroPython.

#include "suite.h"
#include "support/check.h"

int main(int argc, char **argv) {
    test_begin(argc, argv);
    suite_conn();
    suite_flow();
    suite_early_data();
    suite_session();
    suite_session_cache();
    suite_session_seal();
    suite_context();
    suite_psk();
    return test_end();
}
