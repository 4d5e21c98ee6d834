// Services of the computer that runs the emulator ("Semihosting for AArch32 and AArch64",
// Arm). Numbers and structures are the protocol's.

#ifndef FIRMWARE_SEMIHOST_H
#define FIRMWARE_SEMIHOST_H

#include <stddef.h>
#include <stdint.h>

// fopen's "rb" and "wb".
#define SEMIHOST_READ   1
#define SEMIHOST_WRITE  5

// A handle, or -1.
int semihost_open(const char *path, uint32_t mode);
void semihost_close(int file);
// How many bytes were moved, 0 at the end of the file, -1 for an error.
int semihost_read(int file, void *buf, size_t len);
int semihost_write(int file, const void *buf, size_t len);
// The file's size, or -1.
int semihost_size(int file);
int semihost_seek(int file, uint32_t position);
// Seconds since 1970.
uint32_t semihost_time(void);
// What the emulator was given as arguments, ended by a NUL; -1 when it does not fit.
int semihost_arguments(char *buf, size_t size);
// Ends the emulator.
void semihost_exit(int status) __attribute__((noreturn));

#endif
