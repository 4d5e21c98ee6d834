// Data sealed under a key: opened with it alone, and only as it was.

#include <string.h>

#include "engine/pair.h"
#include "engine/suite.h"
#include "support/host.h"

#define LEN 300
#define SEALED (LEN + USSL_SEAL_SIZE)

static const uint8_t key[USSL_SEAL_KEY_SIZE] = { 1, 2, 3 };
static const ussl_bytes_t label = { (const uint8_t *)"label", 5 };
static uint8_t plain[LEN];
static uint8_t sealed[SEALED];

static void seal(void) {
    ussl_error_t err;
    memset(plain, 0x5a, LEN);
    CHECK_EQ(engine_under_test->seal(key, label, (ussl_bytes_t) { plain, LEN }, sealed, &err), USSL_OK);
}

static bool opens(const uint8_t *with, ussl_bytes_t under, size_t len) {
    uint8_t out[LEN + 1] = { 0 };
    ussl_error_t err = { 0 };
    ussl_status_t st = engine_under_test->open(with, under, (ussl_bytes_t) { sealed, len }, out, &err);
    CHECK(st == USSL_OK || (err.cls == USSL_ERR_INPUT && err.reason == USSL_REASON_SESSION_DATA));
    CHECK(st == USSL_OK || memchr(out, 0x5a, LEN) == NULL);
    return st == USSL_OK && memcmp(out, plain, LEN) == 0;
}

static void round_trip(void) {
    uint8_t first[SEALED];
    seal();
    CHECK(opens(key, label, SEALED));
    memcpy(first, sealed, SEALED);
    seal();
    CHECK(memcmp(first, sealed, 12) != 0); // another nonce each time
    CHECK(memcmp(first + 12, sealed + 12, LEN) != 0);
    CHECK(opens(key, label, SEALED));
}

static void refused(void) {
    static const uint8_t other[USSL_SEAL_KEY_SIZE] = { 1, 2, 4 };
    seal();
    CHECK(!opens(other, label, SEALED));
    CHECK(!opens(key, (ussl_bytes_t) { label.data, 4 }, SEALED));
    for (size_t len = 0; len < SEALED; len++) {
        CHECK(!opens(key, label, len));
    }
    for (size_t i = 0; i < SEALED * 8; i++) {
        sealed[i / 8] ^= (uint8_t)(1 << i % 8);
        CHECK(!opens(key, label, SEALED));
        sealed[i / 8] ^= (uint8_t)(1 << i % 8);
    }
    CHECK(opens(key, label, SEALED));
}

static void nothing_inside(void) {
    uint8_t empty[USSL_SEAL_SIZE];
    uint8_t out;
    ussl_error_t err;
    CHECK_EQ(engine_under_test->seal(key, label, (ussl_bytes_t) { plain, 0 }, empty, &err), USSL_OK);
    CHECK_EQ(engine_under_test->open(key, label, (ussl_bytes_t) { empty, sizeof(empty) }, &out, &err), USSL_OK);
}

void suite_seal(void) {
    test_case("seal: there and back, never the same twice", round_trip);
    test_case("seal: another key or label, truncations and flipped bits", refused);
    test_case("seal: nothing", nothing_inside);
}
