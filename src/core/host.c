#include <string.h>

#include "core/host.h"

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
