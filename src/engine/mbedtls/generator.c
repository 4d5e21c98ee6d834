// The port's source of randomness, not trusted blindly: a hardware generator that is off,
// or has failed, gives the same word for ever, and ports pass that on without an error.

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "mbedtls/build_info.h"
#include "mbedtls/entropy.h"

#if defined(USSL_MBEDTLS_GENERATOR)

#include "entropy_poll.h" // mbedTLS's own: what it calls, under the name that the configuration gives it

#undef mbedtls_hardware_poll
int mbedtls_hardware_poll(void *data, unsigned char *buf, size_t len, size_t *got); // the port's

// Four words alike come about by chance once in 2^96 times.
static bool is_stuck(const unsigned char *buf, size_t len) {
    return len >= 16 && memcmp(buf, buf + 4, len - 4) == 0;
}

int ussl_mbedtls_hardware_poll(void *data, unsigned char *buf, size_t len, size_t *got) {
    int ret = mbedtls_hardware_poll(data, buf, len, got);
    return ret == 0 && is_stuck(buf, *got) ? MBEDTLS_ERR_ENTROPY_SOURCE_FAILED : ret;
}

#endif
