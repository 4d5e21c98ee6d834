#include <string.h>

#include "core/buffer.h"
#include "core/host.h"

static bool grow(ussl_buffer_t *b, size_t capacity) {
    uint8_t *data = ussl_host_calloc(1, capacity);
    if (data == NULL) {
        return false;
    }
    size_t len = ussl_buffer_len(b);
    if (len > 0) {
        memcpy(data, b->data + b->start, len);
    }
    ussl_wipe_free(b->data, b->capacity);
    *b = (ussl_buffer_t) { .data = data, .capacity = capacity, .end = len };
    return true;
}

uint8_t *ussl_buffer_reserve(ussl_buffer_t *b, size_t len) {
    size_t used = ussl_buffer_len(b);
    if (b->capacity - b->end >= len && b->data != NULL) {
        return b->data + b->end;
    }
    if (b->capacity - used >= len && b->data != NULL) {
        memmove(b->data, b->data + b->start, used);
        b->start = 0;
        b->end = used;
        return b->data + b->end;
    }
    // Grow by half again, so that a flight written in small pieces is copied seldom.
    size_t want = used + len;
    return grow(b, want > used + used / 2 ? want : used + used / 2) ? b->data + b->end : NULL;
}

bool ussl_buffer_append(ussl_buffer_t *b, const uint8_t *data, size_t len) {
    uint8_t *to = ussl_buffer_reserve(b, len);
    if (to == NULL) {
        return false;
    }
    memcpy(to, data, len);
    b->end += len;
    return true;
}

size_t ussl_buffer_take(ussl_buffer_t *b, uint8_t *out, size_t len) {
    size_t n = ussl_buffer_len(b) < len ? ussl_buffer_len(b) : len;
    if (n > 0) {
        memcpy(out, b->data + b->start, n);
        ussl_buffer_consume(b, n);
    }
    return n;
}

void ussl_buffer_consume(ussl_buffer_t *b, size_t len) {
    b->start += len;
    if (b->start == b->end) {
        ussl_buffer_free(b);
    }
}

void ussl_buffer_free(ussl_buffer_t *b) {
    ussl_wipe_free(b->data, b->capacity);
    *b = (ussl_buffer_t) { 0 };
}
