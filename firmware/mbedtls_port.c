// What mbedTLS asks of a board without an operating system.

#include <time.h>

#include "py/obj.h"
#include "shared/timeutils/timeutils.h"

#include "mbedtls/entropy.h"
#include "mbedtls/platform_util.h"

#include "entropy.h"

// Its generators are seeded from here.
int mbedtls_hardware_poll(void *data, unsigned char *buf, size_t len, size_t *got) {
    (void)data;
    *got = 0;
    if (!board_entropy(buf, len)) {
        return MBEDTLS_ERR_ENTROPY_SOURCE_FAILED;
    }
    *got = len;
    return 0;
}

// Certificates' dates are compared with this.
struct tm *mbedtls_platform_gmtime_r(const mbedtls_time_t *time, struct tm *out) {
    timeutils_struct_time_t t;
    timeutils_seconds_since_epoch_to_struct_time((mp_uint_t)*time, &t);
    *out = (struct tm) { .tm_year = t.tm_year - 1900, .tm_mon = t.tm_mon - 1, .tm_mday = t.tm_mday,
                         .tm_hour = t.tm_hour, .tm_min = t.tm_min, .tm_sec = t.tm_sec };
    return out;
}
