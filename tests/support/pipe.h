// A memory pipe between two connections that can be short, slow, broken or ended: a
// transport without a network, which does what it is told.

#ifndef USSL_TESTS_PIPE_H
#define USSL_TESTS_PIPE_H

#include "core/conn.h"

#define PIPE_MAX (1 << 18)

// One direction. Zero-initialised is empty, open and as large as it can be.
typedef struct pipe {
    uint8_t data[PIPE_MAX];
    size_t start;
    size_t end;
    size_t capacity;     // bytes that fit; 0 is PIPE_MAX
    size_t max_write;    // most bytes one send takes; 0 is no bound
    size_t max_read;     // most bytes one recv gives; 0 is no bound
    unsigned hold_writes; // so many sends say AGAIN first
    unsigned hold_reads;  // so many recvs say AGAIN first
    int write_error;     // errno every send gives; 0 is none
    int read_error;      // errno a recv gives once the pipe is empty; 0 is none
    bool ended;          // an empty pipe reads as the end of the stream
    bool datagrams;      // each send is one, a recv gives one, and what does not fit is cut off
    uint32_t lost;       // bit n: the n-th datagram sent never arrives,
    uint32_t twice;      // or arrives twice,
    uint32_t late;       // or behind the next one
    size_t held_len;     // of the one that is late,
    uint8_t held[2048];  // which waits here
    size_t longest;      // datagram there was
    unsigned long sends; // that took bytes: segments on the wire
    unsigned long recvs; // that gave bytes
    unsigned long recv_calls;
    unsigned long total; // bytes that ever passed
} pipe_t;

// One end of a connection: where it reads and where it writes.
typedef struct pipe_end {
    pipe_t *in;
    pipe_t *out;
} pipe_end_t;

// Forgets the content and every setting.
void pipe_reset(pipe_t *p);

size_t pipe_len(const pipe_t *p);
const uint8_t *pipe_data(const pipe_t *p);

// Puts bytes in from outside, whatever the settings.
void pipe_put(pipe_t *p, const void *data, size_t len);

// A transport over an end, which must live as long as it is used.
ussl_transport_t pipe_transport(pipe_end_t *end);

#endif
