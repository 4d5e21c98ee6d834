// One at a time in core and the engine. MicroPython's unix port runs threads truly in
// parallel, and by default lets Ctrl-C leave whatever code is running with a long jump;
// the TLS library and the memory allocator under it survive neither.

#include "py/mpconfig.h"
#include "py/mpthread.h"

#include "bind/bind.h"

#define PARALLEL (MICROPY_PY_THREAD && !MICROPY_PY_THREAD_GIL)

#if PARALLEL || MICROPY_ASYNC_KBD_INTR

#include <pthread.h>
#include <signal.h>

static pthread_mutex_t mutex;
static pthread_once_t once = PTHREAD_ONCE_INIT;
// Both belong to whoever holds the mutex.
static unsigned depth;
static sigset_t outer_mask;

static void create(void) {
    pthread_mutexattr_t attr;
    pthread_mutexattr_init(&attr);
    pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_RECURSIVE); // a finaliser may run inside
    pthread_mutex_init(&mutex, &attr);
}

void ussl_lock(void) {
    sigset_t interrupt, before;
    sigemptyset(&interrupt);
    sigaddset(&interrupt, SIGINT);
    pthread_once(&once, create);
    pthread_sigmask(SIG_BLOCK, &interrupt, &before);
    pthread_mutex_lock(&mutex);
    if (depth++ == 0) {
        outer_mask = before;
    }
}

void ussl_unlock(void) {
    sigset_t before = outer_mask;
    bool outermost = --depth == 0;
    pthread_mutex_unlock(&mutex);
    if (outermost) {
        pthread_sigmask(SIG_SETMASK, &before, NULL);
    }
}

#else

// The interpreter's own lock does it.
void ussl_lock(void) {
}

void ussl_unlock(void) {
}

#endif
