// Differences between the MicroPython versions ussl builds with (1.24 to current).

#ifndef USSL_BIND_COMPAT_H
#define USSL_BIND_COMPAT_H

#include "py/mpconfig.h"

#ifndef MP_NORETURN
#define MP_NORETURN NORETURN
#endif

#if !MICROPY_ENABLE_FINALISER
#error "ussl needs MICROPY_ENABLE_FINALISER: a dropped connection must free its memory"
#endif

#endif
