// mbedTLS's encryption of keys under passwords (RFC 8018), with a bound: how often to iterate
// is up to the file, and 2^31 times take an hour. And with a better eye for wrong passwords.
// The file takes the place of pkcs5.c in the build.

#include "engine/mbedtls/internal.h"

#include "mbedtls/asn1.h"
#include "mbedtls/cipher.h"

// There are two numbers: of iterations, and of bytes of the key.
static inline int get_bounded_int(unsigned char **p, const unsigned char *end, int *value) {
    int ret = mbedtls_asn1_get_int(p, end, value);
    return ret == 0 && *value > USSL_MBEDTLS_ITERATIONS_MAX ? MBEDTLS_ERR_ASN1_INVALID_DATA : ret;
}

// What comes of one wrong password in 256 is padded as it should be. But what is encrypted, in
// keys and in PKCS#12, is one SEQUENCE.
static inline int crypt_sequence(mbedtls_cipher_context_t *ctx, const unsigned char *iv, size_t iv_len,
    const unsigned char *in, size_t in_len, unsigned char *out, size_t *out_len) {
    int ret = mbedtls_cipher_crypt(ctx, iv, iv_len, in, in_len, out, out_len);
    unsigned char *p = out;
    size_t len;
    bool whole = ret == 0 && mbedtls_asn1_get_tag(&p, out + *out_len, &len, USSL_DER_SEQUENCE) == 0
        && p + len == out + *out_len;
    return ret == 0 && !whole ? MBEDTLS_ERR_CIPHER_INVALID_PADDING : ret;
}

#define mbedtls_asn1_get_int get_bounded_int
#define mbedtls_cipher_crypt crypt_sequence

#include "pkcs5.c"
