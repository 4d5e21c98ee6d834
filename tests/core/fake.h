// An engine that does what a script says. It moves real bytes through the callbacks it
// is given, but no TLS: a byte stands for itself.

#ifndef USSL_TESTS_FAKE_H
#define USSL_TESTS_FAKE_H

#include "core/engine.h"

// One step of a handshake. The engine goes from step to step until one cannot be done.
typedef enum {
    FAKE_END,   // the handshake is done
    FAKE_SEND,  // sends n bytes in one call
    FAKE_RECV,  // takes n bytes
    FAKE_EARLY, // sends up to n bytes of the early data it was given
    FAKE_COME,  // takes n bytes of early data, which then have to be read
    FAKE_FAIL,  // fails with the script's error
    FAKE_ALERT, // sends 2 bytes, then fails with the script's error
} fake_kind_t;

typedef struct fake_step {
    fake_kind_t kind;
    unsigned n;
} fake_step_t;

// A session of the fake's engine: these are its bytes.
typedef struct fake_session {
    int64_t received;
    uint32_t lifetime;
    uint32_t hint;
    uint16_t version;
    uint8_t has_ticket;
    char tag[13];           // told as its ID
} fake_session_t;

// What the fake is to do, and what it noted. One for all, since there is one at a time.
typedef struct fake {
    const fake_step_t *steps;
    ussl_error_t error;     // for FAKE_FAIL, FAKE_ALERT and failing reads
    uint16_t version;
    const char *alpn;
    unsigned cfgs;          // alive
    unsigned conns;         // alive
    unsigned roots;         // times that some were added
    size_t receive;         // the sizes of records that were set
    size_t send;
    size_t lent;            // bytes for records
    uint32_t max_early_data;
    ussl_early_data_t early_data; // what becomes of it
    uint32_t options;       // set last
    const ussl_key_log_t *key_log; // set last
    ussl_sign_fn sign;      // the same
    bool fails_signer;
    size_t ticket_keys;     // how many were set last
    unsigned num_tickets;
    size_t session_ids;     // the size of the server's cache
    unsigned remembered;    // connections that the server was told to remember
    const uint8_t *peer;    // of a resumed connection's client, or NULL
    ussl_bytes_t peer_cert;
    unsigned offered;       // sessions offered
    bool resumes;           // handshakes resume
    bool fails_psk;         // there is no memory for a pre-shared key
    bool uses_psk;          // handshakes use it
    unsigned fails_offer;   // error class conn_offer_session fails with, or 0
    int64_t received;       // of the session given out
    uint32_t lifetime;
} fake_t;

extern fake_t fake;

// Forgets script and notes, not what is alive.
void fake_reset(void);

// After the handshake one byte of ciphertext is one byte of data, but for these.
enum {
    FAKE_CLOSE = 0xf0,      // close_notify
    FAKE_TICKET = 0xf1,     // a session ticket
    FAKE_BAD = 0xf2,        // an alert: reading fails with the script's error
};

extern const ussl_engine_t fake_engine;

#endif
