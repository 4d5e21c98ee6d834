// Memory for ussl from MicroPython's heap, on ports without an operating system's.
//
// What core and the engine hold is reachable from nowhere that the collector looks, so
// every block is on a list that hangs from a root pointer. The list ends with the heap:
// a soft reset runs the finalisers of everything that owns a block, and they empty it.

#include "bind/host_heap.h"

#if USSL_HOST_HEAP

#include <string.h>

#include "py/gc.h"
#include "py/runtime.h"

#include "core/host.h"

typedef struct ussl_block {
    struct ussl_block *prev;
    struct ussl_block *next;
    uint8_t data[];
} ussl_block_t;

MP_REGISTER_ROOT_POINTER(struct ussl_block *ussl_blocks);

#define HEAD MP_STATE_VM(ussl_blocks)

// Finalisers that the collector runs free what is not the charged one's.
static ussl_block_t *take(size_t bytes) {
    USSL_CHARGE(NULL);
    return gc_alloc(bytes, 0);
}

// The collector runs, once, inside gc_alloc when the heap is full. Aligned to the
// machine's widest type only as far as gc_alloc's 16 bytes and this header allow: 8.
void *ussl_host_calloc(size_t count, size_t size) {
    if (size != 0 && count > (SIZE_MAX - sizeof(ussl_block_t)) / size) {
        return NULL;
    }
    ussl_block_t *block = take(sizeof(ussl_block_t) + count * size);
    if (block == NULL) {
        return NULL;
    }
    ussl_account_add(gc_nbytes(block));
    memset(block->data, 0, count * size);
    block->prev = NULL;
    block->next = HEAD;
    if (HEAD != NULL) {
        HEAD->prev = block;
    }
    HEAD = block;
    return block->data;
}

static void unlink_block(ussl_block_t *block) {
    if (block->next != NULL) {
        block->next->prev = block->prev;
    }
    if (block->prev != NULL) {
        block->prev->next = block->next;
    } else {
        HEAD = block->next;
    }
}

// While the heap is locked nothing can be freed: the block is dropped from the list,
// and the next collection finds it.
void ussl_host_free(void *ptr) {
    if (ptr != NULL) {
        ussl_block_t *block = (ussl_block_t *)((uint8_t *)ptr - sizeof(ussl_block_t));
        ussl_account_subtract(gc_nbytes(block));
        unlink_block(block);
        gc_free(block);
    }
}

#endif
