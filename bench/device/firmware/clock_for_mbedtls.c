// The board's clock as mbedTLS asks for it in MicroPython's configuration.

#include <stdint.h>
#include <time.h>

#include "clock.h"

time_t bench_unix_seconds(time_t *out) {
    time_t now = (time_t)(board_clock_ms() / 1000);
    if (out != NULL) {
        *out = now;
    }
    return now;
}

int64_t mbedtls_ms_time(void) {
    return (int64_t)board_clock_ms();
}
