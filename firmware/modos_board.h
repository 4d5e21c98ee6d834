// Included by MicroPython's extmod/modos.c.

#include "py/mperrno.h"

#include "entropy.h"

static mp_obj_t mp_os_urandom(mp_obj_t count) {
    vstr_t vstr;
    vstr_init_len(&vstr, (size_t)mp_obj_get_int(count));
    if (!board_entropy((uint8_t *)vstr.buf, vstr.len)) {
        mp_raise_OSError(MP_EIO);
    }
    return mp_obj_new_bytes_from_vstr(&vstr);
}
static MP_DEFINE_CONST_FUN_OBJ_1(mp_os_urandom_obj, mp_os_urandom);
