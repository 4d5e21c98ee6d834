// mbedTLS's key schedule of TLS 1.3. Keys that it cannot finish without memory it frees without
// what they hold. The file takes the place of ssl_tls13_keys.c in the build.

#include "engine/mbedtls/internal.h"

#include "mbedtls/platform.h"

#if defined(MBEDTLS_SSL_PROTO_TLS1_3)

static inline void free_block(void *block, bool is_keys) {
    if (is_keys) {
        mbedtls_ssl_transform_free(block);
    }
    ussl_mbedtls_free(block);
}

#undef mbedtls_free
#define mbedtls_free(block) \
    free_block(block, __builtin_types_compatible_p(__typeof__(block), mbedtls_ssl_transform *))

#include "ssl_tls13_keys.c"

#endif
