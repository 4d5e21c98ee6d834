// MicroPython as this firmware wants it: what a small networked board usually has.

#include <alloca.h>
#include <stdint.h>

#define MICROPY_CONFIG_ROM_LEVEL            (MICROPY_CONFIG_ROM_LEVEL_EXTRA_FEATURES)

#define MICROPY_EMIT_THUMB                  (1)
#define MICROPY_EMIT_INLINE_THUMB           (1)
#define MICROPY_MAKE_POINTER_CALLABLE(p)    ((void *)((mp_uint_t)(p) | 1))

#define MICROPY_ENABLE_GC                   (1)
#define MICROPY_ENABLE_FINALISER            (1)
#define MICROPY_ENABLE_EMERGENCY_EXCEPTION_BUF (1)
#define MICROPY_STACK_CHECK                 (1)
#define MICROPY_LONGINT_IMPL                (MICROPY_LONGINT_IMPL_MPZ)
#define MICROPY_FLOAT_IMPL                  (MICROPY_FLOAT_IMPL_FLOAT)
#define MICROPY_PERSISTENT_CODE_LOAD        (1)
#define MICROPY_KBD_EXCEPTION               (1)
#define MICROPY_HELPER_REPL                 (1)
#define MICROPY_REPL_AUTO_INDENT            (1)
#define MICROPY_REPL_INFO                   (1)
#define MICROPY_WARNINGS                    (1)
#define MICROPY_MALLOC_USES_ALLOCATED_SIZE  (1)
#define MICROPY_MEM_STATS                   (1)

#define MICROPY_USE_INTERNAL_ERRNO         (1)

#define MICROPY_VFS                         (1)
#define MICROPY_READER_VFS                  (1)

#define MICROPY_PY_SYS_PLATFORM             "mps2"
#define MICROPY_PY_OS_INCLUDEFILE           "modos_board.h"
#define MICROPY_PY_OS_URANDOM               (1)
#define MICROPY_PY_RANDOM_SEED_INIT_FUNC    (board_random32())
#define MICROPY_PY_TIME_GMTIME_LOCALTIME_MKTIME (1)
#define MICROPY_PY_TIME_TIME_TIME_NS        (1)
#define MICROPY_PY_TIME_INCLUDEFILE         "modtime_board.h"
#define MICROPY_EPOCH_IS_1970               (1)
#define MICROPY_PY_MACHINE                  (1)
#define MICROPY_PY_MACHINE_RESET            (1)
#define MICROPY_PY_MACHINE_INCLUDEFILE      "modmachine_board.h"
#define MICROPY_PY_MACHINE_PIN_BASE         (0)
#define MICROPY_PY_MACHINE_SIGNAL           (0)
#define MICROPY_PY_NETWORK                  (1)
#define MICROPY_PY_NETWORK_HOSTNAME_DEFAULT "mps2"
#define MICROPY_PY_SOCKET                   (1)
#define MICROPY_PY_WEBSOCKET                (0)
#define MICROPY_PY_WEBREPL                  (0)

extern const struct _mp_obj_type_t network_lan_type;
#define MICROPY_PORT_NETWORK_INTERFACES     { MP_ROM_QSTR(MP_QSTR_LAN), MP_ROM_PTR(&network_lan_type) },

// The network is served from here and from board_events, never from an interrupt: Python
// code in a loop that calls nothing must still let it run.
void board_network_poll(void);
// Before each sleep.
void board_network_idle(void);
extern volatile uint8_t board_network_due;
#define MICROPY_VM_HOOK_LOOP                if (board_network_due) { board_network_poll(); }
#define MICROPY_VM_HOOK_RETURN              MICROPY_VM_HOOK_LOOP

uint32_t board_random32(void);

typedef int32_t mp_int_t;
typedef uint32_t mp_uint_t;
typedef long mp_off_t;
#define MP_SSIZE_MAX                        (0x7fffffff)

#define MP_NEED_LOG2                        (1)
#define MP_STATE_PORT                       MP_STATE_VM
