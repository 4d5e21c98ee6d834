// The wall clock: unset until somebody sets it, then as exact as the tick.

#ifndef FIRMWARE_CLOCK_H
#define FIRMWARE_CLOCK_H

#include <stdint.h>

// Takes the time from the emulator's host, which stands for a board's real-time clock.
// Whole seconds, so up to one second behind.
void board_clock_from_host(void);
// Sets the clock to milliseconds since 1970. Zero unsets it.
void board_clock_set(uint64_t unix_ms);
// Milliseconds since 1970; since start while the clock is not set, as on a board
// without a battery.
uint64_t board_clock_ms(void);

#endif
