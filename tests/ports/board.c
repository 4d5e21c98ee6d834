// What ussl brings along for boards, run on this computer: the calendar against the C
// library's, and the check of the port's generator.

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "mbedtls/entropy.h"
#include "mbedtls/platform_util.h"

#include "entropy_poll.h"

#undef mbedtls_hardware_poll
int mbedtls_hardware_poll(void *data, unsigned char *buf, size_t len, size_t *got);

// ---- the generator of a port ----

static const unsigned char *sequence; // repeated
static size_t period;

int mbedtls_hardware_poll(void *data, unsigned char *buf, size_t len, size_t *got) {
    (void)data;
    for (size_t i = 0; i < len; i++) {
        buf[i] = sequence[i % period];
    }
    *got = len;
    return 0;
}

static int poll_with(const void *bytes, size_t len) {
    unsigned char buf[128];
    size_t got = 0;
    sequence = bytes;
    period = len;
    return ussl_mbedtls_hardware_poll(NULL, buf, sizeof(buf), &got);
}

static void test_generator(void) {
    unsigned char all[128];
    for (size_t i = 0; i < sizeof(all); i++) {
        all[i] = (unsigned char)(i * i + i / 3);
    }
    int good = poll_with(all, sizeof(all));
    int zeros = poll_with("", 1);
    int word = poll_with("\x12\x34\x56\x78", 4);
    printf(good == 0 ? "ok - a generator that changes is used\n" : "not ok - a generator that changes is used: %d\n", good);
    printf(zeros != 0 && word != 0 ? "ok - a generator that is stuck is refused\n"
        : "not ok - a generator that is stuck is refused: %d %d\n", zeros, word);
}

// ---- the calendar ----

static int differs(mbedtls_time_t when) {
    struct tm ours;
    time_t then = (time_t)when;
    mbedtls_platform_gmtime_r(&when, &ours);
    const struct tm *theirs = gmtime(&then);
    return ours.tm_year != theirs->tm_year || ours.tm_mon != theirs->tm_mon || ours.tm_mday != theirs->tm_mday
           || ours.tm_hour != theirs->tm_hour || ours.tm_min != theirs->tm_min || ours.tm_sec != theirs->tm_sec;
}

// Each day from 1970 to 2400, at two times: its first second and its last.
static void test_calendar(void) {
    for (mbedtls_time_t day = 0; day < 157060; day++) {
        mbedtls_time_t start = day * 86400;
        if (differs(start) || differs(start + 86399)) {
            printf("not ok - the calendar agrees with the C library's: not at %lld\n", (long long)start);
            return;
        }
    }
    printf("ok - the calendar agrees with the C library's\n");
}

int main(void) {
    test_generator();
    test_calendar();
    return 0;
}
