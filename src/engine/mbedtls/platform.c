// Memory, time and randomness for mbedTLS.

#include "engine/mbedtls/internal.h"

#include "mbedtls/build_info.h"
#include "mbedtls/platform_time.h"
#include "psa/crypto.h"

#include "core/host.h"

// mbedTLS reports a failed allocation in many disguises ("certificate not signed by
// the trusted CA"); remembering the fact is the only sure way to tell. mbedTLS has no
// context to keep this in, and one operation runs at a time, so it is one variable.
static bool no_memory;

void *ussl_mbedtls_calloc(size_t count, size_t size) {
    void *ptr = ussl_host_calloc(count, size);
    no_memory |= ptr == NULL;
    return ptr;
}

void ussl_mbedtls_free(void *ptr) {
    ussl_host_free(ptr);
}

void ussl_mbedtls_begin(void) {
    no_memory = false;
}

bool ussl_mbedtls_no_memory(void) {
    return no_memory;
}

int64_t ussl_mbedtls_time(int64_t *out) {
    int64_t now = ussl_host_unix_ms() / 1000;
    if (out != NULL) {
        *out = now;
    }
    return now;
}

mbedtls_ms_time_t mbedtls_ms_time(void) {
    return ussl_host_unix_ms();
}

ussl_status_t ussl_mbedtls_start(ussl_error_t *err) {
    ussl_mbedtls_begin();
    psa_status_t status = psa_crypto_init();
    return status == PSA_SUCCESS ? USSL_OK : ussl_mbedtls_fail((int)status, err);
}
