// lwIP with the sizes that MicroPython gives it on its own boards.

#ifndef FIRMWARE_LWIPOPTS_H
#define FIRMWARE_LWIPOPTS_H

#include <stdint.h>

#define LWIP_IPV6                       0
#define LWIP_HAVE_LOOPIF                1
#define LWIP_LOOPIF_MULTICAST           1
#define LWIP_LOOPBACK_MAX_PBUFS         8
#define LWIP_RAND()                     board_random32()

uint32_t board_random32(void);

#include "extmod/lwip-include/lwipopts_common.h"

#endif
