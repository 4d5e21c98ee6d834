// A place for the many small blocks that mbedTLS takes for a moment while it computes.
//
// A handshake with P-256 takes ten thousand of them, and MicroPython's allocator looks
// through its whole table for each: on a fragmented heap that costs more than the
// cryptography. The arena takes chunks of half a kilobyte from the host and hands out
// pieces of them. There is one, for all connections; like everything here it is used by
// one thread at a time. What outlives a computation (the peer's public key, until the
// handshake is over) may stay in it and be freed in any order.

#ifndef USSL_ENGINE_MBEDTLS_ARENA_H
#define USSL_ENGINE_MBEDTLS_ARENA_H

#include <stdbool.h>
#include <stddef.h>

// Larger blocks are not the arena's; 0 builds without it. Below 128, which is what an RSA
// key keeps for as long as it lives.
#ifndef USSL_ARENA_BLOCK_MAX
#define USSL_ARENA_BLOCK_MAX 112
#endif

// Switches the arena on, for a computation, or off; returns what it was before. Off, it
// hands out nothing.
bool ussl_mbedtls_arena_switch(bool on);

// Gives back what is kept for the next block, after a computation.
void ussl_mbedtls_arena_trim(void);

// Returns len zeroed bytes, or NULL when the arena is off, len is none of its sizes, or
// the host has no memory for a chunk.
void *ussl_mbedtls_arena_take(size_t len);

// Wipes and frees a block; false when it is none of the arena's.
bool ussl_mbedtls_arena_give_back(void *ptr);

// True for a block of the arena's.
bool ussl_mbedtls_arena_owns(const void *ptr);

#endif
