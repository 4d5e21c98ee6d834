// A server's sessions by their IDs: the newest first, a fixed number of them.

#include "engine/mbedtls/resumption.h"

#if defined(MBEDTLS_SSL_SRV_C)

#include <string.h>

#include "core/host.h"

struct ussl_mbedtls_known_session {
    ussl_mbedtls_known_session_t *older;
    uint8_t id[32];
    uint8_t binding[USSL_MBEDTLS_DIGEST_LEN];
    size_t len;
    uint8_t kept[];
};

// Frees all from *place on, which becomes the end.
static size_t cut(ussl_mbedtls_known_session_t **place) {
    ussl_mbedtls_known_session_t *s = *place;
    size_t count = 0;
    *place = NULL;
    while (s != NULL) {
        ussl_mbedtls_known_session_t *older = s->older;
        ussl_wipe_free(s, sizeof(*s) + s->len);
        s = older;
        count++;
    }
    return count;
}

void ussl_mbedtls_session_ids_resize(ussl_mbedtls_session_ids_t *ids, size_t size) {
    ussl_mbedtls_known_session_t **place = &ids->newest;
    for (size_t i = 0; i < size && *place != NULL; i++) {
        place = &(*place)->older;
    }
    ids->count -= cut(place);
    ids->size = size;
}

static void make_room(ussl_mbedtls_session_ids_t *ids) {
    if (ids->count == ids->size) {
        ussl_mbedtls_session_ids_resize(ids, ids->size - 1);
        ids->size++;
        ids->thrown_out++;
    }
}

void ussl_mbedtls_session_ids_put(ussl_mbedtls_session_ids_t *ids, const uint8_t id[32],
    const uint8_t binding[USSL_MBEDTLS_DIGEST_LEN], const uint8_t *kept, size_t len) {
    if (ids->size == 0) {
        return;
    }
    make_room(ids);
    ussl_mbedtls_known_session_t *s = ussl_host_calloc(1, sizeof(*s) + len);
    if (s == NULL) {
        return;
    }
    memcpy(s->id, id, sizeof(s->id));
    memcpy(s->binding, binding, sizeof(s->binding));
    memcpy(s->kept, kept, len);
    s->len = len;
    s->older = ids->newest;
    ids->newest = s;
    ids->count++;
}

ussl_bytes_t ussl_mbedtls_session_ids_get(const ussl_mbedtls_session_ids_t *ids, ussl_bytes_t id,
    const uint8_t binding[USSL_MBEDTLS_DIGEST_LEN]) {
    for (const ussl_mbedtls_known_session_t *s = ids->newest; s != NULL; s = s->older) {
        if (id.len == sizeof(s->id) && memcmp(s->id, id.data, sizeof(s->id)) == 0) {
            bool same = memcmp(s->binding, binding, sizeof(s->binding)) == 0;
            return same ? (ussl_bytes_t) { s->kept, s->len } : (ussl_bytes_t) { NULL, 0 };
        }
    }
    return (ussl_bytes_t) { NULL, 0 };
}

#endif
