#include "engine/mbedtls/session_state.h"

#include <string.h>

#include "mbedtls/md.h"
#include "mbedtls/ssl_ciphersuites.h"

#define FLAG_TLS13 0x80
#define FLAG_LIMIT 0x40
#define TLS13_SUITES 0x1300

// ---- both ways: one field after the other ----

typedef struct writer {
    uint8_t *at;
} writer_t;

static void put_uint(writer_t *w, uint32_t value, unsigned bytes) {
    for (unsigned i = bytes; i-- > 0;) {
        *w->at++ = (uint8_t)(value >> (8 * i));
    }
}

static void put_bytes(writer_t *w, const uint8_t *data, size_t len) {
    memcpy(w->at, data, len);
    w->at += len;
}

// Once it would pass the end, ok is false for good.
typedef struct reader {
    const uint8_t *at;
    const uint8_t *end;
    bool ok;
} reader_t;

static uint32_t get_uint(reader_t *r, unsigned bytes) {
    uint32_t value = 0;
    r->ok = r->ok && (size_t)(r->end - r->at) >= bytes;
    for (unsigned i = 0; r->ok && i < bytes; i++) {
        value = value << 8 | *r->at++;
    }
    return value;
}

static void get_bytes(reader_t *r, uint8_t *out, size_t len) {
    r->ok = r->ok && (size_t)(r->end - r->at) >= len;
    if (r->ok) {
        memcpy(out, r->at, len);
        r->at += len;
    }
}

// ---- TLS 1.3 ----

#if defined(MBEDTLS_SSL_PROTO_TLS1_3)

#if defined(MBEDTLS_SSL_EARLY_DATA)
#define ALLOWED MBEDTLS_SSL_TLS1_3_TICKET_FLAGS_MASK
#else
#define ALLOWED (MBEDTLS_SSL_TLS1_3_TICKET_FLAGS_MASK & ~MBEDTLS_SSL_TLS1_3_TICKET_ALLOW_EARLY_DATA)
#endif

// A server is told anew in each connection (RFC 8449 4); a client's wish is its session's.
static uint16_t limit_of(const mbedtls_ssl_session *s) {
#if defined(MBEDTLS_SSL_RECORD_SIZE_LIMIT)
    return s->endpoint == MBEDTLS_SSL_IS_CLIENT ? s->record_size_limit : 0;
#else
    (void)s;
    return 0;
#endif
}

static void put_tls13(writer_t *w, const mbedtls_ssl_session *s) {
    uint8_t allowed = s->ticket_flags & ALLOWED;
    put_uint(w, FLAG_TLS13 | (limit_of(s) != 0 ? FLAG_LIMIT : 0) | allowed, 1);
    put_uint(w, (uint8_t)s->ciphersuite, 1);
    put_uint(w, s->ticket_age_add, 4);
    put_bytes(w, s->resumption_key, s->resumption_key_len);
    if (limit_of(s) != 0) {
        put_uint(w, limit_of(s), 2);
    }
#if defined(MBEDTLS_SSL_EARLY_DATA)
    if (allowed & MBEDTLS_SSL_TLS1_3_TICKET_ALLOW_EARLY_DATA) {
        put_uint(w, s->max_early_data_size, 4);
    }
#endif
}

static void get_tls13(reader_t *r, mbedtls_ssl_session *s, uint8_t flags, size_t hash_len) {
    s->ticket_flags = flags & ALLOWED;
    r->ok = r->ok && (flags & ~(FLAG_TLS13 | FLAG_LIMIT | ALLOWED)) == 0;
    s->ticket_age_add = get_uint(r, 4);
    s->resumption_key_len = (uint8_t)hash_len;
    get_bytes(r, s->resumption_key, hash_len);
    if (flags & FLAG_LIMIT) {
        uint16_t limit = (uint16_t)get_uint(r, 2);
        r->ok = r->ok && limit != 0;
#if defined(MBEDTLS_SSL_RECORD_SIZE_LIMIT)
        s->record_size_limit = limit;
#endif
    }
#if defined(MBEDTLS_SSL_EARLY_DATA)
    if (s->ticket_flags & MBEDTLS_SSL_TLS1_3_TICKET_ALLOW_EARLY_DATA) {
        s->max_early_data_size = get_uint(r, 4);
    }
#endif
}

#else

static void put_tls13(writer_t *w, const mbedtls_ssl_session *s) {
    (void)w;
    (void)s;
}

static void get_tls13(reader_t *r, mbedtls_ssl_session *s, uint8_t flags, size_t hash_len) {
    (void)s;
    (void)flags;
    (void)hash_len;
    r->ok = false;
}

#endif

// ---- TLS 1.2 ----

static void put_tls12(writer_t *w, const mbedtls_ssl_session *s) {
    put_uint(w, s->mfl_code, 1);
    put_uint(w, (uint32_t)s->ciphersuite, 2);
    put_bytes(w, s->master, sizeof(s->master));
}

static void get_tls12(reader_t *r, mbedtls_ssl_session *s, uint8_t flags) {
    s->mfl_code = flags;
    r->ok = r->ok && flags < MBEDTLS_SSL_MAX_FRAG_LEN_INVALID;
    get_bytes(r, s->master, sizeof(s->master));
}

// ---- either ----

size_t ussl_mbedtls_state_write(const mbedtls_ssl_session *session, uint8_t out[USSL_MBEDTLS_STATE_MAX]) {
    writer_t w = { out };
    if (session->tls_version == MBEDTLS_SSL_VERSION_TLS1_3) {
        put_tls13(&w, session);
    } else {
        put_tls12(&w, session);
    }
    return (size_t)(w.at - out);
}

static bool suite_fits(const mbedtls_ssl_ciphersuite_t *suite, mbedtls_ssl_protocol_version version) {
    return suite != NULL && suite->min_tls_version <= version && version <= suite->max_tls_version;
}

size_t ussl_mbedtls_state_take(mbedtls_ssl_session *session, ussl_bytes_t data) {
    reader_t r = { data.data, data.data + data.len, true };
    uint8_t flags = (uint8_t)get_uint(&r, 1);
    session->tls_version = flags & FLAG_TLS13 ? MBEDTLS_SSL_VERSION_TLS1_3 : MBEDTLS_SSL_VERSION_TLS1_2;
    session->ciphersuite = flags & FLAG_TLS13 ? (int)(TLS13_SUITES | get_uint(&r, 1)) : (int)get_uint(&r, 2);
    const mbedtls_ssl_ciphersuite_t *suite = mbedtls_ssl_ciphersuite_from_id(session->ciphersuite);
    if (!suite_fits(suite, session->tls_version)) {
        return 0;
    }
    if (flags & FLAG_TLS13) {
        get_tls13(&r, session, flags, mbedtls_md_get_size_from_type((mbedtls_md_type_t)suite->mac));
    } else {
        get_tls12(&r, session, flags);
    }
    return r.ok ? (size_t)(r.at - data.data) : 0;
}

bool ussl_mbedtls_state_read(mbedtls_ssl_session *session, ussl_bytes_t state) {
    return state.len > 0 && ussl_mbedtls_state_take(session, state) == state.len;
}
