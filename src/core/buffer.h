// A queue of bytes that grows at its end and is consumed at its front.

#ifndef USSL_CORE_BUFFER_H
#define USSL_CORE_BUFFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Zero-initialised is empty and holds no memory.
typedef struct ussl_buffer {
    uint8_t *data;
    size_t capacity;
    size_t start; // first byte not yet consumed
    size_t end;   // one past the last byte
} ussl_buffer_t;

static inline size_t ussl_buffer_len(const ussl_buffer_t *b) {
    return b->end - b->start;
}

static inline const uint8_t *ussl_buffer_data(const ussl_buffer_t *b) {
    return b->data + b->start;
}

// Makes room for len more bytes at the end; returns where they go, NULL without memory.
uint8_t *ussl_buffer_reserve(ussl_buffer_t *b, size_t len);

// Appends a copy of len bytes; false, with nothing changed, without memory.
bool ussl_buffer_append(ussl_buffer_t *b, const uint8_t *data, size_t len);

// Moves up to len bytes from the front into out; returns how many.
size_t ussl_buffer_take(ussl_buffer_t *b, uint8_t *out, size_t len);

// Drops len bytes from the front; an emptied buffer gives its memory back, wiped.
void ussl_buffer_consume(ussl_buffer_t *b, size_t len);

// Wipes and frees everything.
void ussl_buffer_free(ussl_buffer_t *b);

#endif
