// The roots that are trusted where nobody says otherwise: of the firmware, or of the system.

#include <string.h>

#include "py/objstr.h"
#include "py/objtuple.h"
#include "py/runtime.h"

#include "bind/bind.h"
#include "bind/module.h"
#include "core/host.h"

#if defined(USSL_TRUST_BUNDLE) || USSL_POSIX

// False when there is nothing of use in data.
static bool add_roots(ussl_context_obj_t *self, ussl_bytes_t data, unsigned how) {
    ussl_error_t err;
    ussl_ctx_t *ctx = ussl_context_get(self);
    ussl_lock();
    ussl_status_t status = ussl_ctx_add_roots(ctx, data, how, &err);
    ussl_unlock();
    if (status != USSL_OK && err.cls == USSL_ERR_INPUT) {
        return false;
    }
    ussl_check(status, &err);
    return true;
}

#endif

// ---- get_default_verify_paths() ----

// The attributes of CPython's tuple: what is there, then OpenSSL's names for it.
static mp_obj_t paths(mp_obj_t cafile, mp_obj_t capath, mp_obj_t items[4]) {
    static const qstr fields[] = { MP_QSTR_cafile, MP_QSTR_capath, MP_QSTR_openssl_cafile_env, MP_QSTR_openssl_cafile,
                                   MP_QSTR_openssl_capath_env, MP_QSTR_openssl_capath };
    mp_obj_t all[] = { cafile, capath, items[0], items[1], items[2], items[3] };
    return mp_obj_new_attrtuple(fields, MP_ARRAY_SIZE(all), all);
}

#if defined(USSL_TRUST_BUNDLE)

bool ussl_context_load_default_roots(ussl_context_obj_t *self, bool only_by_default) {
    static const uint8_t bundle[] = {
        #include USSL_TRUST_BUNDLE
    };
    return add_roots(self, (ussl_bytes_t) { bundle, sizeof(bundle) }, USSL_ROOTS_STAY | (only_by_default ? USSL_ROOTS_BY_DEFAULT : 0));
}

#elif USSL_POSIX

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_VARIABLE "SSL_CERT_FILE"
#define FOLDER_VARIABLE "SSL_CERT_DIR"

// Debian and its kin, Fedora and its, SUSE, and BSD with macOS.
static const char *const files[] = {
    "/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/ca-bundle.pem", "/etc/ssl/cert.pem",
};
static const char folder[] = "/etc/ssl/certs";

// The file that is used where no variable names one.
static const char *usual_file(void) {
    for (size_t i = 0; i < MP_ARRAY_SIZE(files); i++) {
        if (access(files[i], R_OK) == 0) {
            return files[i];
        }
    }
    return NULL;
}

static size_t read_fully(int fd, uint8_t *out, size_t len) {
    size_t done = 0;
    ssize_t n = 1;
    while (done < len && n > 0) {
        n = read(fd, out + done, len - done);
        done += n > 0 ? (size_t)n : 0;
    }
    return done;
}

// The content of a regular file, from the host's memory and the caller's to free; not
// through MicroPython's file systems, which need not have it. Empty when there is none.
static ussl_bytes_t content_of(const char *path) {
    struct stat st;
    ussl_bytes_t content = { NULL, 0 };
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return content;
    }
    uint8_t *data = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) ? ussl_host_calloc(1, (size_t)st.st_size + 1) : NULL;
    if (data != NULL) {
        content = (ussl_bytes_t) { data, read_fully(fd, data, (size_t)st.st_size) };
    }
    close(fd);
    return content;
}

typedef struct addition {
    ussl_context_obj_t *self;
    ussl_bytes_t data;
    unsigned how;
    bool done;
} addition_t;

static void run_addition(void *arg) {
    addition_t *a = arg;
    a->done = add_roots(a->self, a->data, a->how);
}

static bool add_file(ussl_context_obj_t *self, const char *path, bool only_by_default) {
    addition_t a = { self, content_of(path), only_by_default ? USSL_ROOTS_BY_DEFAULT : 0, false };
    mp_obj_t exception = a.data.len > 0 ? ussl_protect(run_addition, &a) : MP_OBJ_NULL;
    ussl_host_free((void *)a.data.data);
    if (exception != MP_OBJ_NULL) {
        nlr_raise(exception);
    }
    return a.done;
}

// The names of a folder, each ended by NUL, so that nothing is open while files are added.
static void list_folder(vstr_t *names, const char *path) {
    DIR *dir = opendir(path);
    struct dirent *entry;
    while (dir != NULL && (entry = readdir(dir)) != NULL) {
        if (entry->d_name[0] != '.') {
            vstr_add_strn(names, entry->d_name, strlen(entry->d_name) + 1);
        }
    }
    if (dir != NULL) {
        closedir(dir);
    }
}

static bool add_folder(ussl_context_obj_t *self, const char *path, bool only_by_default) {
    vstr_t names;
    bool any = false;
    vstr_init(&names, 256);
    list_folder(&names, path);
    for (size_t at = 0; at < names.len; at += strlen(names.buf + at) + 1) {
        char file[512];
        snprintf(file, sizeof(file), "%s/%s", path, names.buf + at);
        any |= add_file(self, file, only_by_default);
    }
    vstr_clear(&names);
    return any;
}

bool ussl_context_load_default_roots(ussl_context_obj_t *self, bool only_by_default) {
    const char *named_file = getenv(FILE_VARIABLE), *named_folder = getenv(FOLDER_VARIABLE);
    bool any = false;
    if (named_file != NULL) {
        any |= add_file(self, named_file, only_by_default);
    }
    if (named_folder != NULL) {
        any |= add_folder(self, named_folder, only_by_default);
    }
    if (named_file == NULL && named_folder == NULL) {
        const char *file = usual_file();
        any = file != NULL ? add_file(self, file, only_by_default) : add_folder(self, folder, only_by_default);
    }
    return any;
}

static mp_obj_t existing(const char *path) {
    return path != NULL && access(path, R_OK) == 0 ? mp_obj_new_str_from_cstr(path) : mp_const_none;
}

static mp_obj_t get_default_verify_paths(void) {
    const char *named_file = getenv(FILE_VARIABLE), *named_folder = getenv(FOLDER_VARIABLE);
    const char *file = usual_file();
    mp_obj_t names[] = { mp_obj_new_str_from_cstr(FILE_VARIABLE), mp_obj_new_str_from_cstr(file == NULL ? files[0] : file),
                         mp_obj_new_str_from_cstr(FOLDER_VARIABLE), mp_obj_new_str_from_cstr(folder) };
    return paths(existing(named_file == NULL ? file : named_file), existing(named_folder == NULL ? folder : named_folder), names);
}
MP_DEFINE_CONST_FUN_OBJ_0(ussl_get_default_verify_paths_obj, get_default_verify_paths);

#else

bool ussl_context_load_default_roots(ussl_context_obj_t *self, bool only_by_default) {
    (void)self;
    (void)only_by_default;
    return false;
}

#endif

#if defined(USSL_TRUST_BUNDLE) || !USSL_POSIX

static mp_obj_t get_default_verify_paths(void) {
    mp_obj_t none[4] = { mp_const_none, mp_const_none, mp_const_none, mp_const_none };
    return paths(mp_const_none, mp_const_none, none);
}
MP_DEFINE_CONST_FUN_OBJ_0(ussl_get_default_verify_paths_obj, get_default_verify_paths);

#endif
