// A client's sessions, kept by its context so that the next connection to the same server
// resumes by itself. A server is known by its name and port: the same name on another port
// may be another program.
//
// Sessions of TLS 1.3 are for one use each (RFC 8446 C.4) and leave the cache when they are
// offered. One of TLS 1.2 stays, the newest for each server.
//
// With each goes the certificate that the server has shown, as a resumed handshake shows
// none: a program that looks at it finds what it found the first time.
//
// Each resumed connection brings new sessions, so that a loop might never look at a
// certificate again, expired or revoked: USSL_SESSION_CHAIN_MS after the last time they did,
// they are not offered (RFC 8446 4.6.1).
//
// Keeping sessions is a convenience: one that there is no memory for is not kept, and
// nothing fails.

#ifndef USSL_CORE_SESSION_CACHE_H
#define USSL_CORE_SESSION_CACHE_H

#include "core/session.h"

#ifndef USSL_SESSION_CHAIN_MS
#define USSL_SESSION_CHAIN_MS (24 * 3600 * 1000)
#endif

// A session and what is known of it beside.
typedef struct ussl_cached {
    ussl_session_t session;
    uint64_t authenticated_ms;  // when its server's certificate was shown, monotonic
    uint16_t port;              // the server's
} ussl_cached_t;

// The most sessions kept from now on; what is too many goes, the oldest first. 0 keeps none.
void ussl_session_cache_resize(ussl_ctx_t *ctx, uint16_t size);

// Takes the session over, as the freshest of its server; frees it where there is no room.
void ussl_session_cache_put(ussl_ctx_t *ctx, ussl_cached_t *cached);

// Finds the freshest session that fits; see ussl_session_fits. It is the caller's and to be
// freed, also after an error. Without data when there is none.
ussl_status_t ussl_session_cache_take(ussl_ctx_t *ctx, uint16_t port, const char *name, uint8_t level,
    ussl_cached_t *out, ussl_error_t *err);

// A handshake failed that had offered a session to this server: none of its sessions is
// offered again, lest the next handshake fail the same way.
void ussl_session_cache_drop(ussl_ctx_t *ctx, uint16_t port, const char *name);

#endif
