#ifndef FIRMWARE_LWIP_CC_H
#define FIRMWARE_LWIP_CC_H

#include <stdio.h>

#define LWIP_NO_CTYPE_H                 1
#define LWIP_PLATFORM_DIAG(x)           do { printf x; } while (0)
#define LWIP_PLATFORM_ASSERT(x)         do { } while (0)

#endif
