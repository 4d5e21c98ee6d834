// The calendar on boards: certificates' dates are compared with it.

#include <stdbool.h>
#include <time.h>

#include "mbedtls/build_info.h"
#include "mbedtls/platform_util.h"

#if defined(USSL_MBEDTLS_CALENDAR)

#define DAY_S 86400

static bool is_leap(int year) {
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int days_in(int year, int month) {
    static const unsigned char days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    return days[month] + (month == 1 && is_leap(year));
}

struct tm *mbedtls_platform_gmtime_r(const mbedtls_time_t *time, struct tm *out) {
    int second = (int)(*time % DAY_S);
    int day = (int)(*time / DAY_S); // since 1 January 1970; no clock is set to before
    int year = 1970;
    int month = 0;
    for (; day >= 365 + is_leap(year); year++) {
        day -= 365 + is_leap(year);
    }
    for (; day >= days_in(year, month); month++) {
        day -= days_in(year, month);
    }
    *out = (struct tm) { .tm_year = year - 1900, .tm_mon = month, .tm_mday = day + 1,
                         .tm_hour = second / 3600, .tm_min = second / 60 % 60, .tm_sec = second % 60 };
    return out;
}

#endif
