// Small data under a key, a user's or one of a server's tickets: ChaCha20-Poly1305 (RFC
// 8439), which takes no memory and has no tables that a cache betrays. A random nonce of 96
// bits is good for 2^32 pieces of data under one key.

#include <string.h>

#include "engine/mbedtls/internal.h"

#include "mbedtls/chachapoly.h"

#include "core/host.h"

#define NONCE_SIZE 12
#define TAG_SIZE 16

// Writes nonce, text and tag.
static int encrypt(mbedtls_chachapoly_context *aead, const uint8_t key[USSL_SEAL_KEY_SIZE], ussl_bytes_t label,
    ussl_bytes_t data, uint8_t *out) {
    uint8_t *text = out + NONCE_SIZE;
    int ret = ussl_mbedtls_random(NULL, out, NONCE_SIZE);
    ret = ret == 0 ? mbedtls_chachapoly_setkey(aead, key) : ret;
    return ret != 0 ? ret : mbedtls_chachapoly_encrypt_and_tag(aead, data.len, out, label.data, label.len,
        data.data, text, text + data.len);
}

int ussl_mbedtls_seal_bytes(const uint8_t key[USSL_SEAL_KEY_SIZE], ussl_bytes_t label, ussl_bytes_t data, uint8_t *out) {
    mbedtls_chachapoly_context aead;
    mbedtls_chachapoly_init(&aead);
    int ret = encrypt(&aead, key, label, data, out);
    mbedtls_chachapoly_free(&aead);
    return ret;
}

int ussl_mbedtls_open_bytes(const uint8_t key[USSL_SEAL_KEY_SIZE], ussl_bytes_t label, ussl_bytes_t sealed, uint8_t *out) {
    mbedtls_chachapoly_context aead;
    size_t len = sealed.len - USSL_SEAL_SIZE;
    const uint8_t *text = sealed.data + NONCE_SIZE;
    mbedtls_chachapoly_init(&aead);
    int ret = mbedtls_chachapoly_setkey(&aead, key);
    ret = ret == 0 ? mbedtls_chachapoly_auth_decrypt(&aead, len, sealed.data, label.data, label.len, text + len, text, out) : ret;
    mbedtls_chachapoly_free(&aead);
    return ret;
}

ussl_status_t ussl_mbedtls_seal(const uint8_t key[USSL_SEAL_KEY_SIZE], ussl_bytes_t label, ussl_bytes_t data,
    uint8_t *out, ussl_error_t *err) {
    if (ussl_mbedtls_start(err) != USSL_OK) {
        return USSL_FAILED;
    }
    int ret = ussl_mbedtls_seal_bytes(key, label, data, out);
    return ret == 0 ? USSL_OK : ussl_mbedtls_fail(ret, err);
}

ussl_status_t ussl_mbedtls_open(const uint8_t key[USSL_SEAL_KEY_SIZE], ussl_bytes_t label, ussl_bytes_t sealed,
    uint8_t *out, ussl_error_t *err) {
    if (sealed.len < USSL_SEAL_SIZE) {
        return ussl_fail(err, USSL_ERR_INPUT, USSL_REASON_SESSION_DATA);
    }
    ussl_mbedtls_begin();
    int ret = ussl_mbedtls_open_bytes(key, label, sealed, out);
    return ret == 0 ? USSL_OK : ussl_mbedtls_fail_input(ret, USSL_REASON_SESSION_DATA, 0, err);
}
