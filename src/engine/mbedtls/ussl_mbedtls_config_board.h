// ussl's configuration of mbedTLS for boards without an operating system. The build files
// pass it as MBEDTLS_CONFIG_FILE on every port but unix and windows.

#ifndef USSL_MBEDTLS_CONFIG_BOARD_H
#define USSL_MBEDTLS_CONFIG_BOARD_H

#include "ussl_mbedtls_config.h"

// Randomness comes from the port's mbedtls_hardware_poll (see bind/entropy.c), which mbedTLS
// calls through generator.c.
#define MBEDTLS_NO_PLATFORM_ENTROPY
#define MBEDTLS_ENTROPY_HARDWARE_ALT
#define USSL_MBEDTLS_GENERATOR
#define mbedtls_hardware_poll ussl_mbedtls_hardware_poll
// The C library's gmtime takes memory with malloc, which boards do not have: see calendar.c.
#define MBEDTLS_PLATFORM_GMTIME_R_ALT
#define USSL_MBEDTLS_CALENDAR
// AES's tables in flash: computed at run time they would take 8.5 KB of memory. A quarter
// of them does, for a third more instructions; ChaCha20 is what is offered first.
#define MBEDTLS_AES_ROM_TABLES
#define MBEDTLS_AES_FEWER_TABLES
// Only P-384 and P-521 would use tables of their base points.
#undef MBEDTLS_ECP_FIXED_POINT_OPTIM
#define MBEDTLS_ECP_FIXED_POINT_OPTIM 0
// SHA-384 is for a few bytes of a handshake.
#define MBEDTLS_SHA512_SMALLER
// PSA's table of keys is static. A client's handshake of TLS 1.3 holds one while it waits
// for the server, and what computes needs one more: enough for all sockets of lwIP.
#undef MBEDTLS_PSA_KEY_STORE_DYNAMIC
#define MBEDTLS_PSA_KEY_SLOT_COUNT 24
// Several ports compile a function of this name, on a clock of their own, whether TLS is
// theirs or not.
#define mbedtls_ms_time ussl_mbedtls_ms_time

#endif
