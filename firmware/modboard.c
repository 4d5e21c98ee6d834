// The module "board": what a script may ask of this emulated board.

#include "py/mphal.h"
#include "py/objstr.h"
#include "py/runtime.h"

#include "clock.h"
#include "hostfile.h"
#include "interrupt.h"
#include "main.h"
#include "memory.h"
#include "options.h"

// options(): the words of the run's options, as a str.
static mp_obj_t board_options(void) {
    return mp_obj_new_str_from_cstr(options_text());
}
static MP_DEFINE_CONST_FUN_OBJ_0(board_options_obj, board_options);

// clock(seconds): sets the wall clock; clock(None) unsets it, as in a board that has
// just been switched on; clock() takes the time from the emulator's host.
static mp_obj_t board_clock(size_t n_args, const mp_obj_t *args) {
    if (n_args == 0) {
        board_clock_from_host();
    } else {
        board_clock_set(args[0] == mp_const_none ? 0 : (uint64_t)(uint32_t)mp_obj_get_int_truncated(args[0]) * 1000);
    }
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(board_clock_obj, 0, 1, board_clock);

// busy(): ticks of the 25 MHz clock that were not spent asleep.
static mp_obj_t board_busy(void) {
    return mp_obj_new_int_from_ull(board_busy_ticks());
}
static MP_DEFINE_CONST_FUN_OBJ_0(board_busy_obj, board_busy);

// exit(status): ends the emulator after a soft reset's clean-up.
static mp_obj_t board_exit(mp_obj_t status) {
    board_exit_with(mp_obj_get_int(status));
    mp_raise_type(&mp_type_SystemExit);
}
static MP_DEFINE_CONST_FUN_OBJ_1(board_exit_obj, board_exit);

static const mp_rom_map_elem_t globals_table[] = {
    { MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR_board) },
    { MP_ROM_QSTR(MP_QSTR_options), MP_ROM_PTR(&board_options_obj) },
    { MP_ROM_QSTR(MP_QSTR_clock), MP_ROM_PTR(&board_clock_obj) },
    { MP_ROM_QSTR(MP_QSTR_busy), MP_ROM_PTR(&board_busy_obj) },
    { MP_ROM_QSTR(MP_QSTR_exit), MP_ROM_PTR(&board_exit_obj) },
    { MP_ROM_QSTR(MP_QSTR_HostFile), MP_ROM_PTR(&host_file_type) },
    { MP_ROM_QSTR(MP_QSTR_DISK_START), MP_ROM_INT(BOARD_DISK_START) },
    { MP_ROM_QSTR(MP_QSTR_DISK_SIZE), MP_ROM_INT(BOARD_DISK_SIZE) },
};
static MP_DEFINE_CONST_DICT(globals, globals_table);

const mp_obj_module_t mp_module_board = {
    .base = { &mp_type_module },
    .globals = (mp_obj_dict_t *)&globals,
};

MP_REGISTER_MODULE(MP_QSTR_board, mp_module_board);
