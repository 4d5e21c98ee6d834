// The arena for small blocks: what it hands out, and what it holds and gives back.

#include <stdint.h>
#include <string.h>

#include "engine/mbedtls/arena.h"
#include "engine/pair.h"
#include "engine/suite.h"
#include "support/host.h"

#define MANY 200
#define LARGEST (USSL_ARENA_BLOCK_MAX > 0 ? USSL_ARENA_BLOCK_MAX : 1)

static unsigned long live; // blocks of the host's before the case

static void begin(void) {
    live = test_host.live;
    host_reset();
    ussl_mbedtls_arena_switch(true);
}

static void end(void) {
    host_reset();
    ussl_mbedtls_arena_switch(false);
    ussl_mbedtls_arena_trim();
    CHECK_EQ(test_host.live, live);
}

static bool holds_only(const uint8_t *block, size_t len, uint8_t value) {
    for (size_t i = 0; i < len; i++) {
        if (block[i] != value) {
            return false;
        }
    }
    return true;
}

static void sizes(void) {
    begin();
    for (size_t len = 1; len <= USSL_ARENA_BLOCK_MAX; len++) {
        uint8_t *block = ussl_mbedtls_arena_take(len);
        CHECK(block != NULL && (uintptr_t)block % 8 == 0 && holds_only(block, len, 0));
        memset(block, 0xff, len);
        CHECK(ussl_mbedtls_arena_give_back(block));
    }
    CHECK(ussl_mbedtls_arena_take(0) == NULL);
    CHECK(ussl_mbedtls_arena_take(USSL_ARENA_BLOCK_MAX + 1) == NULL);
    CHECK_EQ(test_host.allocated, 1);
    end();
}

static void others_are_refused(void) {
    begin();
    uint8_t stranger;
    uint8_t *own = ussl_mbedtls_arena_take(1);
    CHECK(!ussl_mbedtls_arena_owns(&stranger) && !ussl_mbedtls_arena_give_back(&stranger));
    CHECK(!ussl_mbedtls_arena_owns(NULL) && !ussl_mbedtls_arena_give_back(NULL));
    CHECK(ussl_mbedtls_arena_owns(own) && ussl_mbedtls_arena_give_back(own));
    end();
}

// Blocks of changing sizes, freed in another order than they came, as numbers in
// arithmetic are; each keeps what was written into it.
static void any_order(void) {
    static uint8_t *blocks[MANY];
    static size_t lengths[MANY];
    uint32_t random = 1;
    begin();
    memset(blocks, 0, sizeof(blocks));
    for (unsigned i = 0; i < 20000; i++) {
        random = random * 1664525 + 1013904223;
        unsigned at = (random >> 8) % MANY;
        if (blocks[at] == NULL) {
            lengths[at] = 1 + (random >> 16) % LARGEST;
            blocks[at] = ussl_mbedtls_arena_take(lengths[at]);
            CHECK(blocks[at] != NULL && holds_only(blocks[at], lengths[at], 0));
            memset(blocks[at], (int)at + 1, lengths[at]);
        } else {
            CHECK(holds_only(blocks[at], lengths[at], (uint8_t)(at + 1)));
            CHECK(ussl_mbedtls_arena_give_back(blocks[at]));
            blocks[at] = NULL;
        }
    }
    for (unsigned at = 0; at < MANY; at++) {
        ussl_mbedtls_arena_give_back(blocks[at]);
    }
    end();
}

// The same few blocks again and again ask the host only once.
static void room_is_used_again(void) {
    uint8_t *old = NULL;
    begin();
    for (unsigned i = 0; i < 1000; i++) {
        uint8_t *block = ussl_mbedtls_arena_take(40);
        ussl_mbedtls_arena_give_back(old);
        old = block;
    }
    ussl_mbedtls_arena_give_back(old);
    CHECK_EQ(test_host.allocated, 1);
    end();
}

// A block that stays holds its chunk, and nothing else; the chunk goes with it.
static void block_that_stays(void) {
    uint8_t *blocks[MANY];
    begin();
    for (unsigned i = 0; i < MANY; i++) {
        blocks[i] = ussl_mbedtls_arena_take(32);
        blocks[i][31] = (uint8_t)i;
    }
    for (unsigned i = 0; i < MANY; i++) {
        CHECK(i == 50 || ussl_mbedtls_arena_give_back(blocks[i]));
    }
    ussl_mbedtls_arena_switch(false);
    ussl_mbedtls_arena_trim();
    CHECK_EQ(test_host.live, live + 1);
    CHECK(blocks[50][31] == 50 && ussl_mbedtls_arena_take(32) == NULL);
    CHECK(ussl_mbedtls_arena_give_back(blocks[50]));
    CHECK_EQ(test_host.live, live);
    end();
}

// Without memory for a chunk it asks once, until it is switched on again.
static void no_memory(void) {
    begin();
    host_fail_at(1, true);
    CHECK(ussl_mbedtls_arena_take(32) == NULL && ussl_mbedtls_arena_take(32) == NULL);
    CHECK_EQ(test_host.allocated, 1);
    host_reset();
    CHECK(ussl_mbedtls_arena_switch(true));
    uint8_t *block = ussl_mbedtls_arena_take(32);
    CHECK(block != NULL && ussl_mbedtls_arena_give_back(block));
    end();
}

// What the arena is for: a handshake asks the host for little, and nothing of the arena's
// is left when it is over.
static void handshake(const void *version) {
    static pair_t pair;
    pair_options_t o = usual(*(const uint16_t *)version);
    CHECK(pair_connect(&pair, &o)); // the first one makes what the process keeps
    pair_close(&pair);
    host_reset();
    CHECK(pair_connect(&pair, &o));
    CHECK(test_host.allocated < 400);
    ussl_mbedtls_arena_switch(true);
    unsigned long before = test_host.allocated;
    void *block = ussl_mbedtls_arena_take(1);
    CHECK_EQ(test_host.allocated, before + 1); // a chunk anew: there was none
    ussl_mbedtls_arena_give_back(block);
    ussl_mbedtls_arena_switch(false);
    ussl_mbedtls_arena_trim();
    pair_free(&pair);
}

void suite_arena(void) {
    static const uint16_t versions[] = { USSL_TLS_1_2, USSL_TLS_1_3 };
    if (USSL_ARENA_BLOCK_MAX == 0) {
        return; // built without
    }
    test_case("arena: every size", sizes);
    test_case("arena: others' blocks are left alone", others_are_refused);
    test_case("arena: blocks freed in any order", any_order);
    test_case("arena: room is used again", room_is_used_again);
    test_case("arena: a block that stays", block_that_stays);
    test_case("arena: no memory for a chunk", no_memory);
    test_case_with("arena: a TLS 1.2 handshake leaves nothing in it", handshake, &versions[0]);
    test_case_with("arena: a TLS 1.3 handshake leaves nothing in it", handshake, &versions[1]);
}
