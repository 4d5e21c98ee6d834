// lwIP with the windows that MicroPython gives it on its own boards, but with memory for
// more connections: one that was closed here first takes a place for two minutes more, and
// a socket whose data finds no memory stands still for ten seconds (extmod/modlwip.c).

#ifndef FIRMWARE_LWIPOPTS_H
#define FIRMWARE_LWIPOPTS_H

#include <stdint.h>

#define LWIP_IPV6                       0
#define LWIP_HAVE_LOOPIF                1
#define LWIP_LOOPIF_MULTICAST           1
#define LWIP_LOOPBACK_MAX_PBUFS         8
#define MEMP_NUM_TCP_PCB                16
#define MEMP_NUM_TCP_SEG                64
#define MEM_SIZE                        32000
#define TCP_MSS                         800
#define TCP_WND                         (8 * TCP_MSS)
#define TCP_SND_BUF                     (8 * TCP_MSS)
#define LWIP_RAND()                     board_random32()

uint32_t board_random32(void);

#include "extmod/lwip-include/lwipopts_common.h"

#endif
