// Whether ussl's memory comes from MicroPython's heap or from an operating system.

#ifndef USSL_BIND_HOST_HEAP_H
#define USSL_BIND_HOST_HEAP_H

#include "py/mpconfig.h"

#ifndef USSL_HOST_HEAP
#if defined(__unix__) || defined(__APPLE__) || defined(_WIN32)
#define USSL_HOST_HEAP 0
#else
#define USSL_HOST_HEAP 1
#endif
#endif

#endif
