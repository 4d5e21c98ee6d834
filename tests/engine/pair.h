// A client and a server in one process, over memory pipes, both through core.

#ifndef USSL_TESTS_PAIR_H
#define USSL_TESTS_PAIR_H

#include "core/conn.h"
#include "support/check.h"
#include "support/pipe.h"

// The engine that is tested.
extern const ussl_engine_t *engine_under_test;

// One end's wishes. Names of identities are those of the test PKI, NULL is none.
typedef struct end_options {
    const char *identity;   // NAME of NAME.chain.pem and NAME.key
    const char *trust;      // a file of the PKI
    const char *roots;      // the same, to be looked up
    bool keep_chain;
    uint32_t checks;        // USSL_CHECK_*
    const char *pin;        // a DER file of the PKI, whose digest is pinned
    ussl_verify_mode_t verify;
    uint16_t min;           // 0 is the default
    uint16_t max;
    const char *alpn;       // names, each ended by NUL, then alpn_size
    size_t alpn_size;
    bool no_tickets;        // server
    uint16_t max_early_data; // server
    ussl_sign_fn sign;
    uint32_t with;          // USSL_OP_* that are off as a rule,
    uint32_t without;       // and those that are on
    const uint16_t *suites; // ended by 0; NULL is the default
    ussl_psk_source_t psk;
} end_options_t;

typedef struct pair_options {
    end_options_t client;
    end_options_t server;
    const char *name;       // the client's idea of the server
    bool check_name;
    const ussl_session_t *session;
    ussl_bytes_t early_data;
    bool datagrams;         // DTLS
    uint16_t mtu;           // of DTLS, at both ends; 0 is the default
    const char *peer_id;    // of DTLS: what the server binds its cookie to; NULL for no cookie
    ussl_chooser_t chooser; // the server's
    size_t pipe;            // capacity of each pipe; 0 is large
} pair_options_t;

typedef struct pair {
    ussl_ctx_t *client_ctx;
    ussl_ctx_t *server_ctx;
    ussl_conn_t *client;
    ussl_conn_t *server;
    pipe_t to_server;
    pipe_t to_client;
    pipe_end_t client_end;
    pipe_end_t server_end;
    ussl_status_t client_status;
    ussl_status_t server_status;
    ussl_error_t err;       // of a call that failed while the pair was made
} pair_t;

// A whole file of the PKI, or of the given name; aborts when it is missing. Do not free.
ussl_bytes_t pki_file(const char *name);

// A context as wished; NULL, with *err filled, when that fails.
ussl_ctx_t *make_context(bool server, const end_options_t *options, ussl_error_t *err);

// An ECDSA server called localhost and a client that verifies it, in this version.
pair_options_t usual(uint16_t version);

// Makes both ends; contexts that are already in p are used. False when that failed.
bool pair_open(pair_t *p, const pair_options_t *options);

// Drives both ends until both have an outcome or nothing moves any more.
void pair_handshake(pair_t *p);

// pair_open and pair_handshake; true when both ends are open.
bool pair_connect(pair_t *p, const pair_options_t *options);

// Frees the connections; the contexts stay, for another pair_open.
void pair_close(pair_t *p);

// Frees everything and forgets it.
void pair_free(pair_t *p);

// Moves len bytes from one connection to the other and compares them.
bool pair_transfer(ussl_conn_t *from, ussl_conn_t *to, size_t len);

// After the handshake: reads until the ticket is there and makes a session of it.
bool pair_save(pair_t *p, ussl_session_t *out);

#endif
