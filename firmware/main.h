#ifndef FIRMWARE_MAIN_H
#define FIRMWARE_MAIN_H

// Makes the next soft reset end the emulator with this status.
void board_exit_with(int status);

#endif
