// The module "meter": what a piece of a program costs on this board.
//
//     meter.start(True)
//     ...
//     instructions, network, peak, largest, count, stack = meter.stop()
//
// The linker leads the calls of the functions below through here (--wrap), so that any
// TLS module is measured by the same means. Calls inside one file of C are not led, which
// is what is wanted: a function of the allocator or of lwIP counts once.

#include <stdint.h>

#include "py/gc.h"
#include "py/mpstate.h"
#include "py/runtime.h"

#include "lwip/tcp.h"

#include "interrupt.h"

// Under QEMU's -icount shift=0: a nanosecond each, at the clock's 25 MHz.
#define INSTRUCTIONS_PER_TICK 40

#define STACK_DEPTH     (16 * 1024)
#define STACK_NEAR      256 // start() itself lives there
#define STACK_PAINT     0xa5a5a5a5

// ---- heap ----

static struct {
    bool on;
    size_t base;        // in use when counting started
    size_t used;        // in use now, what the collector has not found yet included
    size_t peak;
    size_t largest;     // block asked for
    size_t count;       // of blocks asked for
} heap;

static size_t heap_used(void) {
    gc_info_t info;
    gc_info(&info);
    return info.used;
}

static size_t in_blocks(size_t len) {
    return (len + MICROPY_BYTES_PER_GC_BLOCK - 1) / MICROPY_BYTES_PER_GC_BLOCK * MICROPY_BYTES_PER_GC_BLOCK;
}

static void heap_taken(size_t len) {
    heap.used += in_blocks(len);
    heap.count++;
    heap.largest = len > heap.largest ? len : heap.largest;
    heap.peak = heap.used > heap.peak ? heap.used : heap.peak;
}

void *__real_gc_alloc(size_t len, unsigned int flags);
void *__wrap_gc_alloc(size_t len, unsigned int flags) {
    void *ptr = __real_gc_alloc(len, flags);
    if (heap.on && ptr != NULL) {
        heap_taken(len);
    }
    return ptr;
}

// A free while the heap is locked does nothing.
static size_t freed(void *ptr) {
    return heap.on && ptr != NULL && MP_STATE_THREAD(gc_lock_depth) == 0 ? gc_nbytes(ptr) : 0;
}

void __real_gc_free(void *ptr);
void __wrap_gc_free(void *ptr) {
    heap.used -= freed(ptr);
    __real_gc_free(ptr);
}

void *__real_gc_realloc(void *ptr, size_t len, bool allow_move);
void *__wrap_gc_realloc(void *ptr, size_t len, bool allow_move) {
    size_t before = freed(ptr);
    void *moved = __real_gc_realloc(ptr, len, allow_move);
    if (heap.on && (moved != NULL || len == 0)) {
        heap_taken(len); // of a block that moves, both places are held for a while
        heap.used -= before;
    }
    return moved;
}

void __real_gc_collect_end(void);
void __wrap_gc_collect_end(void) {
    __real_gc_collect_end();
    if (heap.on) {
        heap.used = heap_used();
    }
}

static void heap_start(bool on) {
    heap.on = on;
    heap.base = heap.used = heap.peak = heap_used();
    heap.largest = heap.count = 0;
}

// ---- instructions ----

static uint64_t ticks;          // when counting started
static uint64_t network_ticks;  // of them, in lwIP and the driver
static uint64_t network_since;
static unsigned network_depth;

static void network_enter(void) {
    if (network_depth++ == 0) {
        network_since = board_busy_ticks();
    }
}

static void network_leave(void) {
    if (--network_depth == 0) {
        network_ticks += board_busy_ticks() - network_since;
    }
}

void __real_board_network_poll(void);
void __wrap_board_network_poll(void) {
    network_enter();
    __real_board_network_poll();
    network_leave();
}

err_t __real_tcp_write(struct tcp_pcb *pcb, const void *data, u16_t len, u8_t flags);
err_t __wrap_tcp_write(struct tcp_pcb *pcb, const void *data, u16_t len, u8_t flags) {
    network_enter();
    err_t err = __real_tcp_write(pcb, data, len, flags);
    network_leave();
    return err;
}

