#include "core/host.h"

void ussl_wipe(void *ptr, size_t len) {
    volatile uint8_t *p = ptr;
    while (len--) {
        *p++ = 0;
    }
}

void ussl_wipe_free(void *ptr, size_t len) {
    if (ptr != NULL) {
        ussl_wipe(ptr, len);
        ussl_host_free(ptr);
    }
}
