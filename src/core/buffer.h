// A queue of bytes that grows at its end and is consumed at its front.

#ifndef USSL_CORE_BUFFER_H
#define USSL_CORE_BUFFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// One block of memory with the bytes behind it, so that a connection, which has several
// queues that are mostly empty, pays one pointer for each.
typedef struct ussl_buffer_block {
    size_t capacity;
    size_t start; // first byte not yet consumed
    size_t end;   // one past the last byte
    uint8_t data[];
} ussl_buffer_block_t;

// Zero-initialised is empty and holds no memory.
typedef struct ussl_buffer {
    ussl_buffer_block_t *block;
} ussl_buffer_t;

static inline size_t ussl_buffer_len(const ussl_buffer_t *b) {
    return b->block == NULL ? 0 : b->block->end - b->block->start;
}

// The first byte; NULL when there was never one.
static inline const uint8_t *ussl_buffer_data(const ussl_buffer_t *b) {
    return b->block == NULL ? NULL : b->block->data + b->block->start;
}

// Makes room for len more bytes at the end; returns where they go, NULL without memory.
uint8_t *ussl_buffer_reserve(ussl_buffer_t *b, size_t len);

// len bytes, or fewer than were reserved, have been put there. An empty buffer gives its
// memory back.
void ussl_buffer_filled(ussl_buffer_t *b, size_t len);

// Appends a copy of len bytes; false, with nothing changed, without memory.
bool ussl_buffer_append(ussl_buffer_t *b, const uint8_t *data, size_t len);

// Moves up to len bytes from the front into out; returns how many.
size_t ussl_buffer_take(ussl_buffer_t *b, uint8_t *out, size_t len);

// Drops len bytes, which it holds, from the front; an emptied buffer gives its memory back, wiped.
void ussl_buffer_consume(ussl_buffer_t *b, size_t len);

// Wipes and frees everything.
void ussl_buffer_free(ussl_buffer_t *b);

#endif
