// The network: lwIP over the board's Ethernet, served outside interrupts.

#ifndef FIRMWARE_NETIF_H
#define FIRMWARE_NETIF_H

#include "lwip/netif.h"

extern struct netif board_netif;

// Starts lwIP, the interface and DHCP.
void board_network_init(void);
// Takes in what has arrived and runs lwIP's timers.
void board_network_poll(void);

void mod_network_init(void);

#endif
