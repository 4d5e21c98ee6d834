// What the runner asks of this run: words "name=value" that the emulator was given for
// its guest. In a value %20 is a space and %25 a percent sign.

#ifndef FIRMWARE_OPTIONS_H
#define FIRMWARE_OPTIONS_H

#include <stddef.h>

void options_read(void);
// All words, with spaces between them.
const char *options_text(void);
// The number in the first word of that name, or otherwise.
size_t options_number(const char *name, size_t otherwise);

#endif
