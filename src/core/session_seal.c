#include <string.h>

#include "core/host.h"
#include "core/session_seal.h"

static const uint8_t header[] = { 'u', 'E', 1 };
static const ussl_bytes_t label = { header, sizeof(header) };

bool ussl_session_is_sealed(ussl_bytes_t data) {
    return data.len >= sizeof(header) && memcmp(data.data, header, sizeof(header)) == 0;
}

ussl_status_t ussl_session_seal(const ussl_engine_t *engine, const ussl_session_t *session,
    const uint8_t key[USSL_SEAL_KEY_SIZE], uint8_t *out, ussl_error_t *err) {
    memcpy(out, header, sizeof(header));
    return engine->seal(key, label, (ussl_bytes_t) { session->data, session->len }, out + sizeof(header), err);
}

ussl_status_t ussl_session_open(const ussl_engine_t *engine, ussl_bytes_t data,
    const uint8_t key[USSL_SEAL_KEY_SIZE], ussl_session_t *out, ussl_error_t *err) {
    *out = (ussl_session_t) { 0 };
    if (!ussl_session_is_sealed(data) || data.len <= USSL_SESSION_SEAL_SIZE) {
        return ussl_fail(err, USSL_ERR_INPUT, USSL_REASON_SESSION_DATA);
    }
    ussl_bytes_t sealed = { data.data + sizeof(header), data.len - sizeof(header) };
    size_t len = data.len - USSL_SESSION_SEAL_SIZE;
    uint8_t *plain = ussl_host_calloc(1, len);
    if (plain == NULL) {
        return ussl_fail(err, USSL_ERR_MEMORY, USSL_REASON_NONE);
    }
    ussl_status_t st = engine->open(key, label, sealed, plain, err);
    if (st == USSL_OK) {
        st = ussl_session_decode(engine, (ussl_bytes_t) { plain, len }, out, err);
    }
    ussl_wipe_free(plain, len);
    return st;
}
