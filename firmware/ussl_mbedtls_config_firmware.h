// ussl's configuration of mbedTLS with what a board without an operating system has to
// bring itself: its source of randomness and its calendar.

#ifndef USSL_MBEDTLS_CONFIG_FIRMWARE_H
#define USSL_MBEDTLS_CONFIG_FIRMWARE_H

#include "engine/mbedtls/ussl_mbedtls_config.h"

#define MBEDTLS_NO_PLATFORM_ENTROPY
#define MBEDTLS_ENTROPY_HARDWARE_ALT
#define MBEDTLS_PLATFORM_GMTIME_R_ALT
// AES's tables in flash: computed at run time they would take 8.5 KB of memory. A quarter
// of them does, for a third more instructions; ChaCha20 is what is offered first.
#define MBEDTLS_AES_ROM_TABLES
#define MBEDTLS_AES_FEWER_TABLES
// Only P-384 and P-521 would use tables of their base points.
#undef MBEDTLS_ECP_FIXED_POINT_OPTIM
#define MBEDTLS_ECP_FIXED_POINT_OPTIM 0
// SHA-384 is for a few bytes of a handshake.
#define MBEDTLS_SHA512_SMALLER
// PSA's table of keys is static: a handshake of TLS 1.3 needs one of them.
#undef MBEDTLS_PSA_KEY_STORE_DYNAMIC
#define MBEDTLS_PSA_KEY_SLOT_COUNT 8

#endif
