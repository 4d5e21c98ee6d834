// What the runner asks of this run: lines "name=value" in a file of the emulator's host.

#ifndef FIRMWARE_OPTIONS_H
#define FIRMWARE_OPTIONS_H

#include <stddef.h>

// Reads the file that the emulator was given as its argument; without one there are
// no options.
void options_read(void);
// All lines, each ended by a newline.
const char *options_text(void);
// The value of the first line of that name as a number, or otherwise.
size_t options_number(const char *name, size_t otherwise);

#endif
