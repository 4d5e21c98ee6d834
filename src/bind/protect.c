// Running Python code from places that an exception must not unwind.

#include "py/nlr.h"
#include "py/runtime.h"

#include "bind/bind.h"

// A function of its own, not inlined: compilers do not know that nlr_push returns
// twice, so nothing that lives across it may share a frame with other code.
MP_NOINLINE mp_obj_t ussl_protect(void (*fn)(void *arg), void *arg) {
    nlr_buf_t nlr;
    if (nlr_push(&nlr) == 0) {
        fn(arg);
        nlr_pop();
        return MP_OBJ_NULL;
    }
    return MP_OBJ_FROM_PTR(nlr.ret_val);
}
