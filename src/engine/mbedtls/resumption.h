// What a server does so that its clients can resume; for the files of that part alone.
//
// A session is good for one binding: TLS or DTLS, the server name that the client asked for, the ALPN
// protocol, how strictly clients are verified and by which anchors, and what of TLS 1.2
// belongs to a session (RFC 7627 5.3, RFC 6066 4). Another binding means a full handshake,
// so neither a ticket under shared keys nor a context that was changed gets a client past
// what is asked of it now.
//
// What is kept of a session, in a ticket or in the cache:
//   1  bit 0: the client has shown a certificate; no other bits
//   4  when, in seconds since 1970
//   4  with a certificate: until when it counts, in seconds since 1970
//  32  with a certificate: its SHA-256
//   n  session_state.h
//
// A ticket: 4 bytes that name its key, and what is kept, sealed (seal.c) with the binding as
// the label, which takes no room. 75 bytes mostly, 88 in TLS 1.2.

#ifndef USSL_ENGINE_MBEDTLS_RESUMPTION_H
#define USSL_ENGINE_MBEDTLS_RESUMPTION_H

#include "engine/mbedtls/session_state.h"

#define USSL_MBEDTLS_DIGEST_LEN 32
#define USSL_MBEDTLS_KEPT_MAX (1 + 4 + 4 + USSL_MBEDTLS_DIGEST_LEN + USSL_MBEDTLS_STATE_MAX)

// Sessions are honoured for a day (RFC 8446 4.6.1 allows a week; a day is what bounds the
// loss of forward secrecy), and own keys of tickets rotate with them.
#define USSL_MBEDTLS_SESSION_LIFETIME_S 86400

// The certificate that a client has shown when its session began.
typedef struct ussl_mbedtls_client {
    bool known;
    uint32_t until; // counts so long, in seconds since 1970
    uint8_t sha256[USSL_MBEDTLS_DIGEST_LEN];
} ussl_mbedtls_client_t;

typedef enum {
    USSL_KEPT_UNKNOWN, // nobody's, another binding's, or damaged
    USSL_KEPT_EXPIRED,
    USSL_KEPT_GOOD,
} ussl_mbedtls_found_t;

// ---- kept.c ----

// Seconds since 1970.
uint32_t ussl_mbedtls_kept_now(void);

// Writes what is kept of session; returns how many bytes. They are secret.
size_t ussl_mbedtls_kept_write(const mbedtls_ssl_session *session, const ussl_mbedtls_client_t *client,
    uint8_t out[USSL_MBEDTLS_KEPT_MAX]);

// Reads it, now; session is initialised, and the caller's to free whatever is returned.
ussl_mbedtls_found_t ussl_mbedtls_kept_read(ussl_bytes_t kept, mbedtls_ssl_session *session, ussl_mbedtls_client_t *client);

// What is remembered of the chain that a client has shown.
void ussl_mbedtls_client_note(ussl_mbedtls_client_t *client, const mbedtls_x509_crt *chain);

// ---- tickets.c ----

#define USSL_MBEDTLS_TICKET_MAX (4 + USSL_MBEDTLS_KEPT_MAX + USSL_SEAL_SIZE)

typedef struct ussl_mbedtls_ticket_key {
    uint8_t name[4];
    uint8_t key[USSL_SEAL_KEY_SIZE];
} ussl_mbedtls_ticket_key_t;

typedef struct ussl_mbedtls_ticket_keys {
    ussl_mbedtls_ticket_key_t *keys; // the first seals, all open
    size_t count;
    bool own;            // random, and they rotate
    uint64_t rotated_ms; // when they last did
} ussl_mbedtls_ticket_keys_t;

// Takes count keys, one after the other in data, or own ones for a count of 0. Returns an
// error of mbedTLS's; the keys are then as they were.
int ussl_mbedtls_ticket_keys_set(ussl_mbedtls_ticket_keys_t *keys, const uint8_t *data, size_t count);
void ussl_mbedtls_ticket_keys_free(ussl_mbedtls_ticket_keys_t *keys);

