#include <string.h>

#include "core/host.h"
#include "core/session.h"

#define FORMAT 2
#define FORMAT_SHIFT 5
#define LEVEL_SHIFT 3
#define LEVEL_MASK 0x03
#define FLAG_IDENTITY 0x04
#define FLAG_ALPN 0x02
#define FLAG_DATAGRAM 0x01

#define CHECKSUM_SIZE 4
#define LEAST_SIZE (1 + 1 + CHECKSUM_SIZE)
#define MAX_SHORT 255

// ---- writing ----

static uint8_t *put_bytes(uint8_t *at, const void *data, size_t len) {
    if (len > 0) {
        memcpy(at, data, len);
    }
    return at + len;
}

static uint8_t *put_short(uint8_t *at, const void *data, size_t len) {
    *at++ = (uint8_t)len;
    return put_bytes(at, data, len);
}

static size_t length(const char *s) {
    return s == NULL ? 0 : strlen(s);
}

// What the connection trusted; nothing when it verified nothing.
typedef struct trust {
    uint8_t digest[USSL_DIGEST_SIZE];
    bool present;
} trust_t;

static ussl_status_t trust_of(ussl_ctx_t *ctx, uint8_t level, trust_t *out, ussl_error_t *err) {
    out->present = level > USSL_LEVEL_NONE;
    return out->present ? ctx->engine->cfg_trust_digest(ctx->cfg, out->digest, err) : USSL_OK;
}

static size_t encoded_size(const ussl_session_facts_t *f, const trust_t *trust) {
    return 1 + (trust->present ? USSL_SESSION_SHORT_DIGEST : 0)
           + (f->ctx->has_identity ? USSL_SESSION_SHORT_DIGEST : 0)
           + 1 + length(f->name) + (f->alpn == NULL ? 0 : 1 + length(f->alpn)) + f->engine_data.len + CHECKSUM_SIZE;
}

static uint8_t *encode(uint8_t *at, const ussl_session_facts_t *f, const trust_t *trust) {
    *at++ = (uint8_t)(FORMAT << FORMAT_SHIFT | f->level << LEVEL_SHIFT
        | (f->ctx->has_identity ? FLAG_IDENTITY : 0) | (f->alpn != NULL ? FLAG_ALPN : 0)
        | (ussl_ctx_is_datagram(f->ctx) ? FLAG_DATAGRAM : 0));
    at = put_bytes(at, trust->digest, trust->present ? USSL_SESSION_SHORT_DIGEST : 0);
    at = put_bytes(at, f->ctx->identity_digest, f->ctx->has_identity ? USSL_SESSION_SHORT_DIGEST : 0);
    at = put_short(at, f->name, length(f->name));
    if (f->alpn != NULL) {
        at = put_short(at, f->alpn, length(f->alpn));
    }
    return put_bytes(at, f->engine_data.data, f->engine_data.len);
}

static ussl_status_t put_checksum(const ussl_engine_t *engine, const uint8_t *data, uint8_t *at, ussl_error_t *err) {
    uint8_t digest[USSL_DIGEST_SIZE];
    ussl_bytes_t all = { data, (size_t)(at - data) };
    if (engine->sha256(all, digest, err) != USSL_OK) {
        return USSL_FAILED;
    }
    memcpy(at, digest, CHECKSUM_SIZE);
    return USSL_OK;
}

ussl_status_t ussl_session_encode(const ussl_session_facts_t *facts, ussl_session_t *out, ussl_error_t *err) {
    trust_t trust = { .present = false };
    if (length(facts->name) > MAX_SHORT) {
        return ussl_fail(err, USSL_ERR_INPUT, USSL_REASON_SESSION_DATA);
    }
    if (trust_of(facts->ctx, facts->level, &trust, err) != USSL_OK) {
        return USSL_FAILED;
    }
    size_t len = encoded_size(facts, &trust);
    uint8_t *data = ussl_host_calloc(1, len);
    if (data == NULL) {
        return ussl_fail(err, USSL_ERR_MEMORY, USSL_REASON_NONE);
    }
    uint8_t *end = encode(data, facts, &trust);
    ussl_status_t st = put_checksum(facts->ctx->engine, data, end, err);
    if (st == USSL_OK) {
        st = ussl_session_decode(facts->ctx->engine, (ussl_bytes_t) { data, len }, out, err);
    }
    ussl_wipe_free(data, len);
    return st;
}

// ---- reading ----

// Reads forward through the data; once it would pass the end, ok is false for good.
typedef struct reader {
    const uint8_t *at;
    const uint8_t *end;
    bool ok;
} reader_t;

static const uint8_t *get_bytes(reader_t *r, size_t len) {
    if (!r->ok || (size_t)(r->end - r->at) < len) {
        r->ok = false;
        return NULL;
    }
    const uint8_t *data = r->at;
    r->at += len;
    return data;
}

static ussl_bytes_t get_short(reader_t *r) {
    const uint8_t *len = get_bytes(r, 1);
    const uint8_t *data = len == NULL ? NULL : get_bytes(r, *len);
    return (ussl_bytes_t) { data, data == NULL ? 0 : *len };
}

