#include <string.h>
#include <stdio.h>
#include "engine/pair.h"
#include "support/host.h"
const ussl_engine_t *engine_under_test = &ussl_engine_mbedtls;
static void quick(const void *arg) {
    static pair_t p;
    pair_options_t o = usual(*(const uint16_t *)arg);
    unsigned bits;
    if (CHECK(pair_connect(&p, &o))) {
        CHECK_EQ(ussl_engine_mbedtls.version(p.client->tls), *(const uint16_t *)arg);
        printf("# %s sends %lu/%lu bytes %lu/%lu\n", ussl_engine_mbedtls.cipher(p.client->tls, &bits), p.to_server.sends, p.to_client.sends, p.to_server.total, p.to_client.total);
        CHECK(pair_transfer(p.client, p.server, 100000));
        CHECK(pair_transfer(p.server, p.client, 100000));
        ussl_session_t s;
        if (CHECK(pair_save(&p, &s))) {
            printf("# session %zu\n", s.len);
            o.session = &s;
            pair_close(&p);
            if (CHECK(pair_connect(&p, &o))) {
                CHECK(ussl_engine_mbedtls.resumed(p.client->tls));
                CHECK(ussl_engine_mbedtls.resumed(p.server->tls));
                CHECK(pair_transfer(p.client, p.server, 100000));
                CHECK(pair_transfer(p.server, p.client, 100000));
            }
            ussl_session_free(&s);
        }
    }
    pair_free(&p);
}
int main(int argc, char **argv) {
    test_begin(argc, argv);
    test_case_with("1.2", quick, &(uint16_t){USSL_TLS_1_2});
    test_case_with("1.3", quick, &(uint16_t){USSL_TLS_1_3});
    printf("live %lu\n", test_host.live);
    return test_end();
}
