// mbedTLS's encryption of keys under passwords (RFC 8018), with a bound: how often to iterate
// is up to the file, and 2^31 times take an hour. The file takes the place of pkcs5.c in the
// build.

#include "engine/mbedtls/internal.h"

#include "mbedtls/asn1.h"

// There are two numbers: of iterations, and of bytes of the key.
static inline int get_bounded_int(unsigned char **p, const unsigned char *end, int *value) {
    int ret = mbedtls_asn1_get_int(p, end, value);
    return ret == 0 && *value > USSL_MBEDTLS_ITERATIONS_MAX ? MBEDTLS_ERR_ASN1_INVALID_DATA : ret;
}

#define mbedtls_asn1_get_int get_bounded_int

#include "pkcs5.c"
