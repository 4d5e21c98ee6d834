// One TLS connection: the states, the handshake's deadline, the queues of bytes on
// either side of the engine, and the first fatal error, which is final. Nothing here
// waits: a call does what it can and says what it lacks; the loop that waits is the
// caller's. A call may not be made while another on the same connection runs.

#ifndef USSL_CORE_CONN_H
#define USSL_CORE_CONN_H

#include "core/buffer.h"
#include "core/context.h"
#include "core/host.h"
#include "core/session.h"

// Bytes of one handshake flight that are gathered into one write.
#ifndef USSL_FLIGHT_MAX
#define USSL_FLIGHT_MAX 8192
#endif

// Bytes asked of the transport at once, so that a record's header and body cost one
// read; 0 reads exactly what the engine asks for and needs no buffer, which is what a
// small machine has to spare.
#ifndef USSL_READ_AHEAD
#if defined(__unix__) || defined(__APPLE__) || defined(_WIN32)
#define USSL_READ_AHEAD (16384 + 512)
#else
#define USSL_READ_AHEAD 0
#endif
#endif

// Bytes the engine may take in within one call, so that a peer that sends what leads
// nowhere (tickets, empty records, warnings) cannot keep it busy; then the caller looks
// at its deadline.
#ifndef USSL_STEP_MAX
#define USSL_STEP_MAX 65536
#endif

// Bytes of application data kept while waiting for a session ticket.
#ifndef USSL_UNREAD_MAX
#define USSL_UNREAD_MAX 32768
#endif

typedef enum {
    USSL_CONN_NEW,       // nothing sent yet
    USSL_CONN_HANDSHAKE,
    USSL_CONN_OPEN,
    USSL_CONN_SHUT,      // our close_notify is on its way; reading goes on
    USSL_CONN_FAILED,    // see error; the engine's memory is already free
} ussl_conn_state_t;

// How core reaches the other side. Over datagrams each call moves a whole one, and there is
// no end of the stream. Neither callback blocks. Both return a count of
// bytes (recv: 0 is the end of the stream), USSL_IO_AGAIN, or USSL_IO_ERROR with
// *error set to an errno.
typedef struct ussl_transport {
    int (*send)(void *arg, const uint8_t *buf, size_t len, int *error);
    int (*recv)(void *arg, uint8_t *buf, size_t len, int *error);
    // The peer's port number, 0 where there is none or it is not known yet. May be NULL.
    uint16_t (*peer_port)(void *arg);
    void *arg;
} ussl_transport_t;

typedef struct ussl_conn {
    const ussl_engine_t *engine;
    ussl_ctx_t *ctx;            // retained
    ussl_engine_conn_t *tls;    // NULL once failed
    ussl_transport_t transport;
    const char *name;           // the peer's host, behind this, or NULL
    ussl_buffer_t out;          // ciphertext the transport has not taken yet; one datagram at most
    ussl_buffer_t in;           // ciphertext read ahead
    ussl_buffer_t unread;       // decrypted data that goes out before new data
    ussl_buffer_t early;        // a client's early data, until all of it is delivered
    size_t early_done;          // bytes of it that are
    ussl_error_t error;         // of the call that returned USSL_FAILED; final in that state
    ussl_verify_t *verify;      // detail of a USSL_ERR_VERIFY error, or NULL
    ussl_bytes_t known_cert;    // the server's, came with the session that is offered; the context's memory
    ussl_account_t memory;      // what the connection holds
    uint32_t timeout_ms;        // bound of the whole handshake; 0 is none
    uint64_t started_ms;        // when the handshake began
    uint64_t authenticated_ms;  // when the server last showed its certificate, here or before
    uint32_t handshake_ms;      // how long it took
    int send_error;             // errno of a write that failed during the handshake
    int io_error;               // errno the transport gave in the running call
    uint32_t taken_in;          // bytes the engine got in the running call
    uint16_t port;              // the server's, once it was asked for; 0 is not known
    uint8_t state;              // ussl_conn_state_t
    uint8_t level;              // ussl_session_level_t this connection verifies to
    uint8_t early_data;         // ussl_early_data_t; a client that gave some knows in state OPEN
    bool early_sent : 1;        // some data of a client's went out as early data
    bool undated : 1;           // the clock was not set, so no date counted
    bool full_only : 1;         // a user's judgement, or a pre-shared key: no session stands for that
    bool has_psk : 1;           // a pre-shared key may do instead of a certificate
    bool given_session : 1;     // the caller chose which to offer
    bool offered_session : 1;   // the ClientHello carries a session
    bool offered_cached : 1;    // which is the context's, while the handshake lasts
    bool said_why : 1;          // a failed handshake left an alert for the peer
    bool peer_closed : 1;       // close_notify has come
    bool peer_gone : 1;         // the stream ended without it
    bool no_memory : 1;         // an allocation of core's failed inside a callback
    bool exact_reads : 1;       // nothing past the current part of a record may be read
} ussl_conn_t;