// Seals what is kept; the ticket is written to out, and is *out_len bytes long.
int ussl_mbedtls_ticket_seal(ussl_mbedtls_ticket_keys_t *keys, ussl_bytes_t binding, ussl_bytes_t kept,
    uint8_t out[USSL_MBEDTLS_TICKET_MAX], size_t *out_len);

// Opens a ticket into kept; returns how many bytes, 0 when it is none of these keys' and
// this binding's.
size_t ussl_mbedtls_ticket_open(ussl_mbedtls_ticket_keys_t *keys, ussl_bytes_t binding, ussl_bytes_t ticket,
    uint8_t kept[USSL_MBEDTLS_KEPT_MAX]);

// ---- session_ids.c ----

// The sessions of TLS 1.2 clients that take no tickets, by their IDs. The certificates that
// clients have shown are kept the same way, by their SHA-256.
typedef struct ussl_mbedtls_known_session ussl_mbedtls_known_session_t;
typedef struct ussl_mbedtls_session_ids {
    ussl_mbedtls_known_session_t *newest;
    size_t count;
    size_t size;         // the most that are kept
    uint32_t thrown_out; // to make room
} ussl_mbedtls_session_ids_t;

void ussl_mbedtls_session_ids_resize(ussl_mbedtls_session_ids_t *ids, size_t size);
// Without memory it is not kept, and nothing else happens.
void ussl_mbedtls_session_ids_put(ussl_mbedtls_session_ids_t *ids, const uint8_t id[32],
    const uint8_t binding[USSL_MBEDTLS_DIGEST_LEN], const uint8_t *kept, size_t len);
// Valid until the next call; empty when there is none with this ID and binding.
ussl_bytes_t ussl_mbedtls_session_ids_get(const ussl_mbedtls_session_ids_t *ids, ussl_bytes_t id,
    const uint8_t binding[USSL_MBEDTLS_DIGEST_LEN]);

// ---- resumption.c ----

struct ussl_mbedtls_resumption {
    ussl_mbedtls_ticket_keys_t keys;
    ussl_mbedtls_session_ids_t ids;
    ussl_mbedtls_session_ids_t certs;
    ussl_engine_conn_t *running; // the connection whose step runs: mbedTLS does not say
    bool trust_known;
    uint8_t trust[USSL_MBEDTLS_DIGEST_LEN]; // the anchors for clients, when they are verified
    uint32_t misses;
    uint32_t timeouts;
};

// ---- accept.c ----

// What a server's connection needs of its hello until the handshake is over, and of its
// client from then on.
struct ussl_mbedtls_accepted {
    #if USSL_SNI_CALLBACK
    ussl_chooser_t chooser;
    bool asked;                                // the chooser was
    uint8_t asked_for[USSL_MBEDTLS_DIGEST_LEN]; // the name it was shown, hashed
    #endif
    uint8_t name[USSL_MBEDTLS_DIGEST_LEN];    // that the client asked for, hashed; zeros for none
    uint8_t binding[USSL_MBEDTLS_DIGEST_LEN]; // see above
    uint8_t ticket[USSL_MBEDTLS_TICKET_MAX];  // TLS 1.2: judged when all of the hello is read
    size_t ticket_len;
    ussl_mbedtls_client_t client;
};

// What mbedTLS calls, with the resumption as arg.

int ussl_mbedtls_write_ticket(void *arg, const mbedtls_ssl_session *session, unsigned char *start,
    const unsigned char *end, size_t *len, uint32_t *lifetime);
int ussl_mbedtls_take_ticket(void *arg, mbedtls_ssl_session *session, unsigned char *buf, size_t len);
// With the connection, and no arg.
int ussl_mbedtls_note_server_name(void *unused, mbedtls_ssl_context *ssl, const unsigned char *name, size_t len);

#endif
