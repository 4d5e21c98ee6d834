#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "support/pipe.h"

void pipe_reset(pipe_t *p) {
    memset(p, 0, sizeof(*p));
}

size_t pipe_len(const pipe_t *p) {
    return p->end - p->start;
}

const uint8_t *pipe_data(const pipe_t *p) {
    return p->data + p->start;
}

static size_t least(size_t a, size_t b) {
    return a < b ? a : b;
}

static size_t room(const pipe_t *p) {
    size_t capacity = p->capacity == 0 ? PIPE_MAX : p->capacity;
    return capacity - least(capacity, pipe_len(p));
}

void pipe_put(pipe_t *p, const void *data, size_t len) {
    if (PIPE_MAX - p->end < len) {
        memmove(p->data, p->data + p->start, pipe_len(p));
        p->end -= p->start;
        p->start = 0;
    }
    if (PIPE_MAX - p->end < len) {
        abort();
    }
    memcpy(p->data + p->end, data, len);
    p->end += len;
    p->total += len;
}

// In the pipe a datagram stands behind its length.
static void put_datagram(pipe_t *p, const uint8_t *buf, size_t len) {
    pipe_put(p, &len, sizeof(len));
    pipe_put(p, buf, len);
}

static void release_held(pipe_t *p) {
    if (p->held_len > 0) {
        put_datagram(p, p->held, p->held_len);
        p->held_len = 0;
    }
}

static int send_datagram(pipe_t *p, const uint8_t *buf, size_t len) {
    uint32_t bit = p->sends < 32 ? (uint32_t)1 << p->sends : 0;
    p->sends++;
    p->longest = len > p->longest ? len : p->longest;
    if (p->late & bit && len <= sizeof(p->held)) {
        memcpy(p->held, buf, len);
        p->held_len = len;
        return (int)len;
    }
    for (int copies = p->lost & bit ? 0 : p->twice & bit ? 2 : 1; copies > 0; copies--) {
        put_datagram(p, buf, len);
    }
    release_held(p);
    return (int)len;
}

static int recv_datagram(pipe_t *p, uint8_t *buf, size_t len) {
    size_t whole;
    memcpy(&whole, pipe_data(p), sizeof(whole));
    memcpy(buf, pipe_data(p) + sizeof(whole), least(len, whole));
    p->start += sizeof(whole) + whole;
    p->recvs++;
    return (int)least(len, whole);
}

static int pipe_send(void *arg, const uint8_t *buf, size_t len, int *error) {
    pipe_t *p = ((pipe_end_t *)arg)->out;
    if (p->hold_writes > 0) {
        p->hold_writes--;
        return USSL_IO_AGAIN;
    }
    if (p->write_error != 0) {
        *error = p->write_error;
        return USSL_IO_ERROR;
    }
    if (p->datagrams) {
        return send_datagram(p, buf, len);
    }
    size_t n = least(len, room(p));
    n = p->max_write == 0 ? n : least(n, p->max_write);
    if (n == 0) {
        return USSL_IO_AGAIN;
    }
    pipe_put(p, buf, n);
    p->sends++;
    return (int)n;
}

static int nothing_left(const pipe_t *p, int *error) {
    if (p->read_error != 0) {
        *error = p->read_error;
        return USSL_IO_ERROR;
    }
    return p->ended ? 0 : USSL_IO_AGAIN;
}

static int pipe_recv(void *arg, uint8_t *buf, size_t len, int *error) {
    pipe_t *p = ((pipe_end_t *)arg)->in;
    p->recv_calls++;
    if (p->hold_reads > 0) {
        p->hold_reads--;
        return USSL_IO_AGAIN;
    }
    if (p->datagrams && pipe_len(p) > 0) {
        return recv_datagram(p, buf, len);
    }
    size_t n = least(len, pipe_len(p));
    n = p->max_read == 0 ? n : least(n, p->max_read);
    if (n == 0) {
        return nothing_left(p, error);
    }
    memcpy(buf, p->data + p->start, n);
    p->start += n;
    p->recvs++;
    return (int)n;
}

ussl_transport_t pipe_transport(pipe_end_t *end) {
    return (ussl_transport_t) { .send = pipe_send, .recv = pipe_recv, .arg = end };
}
