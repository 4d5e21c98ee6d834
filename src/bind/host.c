// MicroPython as ussl's host: memory and clocks.

#include <stdlib.h>

#include "py/gc.h"
#include "py/mphal.h"

#include "bind/bind.h"
#include "bind/host_heap.h"
#include "core/host.h"

#if !USSL_HOST_HEAP

// Before each block, to count it when it is freed.
typedef union header {
    size_t size;
    long double align;
} header_t;

// Finalisers that the collection runs free what is not the charged one's.
static void collect(void) {
    USSL_CHARGE(NULL);
    gc_collect();
}

// The system's memory, where a port has an operating system. Python objects that are
// no longer used may hold some of it, so a collection comes before giving up.
void *ussl_host_calloc(size_t count, size_t size) {
    if (size != 0 && count > (SIZE_MAX - sizeof(header_t)) / size) {
        return NULL;
    }
    header_t *block = calloc(1, sizeof(*block) + count * size);
    if (block == NULL && !gc_is_locked()) {
        collect();
        block = calloc(1, sizeof(*block) + count * size);
    }
    if (block == NULL) {
        return NULL;
    }
    block->size = count * size;
    ussl_account_add(block->size);
    return block + 1;
}

void ussl_host_free(void *ptr) {
    if (ptr != NULL) {
        header_t *block = (header_t *)ptr - 1;
        ussl_account_subtract(block->size);
        free(block);
    }
}

#endif

// mp_hal_ticks_ms has 32 bits on most ports and wraps after 49 days; called at least
// that often while it matters, the high half is counted here: by one thread at a time,
// or one that looked a moment earlier than another would count a turn too many.
uint64_t ussl_host_monotonic_ms(void) {
    static uint32_t last;
    static uint32_t wraps;
    ussl_lock();
    uint32_t now = (uint32_t)mp_hal_ticks_ms();
    wraps += now < last;
    last = now;
    uint64_t ms = (uint64_t)wraps << 32 | now;
    ussl_unlock();
    return ms;
}

int64_t ussl_host_unix_ms(void) {
    return (int64_t)(mp_hal_time_ns() / 1000000);
}
