// Start-up, soft reset and the collector's roots.

#include <stdlib.h>

#include "py/gc.h"
#include "py/mphal.h"
#include "py/runtime.h"
#include "py/stackctrl.h"
#include "shared/readline/readline.h"
#include "shared/runtime/gchelper.h"
#include "shared/runtime/pyexec.h"

#include "clock.h"
#include "entropy.h"
#include "main.h"
#include "memory.h"
#include "netif.h"
#include "options.h"
#include "semihost.h"

// Time for what closed sockets still have to send before the emulator ends.
#define GOODBYE_MS 50

static int exit_status = -1;

void board_exit_with(int status) {
    exit_status = status;
}

static char *heap_end(void) {
    size_t size = options_number("heap", BOARD_HEAP_DEFAULT);
    return (char *)BOARD_HEAP_START + (size < BOARD_HEAP_MAX ? size : BOARD_HEAP_MAX);
}

// Ends with a request to reset or to exit.
static void prompt(void) {
    while (exit_status < 0 && (pyexec_mode_kind == PYEXEC_MODE_RAW_REPL ? pyexec_raw_repl() : pyexec_friendly_repl()) == 0) {
    }
}

static void one_life(void) {
    gc_init((void *)BOARD_HEAP_START, heap_end());
    mp_init();
    readline_init0();
    mod_network_init();
    pyexec_frozen_module("_boot.py", false);
    prompt();
    if (exit_status < 0) {
        mp_printf(&mp_plat_print, "MPY: soft reboot\n");
    }
    gc_sweep_all();
    mp_deinit();
}

int main(void) {
    mp_stack_ctrl_init();
    mp_stack_set_limit(BOARD_STACK_LIMIT);
    board_interrupt_init();
    options_read();
    board_clock_from_host();
    board_entropy_warn();
    board_network_init();
    while (exit_status < 0) {
        one_life();
    }
    for (uint32_t start = board_ticks_ms(); board_ticks_ms() - start < GOODBYE_MS;) {
        board_network_poll();
        board_sleep();
    }
    semihost_exit(exit_status);
}

void gc_collect(void) {
    gc_collect_start();
    gc_helper_collect_regs_and_stack();
    gc_collect_end();
}

void nlr_jump_fail(void *value) {
    (void)value;
    mp_printf(&mp_plat_print, "uncaught exception outside Python\n");
    semihost_exit(70);
}
