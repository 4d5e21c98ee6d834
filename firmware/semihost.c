#include "semihost.h"

#include <string.h>

enum {
    SYS_OPEN = 0x01,
    SYS_CLOSE = 0x02,
    SYS_WRITE = 0x05,
    SYS_READ = 0x06,
    SYS_SEEK = 0x0a,
    SYS_FLEN = 0x0c,
    SYS_TIME = 0x11,
    SYS_GET_CMDLINE = 0x15,
    SYS_EXIT_EXTENDED = 0x20,
};

#define APPLICATION_EXIT 0x20026

static int call(uint32_t number, const void *arguments) {
    register uint32_t r0 __asm__ ("r0") = number;
    register const void *r1 __asm__ ("r1") = arguments;
    __asm volatile ("bkpt 0xab" : "+r" (r0) : "r" (r1) : "memory");
    return (int)r0;
}

int semihost_open(const char *path, uint32_t mode) {
    uint32_t arguments[] = { (uint32_t)path, mode, strlen(path) };
    return call(SYS_OPEN, arguments);
}

void semihost_close(int file) {
    uint32_t arguments[] = { (uint32_t)file };
    if (file >= 0) {
        call(SYS_CLOSE, arguments);
    }
}

// Both answer with the number of bytes that were not moved.
static int transfer(uint32_t number, int file, const void *buf, size_t len) {
    uint32_t arguments[] = { (uint32_t)file, (uint32_t)buf, len };
    uint32_t left = (uint32_t)call(number, arguments);
    return left <= len ? (int)(len - left) : -1;
}

int semihost_read(int file, void *buf, size_t len) {
    return transfer(SYS_READ, file, buf, len);
}

int semihost_write(int file, const void *buf, size_t len) {
    return transfer(SYS_WRITE, file, buf, len);
}

int semihost_size(int file) {
    uint32_t arguments[] = { (uint32_t)file };
    return call(SYS_FLEN, arguments);
}

int semihost_seek(int file, uint32_t position) {
    uint32_t arguments[] = { (uint32_t)file, position };
    return call(SYS_SEEK, arguments);
}

uint32_t semihost_time(void) {
    return (uint32_t)call(SYS_TIME, NULL);
}

int semihost_arguments(char *buf, size_t size) {
    uint32_t arguments[] = { (uint32_t)buf, size };
    return call(SYS_GET_CMDLINE, arguments);
}

void semihost_exit(int status) {
    uint32_t arguments[] = { APPLICATION_EXIT, (uint32_t)status };
    call(SYS_EXIT_EXTENDED, arguments);
    for (;;) {
    }
}
