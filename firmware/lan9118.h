// The board's Ethernet controller, SMSC (Microchip) LAN9118.

#ifndef FIRMWARE_LAN9118_H
#define FIRMWARE_LAN9118_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LAN9118_FRAME_MAX 1536

// False when the chip does not answer.
bool lan9118_init(void);
void lan9118_address(uint8_t mac[6]);
// Lets the chip raise its interrupt line when a frame has come.
void lan9118_interrupt_enable(bool on);
// Forgets frames that came so far: the next one raises the line again.
void lan9118_interrupt_clear(void);
// Takes the oldest frame, without its checksum, into a buffer of LAN9118_FRAME_MAX
// bytes aligned to 4. Returns its length, 0 when none has come; damaged ones are dropped.
size_t lan9118_receive(uint32_t *frame);
// Sends a frame of len bytes from a buffer aligned to 4. False when the chip is full.
bool lan9118_send(const uint32_t *frame, size_t len);

#endif