err_t __real_tcp_output(struct tcp_pcb *pcb);
err_t __wrap_tcp_output(struct tcp_pcb *pcb) {
    network_enter();
    err_t err = __real_tcp_output(pcb);
    network_leave();
    return err;
}

void __real_tcp_recved(struct tcp_pcb *pcb, u16_t len);
void __wrap_tcp_recved(struct tcp_pcb *pcb, u16_t len) {
    network_enter();
    __real_tcp_recved(pcb, len);
    network_leave();
}

u8_t __real_pbuf_free(struct pbuf *p);
u8_t __wrap_pbuf_free(struct pbuf *p) {
    network_enter();
    u8_t count = __real_pbuf_free(p);
    network_leave();
    return count;
}

// ---- stack ----

static uint32_t *stack_top; // where start() was called

static uint32_t *stack_bottom(void) {
    return stack_top - STACK_DEPTH / sizeof(uint32_t);
}

static void stack_paint(void) {
    for (volatile uint32_t *word = stack_bottom(); word < stack_top - STACK_NEAR / sizeof(uint32_t); word++) {
        *word = STACK_PAINT;
    }
}

static size_t stack_used(void) {
    uint32_t *word = stack_bottom();
    while (word < stack_top && *word == STACK_PAINT) {
        word++;
    }
    return (size_t)(stack_top - word) * sizeof(uint32_t);
}

// ---- the module ----

// start(heap): counts from here on; the heap only if asked to, as that takes time.
static mp_obj_t meter_start(mp_obj_t with_heap) {
    stack_top = __builtin_frame_address(0);
    stack_paint();
    heap_start(mp_obj_is_true(with_heap));
    network_ticks = 0;
    ticks = board_busy_ticks();
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(meter_start_obj, meter_start);

static mp_obj_t instructions(uint64_t of_ticks) {
    return mp_obj_new_int_from_ull(of_ticks * INSTRUCTIONS_PER_TICK);
}

// stop(): instructions that were not slept away and not the network's, the network's,
// the heap's peak above what was in use at the start, the largest block, the number of
// blocks, and the stack's depth below the caller.
static mp_obj_t meter_stop(void) {
    uint64_t busy = board_busy_ticks() - ticks;
    heap.on = false;
    mp_obj_t figures[] = {
        instructions(busy - network_ticks),
        instructions(network_ticks),
        MP_OBJ_NEW_SMALL_INT(heap.peak - heap.base),
        MP_OBJ_NEW_SMALL_INT(heap.largest),
        MP_OBJ_NEW_SMALL_INT(heap.count),
        MP_OBJ_NEW_SMALL_INT(stack_used()),
    };
    return mp_obj_new_tuple(MP_ARRAY_SIZE(figures), figures);
}
static MP_DEFINE_CONST_FUN_OBJ_0(meter_stop_obj, meter_stop);

// used(): bytes of the heap in use.
static mp_obj_t meter_used(void) {
    return MP_OBJ_NEW_SMALL_INT(heap_used());
}
static MP_DEFINE_CONST_FUN_OBJ_0(meter_used_obj, meter_used);

static const mp_rom_map_elem_t globals_table[] = {
    { MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR_meter) },
    { MP_ROM_QSTR(MP_QSTR_start), MP_ROM_PTR(&meter_start_obj) },
    { MP_ROM_QSTR(MP_QSTR_stop), MP_ROM_PTR(&meter_stop_obj) },
    { MP_ROM_QSTR(MP_QSTR_used), MP_ROM_PTR(&meter_used_obj) },
};
static MP_DEFINE_CONST_DICT(globals, globals_table);

const mp_obj_module_t mp_module_meter = {
    .base = { &mp_type_module },
    .globals = (mp_obj_dict_t *)&globals,
};

MP_REGISTER_MODULE(MP_QSTR_meter, mp_module_meter);
