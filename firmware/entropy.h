// The board's source of randomness.

#ifndef FIRMWARE_ENTROPY_H
#define FIRMWARE_ENTROPY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Fills buf. False when the source gives nothing: then buf must not be used.
bool board_entropy(uint8_t *buf, size_t len);
// Says at start-up when what board_entropy gives can be guessed.
void board_entropy_warn(void);

#endif
