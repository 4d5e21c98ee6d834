#include "shared/runtime/interrupt_char.h"

#define mp_hal_ticks_cpu mp_hal_ticks_us
