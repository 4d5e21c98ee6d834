// Sealing of ussl's own bytes: tickets of a server. ChaCha20-Poly1305 (RFC 8439) needs no
// tables and no memory, and means the same on hosts and boards.

#include "engine/mbedtls/internal.h"

#include "mbedtls/chachapoly.h"

int ussl_mbedtls_seal(const ussl_mbedtls_seal_t *how, uint8_t *data, size_t len, uint8_t tag[USSL_MBEDTLS_TAG_LEN]) {
    mbedtls_chachapoly_context aead;
    mbedtls_chachapoly_init(&aead);
    int ret = mbedtls_chachapoly_setkey(&aead, how->key);
    if (ret == 0) {
        ret = mbedtls_chachapoly_encrypt_and_tag(&aead, len, how->nonce, how->context.data, how->context.len, data, data, tag);
    }
    mbedtls_chachapoly_free(&aead);
    return ret;
}

int ussl_mbedtls_open(const ussl_mbedtls_seal_t *how, uint8_t *data, size_t len, const uint8_t tag[USSL_MBEDTLS_TAG_LEN]) {
    mbedtls_chachapoly_context aead;
    mbedtls_chachapoly_init(&aead);
    int ret = mbedtls_chachapoly_setkey(&aead, how->key);
    if (ret == 0) {
        ret = mbedtls_chachapoly_auth_decrypt(&aead, len, how->nonce, how->context.data, how->context.len, tag, data, data);
    }
    mbedtls_chachapoly_free(&aead);
    return ret;
}
