// What MicroPython asks of the board: console and time.

#include "py/mphal.h"
#include "py/runtime.h"
#include "py/stream.h"

#include "clock.h"
#include "interrupt.h"
#include "uart.h"

uintptr_t mp_hal_stdio_poll(uintptr_t flags) {
    uintptr_t ready = flags & MP_STREAM_POLL_WR;
    return ready | (board_uart_any() ? flags & MP_STREAM_POLL_RD : 0);
}

int mp_hal_stdin_rx_chr(void) {
    int c;
    while ((c = board_uart_get()) < 0) {
        mp_event_wait_indefinite();
    }
    return c;
}

mp_uint_t mp_hal_stdout_tx_strn(const char *str, size_t len) {
    uart_tx_strn(str, len);
    return len;
}

mp_uint_t mp_hal_ticks_ms(void) {
    return board_ticks_ms();
}

mp_uint_t mp_hal_ticks_us(void) {
    return board_ticks_us();
}

uint64_t mp_hal_time_ns(void) {
    return board_clock_ms() * 1000000;
}

void mp_hal_delay_ms(mp_uint_t ms) {
    uint32_t start = board_ticks_ms();
    do {
        mp_event_wait_ms(1);
    } while (board_ticks_ms() - start < ms);
}

void mp_hal_delay_us(mp_uint_t us) {
    uint32_t start = board_ticks_us();
    while (board_ticks_us() - start < us) {
        mp_event_handle_nowait();
    }
}
