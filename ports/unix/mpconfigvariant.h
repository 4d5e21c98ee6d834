// The demo interpreter has the features of the port's standard variant.
#define MICROPY_CONFIG_ROM_LEVEL (MICROPY_CONFIG_ROM_LEVEL_EXTRA_FEATURES)

#include "ports/unix/variants/mpconfigvariant_common.h"

// Ctrl-C is noticed between operations, not in the middle of one.
#undef MICROPY_ASYNC_KBD_INTR
#define MICROPY_ASYNC_KBD_INTR (0)

// MicroPython's own tests look at the stream protocol.
#define USSL_IOCTL (1)
