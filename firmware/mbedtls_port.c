// What mbedTLS asks of a board without an operating system.

#include <stddef.h>

#include "entropy.h"

// Its generators are seeded from here. Anything but 0 says that there is no randomness.
int mbedtls_hardware_poll(void *data, unsigned char *buf, size_t len, size_t *got);

int mbedtls_hardware_poll(void *data, unsigned char *buf, size_t len, size_t *got) {
    (void)data;
    *got = board_entropy(buf, len) ? len : 0;
    return *got == len ? 0 : -1;
}
