// Vector table, tick, UART input and the network's interrupt line.

#include "py/mpconfig.h"
#include "py/runtime.h"
#include "shared/runtime/interrupt_char.h"

#include "interrupt.h"
#include "lan9118.h"

#define REG(address) (*(volatile uint32_t *)(address))

#define SYSTICK_CTRL    REG(0xe000e010)
#define SYSTICK_LOAD    REG(0xe000e014)
#define SYSTICK_VAL     REG(0xe000e018)
#define NVIC_ENABLE     REG(0xe000e100)
#define SCB_ICSR        REG(0xe000ed04)
#define SCB_VTOR        REG(0xe000ed08)
#define SCB_AIRCR       REG(0xe000ed0c)

#define ICSR_SYSTICK_PENDING    (1u << 26)
#define AIRCR_RESET             0x05fa0004
#define TICK_CYCLES             (BOARD_CLOCK_HZ / 1000)

#define UART_DATA       REG(0x40004000)
#define UART_STATE      REG(0x40004004)
#define UART_CTRL       REG(0x40004008)
#define UART_INTSTATUS  REG(0x4000400c)
#define UART_RX_FULL    (1u << 1)
#define UART_TX_ENABLE  (1u << 0)
#define UART_RX_ENABLE  (1u << 1)
#define UART_RX_INT_ENABLE (1u << 3)
#define UART_RX_INT     (1u << 1)

#define EXCEPTIONS      16
#define INTERRUPTS      32
#define VECTOR_SYSTICK  15
#define IRQ_UART_RX     0
#define IRQ_ETHERNET    13

// lwIP's own timers want to be looked at this often.
#define NETWORK_EVERY_MS 16

// ports/qemu's table ends before the device interrupts, so a longer one is made of it.
extern const uint32_t isr_vector[EXCEPTIONS];
static uint32_t vectors[EXCEPTIONS + INTERRUPTS] __attribute__((aligned(256)));

static volatile uint32_t ticks_low;
static volatile uint32_t ticks_high;

static char uart_ring[256];
static volatile uint8_t uart_put;
static volatile uint8_t uart_taken;

volatile uint8_t board_network_due;

static void on_tick(void) {
    uint32_t ticks = ticks_low + 1;
    ticks_low = ticks;
    ticks_high += ticks == 0;
    if (ticks % NETWORK_EVERY_MS == 0) {
        board_network_due = 1;
    }
}

static void on_uart(void) {
    UART_INTSTATUS = UART_RX_INT;
    while (UART_STATE & UART_RX_FULL) {
        int c = (int)(UART_DATA & 0xff);
        if (c == mp_interrupt_char) {
            mp_sched_keyboard_interrupt();
        } else if ((uint8_t)(uart_put + 1) != uart_taken) {
            uart_ring[uart_put] = (char)c;
            uart_put++;
        }
    }
}

// The packets are fetched outside; until then the line would stay active.
static void on_ethernet(void) {
    lan9118_interrupt_enable(false);
    board_network_due = 1;
}

static void on_unexpected(void) {
    for (;;) {
    }
}

void board_interrupt_init(void) {
    for (unsigned i = 0; i < EXCEPTIONS + INTERRUPTS; i++) {
        vectors[i] = i < EXCEPTIONS ? isr_vector[i] : (uint32_t)on_unexpected;
    }
    vectors[VECTOR_SYSTICK] = (uint32_t)on_tick;
    vectors[EXCEPTIONS + IRQ_UART_RX] = (uint32_t)on_uart;
    vectors[EXCEPTIONS + IRQ_ETHERNET] = (uint32_t)on_ethernet;
    SCB_VTOR = (uint32_t)vectors;
    UART_CTRL = UART_TX_ENABLE | UART_RX_ENABLE | UART_RX_INT_ENABLE;
    NVIC_ENABLE = 1u << IRQ_UART_RX;
    SYSTICK_LOAD = TICK_CYCLES - 1;
    SYSTICK_VAL = 0;
    SYSTICK_CTRL = 7; // the processor's clock, with the interrupt, on
}

void board_interrupt_network(void) {
    NVIC_ENABLE = 1u << IRQ_ETHERNET;
}

uint32_t board_ticks_ms(void) {
    return ticks_low;
}

uint64_t board_uptime_ms(void) {
    uint32_t state = board_disable_interrupts();
    uint64_t ms = (uint64_t)ticks_high << 32 | ticks_low;
    board_restore_interrupts(state);
    return ms;
}

// The tick may have come while its interrupt is held back. It comes when the counter gets
// to 0, where a new millisecond begins.
static uint64_t clock_ticks(void) {
    uint32_t state = board_disable_interrupts();
    uint64_t ms = (uint64_t)ticks_high << 32 | ticks_low;
    uint32_t left = SYSTICK_VAL;
    if (SCB_ICSR & ICSR_SYSTICK_PENDING) {
        left = SYSTICK_VAL;
        ms++;
    }
    board_restore_interrupts(state);
    return ms * TICK_CYCLES + (TICK_CYCLES - left) % TICK_CYCLES;
}

uint32_t board_ticks_us(void) {
    return (uint32_t)(clock_ticks() / (TICK_CYCLES / 1000));
}

static uint64_t asleep;

// The interrupt that ends the sleep runs after its length is taken.
void board_sleep(void) {
    uint32_t state = board_disable_interrupts();
    uint64_t start = clock_ticks();
    __asm volatile ("wfi" : : : "memory");
    asleep += clock_ticks() - start;
    board_restore_interrupts(state);
}

uint64_t board_busy_ticks(void) {
    return clock_ticks() - asleep;
}

bool board_uart_any(void) {
    return uart_put != uart_taken;
}

int board_uart_get(void) {
    if (!board_uart_any()) {
        return -1;
    }
    int c = (uint8_t)uart_ring[uart_taken];
    uart_taken++;
    return c;
}

void board_reset(void) {
    SCB_AIRCR = AIRCR_RESET;
    for (;;) {
    }
}
