#include "clock.h"
#include "interrupt.h"
#include "semihost.h"

static uint64_t offset; // of the wall clock against the time since start

void board_clock_set(uint64_t unix_ms) {
    offset = unix_ms == 0 ? 0 : unix_ms - board_uptime_ms();
}

void board_clock_from_host(void) {
    board_clock_set((uint64_t)semihost_time() * 1000);
}

uint64_t board_clock_ms(void) {
    return offset + board_uptime_ms();
}
