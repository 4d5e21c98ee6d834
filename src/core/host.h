// What ussl asks of the program it is built into: memory and two clocks.
// The binding implements these for MicroPython, the unit tests for the host.
// Link-time hooks: one process has one host.

#ifndef USSL_CORE_HOST_H
#define USSL_CORE_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Returns count * size zeroed bytes, or NULL when there is no memory even after
// the host did what it can (a garbage collection). Never raises.
void *ussl_host_calloc(size_t count, size_t size);

// Frees what ussl_host_calloc returned; NULL is allowed.
void ussl_host_free(void *ptr);

// What somebody holds of the host's memory. The host counts each block, at what it really
// costs, for whoever is charged at that moment.
typedef struct ussl_account {
    size_t now;  // bytes
    size_t peak; // the most there was
} ussl_account_t;

// From now on this account is charged, or nobody (NULL); returns who was.
ussl_account_t *ussl_account_charge(ussl_account_t *account);

// The same until the end of the block that it stands in.
#define USSL_CHARGE(account) \
    __attribute__((cleanup(ussl_account_restore), unused)) ussl_account_t *charged_before = ussl_account_charge(account)
void ussl_account_restore(ussl_account_t **before);

// The host's part: bytes that were taken and given back.
void ussl_account_add(size_t bytes);
void ussl_account_subtract(size_t bytes);

// Milliseconds on a clock that never steps back; the origin is arbitrary.
uint64_t ussl_host_monotonic_ms(void);

// Milliseconds since 1970-01-01 UTC on the wall clock, which may be unset or step.
int64_t ussl_host_unix_ms(void);

// A wall clock that reads less was never set: no certificate in use was made before 2024.
#define USSL_CLOCK_SET_S 1704067200
bool ussl_clock_is_set(void);

// Overwrites memory that held a secret; the compiler may not leave it out.
void ussl_wipe(void *ptr, size_t len);

// Wipes len bytes and frees them; NULL is allowed.
void ussl_wipe_free(void *ptr, size_t len);

#endif
