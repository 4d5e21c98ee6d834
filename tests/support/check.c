#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/check.h"

static char **words;
static int word_count;
static int failures;
static char reason[400];

void test_begin(int argc, char **argv) {
    words = argv + 1;
    word_count = argc - 1;
    setvbuf(stdout, NULL, _IOLBF, 0);
}

static bool chosen(const char *name) {
    for (int i = 0; i < word_count; i++) {
        if (strstr(name, words[i]) != NULL) {
            return true;
        }
    }
    return word_count == 0;
}

static void tell(const char *name) {
    if (reason[0] == '\0') {
        printf("ok - %s\n", name);
    } else {
        printf("not ok - %s: %s\n", name, reason);
        failures++;
    }
}

void test_case(const char *name, void (*run)(void)) {
    if (chosen(name)) {
        reason[0] = '\0';
        run();
        tell(name);
    }
}

void test_case_with(const char *name, void (*run)(const void *arg), const void *arg) {
    if (chosen(name)) {
        reason[0] = '\0';
        run(arg);
        tell(name);
    }
}

int test_end(void) {
    return failures == 0 ? 0 : 1;
}

static bool tells_all(void) {
    return getenv("USSL_TEST_ALL") != NULL;
}

bool test_passing(void) {
    return reason[0] == '\0' || tells_all();
}

void test_fail(const char *file, int line, const char *format, ...) {
    if (reason[0] != '\0' && !tells_all()) {
        return;
    }
    const char *base = strrchr(file, '/');
    int used = snprintf(reason, sizeof(reason), "%s:%d: ", base == NULL ? file : base + 1, line);
    va_list args;
    va_start(args, format);
    vsnprintf(reason + used, sizeof(reason) - (size_t)used, format, args);
    va_end(args);
    if (tells_all()) {
        fprintf(stderr, "# %s\n", reason);
    }
}

bool test_equal(const char *file, int line, const char *what, long long got, long long wanted) {
    if (got != wanted) {
        test_fail(file, line, "%s is %lld, not %lld", what, got, wanted);
    }
    return got == wanted;
}
