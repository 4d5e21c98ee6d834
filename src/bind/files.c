// Certificates and keys from MicroPython's file systems.

#include <string.h>

#include "extmod/vfs.h"
#include "py/builtin.h"
#include "py/stream.h"

#include "bind/bind.h"
#include "core/host.h"

#define CHUNK 512
#define S_IFDIR_BIT 0x4000

// A call of fn with a path, for ussl_protect.
typedef struct path_call {
    mp_obj_t (*fn)(mp_obj_t path);
    mp_obj_t path;
    mp_obj_t result;
} path_call_t;

static void run(void *arg) {
    path_call_t *call = arg;
    call->result = call->fn(call->path);
}

static bool has_line_break(mp_obj_t text) {
    size_t len;
    const char *s = mp_obj_str_get_data(text, &len);
    return memchr(s, '\n', len) != NULL;
}

bool ussl_is_path(mp_obj_t arg) {
    return mp_obj_is_str(arg) && !has_line_break(arg);
}

// A key given where its path belongs must not end up in the text of an exception.
static void check_path(mp_obj_t path) {
    if (has_line_break(path)) {
        mp_raise_ValueError(MP_ERROR_TEXT("this is the data itself, not a path: give it as key, cert or cadata"));
    }
}

// Runs fn(path), turning an OSError into one that names the path.
static mp_obj_t with_path(mp_obj_t path, mp_obj_t (*fn)(mp_obj_t)) {
    check_path(path);
    path_call_t call = { fn, path, MP_OBJ_NULL };
    mp_obj_t exception = ussl_protect(run, &call);
    if (exception == MP_OBJ_NULL) {
        return call.result;
    }
    int error = ussl_errno_of(exception);
    if (error != 0) {
        ussl_raise_path(error, path);
    }
    nlr_raise(exception);
}

static mp_obj_t open_binary(mp_obj_t path) {
    mp_obj_t args[2] = { path, MP_OBJ_NEW_QSTR(MP_QSTR_rb) };
    return mp_builtin_open(2, args, (mp_map_t *)&mp_const_empty_map);
}

// Makes room for one more piece. The old place held a key, perhaps: it is wiped.
static char *more_room(vstr_t *vstr) {
    if (vstr->alloc - vstr->len < CHUNK) {
        vstr_t larger;
        vstr_init(&larger, 2 * vstr->alloc + CHUNK);
        vstr_add_strn(&larger, vstr->buf, vstr->len);
        ussl_clear_file(vstr);
        *vstr = larger;
    }
    return vstr->buf + vstr->len;
}

static void read_all(mp_obj_t file, mp_obj_t path, vstr_t *vstr) {
    int error = 0;
    mp_uint_t n;
    do {
        n = mp_stream_rw(file, more_room(vstr), CHUNK, &error, MP_STREAM_RW_READ);
        vstr->len += error == 0 ? n : 0;
    } while (error == 0 && n == CHUNK);
    mp_stream_close(file);
    if (error != 0) {
        ussl_clear_file(vstr);
        ussl_raise_path(error, path);
    }
}

void ussl_read_file(mp_obj_t path, vstr_t *vstr) {
    mp_obj_t file = with_path(path, open_binary);
    vstr_init(vstr, 2 * CHUNK);
    read_all(file, path, vstr);
}

void ussl_clear_file(vstr_t *vstr) {
    ussl_wipe(vstr->buf, vstr->alloc);
    vstr_clear(vstr);
}

// A file in ROMFS or the like has no stat mode beyond this bit.
static mp_int_t mode_of(mp_obj_t stat) {
    return mp_obj_get_int(mp_obj_subscr(stat, MP_OBJ_NEW_SMALL_INT(0), MP_OBJ_SENTINEL));
}

bool ussl_is_directory(mp_obj_t path) {
    return mode_of(with_path(path, mp_vfs_stat)) & S_IFDIR_BIT;
}

static mp_obj_t list_directory(mp_obj_t path) {
    return mp_vfs_ilistdir(1, &path);
}

static mp_obj_t join(mp_obj_t directory, mp_obj_t name) {
    mp_obj_t parts = mp_binary_op(MP_BINARY_OP_ADD, directory, MP_OBJ_NEW_QSTR(MP_QSTR__slash_));
    return mp_binary_op(MP_BINARY_OP_ADD, parts, name);
}

size_t ussl_each_file(mp_obj_t directory, void (*use)(void *arg, mp_obj_t path), void *arg) {
    size_t count = 0;
    mp_obj_t iter = with_path(directory, list_directory);
    mp_obj_t entry;
    while ((entry = mp_iternext(iter)) != MP_OBJ_STOP_ITERATION) {
        mp_obj_t path = join(directory, mp_obj_subscr(entry, MP_OBJ_NEW_SMALL_INT(0), MP_OBJ_SENTINEL));
        if (!ussl_is_directory(path)) {
            use(arg, path);
            count++;
        }
    }
    return count;
}
