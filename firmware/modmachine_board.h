// Included by MicroPython's extmod/modmachine.c.

#include "interrupt.h"

static void mp_machine_idle(void) {
    mp_event_wait_indefinite();
}

static void mp_machine_reset(void) {
    board_reset();
}

static mp_int_t mp_machine_reset_cause(void) {
    return 0;
}
