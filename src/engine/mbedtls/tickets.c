// A server's tickets, sealed and opened, and their keys. Nothing is kept of them: a server
// with the same keys honours them, another process or machine, or this one after a restart.

#include "engine/mbedtls/resumption.h"

#if defined(MBEDTLS_SSL_SRV_C)

#include <string.h>

#include "mbedtls/sha256.h"

#include "core/host.h"

#define NAME_LEN sizeof(((ussl_mbedtls_ticket_key_t *)NULL)->name)
#define OWN_KEYS 2 // the present one, and the one before
#define ROTATION_MS (USSL_MBEDTLS_SESSION_LIFETIME_S * (uint64_t)1000)

// ---- keys ----

// What tells keys apart says nothing about them.
static int name_key(ussl_mbedtls_ticket_key_t *key) {
    static const char label[] = "ussl ticket key";
    uint8_t data[sizeof(label) + USSL_SEAL_KEY_SIZE];
    uint8_t digest[USSL_MBEDTLS_DIGEST_LEN];
    memcpy(data, label, sizeof(label));
    memcpy(data + sizeof(label), key->key, sizeof(key->key));
    int ret = mbedtls_sha256(data, sizeof(data), digest, 0);
    memcpy(key->name, digest, sizeof(key->name));
    ussl_wipe(data, sizeof(data));
    return ret;
}

static int make_key(ussl_mbedtls_ticket_key_t *key) {
    int ret = ussl_mbedtls_random(NULL, key->key, sizeof(key->key));
    return ret == 0 ? name_key(key) : ret;
}

static int fill(ussl_mbedtls_ticket_keys_t *keys, const uint8_t *data) {
    int ret = 0;
    for (size_t i = 0; ret == 0 && i < keys->count; i++) {
        if (keys->own) {
            ret = make_key(&keys->keys[i]);
        } else {
            memcpy(keys->keys[i].key, data + i * USSL_SEAL_KEY_SIZE, USSL_SEAL_KEY_SIZE);
            ret = name_key(&keys->keys[i]);
        }
    }
    return ret;
}

int ussl_mbedtls_ticket_keys_set(ussl_mbedtls_ticket_keys_t *keys, const uint8_t *data, size_t count) {
    ussl_mbedtls_ticket_keys_t next = { .count = count == 0 ? OWN_KEYS : count, .own = count == 0,
                                        .rotated_ms = ussl_host_monotonic_ms() };
    next.keys = ussl_mbedtls_own_calloc(next.count, sizeof(*next.keys));
    int ret = next.keys == NULL ? MBEDTLS_ERR_SSL_ALLOC_FAILED : fill(&next, data);
    if (ret != 0) {
        ussl_mbedtls_ticket_keys_free(&next);
        return ret;
    }
    ussl_mbedtls_ticket_keys_free(keys);
    *keys = next;
    return 0;
}

void ussl_mbedtls_ticket_keys_free(ussl_mbedtls_ticket_keys_t *keys) {
    ussl_wipe_free(keys->keys, keys->count * sizeof(*keys->keys));
    *keys = (ussl_mbedtls_ticket_keys_t) { 0 };
}

static int rotate_once(ussl_mbedtls_ticket_keys_t *keys) {
    ussl_mbedtls_ticket_key_t fresh;
    int ret = make_key(&fresh);
    if (ret == 0) {
        keys->keys[1] = keys->keys[0];
        keys->keys[0] = fresh;
    }
    ussl_wipe(&fresh, sizeof(fresh));
    return ret;
}

// Own keys last for a day, and for another one to open with. After two days without a
// client both are new.
static int rotate(ussl_mbedtls_ticket_keys_t *keys) {
    uint64_t age = ussl_host_monotonic_ms() - keys->rotated_ms;
    int ret = 0;
    if (!keys->own || age < ROTATION_MS) {
        return 0;
    }
    for (unsigned i = 0; ret == 0 && i < OWN_KEYS && age >= ROTATION_MS; i++) {
        ret = rotate_once(keys);
        age -= ROTATION_MS;
    }
    keys->rotated_ms = ret == 0 ? ussl_host_monotonic_ms() : keys->rotated_ms;
    return ret;
}

// ---- tickets ----

int ussl_mbedtls_ticket_seal(ussl_mbedtls_ticket_keys_t *keys, ussl_bytes_t binding, ussl_bytes_t kept,
    uint8_t out[USSL_MBEDTLS_TICKET_MAX], size_t *out_len) {
    int ret = rotate(keys);
    if (ret != 0) {
        return ret;
    }
    memcpy(out, keys->keys[0].name, NAME_LEN);
    *out_len = NAME_LEN + kept.len + USSL_SEAL_SIZE;
    return ussl_mbedtls_seal_bytes(keys->keys[0].key, binding, kept, out + NAME_LEN);
}

static bool opens(const ussl_mbedtls_ticket_key_t *key, ussl_bytes_t binding, ussl_bytes_t ticket, uint8_t *kept) {
    ussl_bytes_t sealed = { ticket.data + NAME_LEN, ticket.len - NAME_LEN };
    return memcmp(ticket.data, key->name, NAME_LEN) == 0
           && ussl_mbedtls_open_bytes(key->key, binding, sealed, kept) == 0;
}

size_t ussl_mbedtls_ticket_open(ussl_mbedtls_ticket_keys_t *keys, ussl_bytes_t binding, ussl_bytes_t ticket,
    uint8_t kept[USSL_MBEDTLS_KEPT_MAX]) {
    if (ticket.len < NAME_LEN + USSL_SEAL_SIZE || ticket.len > USSL_MBEDTLS_TICKET_MAX || rotate(keys) != 0) {
        return 0;
    }
    for (size_t i = 0; i < keys->count; i++) {
        if (opens(&keys->keys[i], binding, ticket, kept)) {
            return ticket.len - NAME_LEN - USSL_SEAL_SIZE;
        }
    }
    return 0;
}

#endif
