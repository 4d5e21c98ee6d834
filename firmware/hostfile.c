// Files of the emulator's host as MicroPython streams: board.HostFile(path[, mode]).

#include <string.h>

#include "py/mperrno.h"
#include "py/runtime.h"
#include "py/stream.h"

#include "hostfile.h"
#include "semihost.h"

typedef struct host_file {
    mp_obj_base_t base;
    int file; // -1 once closed
    int size;
    int position;
} host_file_t;

// A directory can be opened, claims a size and gives no byte.
static bool is_directory(int file, int size) {
    char byte;
    bool directory = size > 0 && semihost_read(file, &byte, 1) != 1;
    semihost_seek(file, 0);
    return directory;
}

static mp_obj_t host_file_make_new(const mp_obj_type_t *type, size_t n_args, size_t n_kw, const mp_obj_t *args) {
    (void)type;
    mp_arg_check_num(n_args, n_kw, 1, 2, false);
    const char *path = mp_obj_str_get_str(args[0]);
    const char *mode = n_args > 1 ? mp_obj_str_get_str(args[1]) : "r";
    bool write = strchr(mode, 'w') != NULL;
    const mp_obj_type_t *kind = strchr(mode, 'b') != NULL ? &host_file_type : &host_text_type;
    host_file_t *self = mp_obj_malloc_with_finaliser(host_file_t, kind);
    self->file = semihost_open(path, write ? SEMIHOST_WRITE : SEMIHOST_READ);
    if (self->file < 0) {
        mp_raise_OSError_with_filename(write ? MP_EACCES : MP_ENOENT, path);
    }
    self->size = semihost_size(self->file);
    self->position = 0;
    if (!write && is_directory(self->file, self->size)) {
        mp_raise_OSError_with_filename(MP_EISDIR, path);
    }
    return MP_OBJ_FROM_PTR(self);
}

static mp_uint_t moved(host_file_t *self, int n, int *error) {
    if (n < 0) {
        *error = MP_EIO;
        return MP_STREAM_ERROR;
    }
    self->position += n;
    return (mp_uint_t)n;
}

static mp_uint_t host_file_read(mp_obj_t self_in, void *buf, mp_uint_t len, int *error) {
    host_file_t *self = MP_OBJ_TO_PTR(self_in);
    return moved(self, semihost_read(self->file, buf, len), error);
}

static mp_uint_t host_file_write(mp_obj_t self_in, const void *buf, mp_uint_t len, int *error) {
    host_file_t *self = MP_OBJ_TO_PTR(self_in);
    return moved(self, semihost_write(self->file, buf, len), error);
}

static mp_uint_t seek(host_file_t *self, struct mp_stream_seek_t *to, int *error) {
    int from = to->whence == MP_SEEK_SET ? 0 : to->whence == MP_SEEK_CUR ? self->position : self->size;
    int position = from + (int)to->offset;
    if (position < 0 || semihost_seek(self->file, (uint32_t)position) != 0) {
        *error = MP_EINVAL;
        return MP_STREAM_ERROR;
    }
    self->position = position;
    to->offset = position;
    return 0;
}

static mp_uint_t host_file_ioctl(mp_obj_t self_in, mp_uint_t request, uintptr_t arg, int *error) {
    host_file_t *self = MP_OBJ_TO_PTR(self_in);
    switch (request) {
        case MP_STREAM_SEEK:
            return seek(self, (struct mp_stream_seek_t *)arg, error);
        case MP_STREAM_CLOSE:
            semihost_close(self->file);
            self->file = -1;
            return 0;
        case MP_STREAM_FLUSH:
            return 0;
        default:
            *error = MP_EINVAL;
            return MP_STREAM_ERROR;
    }
}

static const mp_rom_map_elem_t locals_table[] = {
    { MP_ROM_QSTR(MP_QSTR_read), MP_ROM_PTR(&mp_stream_read_obj) },
    { MP_ROM_QSTR(MP_QSTR_readinto), MP_ROM_PTR(&mp_stream_readinto_obj) },
    { MP_ROM_QSTR(MP_QSTR_readline), MP_ROM_PTR(&mp_stream_unbuffered_readline_obj) },
    { MP_ROM_QSTR(MP_QSTR_readlines), MP_ROM_PTR(&mp_stream_unbuffered_readlines_obj) },
    { MP_ROM_QSTR(MP_QSTR_write), MP_ROM_PTR(&mp_stream_write_obj) },
    { MP_ROM_QSTR(MP_QSTR_seek), MP_ROM_PTR(&mp_stream_seek_obj) },
    { MP_ROM_QSTR(MP_QSTR_tell), MP_ROM_PTR(&mp_stream_tell_obj) },
    { MP_ROM_QSTR(MP_QSTR_flush), MP_ROM_PTR(&mp_stream_flush_obj) },
    { MP_ROM_QSTR(MP_QSTR_close), MP_ROM_PTR(&mp_stream_close_obj) },
    { MP_ROM_QSTR(MP_QSTR___del__), MP_ROM_PTR(&mp_stream_close_obj) },
    { MP_ROM_QSTR(MP_QSTR___enter__), MP_ROM_PTR(&mp_identity_obj) },
    { MP_ROM_QSTR(MP_QSTR___exit__), MP_ROM_PTR(&mp_stream___exit___obj) },
};
static MP_DEFINE_CONST_DICT(locals, locals_table);

static const mp_stream_p_t binary_stream = {
    .read = host_file_read,
    .write = host_file_write,
    .ioctl = host_file_ioctl,
};

static const mp_stream_p_t text_stream = {
    .read = host_file_read,
    .write = host_file_write,
    .ioctl = host_file_ioctl,
    .is_text = true,
};

MP_DEFINE_CONST_OBJ_TYPE(
    host_file_type,
    MP_QSTR_HostFile,
    MP_TYPE_FLAG_ITER_IS_STREAM,
    make_new, host_file_make_new,
    protocol, &binary_stream,
    locals_dict, &locals
    );

MP_DEFINE_CONST_OBJ_TYPE(
    host_text_type,
    MP_QSTR_HostText,
    MP_TYPE_FLAG_ITER_IS_STREAM,
    protocol, &text_stream,
    locals_dict, &locals
    );
