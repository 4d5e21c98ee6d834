// QEMU's MPS2 boards have no random number generator. Two sources can be built in:
//
// host: the emulator's host, read over semihosting. Quality: the host's own /dev/urandom,
//       a full 8 bits of entropy in each byte. It exists in the emulator only.
// none: a fixed sequence. Quality: none at all, whoever knows this file knows every key.
//       For measurements that have to repeat.

#include "py/mphal.h"
#include "py/mpprint.h"

#include "entropy.h"
#include "semihost.h"

#if BOARD_ENTROPY_host

bool board_entropy(uint8_t *buf, size_t len) {
    int file = semihost_open("/dev/urandom", SEMIHOST_READ);
    bool good = file >= 0 && semihost_read(file, buf, len) == (int)len;
    semihost_close(file);
    return good;
}

void board_entropy_warn(void) {
}

#else

bool board_entropy(uint8_t *buf, size_t len) {
    static uint32_t state = 1;
    while (len-- > 0) {
        state = state * 1664525 + 1013904223;
        *buf++ = (uint8_t)(state >> 24);
    }
    return true;
}

void board_entropy_warn(void) {
    mp_printf(&mp_plat_print, "\n*** THIS FIRMWARE HAS NO ENTROPY: its keys can be guessed. "
        "Measure with it, protect nothing with it. ***\n\n");
}

#endif

uint32_t board_random32(void) {
    uint32_t value = board_ticks_us();
    board_entropy((uint8_t *)&value, sizeof(value));
    return value;
}
