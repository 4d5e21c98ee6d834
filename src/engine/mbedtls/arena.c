#include <stdint.h>

#include "engine/mbedtls/arena.h"

#include "core/host.h"

// A chunk is divided into pieces, and each piece has a bit in two words: whether it is
// used, and whether a block ends there. So finding room is a matter of shifts, and a
// block needs no header.
#define PIECE 16
#define PIECES 32

typedef struct chunk {
    struct chunk *next;
    uint32_t used;
    uint32_t ends;
    union {
        uint64_t align;
        uint8_t bytes[PIECES * PIECE];
    } data;
} chunk_t;

static chunk_t *chunks;
static bool switched_on;
static bool refused; // the host had no memory for a chunk since the arena was switched on

// ---- AddressSanitizer sees what happens inside a chunk ----

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define WATCHED 1
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define WATCHED 1
#endif

#ifdef WATCHED
#include <sanitizer/asan_interface.h>
#define GAP 1 // pieces behind each block that nobody may touch
#define FORBID(ptr, len) ASAN_POISON_MEMORY_REGION(ptr, len)
#define ALLOW(ptr, len) ASAN_UNPOISON_MEMORY_REGION(ptr, len)
#else
#define GAP 0
#define FORBID(ptr, len) ((void)(ptr), (void)(len))
#define ALLOW(ptr, len) ((void)(ptr), (void)(len))
#endif

// ---- chunks ----

// A chunk may serve several connections: their accounts are charged for the pieces.
static chunk_t *add_chunk(void) {
    USSL_CHARGE(NULL);
    chunk_t *c = refused ? NULL : ussl_host_calloc(1, sizeof(*c));
    refused = c == NULL; // asking in vain costs a collection of garbage each time
    if (c != NULL) {
        c->next = chunks;
        chunks = c;
        FORBID(&c->data, sizeof(c->data));
    }
    return c;
}

static void remove_chunk(chunk_t *c) {
    USSL_CHARGE(NULL);
    chunk_t **link = &chunks;
    while (*link != c) {
        link = &(*link)->next;
    }
    *link = c->next;
    ALLOW(&c->data, sizeof(c->data));
    ussl_host_free(c);
}

static chunk_t *find_empty(const chunk_t *but) {
    chunk_t *c = chunks;
    while (c != NULL && (c->used != 0 || c == but)) {
        c = c->next;
    }
    return c;
}

static chunk_t *find_owner(const void *ptr) {
    chunk_t *c = chunks;
    while (c != NULL && (uintptr_t)ptr - (uintptr_t)&c->data >= sizeof(c->data)) {
        c = c->next;
    }
    return c;
}

// ---- pieces ----

static uint32_t mask(unsigned first, unsigned count) {
    return ((1u << count) - 1) << first;
}

// Of the bits in free those that begin a run of count.
static uint32_t runs(uint32_t free, unsigned count) {
    for (unsigned have = 1; have < count;) {
        unsigned step = have < count - have ? have : count - have;
        free &= free >> step;
        have += step;
    }
    return free;
}

static void *take_from(chunk_t *c, unsigned count) {
    uint32_t places = runs(~c->used, count);
    if (places == 0) {
        return NULL;
    }
    unsigned first = (unsigned)__builtin_ctz(places);
    ussl_account_add(count * PIECE);
    c->used |= mask(first, count);
    c->ends |= mask(first + count - 1, 1);
    return c->data.bytes + first * PIECE;
}

// What is free is zero.
static void give_back(chunk_t *c, uint8_t *ptr) {
    unsigned first = (unsigned)(ptr - c->data.bytes) / PIECE;
    unsigned count = (unsigned)__builtin_ctz(c->ends >> first) + 1;
    ALLOW(ptr, count * PIECE);
    ussl_wipe(ptr, count * PIECE);
    FORBID(ptr, count * PIECE);
    ussl_account_subtract(count * PIECE);
    c->used &= ~mask(first, count);
    c->ends &= ~mask(first + count - 1, 1);
}

// ---- the arena ----

bool ussl_mbedtls_arena_switch(bool on) {
    bool before = switched_on;
    switched_on = on;
    refused = false;
    return before;
}

void ussl_mbedtls_arena_trim(void) {
    for (chunk_t *c; (c = find_empty(NULL)) != NULL;) {
        remove_chunk(c);
    }
}

static void *take_pieces(unsigned count) {
    for (chunk_t *c = chunks; c != NULL; c = c->next) {
        void *ptr = take_from(c, count);
        if (ptr != NULL) {
            return ptr;
        }
    }
    chunk_t *c = add_chunk();
    return c == NULL ? NULL : take_from(c, count);
}

void *ussl_mbedtls_arena_take(size_t len) {
    if (!switched_on || len == 0 || len > USSL_ARENA_BLOCK_MAX) {
        return NULL;
    }
    void *ptr = take_pieces((unsigned)(len + PIECE - 1) / PIECE + GAP);
    if (ptr != NULL) {
        ALLOW(ptr, len);
    }
    return ptr;
}

// One chunk that has become empty stays while the arena is on: it is soon wanted again.
bool ussl_mbedtls_arena_give_back(void *ptr) {
    chunk_t *c = find_owner(ptr);
    if (c == NULL) {
        return false;
    }
    give_back(c, ptr);
    if (c->used == 0 && (!switched_on || find_empty(c) != NULL)) {
        remove_chunk(c);
    }
    return true;
}

bool ussl_mbedtls_arena_owns(const void *ptr) {
    return find_owner(ptr) != NULL;
}
