// A saved session: what a client needs to resume, and the conditions under which
// it may. The only form is the serialised one, so that a session saved to flash
// and one kept in memory cannot differ; ussl_session_t is a view into it.
//
// Layout:
//   1  bits 7-5 format, 2; bits 4-3 ussl_session_level_t; bit 2 a digest of the own
//      certificate follows; bit 1 an ALPN protocol follows; bit 0 of DTLS
//   8  digest of what was trusted, unless nothing was verified
//   8  digest of the own certificate, if flagged
//   1+n  host name; n is 0 where there was none
//   1+n  ALPN protocol, if flagged
//   n  the engine's data
//   4  checksum: the first bytes of SHA-256 over all before. It finds damage; it
//      is no signature, and the whole is a secret.

#ifndef USSL_CORE_SESSION_H
#define USSL_CORE_SESSION_H

#include "core/context.h"

// How much was verified when the session was made.
typedef enum {
    USSL_LEVEL_NONE,
    USSL_LEVEL_CHAIN, // the certificate chain
    USSL_LEVEL_NAME,  // the chain and the host name
} ussl_session_level_t;

#define USSL_SESSION_SHORT_DIGEST 8

typedef struct ussl_session {
    uint8_t *data; // owned; everything below points into it or is copied from it
    size_t len;
    uint16_t version;
    uint8_t level; // ussl_session_level_t
    bool datagram;
    bool has_ticket;
    int64_t created;   // seconds since 1970
    uint32_t lifetime; // seconds
    uint32_t hint;     // seconds, 0 when the server did not say
    const uint8_t *trust;    // USSL_SESSION_SHORT_DIGEST bytes, or NULL
    const uint8_t *identity; // the same
    ussl_bytes_t id;   // of TLS 1.2, where there is no ticket
    ussl_bytes_t name; // empty when the connection had none
    ussl_bytes_t alpn; // empty when none was agreed
    ussl_bytes_t engine_data;
    ussl_bytes_t cert; // owned: the server's, as DER, where it is kept; never in data
} ussl_session_t;

// What a connection was, for ussl_session_encode.
typedef struct ussl_session_facts {
    ussl_ctx_t *ctx;
    const char *name; // or NULL
    const char *alpn; // or NULL
    uint8_t level;
    ussl_bytes_t engine_data;
} ussl_session_facts_t;

// Makes a session from a connection's facts; free it with ussl_session_free.
ussl_status_t ussl_session_encode(const ussl_session_facts_t *facts, ussl_session_t *out, ussl_error_t *err);

// Reads a serialised session (copied). USSL_REASON_SESSION_DATA when it is not one,
// is damaged, or is of another format or of an engine that has not what it needs.
ussl_status_t ussl_session_decode(const ussl_engine_t *engine, ussl_bytes_t data, ussl_session_t *out, ussl_error_t *err);

void ussl_session_free(ussl_session_t *session);

// Keeps a copy of the server's certificate with a session that has none: a resumed handshake
// shows none. False without memory.
bool ussl_session_set_cert(ussl_session_t *session, ussl_bytes_t der);

// False once the session's lifetime is over. A clock that reads earlier than the session is
// no sign of that.
bool ussl_session_alive(const ussl_session_t *session, int64_t unix_s);

// True when a client of ctx may offer session to host name (or NULL), verifying to
// level: the same of TLS and DTLS, the same name, identity, trust and ALPN, no weaker
// verification, a version still allowed, and alive at unix_s.
ussl_status_t ussl_session_fits(const ussl_session_t *session, ussl_ctx_t *ctx, const char *name,
    uint8_t level, int64_t unix_s, bool *fits, ussl_error_t *err);

#endif
