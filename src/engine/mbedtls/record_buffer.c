// Room for records: from the buffer that the configuration was lent, where that has any,
// else from the host. The buffer serves one connection at a time, and that with at most
// two blocks, one at each end: a record that comes beside one that goes, or a longer
// input beside the shorter one that it replaces.

#include <string.h>

#include "engine/mbedtls/internal.h"

#include "core/host.h"

#define ALIGNMENT 8

static size_t aligned(size_t len) {
    return (len + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
}

void ussl_mbedtls_cfg_set_record_buffer(ussl_engine_cfg_t *cfg, uint8_t *data, size_t len) {
    size_t skip = data == NULL ? 0 : aligned((uintptr_t)data) - (uintptr_t)data;
    bool any = len > skip + ALIGNMENT;
    cfg->record_buffer = (ussl_mbedtls_record_buffer_t) {
        .data = any ? data + skip : NULL,
        .len = any ? (len - skip) & ~(size_t)(ALIGNMENT - 1) : 0,
    };
}

static uint8_t *take_lent(ussl_engine_conn_t *conn, size_t len) {
    ussl_mbedtls_record_buffer_t *b = &conn->cfg->record_buffer;
    len = aligned(len);
    bool free = b->user == NULL || b->user == conn;
    if (!free || len > b->len - b->first - b->last || (b->first > 0 && b->last > 0)) {
        return NULL;
    }
    b->user = conn;
    if (b->first == 0) {
        b->first = len;
        return memset(b->data, 0, len);
    }
    b->last = len;
    return memset(b->data + b->len - len, 0, len);
}

static bool give_lent_back(ussl_mbedtls_record_buffer_t *b, const uint8_t *buf) {
    if (b->data == NULL || (uintptr_t)buf - (uintptr_t)b->data >= b->len) {
        return false;
    }
    size_t *used = buf == b->data ? &b->first : &b->last;
    *used = 0;
    b->user = b->first + b->last > 0 ? b->user : NULL;
    return true;
}

uint8_t *ussl_mbedtls_record_take(ussl_engine_conn_t *conn, size_t len) {
    // A block is given back to the configuration that it was taken from.
    uint8_t *buf = ussl_mbedtls_may_choose(conn) ? NULL : take_lent(conn, len);
    return buf != NULL ? buf : ussl_mbedtls_own_calloc(1, len);
}

void ussl_mbedtls_record_give_back(ussl_engine_conn_t *conn, uint8_t *buf, size_t len) {
    ussl_wipe(buf, len);
    if (!give_lent_back(&conn->cfg->record_buffer, buf)) {
        ussl_mbedtls_free(buf);
    }
}
