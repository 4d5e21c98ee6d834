// A saved session under a key of the user's, for storage that others can read or write.
//
// Layout: 2 magic "uE", 1 format (1), then what the engine's seal made of the session's
// bytes, with these three as its label.

#ifndef USSL_CORE_SESSION_SEAL_H
#define USSL_CORE_SESSION_SEAL_H

#include "core/session.h"

// Bytes that sealing adds.
#define USSL_SESSION_SEAL_SIZE (3 + USSL_SEAL_SIZE)

// True for what ussl_session_seal made, as far as the first bytes tell.
bool ussl_session_is_sealed(ussl_bytes_t data);

// Writes the session's len + USSL_SESSION_SEAL_SIZE bytes, never the same twice.
ussl_status_t ussl_session_seal(const ussl_engine_t *engine, const ussl_session_t *session,
    const uint8_t key[USSL_SEAL_KEY_SIZE], uint8_t *out, ussl_error_t *err);

// Reads a sealed session. USSL_REASON_SESSION_DATA when it is none, is damaged, or was sealed
// under another key.
ussl_status_t ussl_session_open(const ussl_engine_t *engine, ussl_bytes_t data,
    const uint8_t key[USSL_SEAL_KEY_SIZE], ussl_session_t *out, ussl_error_t *err);

#endif
