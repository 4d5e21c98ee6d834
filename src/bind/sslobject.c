// SSLObject: TLS without a socket, over two MemoryBIOs, as in CPython. It never
// waits: what cannot go on raises SSLWantReadError, and the program moves bytes.

#include "py/objstr.h"
#include "py/runtime.h"

#include "bind/bind.h"
#include "bind/module.h"

static void check_bio(mp_obj_t bio) {
    if (!mp_obj_is_type(bio, &ussl_type_MemoryBIO)) {
        mp_raise_TypeError(MP_ERROR_TEXT("wrap_bio needs two MemoryBIO objects"));
    }
}

mp_obj_t ussl_object_new(ussl_context_obj_t *context, mp_obj_t incoming, mp_obj_t outgoing,
    const ussl_socket_options_t *options) {
    check_bio(incoming);
    check_bio(outgoing);
    ussl_socket_obj_t *self = ussl_socket_new(&ussl_type_SSLObject, context, options);
    self->transport = (ussl_transport_obj_t) { .ops = &ussl_transport_bio, .stream = incoming, .other = outgoing,
                                               .exception = MP_OBJ_NULL, .fd = -1 };
    ussl_socket_open(self);
    return MP_OBJ_FROM_PTR(self);
}

// Runs one step as a call of its own, and raises where it does not finish.
static void run(ussl_socket_obj_t *self, ussl_step_fn step, void *arg) {
    ussl_call_t call;
    ussl_call_begin(&call, self);
    ussl_socket_conn(self);
    ussl_outcome_t outcome = ussl_drive(self, step, arg, USSL_WAIT_SOCKET);
    ussl_call_end(&call);
    ussl_check_wanted(self, outcome.status);
    if (outcome.status == USSL_EOF) {
        ussl_raise_ragged();
    }
}

// read(len=1024[, buffer]): with a buffer, a len of 0 or less is all of it.
static mp_obj_t object_read(size_t n_args, const mp_obj_t *args) {
    mp_int_t len = n_args > 1 ? mp_obj_get_int(args[1]) : 1024;
    mp_buffer_info_t info;
    vstr_t vstr;
    if (n_args > 2) {
        mp_get_buffer_raise(args[2], &info, MP_BUFFER_WRITE);
    } else if (len < 0) {
        mp_raise_ValueError(MP_ERROR_TEXT("negative size"));
    } else {
        vstr_init_len(&vstr, (size_t)len);
        info = (mp_buffer_info_t) { .buf = vstr.buf, .len = vstr.len };
    }
    size_t want = len > 0 && (size_t)len < info.len ? (size_t)len : info.len;
    ussl_transfer_t t = { .buf = info.buf, .len = want, .object = n_args > 2 ? args[2] : MP_OBJ_NULL, .limit = want };
    run(MP_OBJ_TO_PTR(args[0]), ussl_step_read, &t);
    if (n_args > 2) {
        return MP_OBJ_NEW_SMALL_INT(t.done);
    }
    vstr.len = t.done;
    return mp_obj_new_bytes_from_vstr(&vstr);
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(object_read_obj, 1, 3, object_read);

// write(data): all of it, in as many records as that takes.
static mp_obj_t object_write(mp_obj_t self_in, mp_obj_t data) {
    mp_buffer_info_t info;
    mp_get_buffer_raise(data, &info, MP_BUFFER_READ);
    ussl_transfer_t t = { .object = data, .limit = info.len };
    do {
        run(MP_OBJ_TO_PTR(self_in), ussl_step_write, &t);
            t.offset += t.done;
        t.limit -= t.done;
    } while (t.limit > 0 && t.done > 0); // a callback may have made data smaller
    return MP_OBJ_NEW_SMALL_INT(t.offset);
}
static MP_DEFINE_CONST_FUN_OBJ_2(object_write_obj, object_write);

static mp_obj_t object_unwrap(mp_obj_t self_in) {
    run(MP_OBJ_TO_PTR(self_in), ussl_step_unwrap, NULL);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(object_unwrap_obj, object_unwrap);

static mp_obj_t object_make_new(const mp_obj_type_t *type, size_t n_args, size_t n_kw, const mp_obj_t *args) {
    (void)type;
    (void)n_args;
    (void)n_kw;
    (void)args;
    mp_raise_TypeError(MP_ERROR_TEXT("SSLObject is made by SSLContext.wrap_bio()"));
}

static const mp_rom_map_elem_t object_locals_table[] = {
    { MP_ROM_QSTR(MP_QSTR_read), MP_ROM_PTR(&object_read_obj) },
    { MP_ROM_QSTR(MP_QSTR_write), MP_ROM_PTR(&object_write_obj) },
    { MP_ROM_QSTR(MP_QSTR_unwrap), MP_ROM_PTR(&object_unwrap_obj) },
    { MP_ROM_QSTR(MP_QSTR_do_handshake), MP_ROM_PTR(&ussl_socket_do_handshake_obj) },
    { MP_ROM_QSTR(MP_QSTR_memory), MP_ROM_PTR(&ussl_socket_memory_obj) },
    { MP_ROM_QSTR(MP_QSTR_pending), MP_ROM_PTR(&ussl_socket_pending_obj) },
    { MP_ROM_QSTR(MP_QSTR_version), MP_ROM_PTR(&ussl_socket_version_obj) },
    { MP_ROM_QSTR(MP_QSTR_cipher), MP_ROM_PTR(&ussl_socket_cipher_obj) },
    { MP_ROM_QSTR(MP_QSTR_getpeercert), MP_ROM_PTR(&ussl_socket_getpeercert_obj) },
    { MP_ROM_QSTR(MP_QSTR_get_verified_chain), MP_ROM_PTR(&ussl_socket_get_verified_chain_obj) },
    { MP_ROM_QSTR(MP_QSTR_get_unverified_chain), MP_ROM_PTR(&ussl_socket_get_unverified_chain_obj) },
    { MP_ROM_QSTR(MP_QSTR_selected_alpn_protocol), MP_ROM_PTR(&ussl_socket_selected_alpn_protocol_obj) },
    { MP_ROM_QSTR(MP_QSTR_get_channel_binding), MP_ROM_PTR(&ussl_socket_get_channel_binding_obj) },
    #if USSL_CPYTHON_NAMES
    { MP_ROM_QSTR(MP_QSTR_compression), MP_ROM_PTR(&ussl_socket_compression_obj) },
    #endif
    { MP_ROM_QSTR(MP_QSTR___del__), MP_ROM_PTR(&ussl_socket___del___obj) },
};
static MP_DEFINE_CONST_DICT(object_locals, object_locals_table);

MP_DEFINE_CONST_OBJ_TYPE(
    ussl_type_SSLObject,
    MP_QSTR_SSLObject,
    MP_TYPE_FLAG_NONE,
    make_new, object_make_new,
    attr, ussl_socket_attr,
    locals_dict, &object_locals
    );
