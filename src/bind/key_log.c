// SSLContext.keylog_filename: the file that the secrets of connections are appended to.

#include "py/runtime.h"

#include "bind/bind.h"

#if USSL_KEY_LOG

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

// As curl, browsers and CPython have it.
#define VARIABLE "SSLKEYLOGFILE"

mp_obj_t ussl_context_keylog_filename(const ussl_context_obj_t *self) {
    return self->keylog_filename;
}

// In one piece, so that lines of several programs do not mix. There is nobody to tell when
// the disk is full.
static void write_line(void *arg, const char *line, size_t len) {
    ssize_t written = write((int)(intptr_t)arg, line, len);
    (void)written;
}

static void close_file(void *arg) {
    close((int)(intptr_t)arg);
}

// Whoever reads the file can read the connections: a new one is its owner's alone.
static int open_file(mp_obj_t path) {
    int fd = open(mp_obj_str_get_str(path), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, S_IRUSR | S_IWUSR);
    if (fd < 0) {
        ussl_raise_path(errno, path);
    }
    return fd;
}

void ussl_context_set_keylog_filename(ussl_context_obj_t *self, mp_obj_t value) {
    ussl_key_log_t log = { write_line, close_file, NULL };
    bool logs = value != mp_const_none;
    int fd = logs ? open_file(value) : -1;
    log.arg = (void *)(intptr_t)fd;
    ussl_error_t err;
    ussl_lock();
    ussl_status_t status = ussl_ctx_set_key_log(self->ctx, logs ? &log : NULL, &err);
    ussl_unlock();
    if (status != USSL_OK && logs) {
        close(fd);
    }
    ussl_check(status, &err);
    self->keylog_filename = value;
}

void ussl_context_log_as_told(ussl_context_obj_t *self) {
    const char *path = getenv(VARIABLE);
    if (path != NULL && path[0] != '\0') {
        ussl_context_set_keylog_filename(self, mp_obj_new_str_from_cstr(path));
    }
}

#endif
