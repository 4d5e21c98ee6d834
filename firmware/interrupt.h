// The processor's exceptions and interrupts.

#ifndef FIRMWARE_INTERRUPT_H
#define FIRMWARE_INTERRUPT_H

#include <stdbool.h>
#include <stdint.h>

#define BOARD_CLOCK_HZ 25000000

// Takes the vector table over and starts the tick.
void board_interrupt_init(void);
// Listens to the network's line, once the chip has been told how to drive it.
void board_interrupt_network(void);

// Milliseconds and microseconds since start; they wrap.
uint32_t board_ticks_ms(void);
uint32_t board_ticks_us(void);
// Milliseconds since start.
uint64_t board_uptime_ms(void);

// The oldest character that came over the UART, or -1.
int board_uart_get(void);
bool board_uart_any(void);

// Starts the board anew, as its reset button does. Memory that start-up does not set
// (see memory.h) keeps its contents.
void board_reset(void) __attribute__((noreturn));

static inline uint32_t board_disable_interrupts(void) {
    uint32_t state;
    __asm volatile ("mrs %0, primask \n cpsid i" : "=r" (state) : : "memory");
    return state;
}

static inline void board_restore_interrupts(uint32_t state) {
    __asm volatile ("msr primask, %0" : : "r" (state) : "memory");
}

// Until the next interrupt.
void board_sleep(void);
// Ticks of the processor's clock since start that were not spent asleep. Under QEMU's
// -icount shift=0 an instruction takes a nanosecond, so a tick is 40 instructions.
uint64_t board_busy_ticks(void);

#endif
