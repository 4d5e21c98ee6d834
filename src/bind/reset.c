// What a soft reset must not leave behind. It frees the heap under everything, after the
// finalisers of all objects have run, in no particular order; the engine's memory that
// belongs to no object goes with one that lives as long as the heap.

#include "py/obj.h"
#include "py/runtime.h"

#include "bind/bind.h"

typedef struct keeper {
    mp_obj_base_t base;
} keeper_t;

MP_REGISTER_ROOT_POINTER(mp_obj_t ussl_keeper);

static mp_obj_t keeper___del__(mp_obj_t self) {
    (void)self;
    MP_STATE_VM(ussl_keeper) = MP_OBJ_NULL;
    ussl_lock();
    ussl_engine_mbedtls.stop();
    ussl_unlock();
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(keeper___del___obj, keeper___del__);

static const mp_rom_map_elem_t keeper_locals_table[] = {
    { MP_ROM_QSTR(MP_QSTR___del__), MP_ROM_PTR(&keeper___del___obj) },
};
static MP_DEFINE_CONST_DICT(keeper_locals, keeper_locals_table);

static MP_DEFINE_CONST_OBJ_TYPE(
    type_keeper,
    MP_QSTR_keeper,
    MP_TYPE_FLAG_NONE,
    locals_dict, &keeper_locals
    );

void ussl_keep_engine(void) {
    if (MP_STATE_VM(ussl_keeper) == MP_OBJ_NULL) {
        MP_STATE_VM(ussl_keeper) = MP_OBJ_FROM_PTR(mp_obj_malloc_with_finaliser(keeper_t, &type_keeper));
    }
}
