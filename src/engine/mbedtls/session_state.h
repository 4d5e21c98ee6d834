// What resuming needs of a session, in few bytes: for the tickets and the cache of a server,
// and for the sessions that a client saves. It holds secrets, and says nothing of time, of
// names, certificates, tickets and IDs: whoever keeps it adds what it needs of those.
//
//   1  bit 7: TLS 1.3, else 1.2; bit 6 (of a client, TLS 1.3): the record size limit follows;
//      bits 3-0: TLS 1.3: what the ticket allows, RFC 8446 4.2.9: 1 PSK alone, 4 PSK with
//      (EC)DHE, 8 early data; TLS 1.2: the code of the maximum fragment length (RFC 6066 4)
//   TLS 1.2:
//      2  cipher suite
//     48  master secret
//   TLS 1.3:
//      1  cipher suite, the second byte of its number: the first is 0x13
//      4  ticket_age_add
//      n  resumption key, as long as the suite's hash: 32 or 48
//      2  record size limit, where it is flagged
//      4  max_early_data_size, where early data is allowed

#ifndef USSL_ENGINE_MBEDTLS_SESSION_STATE_H
#define USSL_ENGINE_MBEDTLS_SESSION_STATE_H

#include "engine/mbedtls/internal.h"

#define USSL_MBEDTLS_STATE_MAX (1 + 2 + 4 + 48 + 2 + 4)

// Writes what is needed of session; returns how many bytes. They are secret.
size_t ussl_mbedtls_state_write(const mbedtls_ssl_session *session, uint8_t out[USSL_MBEDTLS_STATE_MAX]);

// Sets what data begins with in session, which is initialised; the rest stays as it is. How
// many bytes that were; 0 when it is no state, or is of a version or suite that this build
// has not.
size_t ussl_mbedtls_state_take(mbedtls_ssl_session *session, ussl_bytes_t data);

// The same for a state with nothing behind it; false when it is none.
bool ussl_mbedtls_state_read(mbedtls_ssl_session *session, ussl_bytes_t state);

#endif
