// Time, events and interrupts, for MicroPython.

#include "shared/runtime/interrupt_char.h"

#include "interrupt.h"

#define MICROPY_BEGIN_ATOMIC_SECTION()      board_disable_interrupts()
#define MICROPY_END_ATOMIC_SECTION(state)   board_restore_interrupts(state)

// The tick interrupt ends every sleep after a millisecond at the latest.
#define MICROPY_INTERNAL_WFE(timeout_ms)    (board_network_idle(), board_sleep())
#define MICROPY_INTERNAL_EVENT_HOOK         board_network_poll()

#define mp_hal_ticks_cpu                    board_ticks_us
