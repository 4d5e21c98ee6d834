#include <string.h>

#include "core/host.h"

static ussl_account_t *charged;

ussl_account_t *ussl_account_charge(ussl_account_t *account) {
    ussl_account_t *before = charged;
    charged = account;
    return before;
}

void ussl_account_restore(ussl_account_t **before) {
    charged = *before;
}

void ussl_account_add(size_t bytes) {
    if (charged != NULL) {
        charged->now += bytes;
        charged->peak = charged->now > charged->peak ? charged->now : charged->peak;
    }
}

// What another account was charged for does not make this one's negative.
void ussl_account_subtract(size_t bytes) {
    if (charged != NULL) {
        charged->now -= bytes < charged->now ? bytes : charged->now;
    }
}

bool ussl_clock_is_set(void) {
    return ussl_host_unix_ms() / 1000 >= USSL_CLOCK_SET_S;
}

// The barrier tells the compiler that the zeros may be read: it may not leave them out.
void ussl_wipe(void *ptr, size_t len) {
    if (len > 0) {
        memset(ptr, 0, len);
        __asm__ __volatile__ ("" : : "r" (ptr) : "memory");
    }
}

void ussl_wipe_free(void *ptr, size_t len) {
    if (ptr != NULL) {
        ussl_wipe(ptr, len);
        ussl_host_free(ptr);
    }
}
