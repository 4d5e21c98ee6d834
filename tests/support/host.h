// The host of the C tests: memory that is counted and can run out, clocks that are set.

#ifndef USSL_TESTS_HOST_H
#define USSL_TESTS_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct test_host {
    unsigned long live;      // blocks allocated and not yet freed
    unsigned long allocated; // allocations asked for since host_reset
    unsigned long fail_at;   // the allocation that fails, counted like allocated; 0 is none
    bool fail_for_good;      // and every one after it
    bool failed;             // an allocation was refused since host_reset
    size_t bytes;            // held now
    size_t peak;             // the most held since host_reset
    size_t largest;          // the largest single block since host_reset
    const void *secret;      // bytes that are to be wiped before memory is freed, or NULL
    size_t secret_len;
    unsigned long exposed;   // blocks that were freed with them
    uint64_t monotonic_ms;
    int64_t unix_ms;         // 0 is the real clock
} test_host_t;

extern test_host_t test_host;

// Starts counting anew, with memory enough and the clocks as they are.
void host_reset(void);

// Makes the n-th allocation from now fail, and all later ones when for_good.
void host_fail_at(unsigned long n, bool for_good);

// Makes the n-th allocation from now fail, and so many in all, one after the other.
void host_fail_some(unsigned long n, unsigned long count);

// A site is a way the program came to an allocation: its call stack. Handshakes
// allocate thousands of times, a bit differently each time, but come there by a few
// hundred ways.
typedef struct host_site {
    uint64_t stack;      // a hash
    unsigned long count; // allocations it made while it was recorded
} host_site_t;

#define HOST_MAX_SITES 4096

// Stacks are looked at only up to this frame, that of the function that is repeated; a
// call of __builtin_frame_address(0) in it gives it.
void host_stack_base(const void *frame);

// Starts and ends the recording of sites; the end gives their number.
void host_record_sites(void);
size_t host_recorded_sites(host_site_t sites[HOST_MAX_SITES]);

// Makes the nth allocation of this site from now fail, and every one after it when for_good.
void host_fail_site(uint64_t stack, unsigned long nth, bool for_good);

#endif
