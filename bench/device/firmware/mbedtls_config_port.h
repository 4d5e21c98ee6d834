// MicroPython's own configuration of mbedTLS, with what each of its ports adds. The fast
// P-256 is on as in its rp2 port; most of its ports leave it off and are four times slower.

#ifndef BENCH_MBEDTLS_CONFIG_PORT_H
#define BENCH_MBEDTLS_CONFIG_PORT_H

#include <stdint.h>
#include <time.h>

time_t bench_unix_seconds(time_t *out);

#define MBEDTLS_ECP_NIST_OPTIM
#define MBEDTLS_PLATFORM_TIME_MACRO bench_unix_seconds
#define MBEDTLS_PLATFORM_MS_TIME_ALT
#define MBEDTLS_PLATFORM_GMTIME_R_ALT
#define MICROPY_MBEDTLS_CONFIG_BARE_METAL (1)

#include "extmod/mbedtls/mbedtls_config_common.h"

#endif
