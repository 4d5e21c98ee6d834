// The board's memory beyond the linker script's: 4 MB at 0x20000000 that start-up does
// not touch, so that it keeps its contents through a reset, as flash would.

#ifndef FIRMWARE_MEMORY_H
#define FIRMWARE_MEMORY_H

#define BOARD_DISK_START    0x20000000
#define BOARD_DISK_SIZE     0x00100000
#define BOARD_HEAP_START    0x20200000
#define BOARD_HEAP_MAX      0x00200000

// What a board of this class leaves to Python. The run options may say otherwise.
#define BOARD_HEAP_DEFAULT  (160 * 1024)
#define BOARD_STACK_LIMIT   (32 * 1024)

#endif
