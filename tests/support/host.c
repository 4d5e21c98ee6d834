#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/host.h"
#include "support/host.h"

test_host_t test_host = { .monotonic_ms = 1000 };

// The size stands before each block, so that freeing can count it back.
typedef union header {
    size_t size;
    long double align;
} header_t;

static host_site_t sites[HOST_MAX_SITES];
static size_t site_count;
static bool recording;
static unsigned long fail_count = 1; // how many fail
static uint64_t wanted_stack;
static unsigned long wanted_nth;
static const uintptr_t *stack_base;

void host_reset(void) {
    test_host.allocated = 0;
    test_host.fail_at = 0;
    test_host.fail_for_good = false;
    test_host.failed = false;
    fail_count = 1;
    wanted_nth = 0;
    test_host.peak = test_host.bytes;
    test_host.largest = 0;
}

void host_fail_at(unsigned long n, bool for_good) {
    host_reset();
    test_host.fail_at = n;
    test_host.fail_for_good = for_good;
}

// ---- sites ----

// Follows the frame pointers, which every file here is compiled to keep.
__attribute__((no_sanitize("address", "undefined"))) static uint64_t stack_hash(const uintptr_t *frame) {
    uint64_t hash = 14695981039346656037u;
    for (int depth = 0; depth < 64; depth++) {
        const uintptr_t *next = (const uintptr_t *)frame[0];
        hash = (hash ^ frame[1]) * 1099511628211u;
        if (next <= frame || next >= stack_base) {
            break;
        }
        frame = next;
    }
    return hash;
}

void host_stack_base(const void *frame) {
    stack_base = frame;
}

static void record(uint64_t stack) {
    size_t i = 0;
    while (i < site_count && sites[i].stack != stack) {
        i++;
    }
    if (i == site_count && i < HOST_MAX_SITES) {
        sites[site_count++] = (host_site_t) { .stack = stack };
    }
    if (i < HOST_MAX_SITES) {
        sites[i].count++;
    }
}

void host_record_sites(void) {
    host_reset();
    site_count = 0;
    recording = true;
}

size_t host_recorded_sites(host_site_t out[HOST_MAX_SITES]) {
    recording = false;
    memcpy(out, sites, site_count * sizeof(sites[0]));
    return site_count;
}

void host_fail_some(unsigned long n, unsigned long count) {
    host_fail_at(n, false);
    fail_count = count;
}

void host_fail_site(uint64_t stack, unsigned long nth, bool for_good) {
    host_reset();
    wanted_stack = stack;
    wanted_nth = nth;
    test_host.fail_for_good = for_good;
}

// Turns the wanted allocation of the wanted site, when it is reached, into a number.
static void watch_sites(const uintptr_t *frame) {
    uint64_t stack = recording || wanted_nth > 0 ? stack_hash(frame) : 0;
    if (recording) {
        record(stack);
    }
    if (wanted_nth > 0 && stack == wanted_stack && --wanted_nth == 0) {
        test_host.fail_at = test_host.allocated;
    }
}

// ---- memory ----

static bool refused(const uintptr_t *frame) {
    test_host.allocated++;
    watch_sites(frame);
    bool refuse = test_host.fail_at != 0 && test_host.allocated >= test_host.fail_at
        && (test_host.fail_for_good || test_host.allocated < test_host.fail_at + fail_count);
    test_host.failed |= refuse;
    return refuse;
}

static void count(size_t size) {
    test_host.live++;
    test_host.bytes += size;
    test_host.peak = test_host.bytes > test_host.peak ? test_host.bytes : test_host.peak;
    test_host.largest = size > test_host.largest ? size : test_host.largest;
}

void *ussl_host_calloc(size_t n, size_t size) {
    if (refused(__builtin_frame_address(0)) || (size != 0 && n > (SIZE_MAX - sizeof(header_t)) / size)) {
        return NULL;
    }
    header_t *block = calloc(1, sizeof(*block) + n * size);
    if (block == NULL) {
        abort();
    }
    block->size = n * size;
    count(n * size);
    ussl_account_add(n * size);
    return block + 1;
}

static bool holds_secret(const uint8_t *data, size_t size) {
    size_t len = test_host.secret_len, at = 0;
    while (at + len <= size && memcmp(data + at, test_host.secret, len) != 0) {
        at++;
    }
    return at + len <= size;
}

void ussl_host_free(void *ptr) {
    if (ptr != NULL) {
        header_t *block = (header_t *)ptr - 1;
        test_host.exposed += test_host.secret != NULL && holds_secret(ptr, block->size);
        test_host.live--;
        test_host.bytes -= block->size;
        ussl_account_subtract(block->size);
        free(block);
    }
}

uint64_t ussl_host_monotonic_ms(void) {
    return test_host.monotonic_ms;
}

int64_t ussl_host_unix_ms(void) {
    return test_host.unix_ms != 0 ? test_host.unix_ms : (int64_t)time(NULL) * 1000;
}
