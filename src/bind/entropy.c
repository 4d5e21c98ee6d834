// Randomness on boards. mbedTLS asks one function of the port for it. Up to MicroPython
// 1.27 that is in the port's mbedtls/mbedtls_port.c; since 1.28 in a file that is empty
// when TLS is not MicroPython's own, and every port offers what it called.
//
// The build files define USSL_PORT_RANDOM for the ports whose randomness comes from
// hardware. Elsewhere mbedtls_hardware_poll is missing, and the firmware does not link,
// until its owner writes one.

#include <stddef.h>

#include "py/mpconfig.h"
#include "py/mphal.h"

#if USSL_PORT_RANDOM

// STM32 and RA boards without a generator have a sequence that starts from the clock.
#if defined(MICROPY_HW_ENABLE_RNG) && !MICROPY_HW_ENABLE_RNG && !USSL_WEAK_ENTROPY
#error "this board has no source of randomness, so TLS on it protects nothing; to build all the same, define USSL_WEAK_ENTROPY=1"
#endif

#if MICROPY_VERSION >= MICROPY_MAKE_VERSION(1, 28, 0)

int mbedtls_hardware_poll(void *data, unsigned char *buf, size_t len, size_t *got);

// A board may have a better one.
__attribute__((weak)) int mbedtls_hardware_poll(void *data, unsigned char *buf, size_t len, size_t *got) {
    (void)data;
    mp_hal_get_random(len, buf);
    *got = len;
    return 0;
}

#endif

#endif