// Fills out what s->data holds but for what the engine knows.
static bool parse(ussl_session_t *s) {
    reader_t r = { s->data + 1, s->data + s->len - CHECKSUM_SIZE, true };
    uint8_t first = s->data[0];
    s->level = first >> LEVEL_SHIFT & LEVEL_MASK;
    s->datagram = first & FLAG_DATAGRAM;
    s->trust = s->level > USSL_LEVEL_NONE ? get_bytes(&r, USSL_SESSION_SHORT_DIGEST) : NULL;
    s->identity = first & FLAG_IDENTITY ? get_bytes(&r, USSL_SESSION_SHORT_DIGEST) : NULL;
    s->name = get_short(&r);
    if (first & FLAG_ALPN) {
        s->alpn = get_short(&r);
        r.ok = r.ok && s->alpn.len > 0;
    }
    s->engine_data = (ussl_bytes_t) { r.at, (size_t)(r.end - r.at) };
    return first >> FORMAT_SHIFT == FORMAT && (USSL_DTLS || !s->datagram) && s->level <= USSL_LEVEL_NAME && r.ok;
}

static ussl_status_t parse_all(const ussl_engine_t *engine, ussl_session_t *s, ussl_error_t *err) {
    ussl_session_info_t info;
    if (!parse(s)) {
        return ussl_fail(err, USSL_ERR_INPUT, USSL_REASON_SESSION_DATA);
    }
    ussl_status_t st = engine->session_info(s->engine_data, &info, err);
    if (st == USSL_OK) {
        s->version = info.version;
        s->has_ticket = info.has_ticket;
        s->created = info.received;
        s->lifetime = info.lifetime;
        s->hint = info.hint;
        s->id = info.id;
    }
    return st;
}

static bool checksum_holds(const uint8_t *data, size_t len, const uint8_t digest[USSL_DIGEST_SIZE]) {
    return memcmp(data + len - CHECKSUM_SIZE, digest, CHECKSUM_SIZE) == 0;
}

ussl_status_t ussl_session_decode(const ussl_engine_t *engine, ussl_bytes_t data, ussl_session_t *out, ussl_error_t *err) {
    uint8_t digest[USSL_DIGEST_SIZE];
    *out = (ussl_session_t) { 0 };
    if (data.len < LEAST_SIZE) {
        return ussl_fail(err, USSL_ERR_INPUT, USSL_REASON_SESSION_DATA);
    }
    if (engine->sha256((ussl_bytes_t) { data.data, data.len - CHECKSUM_SIZE }, digest, err) != USSL_OK) {
        return USSL_FAILED;
    }
    if (!checksum_holds(data.data, data.len, digest)) {
        return ussl_fail(err, USSL_ERR_INPUT, USSL_REASON_SESSION_DATA);
    }
    out->data = ussl_host_calloc(1, data.len);
    if (out->data == NULL) {
        return ussl_fail(err, USSL_ERR_MEMORY, USSL_REASON_NONE);
    }
    out->len = data.len;
    memcpy(out->data, data.data, data.len);
    ussl_status_t st = parse_all(engine, out, err);
    if (st != USSL_OK) {
        ussl_session_free(out);
    }
    return st;
}

bool ussl_session_set_cert(ussl_session_t *session, ussl_bytes_t der) {
    uint8_t *copy = der.len == 0 ? NULL : ussl_host_calloc(1, der.len);
    if (copy != NULL) {
        memcpy(copy, der.data, der.len);
        session->cert = (ussl_bytes_t) { copy, der.len };
    }
    return session->cert.len == der.len;
}

void ussl_session_free(ussl_session_t *session) {
    ussl_host_free((void *)session->cert.data);
    ussl_wipe_free(session->data, session->len);
    *session = (ussl_session_t) { 0 };
}

// ---- judging ----

static bool equals(ussl_bytes_t bytes, const char *s) {
    return bytes.len == length(s) && (bytes.len == 0 || memcmp(bytes.data, s, bytes.len) == 0);
}

// The protocol of the session is still offered; a session without one fits an offer of none.
static bool alpn_fits(const ussl_session_t *s, const ussl_ctx_t *ctx) {
    if (ctx->alpn_list == NULL) {
        return s->alpn.len == 0;
    }
    for (const char **name = ctx->alpn_list; *name != NULL; name++) {
        if (equals(s->alpn, *name)) {
            return true;
        }
    }
    return s->alpn.len == 0;
}

static bool identity_fits(const ussl_session_t *s, const ussl_ctx_t *ctx) {
    if (s->identity == NULL || !ctx->has_identity) {
        return (s->identity != NULL) == ctx->has_identity;
    }
    return memcmp(s->identity, ctx->identity_digest, USSL_SESSION_SHORT_DIGEST) == 0;
}

bool ussl_session_alive(const ussl_session_t *s, int64_t unix_s) {
    return unix_s < s->created || (uint64_t)unix_s - (uint64_t)s->created <= s->lifetime;
}

static ussl_status_t trust_fits(const ussl_session_t *s, ussl_ctx_t *ctx, uint8_t level, bool *fits, ussl_error_t *err) {
    trust_t trust;
    if (trust_of(ctx, level, &trust, err) != USSL_OK) {
        return USSL_FAILED;
    }
    *fits = !trust.present
        || (s->trust != NULL && memcmp(s->trust, trust.digest, USSL_SESSION_SHORT_DIGEST) == 0);
    return USSL_OK;
}

ussl_status_t ussl_session_fits(const ussl_session_t *session, ussl_ctx_t *ctx, const char *name,
    uint8_t level, int64_t unix_s, bool *fits, ussl_error_t *err) {
    *fits = session->datagram == ussl_ctx_is_datagram(ctx) && session->level >= level && equals(session->name, name)
        && session->version >= ctx->min_version && session->version <= ctx->max_version
        && alpn_fits(session, ctx) && identity_fits(session, ctx) && ussl_session_alive(session, unix_s);
    return *fits ? trust_fits(session, ctx, level, fits, err) : USSL_OK;
}
