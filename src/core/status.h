// Outcomes of every operation, and what an error is made of. Numbers only:
// the words for people are in the binding, where a small build can drop them.

#ifndef USSL_CORE_STATUS_H
#define USSL_CORE_STATUS_H

#include <stddef.h>
#include <stdint.h>

// The outcome of one step. Wanting to read or write is a state, not an error:
// call again when the transport can move bytes in that direction.
typedef enum {
    USSL_OK,
    USSL_WANT_READ,
    USSL_WANT_WRITE,
    USSL_CLOSED, // the peer said it will send no more (close_notify, RFC 8446 6.1)
    USSL_EOF,    // the transport ended without close_notify: data may be missing
    USSL_FAILED, // see the ussl_error_t that belongs to the call
} ussl_status_t;

// Who or what an error comes from.
typedef enum {
    USSL_ERR_NONE,
    USSL_ERR_TRANSPORT, // code is an errno
    USSL_ERR_TIMEOUT,   // the handshake's deadline has passed
    USSL_ERR_MEMORY,    // an allocation failed
    USSL_ERR_PROTOCOL,  // the peer, or the bytes between, broke the protocol
    USSL_ERR_ALERT,     // the peer sent a fatal alert
    USSL_ERR_VERIFY,    // the peer's certificate was not accepted
    USSL_ERR_EOF,       // the transport ended in the middle of the handshake
    USSL_ERR_INPUT,     // a certificate, key or session given by the caller is wrong
    USSL_ERR_CALLER,    // the call is not allowed now
} ussl_error_class_t;

// Why, in more detail. Stable numbers: bindings turn them into sentences.
typedef enum {
    USSL_REASON_NONE,
    // USSL_ERR_PROTOCOL
    USSL_REASON_DECODE,              // a message cannot be parsed
    USSL_REASON_UNEXPECTED_MESSAGE,
    USSL_REASON_BAD_RECORD,          // a record fails authentication or is no TLS record
    USSL_REASON_VERSION,             // no TLS version in common
    USSL_REASON_NO_SHARED_CIPHER,    // no cipher suite, group or signature in common
    USSL_REASON_NO_CERTIFICATE,      // the peer gave no certificate
    USSL_REASON_KEY_UPDATE,          // TLS 1.3 KeyUpdate, which the engine lacks
    USSL_REASON_POST_HANDSHAKE_AUTH, // TLS 1.3 post-handshake authentication, likewise
    USSL_REASON_NOT_TLS,             // the first bytes are no TLS record
    USSL_REASON_RENEGOTIATION,
    USSL_REASON_PLAIN_DATA,          // plain bytes came before TLS had ended
    USSL_REASON_NO_PSK,              // no pre-shared key for this peer
    USSL_REASON_PSK_MISMATCH,        // the peer's is another
    USSL_REASON_CALLBACK,            // a callback of the user's ended the handshake
    USSL_REASON_SIGNATURE,           // a user's own signature is missing or wrong
    USSL_REASON_ENGINE,              // see code, the engine's own number
    // USSL_ERR_INPUT
    USSL_REASON_NO_CERTIFICATE_IN_DATA,
    USSL_REASON_CERTIFICATE_PARSE,   // index says which one
    USSL_REASON_CRL_PARSE,           // index says which one
    USSL_REASON_NO_KEY_IN_DATA,
    USSL_REASON_KEY_PARSE,
    USSL_REASON_KEY_ENCRYPTED,       // and does not open, or is damaged
    USSL_REASON_KEY_MISMATCH,
    USSL_REASON_PKCS12,              // damaged, or encrypted in a way that is not known
    USSL_REASON_PKCS12_PASSWORD,     // one that cannot be used
    USSL_REASON_SESSION_DATA,
    USSL_REASON_PSK_LENGTH,          // of the key or its identity
    // USSL_ERR_CALLER
    USSL_REASON_IN_USE,              // the context serves a live connection
    USSL_REASON_NO_IDENTITY,         // a server without certificate and key
    USSL_REASON_NO_SERVER,           // a build without the server's side
    USSL_REASON_NO_EARLY_DATA,       // a build without it
    USSL_REASON_NOT_CLIENT,
    USSL_REASON_NO_HANDSHAKE,        // the handshake is not done
    USSL_REASON_NO_TICKET,           // the server gave nothing to resume with
    USSL_REASON_SHUT_DOWN,           // written to after close_notify
    USSL_REASON_MESSAGE_SIZE,        // more than a datagram holds
} ussl_reason_t;

typedef struct ussl_error {
    uint8_t cls;    // ussl_error_class_t
    uint8_t reason; // ussl_reason_t
    uint8_t alert;  // USSL_ERR_ALERT: the peer's AlertDescription (RFC 8446 6)
    int code;       // USSL_ERR_TRANSPORT: errno; otherwise the engine's number, for reports
    unsigned index; // USSL_ERR_INPUT: position of the certificate in its data, from 1
} ussl_error_t;

// What is wrong with a certificate; several may hold.
enum {
    USSL_VERIFY_EXPIRED = 1 << 0,
    USSL_VERIFY_FUTURE = 1 << 1,         // not yet valid
    USSL_VERIFY_NAME_MISMATCH = 1 << 2,
    USSL_VERIFY_UNKNOWN_ISSUER = 1 << 3,
    USSL_VERIFY_SELF_SIGNED = 1 << 4,    // with UNKNOWN_ISSUER: its own issuer
    USSL_VERIFY_WEAK_HASH = 1 << 5,
    USSL_VERIFY_WEAK_KEY = 1 << 6,
    USSL_VERIFY_USAGE = 1 << 7,          // key usage, extended key usage or type forbid this
    USSL_VERIFY_REVOKED = 1 << 8,
    USSL_VERIFY_MISSING = 1 << 9,        // the peer gave no certificate
    USSL_VERIFY_OTHER = 1 << 10,
    USSL_VERIFY_NO_CRL = 1 << 11,        // no revocation list of its issuer
    USSL_VERIFY_CRL_EXPIRED = 1 << 12,   // or none that is in force
    USSL_VERIFY_NOT_PINNED = 1 << 13,
    USSL_VERIFY_TOO_LONG = 1 << 14,      // the chain, so that no certificate was looked at
};

#define USSL_NAME_MAX 128

// The first certificate found wrong, seen from the root. Times are "YYYY-MM-DD".
typedef struct ussl_verify {
    uint32_t flags;   // USSL_VERIFY_*; 0 when all is well
    uint8_t depth;    // 0 is the peer's own certificate
    char subject[USSL_NAME_MAX];
    char issuer[USSL_NAME_MAX];
    char names[USSL_NAME_MAX]; // the DNS names and addresses it is for, separated by ", "
    char not_before[12];
    char not_after[12];
} ussl_verify_t;

// Fills *err and returns USSL_FAILED, so that a function can end with it.
ussl_status_t ussl_fail(ussl_error_t *err, ussl_error_class_t cls, ussl_reason_t reason);

#endif
