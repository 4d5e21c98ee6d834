// One at a time in core and the engine. MicroPython's unix port runs threads truly in
// parallel, as rp2 does on its two processors, and unix by default lets Ctrl-C leave
// whatever code is running with a long jump; the TLS library and the memory allocator
// under it survive neither.

#include "py/mpconfig.h"
#include "py/mpthread.h"

#include "bind/bind.h"
#include "bind/host_heap.h"

#define PARALLEL (MICROPY_PY_THREAD && !MICROPY_PY_THREAD_GIL)

#if PARALLEL && USSL_HOST_HEAP

#include "py/mpstate.h"

#if !MICROPY_PY_THREAD_RECURSIVE_MUTEX
#error "where threads run in parallel, ussl needs MicroPython 1.25 or later"
#endif

// The heap's own lock, not one more: finalisers come here from a collection, which holds
// that one, and what runs in here takes memory; two locks would be taken in both orders.
// And a soft reset waits for it before it stops the other processor.
void ussl_lock(void) {
    mp_thread_recursive_mutex_lock(&MP_STATE_MEM(gc_mutex), 1);
}

void ussl_unlock(void) {
    mp_thread_recursive_mutex_unlock(&MP_STATE_MEM(gc_mutex));
}

#elif PARALLEL || MICROPY_ASYNC_KBD_INTR

#include <pthread.h>
#include <signal.h>

static pthread_mutex_t mutex;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static unsigned depth; // belongs to whoever holds the mutex

static void create(void) {
    pthread_mutexattr_t attr;
    pthread_mutexattr_init(&attr);
    pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_RECURSIVE); // a finaliser may run inside
    pthread_mutex_init(&mutex, &attr);
}

#if MICROPY_ASYNC_KBD_INTR
// Ctrl-C waits until nobody computes any more.
typedef sigset_t mask_t;

static void hold_interrupt(mask_t *before) {
    sigset_t interrupt;
    sigemptyset(&interrupt);
    sigaddset(&interrupt, SIGINT);
    pthread_sigmask(SIG_BLOCK, &interrupt, before);
}

static void release_interrupt(const mask_t *before) {
    pthread_sigmask(SIG_SETMASK, before, NULL);
}
#else
typedef char mask_t; // nothing to remember

static void hold_interrupt(mask_t *before) {
    *before = 0;
}

static void release_interrupt(const mask_t *before) {
    (void)before;
}
#endif

static mask_t outer_mask; // the holder's, as depth is

void ussl_lock(void) {
    mask_t before;
    pthread_once(&once, create);
    hold_interrupt(&before);
    pthread_mutex_lock(&mutex);
    if (depth++ == 0) {
        outer_mask = before;
    }
}

void ussl_unlock(void) {
    mask_t before = outer_mask;
    bool outermost = --depth == 0;
    pthread_mutex_unlock(&mutex);
    if (outermost) {
        release_interrupt(&before);
    }
}

#else

// The interpreter's own lock does it.
void ussl_lock(void) {
}

void ussl_unlock(void) {
}

#endif
