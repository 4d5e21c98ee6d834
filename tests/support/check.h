// The smallest test harness that speaks the runner's protocol: one line per case,
// `ok - name` or `not ok - name: why`.

#ifndef USSL_TESTS_CHECK_H
#define USSL_TESTS_CHECK_H

#include <stdbool.h>

// Reads the arguments: cases whose name holds none of the given words are left out.
void test_begin(int argc, char **argv);

// Runs one case, unless it is left out, and prints its line.
void test_case(const char *name, void (*run)(void));

// The same where one function serves several cases: arg says which.
void test_case_with(const char *name, void (*run)(const void *arg), const void *arg);

// Returns the program's exit status.
int test_end(void);

// Notes why the running case fails; only the first reason is told.
void test_fail(const char *file, int line, const char *format, ...) __attribute__((format(printf, 3, 4)));

// True as long as nothing has failed in the running case. With USSL_TEST_ALL in the
// environment always, and every reason is told: for those who look for them.
bool test_passing(void);

// Both give their condition back, so that a case can stop where going on makes no sense.
#define CHECK(condition) \
    ((condition) ? true : (test_fail(__FILE__, __LINE__, "%s", #condition), false))

#define CHECK_EQ(got, wanted) \
    test_equal(__FILE__, __LINE__, #got, (long long)(got), (long long)(wanted))

bool test_equal(const char *file, int line, const char *what, long long got, long long wanted);

#endif
