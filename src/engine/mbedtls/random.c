// The process's random generator: PSA's, which TLS 1.3 needs anyway, or in a build without
// PSA one of the adapter's own.

#include "engine/mbedtls/internal.h"

#if defined(MBEDTLS_PSA_CRYPTO_C)

#include "psa/crypto.h"

int ussl_mbedtls_random_start(void) {
    return (int)psa_crypto_init();
}

void ussl_mbedtls_random_stop(void) {
    mbedtls_psa_crypto_free();
}

int ussl_mbedtls_random(void *unused, unsigned char *out, size_t len) {
    (void)unused;
    return mbedtls_psa_get_random(MBEDTLS_PSA_RANDOM_STATE, out, len);
}

#else

#include "mbedtls/ctr_drbg.h"
#include "mbedtls/entropy.h"

static mbedtls_entropy_context entropy;
static mbedtls_ctr_drbg_context generator;
static bool started;

int ussl_mbedtls_random_start(void) {
    if (started) {
        return 0;
    }
    mbedtls_entropy_init(&entropy);
    mbedtls_ctr_drbg_init(&generator);
    started = true;
    int ret = mbedtls_ctr_drbg_seed(&generator, mbedtls_entropy_func, &entropy, NULL, 0);
    if (ret != 0) {
        ussl_mbedtls_random_stop();
    }
    return ret;
}

void ussl_mbedtls_random_stop(void) {
    if (started) {
        mbedtls_ctr_drbg_free(&generator);
        mbedtls_entropy_free(&entropy);
        started = false;
    }
}

int ussl_mbedtls_random(void *unused, unsigned char *out, size_t len) {
    (void)unused;
    return mbedtls_ctr_drbg_random(&generator, out, len);
}

#endif
