// Memory, time and randomness for mbedTLS.

#include <string.h>

#include "engine/mbedtls/internal.h"

#include "mbedtls/build_info.h"
#include "mbedtls/platform_time.h"

#include "core/host.h"
#include "engine/mbedtls/arena.h"

// mbedTLS reports a failed allocation in many disguises ("certificate not signed by
// the trusted CA"); remembering the fact is the only sure way to tell. mbedTLS has no
// context to keep this in, and one operation runs at a time, so it is one variable.
static bool no_memory;

// Without memory mbedTLS is not safe: cut short in some places it leaks keys, reads past
// an array, or sends a wrong Finished. So it gets what it asks for from this spare, as
// long as that lasts, and goes on to where it can be stopped: the adapter then fails the
// operation, because ussl_mbedtls_no_memory says so.
static union {
    uint8_t bytes[USSL_MBEDTLS_SPARE];
    uint64_t align;
} spare;
static size_t spare_used;
static unsigned spare_blocks;

static void *take_spare(size_t count, size_t size) {
    size_t left = sizeof(spare) - spare_used;
    if (left == 0 || (size != 0 && count > left / size)) {
        return NULL;
    }
    void *ptr = spare.bytes + spare_used;
    size_t len = (count * size + 15) & ~(size_t)15;
    spare_used += len < left ? len : left;
    spare_blocks++;
    return memset(ptr, 0, count * size);
}

static bool is_spare(const void *ptr) {
    return (uintptr_t)ptr - (uintptr_t)spare.bytes < sizeof(spare);
}

static void give_spare_back(void) {
    if (--spare_blocks == 0) {
        spare_used = 0;
    }
}

void *ussl_mbedtls_own_calloc(size_t count, size_t size) {
    void *ptr = ussl_host_calloc(count, size);
    no_memory |= ptr == NULL;
    return ptr;
}

// Record buffers that mbedtls_ssl_setup is lent: it asks for them in this order, and
// gives them back if it fails.
static void *loans[2];
static const size_t loan_sizes[] = { MBEDTLS_SSL_IN_BUFFER_LEN, MBEDTLS_SSL_OUT_BUFFER_LEN };
static unsigned loans_taken;

void ussl_mbedtls_lend(void *in, void *out) {
    loans[0] = in;
    loans[1] = out;
    loans_taken = 0;
}

static void *take_loan(size_t size) {
    bool wanted = loans_taken < 2 && loans[loans_taken] != NULL && size == loan_sizes[loans_taken];
    return wanted ? loans[loans_taken++] : NULL;
}

static bool is_loan(const void *ptr) {
    return ptr == loans[0] || ptr == loans[1];
}

static void *take_from_arena(size_t count, size_t size) {
    bool small = count <= USSL_ARENA_BLOCK_MAX && size <= USSL_ARENA_BLOCK_MAX;
    return small ? ussl_mbedtls_arena_take(count * size) : NULL;
}

void *ussl_mbedtls_calloc(size_t count, size_t size) {
    void *ptr = take_loan(count * size);
    ptr = ptr != NULL ? ptr : take_from_arena(count, size);
    ptr = ptr != NULL ? ptr : ussl_mbedtls_own_calloc(count, size);
    return ptr != NULL ? ptr : take_spare(count, size);
}

void ussl_mbedtls_free(void *ptr) {
    if (is_spare(ptr)) {
        give_spare_back();
    } else if (!is_loan(ptr) && !ussl_mbedtls_arena_give_back(ptr)) {
        ussl_host_free(ptr);
    }
}

void ussl_mbedtls_begin(void) {
    no_memory = false;
}

bool ussl_mbedtls_no_memory(void) {
    return no_memory;
}

ussl_mbedtls_pause_t ussl_mbedtls_pause(void) {
    return (ussl_mbedtls_pause_t) { .no_memory = no_memory, .arena = ussl_mbedtls_arena_switch(false) };
}

void ussl_mbedtls_resume(ussl_mbedtls_pause_t before) {
    no_memory = before.no_memory;
    ussl_mbedtls_arena_switch(before.arena);
}

int64_t ussl_mbedtls_time(int64_t *out) {
    int64_t now = ussl_host_unix_ms() / 1000;
    if (out != NULL) {
        *out = now;
    }
    return now;
}

mbedtls_ms_time_t mbedtls_ms_time(void) {
    return ussl_host_unix_ms();
}

ussl_status_t ussl_mbedtls_start(ussl_error_t *err) {
    ussl_mbedtls_begin();
    int ret = ussl_mbedtls_random_start();
    if (ret == 0 && !no_memory) {
        return USSL_OK;
    }
    if (no_memory) {
        ussl_mbedtls_random_stop();
    }
    return ussl_mbedtls_fail(ret, err);
}

// The generator's and PSA's own memory has no owner, and the host's may end before the process does (soft
// reset), with configurations freed in any order.
static unsigned configurations;
static bool stopping;

static void stop_if_idle(void) {
    if (stopping && configurations == 0) {
        ussl_mbedtls_random_stop();
        stopping = false;
    }
}

void ussl_mbedtls_hold(void) {
    configurations++;
}

void ussl_mbedtls_release(void) {
    configurations--;
    stop_if_idle();
}

void ussl_mbedtls_stop(void) {
    stopping = true;
    stop_if_idle();
}
