// ussl's configuration of mbedTLS with what a board without an operating system has to
// bring itself: its source of randomness and its calendar.

#ifndef USSL_MBEDTLS_CONFIG_FIRMWARE_H
#define USSL_MBEDTLS_CONFIG_FIRMWARE_H

#include "engine/mbedtls/ussl_mbedtls_config.h"

#define MBEDTLS_NO_PLATFORM_ENTROPY
#define MBEDTLS_ENTROPY_HARDWARE_ALT
#define MBEDTLS_PLATFORM_GMTIME_R_ALT
// AES's tables in flash: computed at run time they would take 8.5 KB of memory.
#define MBEDTLS_AES_ROM_TABLES

#endif