typedef struct ussl_conn_options {
    const char *name;     // host to verify and send as SNI, or NULL
    bool check_name;      // compare it with the certificate
    ussl_judge_t judge;   // the user's own; then nothing is resumed
    ussl_psk_source_t psk; // a pre-shared key; where it is alone, nothing is resumed
    ussl_chooser_t chooser; // server: asked where the context says so
    uint32_t timeout_ms;  // total bound of the handshake; 0 is none
    const ussl_session_t *session; // client: to resume if it fits; NULL is one of the context's
    ussl_bytes_t early_data;  // client: sent first of all; empty for none
    ussl_bytes_t peer_id;     // DTLS server: see conn_set_peer_id; empty for none
    bool exact_reads;     // ask the transport for no more than the next part of a record
} ussl_conn_options_t;

// Makes a connection; ctx is retained, options are copied.
ussl_status_t ussl_conn_new(ussl_ctx_t *ctx, const ussl_transport_t *transport,
    const ussl_conn_options_t *options, ussl_conn_t **out, ussl_error_t *err);

// Server, from within its chooser: the connection is ctx's from now on, which is retained
// and has an identity or keys, with this judge and this source of keys. The handshake goes by
// all that ctx says.
ussl_status_t ussl_conn_set_context(ussl_conn_t *conn, ussl_ctx_t *ctx, const ussl_judge_t *judge,
    const ussl_psk_source_t *psk, ussl_error_t *err);

// Frees everything and sends nothing. NULL is allowed.
void ussl_conn_free(ussl_conn_t *conn);

// Goes on with the handshake and starts its clock at the first call. A client's early data
// belongs to it: what the session or the server did not let go before the handshake follows
// right behind it, so that once this returned USSL_OK all of it was sent, once. A server's
// is what the first reads return.
ussl_status_t ussl_conn_handshake(ussl_conn_t *conn);

// Milliseconds the handshake has left: 0 when expired, UINT32_MAX when unbounded or
// no handshake runs.
uint32_t ussl_conn_time_left(const ussl_conn_t *conn);

// DTLS: milliseconds until a call that waits for input is to be made again although none has
// come; UINT32_MAX for never.
uint32_t ussl_conn_timer(const ussl_conn_t *conn);

// Reads up to len bytes of application data, after the handshake if it is not done.
// *got is 0 unless USSL_OK.
ussl_status_t ussl_conn_read(ussl_conn_t *conn, uint8_t *buf, size_t len, size_t *got);

// Takes up to len bytes of application data; *put says how many, whatever is returned.
// Taken bytes are encrypted; what the transport did not accept waits for ussl_conn_flush.
// DTLS: all or none; USSL_REASON_MESSAGE_SIZE, which is not final, when it is too long.
ussl_status_t ussl_conn_write(ussl_conn_t *conn, const uint8_t *buf, size_t len, size_t *put);

// Hands ciphertext that waits to the transport.
ussl_status_t ussl_conn_flush(ussl_conn_t *conn);

// Gives data back: the next read returns it first. False without memory.
bool ussl_conn_unread(ussl_conn_t *conn, const uint8_t *data, size_t len);

// Sends close_notify once. Reading goes on; writing is over.
ussl_status_t ussl_conn_shutdown(ussl_conn_t *conn);

// Sends close_notify and waits for the peer's; data that comes before it is dropped.
// The transport then carries plain bytes. Should some have come right behind the peer's
// close_notify, before ours was sent, they are lost and the error says so.
ussl_status_t ussl_conn_unwrap(ussl_conn_t *conn);

// Bytes of application data that can be read at once.
size_t ussl_conn_pending(const ussl_conn_t *conn);

// True when a read returns at once: with data, the end of the stream or an error.
bool ussl_conn_readable(const ussl_conn_t *conn);

// True when there is input that a call can go on with at once: a caller that was told
// USSL_WANT_READ need not wait for the transport.
bool ussl_conn_unprocessed(const ussl_conn_t *conn);

// Takes in what has arrived, so that ussl_conn_readable speaks of it too. Only after
// the handshake. An error is remembered and found by the next read.
void ussl_conn_take_in(ussl_conn_t *conn);

// The peer's certificate as DER, after the handshake: the one it has shown, or that is known
// of the session. Empty when there is none.
ussl_bytes_t ussl_conn_peer_cert(const ussl_conn_t *conn);

// SHA-256 of the peer's certificate, after the handshake: of the one it has shown, on a
// server also when that was in the connection that is resumed. *present is false without.
ussl_status_t ussl_conn_peer_sha256(const ussl_conn_t *conn, uint8_t out[USSL_DIGEST_SIZE], bool *present, ussl_error_t *err);

// Client, after the handshake: USSL_OK once there is a session to save. TLS 1.3 sends
// it late: what arrives is taken in, application data is kept for the next read. *err
// is USSL_REASON_NO_TICKET when none will come; the connection is unharmed by that.
ussl_status_t ussl_conn_await_session(ussl_conn_t *conn, ussl_error_t *err);

// Makes a session of the newest ticket; only after ussl_conn_await_session gave USSL_OK.
ussl_status_t ussl_conn_session(ussl_conn_t *conn, ussl_session_t *out, ussl_error_t *err);

#endif
