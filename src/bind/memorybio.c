// MemoryBIO: a queue of bytes between a program and an SSLObject, as in CPython; and
// the transport over two of them.

#include "py/objstr.h"
#include "py/runtime.h"

#include "bind/bind.h"
#include "core/buffer.h"

typedef struct bio {
    mp_obj_base_t base;
    ussl_buffer_t buffer;
    bool eof; // write_eof() was called
} bio_t;

static MP_NORETURN void raise_no_memory(void) {
    mp_raise_msg(&mp_type_MemoryError, MP_ERROR_TEXT("TLS: out of memory"));
}

static mp_obj_t bio_make_new(const mp_obj_type_t *type, size_t n_args, size_t n_kw, const mp_obj_t *args) {
    (void)args;
    mp_arg_check_num(n_args, n_kw, 0, 0, false);
    bio_t *self = mp_obj_malloc_with_finaliser(bio_t, type);
    self->buffer = (ussl_buffer_t) { 0 };
    self->eof = false;
    return MP_OBJ_FROM_PTR(self);
}

// read(n=-1): up to n bytes.
static mp_obj_t bio_read(size_t n_args, const mp_obj_t *args) {
    bio_t *self = MP_OBJ_TO_PTR(args[0]);
    mp_int_t want = n_args > 1 ? mp_obj_get_int(args[1]) : -1;
    size_t have = ussl_buffer_len(&self->buffer);
    vstr_t vstr;
    vstr_init_len(&vstr, want >= 0 && (size_t)want < have ? (size_t)want : have);
    ussl_lock();
    ussl_buffer_take(&self->buffer, (uint8_t *)vstr.buf, vstr.len);
    ussl_unlock();
    return mp_obj_new_bytes_from_vstr(&vstr);
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(bio_read_obj, 1, 2, bio_read);

static mp_obj_t bio_write(mp_obj_t self_in, mp_obj_t data) {
    bio_t *self = MP_OBJ_TO_PTR(self_in);
    mp_buffer_info_t info;
    mp_get_buffer_raise(data, &info, MP_BUFFER_READ);
    if (self->eof) {
        ussl_raise_number(&ussl_type_SSLError, USSL_SSL_ERROR_SSL, MP_QSTRnull, MP_ERROR_TEXT("cannot write() after write_eof()"));
    }
    ussl_lock();
    bool ok = info.len == 0 || ussl_buffer_append(&self->buffer, info.buf, info.len);
    ussl_unlock();
    if (!ok) {
        raise_no_memory();
    }
    return MP_OBJ_NEW_SMALL_INT(info.len);
}
static MP_DEFINE_CONST_FUN_OBJ_2(bio_write_obj, bio_write);

static mp_obj_t bio_write_eof(mp_obj_t self_in) {
    ((bio_t *)MP_OBJ_TO_PTR(self_in))->eof = true;
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(bio_write_eof_obj, bio_write_eof);

static mp_obj_t bio___del__(mp_obj_t self_in) {
    ussl_lock();
    ussl_buffer_free(&((bio_t *)MP_OBJ_TO_PTR(self_in))->buffer);
    ussl_unlock();
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(bio___del___obj, bio___del__);

static bool at_eof(const bio_t *bio) {
    return bio->eof && ussl_buffer_len(&bio->buffer) == 0;
}

static void bio_attr(mp_obj_t self_in, qstr attr, mp_obj_t *dest) {
    bio_t *self = MP_OBJ_TO_PTR(self_in);
    if (dest[0] != MP_OBJ_NULL) {
        return;
    }
    if (attr == MP_QSTR_pending) {
        dest[0] = MP_OBJ_NEW_SMALL_INT(ussl_buffer_len(&self->buffer));
    } else if (attr == MP_QSTR_eof) {
        dest[0] = mp_obj_new_bool(at_eof(self));
    } else {
        dest[1] = MP_OBJ_SENTINEL;
    }
}

static const mp_rom_map_elem_t bio_locals_table[] = {
    { MP_ROM_QSTR(MP_QSTR_read), MP_ROM_PTR(&bio_read_obj) },
    { MP_ROM_QSTR(MP_QSTR_write), MP_ROM_PTR(&bio_write_obj) },
    { MP_ROM_QSTR(MP_QSTR_write_eof), MP_ROM_PTR(&bio_write_eof_obj) },
    { MP_ROM_QSTR(MP_QSTR___del__), MP_ROM_PTR(&bio___del___obj) },
};
static MP_DEFINE_CONST_DICT(bio_locals, bio_locals_table);

MP_DEFINE_CONST_OBJ_TYPE(
    ussl_type_MemoryBIO,
    MP_QSTR_MemoryBIO,
    MP_TYPE_FLAG_NONE,
    make_new, bio_make_new,
    attr, bio_attr,
    locals_dict, &bio_locals
    );

// ---- the transport ----

static bio_t *incoming(ussl_transport_obj_t *t) {
    return MP_OBJ_TO_PTR(t->stream);
}

static int bio_send(void *arg, const uint8_t *buf, size_t len, int *error) {
    ussl_transport_obj_t *t = arg;
    bio_t *outgoing = MP_OBJ_TO_PTR(t->other);
    if (!ussl_buffer_append(&outgoing->buffer, buf, len)) {
        *error = MP_ENOMEM;
        return USSL_IO_ERROR;
    }
    return (int)len;
}

static int bio_recv(void *arg, uint8_t *buf, size_t len, int *error) {
    (void)error;
    bio_t *bio = incoming(arg);
    size_t n = ussl_buffer_take(&bio->buffer, buf, len);
    return n > 0 || bio->eof ? (int)n : USSL_IO_AGAIN;
}

// Nothing here ever waits: the program moves the bytes.
static uint32_t bio_timeout(ussl_transport_obj_t *t, unsigned direction) {
    (void)t;
    (void)direction;
    return 0;
}

static void bio_wait(ussl_transport_obj_t *t, unsigned direction, uint32_t ms) {
    (void)t;
    (void)direction;
    (void)ms;
}

static mp_uint_t bio_poll(ussl_transport_obj_t *t, mp_uint_t flags) {
    bool readable = ussl_buffer_len(&incoming(t)->buffer) > 0 || incoming(t)->eof;
    return (flags & MP_STREAM_POLL_WR) | (readable ? flags & MP_STREAM_POLL_RD : 0);
}

static ussl_peer_t bio_peer(ussl_transport_obj_t *t) {
    (void)t;
    return USSL_PEER_CONNECTED;
}

static bool bio_lost(ussl_transport_obj_t *t) {
    (void)t;
    return false;
}

static void bio_prepare(ussl_transport_obj_t *t) {
    (void)t;
}

static void bio_shutdown(ussl_transport_obj_t *t, int how) {
    (void)t;
    (void)how;
}

static void bio_close(ussl_transport_obj_t *t, bool in_finaliser) {
    (void)t;
    (void)in_finaliser;
}

const ussl_transport_ops_t ussl_transport_bio = {
    .send = bio_send,
    .recv = bio_recv,
    .timeout = bio_timeout,
    .wait = bio_wait,
    .poll = bio_poll,
    .peer = bio_peer,
    .lost = bio_lost,
    .prepare = bio_prepare,
    .shutdown = bio_shutdown,
    .close = bio_close,
};
