#include <string.h>

#include "core/buffer.h"
#include "core/host.h"

static bool grow(ussl_buffer_t *b, size_t capacity) {
    ussl_buffer_block_t *block = ussl_host_calloc(1, sizeof(*block) + capacity);
    if (block == NULL) {
        return false;
    }
    block->capacity = capacity;
    block->end = ussl_buffer_len(b);
    if (block->end > 0) {
        memcpy(block->data, ussl_buffer_data(b), block->end);
    }
    ussl_buffer_free(b);
    b->block = block;
    return true;
}

static void move_to_front(ussl_buffer_block_t *block) {
    block->end -= block->start;
    memmove(block->data, block->data + block->start, block->end);
    block->start = 0;
}

uint8_t *ussl_buffer_reserve(ussl_buffer_t *b, size_t len) {
    size_t used = ussl_buffer_len(b);
    if (b->block != NULL && b->block->capacity - b->block->end < len && b->block->capacity - used >= len) {
        move_to_front(b->block);
    }
    if (b->block == NULL || b->block->capacity - b->block->end < len) {
        // Half as much again, so that a flight written in small pieces is copied seldom.
        size_t want = len > used / 2 ? used + len : used + used / 2;
        if (!grow(b, want)) {
            return NULL;
        }
    }
    return b->block->data + b->block->end;
}

void ussl_buffer_filled(ussl_buffer_t *b, size_t len) {
    b->block->end += len;
    ussl_buffer_consume(b, 0);
}

bool ussl_buffer_append(ussl_buffer_t *b, const uint8_t *data, size_t len) {
    uint8_t *to = ussl_buffer_reserve(b, len);
    if (to == NULL) {
        return false;
    }
    memcpy(to, data, len);
    ussl_buffer_filled(b, len);
    return true;
}

size_t ussl_buffer_take(ussl_buffer_t *b, uint8_t *out, size_t len) {
    size_t n = ussl_buffer_len(b) < len ? ussl_buffer_len(b) : len;
    if (n > 0) {
        memcpy(out, ussl_buffer_data(b), n);
        ussl_buffer_consume(b, n);
    }
    return n;
}

void ussl_buffer_consume(ussl_buffer_t *b, size_t len) {
    b->block->start += len;
    if (b->block->start == b->block->end) {
        ussl_buffer_free(b);
    }
}

void ussl_buffer_free(ussl_buffer_t *b) {
    if (b->block != NULL) {
        ussl_wipe_free(b->block, sizeof(*b->block) + b->block->capacity);
        b->block = NULL;
    }
}
