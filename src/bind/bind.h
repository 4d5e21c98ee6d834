// What the files of the binding share: MicroPython's types for ussl's objects and the
// helpers between them. The binding knows core; it never sees an engine's headers.

#ifndef USSL_BIND_BIND_H
#define USSL_BIND_BIND_H

#include "py/obj.h"
#include "py/runtime.h"

#include "bind/compat.h"
#include "bind/transport.h"
#include "core/conn.h"

// ---- running code (protect.c, lock.c) ----

// Runs fn(arg) and returns what it raised, or MP_OBJ_NULL.
mp_obj_t ussl_protect(void (*fn)(void *arg), void *arg);
// Around everything that reaches core or the engine, never around Python code: one
// thread at a time, and no jump out of it. May be nested.
void ussl_lock(void);
void ussl_unlock(void);

// ---- errors (error.c, messages.c) ----

extern const mp_obj_type_t ussl_type_SSLError;
extern const mp_obj_type_t ussl_type_SSLTimeoutError;
extern const mp_obj_type_t ussl_type_SSLZeroReturnError;
extern const mp_obj_type_t ussl_type_SSLWantReadError;
extern const mp_obj_type_t ussl_type_SSLWantWriteError;
extern const mp_obj_type_t ussl_type_SSLSyscallError;
extern const mp_obj_type_t ussl_type_SSLEOFError;
extern const mp_obj_type_t ussl_type_SSLCertVerificationError;

// CPython's SSLErrorNumber.
enum {
    USSL_SSL_ERROR_SSL = 1,
    USSL_SSL_ERROR_WANT_READ = 2,
    USSL_SSL_ERROR_WANT_WRITE = 3,
    USSL_SSL_ERROR_SYSCALL = 5,
    USSL_SSL_ERROR_ZERO_RETURN = 6,
    USSL_SSL_ERROR_EOF = 8,
};

// Where an error happened, for its sentence; every field may be NULL.
typedef struct ussl_where {
    const char *file;            // path or argument that held bad input
    const char *peer;            // address of a client that failed its handshake
    const char *host;            // name that was asked for
    const ussl_verify_t *verify; // detail of a verification error
    bool session;                // a saved session was offered
    bool psk;                    // a pre-shared key may have been used
} ussl_where_t;

// Raises the exception for err: MemoryError, ValueError for calls not allowed now,
// else SSLError or one of its subclasses.
MP_NORETURN void ussl_raise(const ussl_error_t *err, const ussl_where_t *where);
// Raises the exception for err unless status is USSL_OK.
void ussl_check(ussl_status_t status, const ussl_error_t *err);
// Raises type(number, text) with a reason (a qstr, or MP_QSTRnull for none).
MP_NORETURN void ussl_raise_number(const mp_obj_type_t *type, int number, qstr reason, mp_rom_error_text_t text);
// Raises an SSLError that is a ValueError too, for what the caller did; reason as above.
MP_NORETURN void ussl_raise_misuse(qstr reason, mp_rom_error_text_t text);
// Raises SSLEOFError for a stream that ended without close_notify.
MP_NORETURN void ussl_raise_ragged(void);
// Raises OSError(error, path).
MP_NORETURN void ussl_raise_path(int error, mp_obj_t path);
// The errno of an exception, or 0 when it is no OSError with one.
int ussl_errno_of(mp_obj_t exception);

// Appends the sentence for err to vstr.
void ussl_describe(vstr_t *vstr, const ussl_error_t *err, const ussl_where_t *where);
// The reason as CPython spells it ("CERTIFICATE_VERIFY_FAILED"), or NULL.
const char *ussl_reason_name(const ussl_error_t *err);
// The attribute verify_code: OpenSSL's number for what is wrong.
int ussl_verify_code(const ussl_verify_t *v, const char *host);
// True for an error that another TLS version might not have had.
bool ussl_is_about_version(const ussl_error_t *err);
// Appends why a certificate was not accepted.
void ussl_describe_verify(vstr_t *vstr, const ussl_verify_t *v, const char *host);

// ---- files (files.c) ----

// Whether an argument that may be either is a path and not the data: a str in one line.
bool ussl_is_path(mp_obj_t arg);
// Reads a whole file through the VFS into vstr; OSError with the path when it cannot.
void ussl_read_file(mp_obj_t path, vstr_t *vstr);
bool ussl_is_directory(mp_obj_t path);
// Calls use(arg, path) for each regular file of a directory, in no particular order;
// returns how many there were.
size_t ussl_each_file(mp_obj_t directory, void (*use)(void *arg, mp_obj_t path), void *arg);
// Wipes and frees what ussl_read_file gave: it may be a key.
void ussl_clear_file(vstr_t *vstr);

// ---- soft reset (reset.c) ----

// Makes sure that the engine gives back what it holds when the heap ends; before each
// new context.
void ussl_keep_engine(void);

// ---- contexts (context.c, context_attr.c, policy.c, memory.c) ----

// What a context knows of pre-shared keys; psk.c.
typedef enum {
    USSL_PSK_CALLBACK, // of a client or a server
    USSL_PSK_HINT,     // a server's
    USSL_PSK_IDENTITY, // a client's
    USSL_PSK_KEY,
    USSL_SERVER_PSK_KEYS,
    USSL_PSK_SETTINGS,
} ussl_psk_setting_t;

typedef struct ussl_context_obj {
    mp_obj_base_t base;
    ussl_ctx_t *ctx; // owned reference
    void *record_buffer; // memory lent for records, which this keeps alive; or NULL
    mp_obj_t verify_callback; // or None
    #if USSL_PSK
    mp_obj_t psk[USSL_PSK_SETTINGS]; // each MP_OBJ_NULL where it is not set
    #endif
    #if USSL_SNI_CALLBACK
    mp_obj_t sni_callback;    // or None
    #endif
    #if USSL_SIGN_CALLBACK
    mp_obj_t ecdsa_sign_callback; // or None
    #endif
    #if USSL_KEY_LOG
    mp_obj_t keylog_filename; // or None
    #endif
    bool check_hostname;
    bool pycom; // made by wrap_socket(), whose programs compare with Pycom's numbers
} ussl_context_obj_t;

extern const mp_obj_type_t ussl_type_SSLContext;

// Its context; ValueError on one whose __del__ was called.
ussl_ctx_t *ussl_context_get(const ussl_context_obj_t *self);
// A new SSLContext that verifies nothing; the caller decides the policy.
ussl_context_obj_t *ussl_context_new(bool server);
// What SSLContext(protocol) makes: verifies as a client, and lets clients resume as a server.
ussl_context_obj_t *ussl_context_make(bool server);
// ValueError when a connection would have nothing to verify its peer with.
void ussl_context_check_anchors(ussl_context_obj_t *self);
// Sets the context up from data already in memory; path names it in errors.
void ussl_context_add_trust(ussl_context_obj_t *self, ussl_bytes_t data, mp_obj_t path);
// Adds a PEM or DER file, or each file of a directory.
void ussl_context_add_trust_path(ussl_context_obj_t *self, mp_obj_t path);
void ussl_context_set_identity(ussl_context_obj_t *self, mp_obj_t cert, bool cert_is_path, mp_obj_t key,
    bool key_is_path, mp_obj_t password);
void ussl_context_set_verify(ussl_context_obj_t *self, mp_int_t mode);
void ussl_context_set_versions(ussl_context_obj_t *self, uint16_t min, uint16_t max);
// The version a caller's number means, 0 for "whatever is best"; ValueError for others.
uint16_t ussl_version_from(mp_int_t number);

// Whether its connections compare the peer's name; context_attr.c.
bool ussl_context_checks_name(const ussl_context_obj_t *self);
// Attributes of SSLContext; context_attr.c.
void ussl_context_attr(mp_obj_t self_in, qstr name, mp_obj_t *dest);
// Its rows that live elsewhere: memory.c.
mp_obj_t ussl_context_record_size_limit(const ussl_context_obj_t *self);
void ussl_context_set_record_size_limit(ussl_context_obj_t *self, mp_obj_t value);
mp_obj_t ussl_context_max_send_fragment(const ussl_context_obj_t *self);
void ussl_context_set_max_send_fragment(ussl_context_obj_t *self, mp_obj_t value);
mp_obj_t ussl_context_record_buffer(const ussl_context_obj_t *self);
void ussl_context_set_record_buffer(ussl_context_obj_t *self, mp_obj_t value);
MP_DECLARE_CONST_FUN_OBJ_1(ussl_context_memory_obj);
// And early_data.c.
mp_obj_t ussl_context_max_early_data(const ussl_context_obj_t *self);
void ussl_context_set_max_early_data(ussl_context_obj_t *self, mp_obj_t value);

// judge.c
mp_obj_t ussl_context_verify_callback(const ussl_context_obj_t *self);
void ussl_context_set_verify_callback(ussl_context_obj_t *self, mp_obj_t value);
// With CERT_OPTIONAL the callback alone decides.
bool ussl_context_callback_decides(const ussl_context_obj_t *self);
// psk.c
#if USSL_PSK
mp_obj_t ussl_context_psk_identity(const ussl_context_obj_t *self);
void ussl_context_set_psk_identity(ussl_context_obj_t *self, mp_obj_t value);
mp_obj_t ussl_context_psk_key(const ussl_context_obj_t *self);
void ussl_context_set_psk_key(ussl_context_obj_t *self, mp_obj_t value);
mp_obj_t ussl_context_server_psk_keys(const ussl_context_obj_t *self);
void ussl_context_set_server_psk_keys(ussl_context_obj_t *self, mp_obj_t value);
MP_DECLARE_CONST_FUN_OBJ_KW(ussl_context_set_psk_client_callback_obj);
MP_DECLARE_CONST_FUN_OBJ_KW(ussl_context_set_psk_server_callback_obj);
// Whether its connections use a pre-shared key, and no certificate will do instead.
bool ussl_context_psk_alone(const ussl_context_obj_t *self);
#else
static inline bool ussl_context_psk_alone(const ussl_context_obj_t *self) {
    (void)self;
    return false;
}
#endif
// sni.c
mp_obj_t ussl_context_sni_callback(const ussl_context_obj_t *self);
void ussl_context_set_sni_callback(ussl_context_obj_t *self, mp_obj_t value);
// sign.c
mp_obj_t ussl_context_ecdsa_sign_callback(const ussl_context_obj_t *self);
void ussl_context_set_ecdsa_sign_callback(ussl_context_obj_t *self, mp_obj_t value);
// key_log.c
mp_obj_t ussl_context_keylog_filename(const ussl_context_obj_t *self);
void ussl_context_set_keylog_filename(ussl_context_obj_t *self, mp_obj_t value);
// Sets it to what the environment says, if it does.
void ussl_context_log_as_told(ussl_context_obj_t *self);
// ciphers.c
MP_DECLARE_CONST_FUN_OBJ_1(ussl_context_get_ciphers_obj);
MP_DECLARE_CONST_FUN_OBJ_2(ussl_context_set_ciphers_obj);

// What a context keeps for resumption (resumption.c).
// The engine's context of a server; ValueError for a client's.
ussl_ctx_t *ussl_server_context(const ussl_context_obj_t *self);
// The sessions a client's context keeps for itself, unless told otherwise.
#ifndef USSL_CLIENT_CACHE_SIZE
#if defined(__unix__) || defined(__APPLE__) || defined(_WIN32)
#define USSL_CLIENT_CACHE_SIZE 16
#else
#define USSL_CLIENT_CACHE_SIZE 0
#endif
#endif
mp_obj_t ussl_context_session_cache_size(const ussl_context_obj_t *self);
void ussl_context_set_session_cache_size(ussl_context_obj_t *self, mp_obj_t value);
mp_obj_t ussl_context_num_tickets(const ussl_context_obj_t *self);
void ussl_context_set_num_tickets(ussl_context_obj_t *self, mp_obj_t value);
MP_DECLARE_CONST_FUN_OBJ_2(ussl_context_set_ticket_keys_obj);
MP_DECLARE_CONST_FUN_OBJ_1(ussl_context_session_stats_obj);

// ---- trust (trust.c, default_roots.c, certificate.c) ----

// A copy, as bytes, of what source(arg) finds; MP_OBJ_NULL where that is nothing. Other
// threads may change that meanwhile: it is asked under the lock, and memory for the copy is
// taken outside of it.
mp_obj_t ussl_copy_bytes(ussl_bytes_t (*source)(const void *arg), const void *arg);
// A certificate, bytes in DER, as the dict that getpeercert() gives.
mp_obj_t ussl_certificate_dict(mp_obj_t der);
// Adds the certificates of load_verify_locations' arguments, None where there is none.
void ussl_context_load_locations(ussl_context_obj_t *self, mp_obj_t cafile, mp_obj_t capath, mp_obj_t cadata);
// Adds the roots of this system, or of this firmware, if there are any; with only_by_default
// they give way to what is added later. False when there are none.
bool ussl_context_load_default_roots(ussl_context_obj_t *self, bool only_by_default);
// The attribute pins; pins.c.
mp_obj_t ussl_context_pins(const ussl_context_obj_t *self);
void ussl_context_set_pins(ussl_context_obj_t *self, mp_obj_t value);
MP_DECLARE_CONST_FUN_OBJ_VAR_BETWEEN(ussl_context_load_default_certs_obj);
MP_DECLARE_CONST_FUN_OBJ_1(ussl_context_set_default_verify_paths_obj);
MP_DECLARE_CONST_FUN_OBJ_1(ussl_context_cert_store_stats_obj);
MP_DECLARE_CONST_FUN_OBJ_KW(ussl_context_get_ca_certs_obj);

// ---- sessions (session.c) ----

typedef struct ussl_session_obj {
    mp_obj_base_t base;
    ussl_session_t session;
} ussl_session_obj_t;

extern const mp_obj_type_t ussl_type_SSLSession;

// None, an SSLSession or its bytes, as an SSLSession or MP_OBJ_NULL; TypeError for others.
mp_obj_t ussl_session_arg(mp_obj_t arg);

// ---- sockets (socket*.c) ----

// What SSLSocket and SSLObject are made of.
typedef struct ussl_socket_obj {
    mp_obj_base_t base;
    ussl_transport_guard_t guard; // first: see transport.h
    ussl_transport_obj_t transport;
    ussl_context_obj_t *context;
    ussl_conn_t *conn;          // NULL until there is a connection
    mp_obj_t server_hostname;   // str or None
    mp_obj_t session;           // to resume with, or MP_OBJ_NULL
    mp_obj_t early_data;        // to send first, or MP_OBJ_NULL
    #if USSL_DTLS
    mp_obj_t client_id;         // of a DTLS server's client, or MP_OBJ_NULL for its address
    #endif
    mp_obj_t raised;            // by a callback of the context's, or MP_OBJ_NULL
    mp_obj_t peer;              // address of an accepted client, or MP_OBJ_NULL
    uintptr_t next_hidden;      // the next live socket, inverted: see life.c
    uint32_t timeout_ms;        // handshake, 0 is none
    bool server_side;
    bool handshake_on_connect;
    bool suppress_ragged_eofs;
    bool closed;
    bool busy;                  // a call on this connection runs
    bool close_requested;       // close() came meanwhile
    bool detach_requested;      // a newer wrapper took the socket meanwhile
    bool choosing;              // its context's sni_callback runs
    bool awaited;               // a session ticket was, and did not come in time
    int16_t held;               // the last byte of write() that is in a record and was not counted, or -1
} ussl_socket_obj_t;

// Takes the lock, and gives the connection or NULL. Without a call of its own (ussl_call_begin)
// whoever looks at a connection has no more of it once the lock is given back: another thread may
// close it.
static inline ussl_conn_t *ussl_lock_conn(const ussl_socket_obj_t *self) {
    ussl_lock();
    return self->conn;
}

extern const mp_obj_type_t ussl_type_SSLSocket;
extern const mp_obj_type_t ussl_type_SSLObject;
extern const mp_obj_type_t ussl_type_MemoryBIO;

typedef struct ussl_socket_options {
    mp_obj_t server_hostname; // str or None
    mp_obj_t session;         // SSLSession or MP_OBJ_NULL
    mp_obj_t early_data;      // bytes or MP_OBJ_NULL
    #if USSL_DTLS
    mp_obj_t client_id;       // bytes or MP_OBJ_NULL
    #endif
    uint32_t timeout_ms;
    bool server_side;
    bool handshake_on_connect;
    bool suppress_ragged_eofs;
} ussl_socket_options_t;

// ---- early data (early_data.c) ----

// The argument early_data: None, or bytes that cannot change; MP_OBJ_NULL for none.
mp_obj_t ussl_early_data_arg(mp_obj_t arg, bool server_side);
// Its bytes; none for MP_OBJ_NULL.
ussl_bytes_t ussl_early_data_bytes(mp_obj_t early_data);
// What became of it: True, False, or None.
mp_obj_t ussl_socket_early_data_accepted(const ussl_socket_obj_t *self);

// ---- DTLS (dtls.c) ----

#if USSL_DTLS
// Makes a new context one for DTLS.
void ussl_context_use_datagrams(ussl_context_obj_t *self);
// The attribute mtu: None on a context for TLS, where setting it is a ValueError.
mp_obj_t ussl_context_mtu(const ussl_context_obj_t *self);
void ussl_context_set_mtu(ussl_context_obj_t *self, mp_obj_t value);
// Checks what wrap_socket was given for DTLS or TLS.
void ussl_check_datagram_options(const ussl_context_obj_t *self, const ussl_socket_options_t *options);
// The argument client_id; MP_OBJ_NULL for None.
mp_obj_t ussl_client_id_arg(mp_obj_t arg);
// What a server's client has to prove, which may be written to id; empty for nothing.
ussl_bytes_t ussl_socket_peer_id(ussl_socket_obj_t *self, uint8_t id[USSL_PEER_ID_MAX]);
#endif

// The socket of a transport. Callbacks are given the address of that, not of the socket: on
// boards the collector looks into what the engine holds, and would keep a dropped socket for
// ever. judge.c.
ussl_socket_obj_t *ussl_socket_of(void *transport);
// What its context's verify_callback makes of the peer; judge.c.
ussl_judge_t ussl_socket_judge(ussl_socket_obj_t *self);
// Where its pre-shared key comes from; psk.c.
#if USSL_PSK
ussl_psk_source_t ussl_socket_psk(ussl_socket_obj_t *self);
#else
static inline ussl_psk_source_t ussl_socket_psk(ussl_socket_obj_t *self) {
    (void)self;
    return (ussl_psk_source_t) { .ask = NULL };
}
#endif

// What asks its context's sni_callback; sni.c.
ussl_chooser_t ussl_socket_chooser(ussl_socket_obj_t *self);
// Its attribute context, set from within that callback.
void ussl_socket_set_context(ussl_socket_obj_t *self, mp_obj_t value);

// ---- life (life.c) ----

// Makes a socket object of this type; its transport is still to be set.
ussl_socket_obj_t *ussl_socket_new(const mp_obj_type_t *type, ussl_context_obj_t *context,
    const ussl_socket_options_t *options);
// Makes self the owner of its transport's object: older wrappers of it let go.
void ussl_socket_own(ussl_socket_obj_t *self);
// Makes the connection over the transport; before the first handshake step.
void ussl_socket_open(ussl_socket_obj_t *self);
// The same for a server's connected socket whose handshake was left for later.
void ussl_socket_open_accepted(ussl_socket_obj_t *self);
// The connection, made now if the transport is connected, else ENOTCONN.
ussl_conn_t *ussl_socket_conn(ussl_socket_obj_t *self);
// Says goodbye within a bound and closes; raises nothing. Returns an exception that
// is none of the connection's (KeyboardInterrupt), or MP_OBJ_NULL.
mp_obj_t ussl_socket_close(ussl_socket_obj_t *self);
// Closes without a word to the peer: nothing is allocated or raised.
void ussl_socket_drop(ussl_socket_obj_t *self);
// Drops the connection and keeps the transport.
void ussl_socket_reset(ussl_socket_obj_t *self);
// Lets go of the transport without closing it.
void ussl_socket_detach(ussl_socket_obj_t *self);

// ---- calls (call.c) ----

// A call on a connection. While it runs, another call on the same connection raises
// OSError(EBUSY), and close() waits for its end.
typedef struct ussl_call {
    nlr_jump_callback_node_t node; // first
    ussl_socket_obj_t *self;
    vstr_t *partial; // data read so far, given back when the call raises; or NULL
} ussl_call_t;

// EBADF on a closed socket.
void ussl_check_open(const ussl_socket_obj_t *self);
// Takes the connection for a call; false while another runs, and on a closed socket. With
// to_close the other one closes it when it ends.
bool ussl_call_take(ussl_socket_obj_t *self, bool to_close);
// Begins a call; EBADF on a closed socket. The call is on the C stack.
void ussl_call_begin(ussl_call_t *call, ussl_socket_obj_t *self);
void ussl_call_end(ussl_call_t *call);
// The end of a call that was begun without a ussl_call_t: what was asked for meanwhile
// (close, a newer wrapper) is done now.
void ussl_call_release(ussl_socket_obj_t *self);

// ---- steps and driving (steps.c, drive.c) ----

// One step of an operation on self's connection.
typedef ussl_status_t (*ussl_step_fn)(ussl_socket_obj_t *self, void *arg);

// Bytes for or from the connection: in memory of our own (buf, len), or in an object of
// the user's, which Python code may resize or empty while the operation waits.
typedef struct ussl_transfer {
    uint8_t *buf;
    size_t len;
    mp_obj_t object; // or MP_OBJ_NULL; then buf and len are not used
    size_t offset;   // into the object
    size_t limit;    // bytes of it from offset
    size_t done;     // by the last step
    bool needs_room; // nothing is written while the socket is not ready for it
} ussl_transfer_t;

// The steps there are; read and write take a ussl_transfer_t, the others nothing.
ussl_status_t ussl_step_handshake(ussl_socket_obj_t *self, void *arg);
ussl_status_t ussl_step_read(ussl_socket_obj_t *self, void *arg);
ussl_status_t ussl_step_write(ussl_socket_obj_t *self, void *arg);
ussl_status_t ussl_step_flush(ussl_socket_obj_t *self, void *arg);
ussl_status_t ussl_step_shutdown(ussl_socket_obj_t *self, void *arg);
ussl_status_t ussl_step_unwrap(ussl_socket_obj_t *self, void *arg);

// How an operation waits.
typedef enum {
    USSL_WAIT_SOCKET,    // as the socket says: its timeout, or not at all
    USSL_WAIT_HANDSHAKE, // until the handshake's deadline, unless the socket never waits
    USSL_WAIT_DEADLINE,  // until the handshake's deadline
} ussl_wait_t;

// What became of it.
typedef struct ussl_outcome {
    ussl_status_t status; // USSL_WANT_* when it would block or timed out
    bool timed_out;
} ussl_outcome_t;

// Repeats step until it is done, waiting as asked. A fatal error is raised.
ussl_outcome_t ussl_drive(ussl_socket_obj_t *self, ussl_step_fn step, void *arg, ussl_wait_t wait);
// The same with a bound of its own in milliseconds; never raises an error of step's.
ussl_outcome_t ussl_drive_bounded(ussl_socket_obj_t *self, ussl_step_fn step, void *arg, uint32_t bound_ms);

// True when the operation would block or timed out.
bool ussl_unfinished(const ussl_outcome_t *outcome);
// Raises what a call that did not finish owes its caller: OSError(ETIMEDOUT), or
// SSLWantReadError or SSLWantWriteError with EAGAIN.
MP_NORETURN void ussl_raise_unfinished(const ussl_outcome_t *outcome);
// Raises SSLWantReadError or SSLWantWriteError if that is the status, with CPython's number
// or, on a socket of wrap_socket(), with Pycom's: SSL_TIMEOUT.
void ussl_check_wanted(const ussl_socket_obj_t *self, ussl_status_t status);
// Raises what the connection remembers as its fatal error.
MP_NORETURN void ussl_raise_conn(ussl_socket_obj_t *self);

// ---- starting TLS (handshake.c) ----

// Runs the handshake to its end, as far as wait allows.
ussl_outcome_t ussl_socket_handshake(ussl_socket_obj_t *self, ussl_wait_t wait);
// Opens the connection and runs the handshake unless the user wants it later.
void ussl_socket_start_handshake(ussl_socket_obj_t *self, ussl_wait_t wait);
// The same as a call of its own, to the handshake's end; returns what it raised, or MP_OBJ_NULL.
mp_obj_t ussl_socket_try_start(ussl_socket_obj_t *self);
// Makes the SSLSocket over transport, whose socket belongs to it from now on, and runs
// the handshake when that is connected and the options say so.
mp_obj_t ussl_socket_wrap(ussl_context_obj_t *context, const ussl_transport_obj_t *transport,
    const ussl_socket_options_t *options);

// ---- arguments (args.c) ----

// Checks a host name argument: str or None; ValueError when no certificate could bear it.
void ussl_check_hostname(mp_obj_t name);
// An int that should be one of a few constants: one that no machine word holds is none of
// them. TypeError for what is no int.
mp_int_t ussl_constant(mp_obj_t number);
// A setting of that name: an int from least to most, else ValueError.
mp_int_t ussl_setting(qstr name, mp_obj_t number, mp_int_t least, mp_int_t most);
// The bytes of an argument of that name; TypeError for what is no buffer, and for a str.
ussl_bytes_t ussl_bytes_arg(qstr name, mp_obj_t arg);
// TypeError unless value can be called or is None.
void ussl_check_callback(qstr name, mp_obj_t value);
// TypeError: the callback had to give what is wanted, and gave that answer.
MP_NORETURN void ussl_raise_answer(qstr callback, const char *wanted, mp_obj_t answer);
// The bytes that a callback gave, or none for None; TypeError for anything else.
ussl_bytes_t ussl_bytes_answer(qstr callback, mp_obj_t answer);
// Milliseconds of a number of seconds, rounded up to at least 1 unless it is 0; a NaN
// or a negative number is a ValueError.
uint32_t ussl_milliseconds(mp_obj_t seconds);
// Milliseconds of a handshake's timeout argument: None is 0; ValueError unless positive.
uint32_t ussl_timeout_ms(mp_obj_t timeout);

// ---- methods ----

// Attributes of SSLSocket and SSLObject; socket.c.
void ussl_socket_attr(mp_obj_t self_in, qstr attr, mp_obj_t *dest);

// save_session(): waits for a ticket where the protocol sends it late; socket_net.c. With
// or_none, which the attribute session is, a server that gives none is no error.
mp_obj_t ussl_socket_session(ussl_socket_obj_t *self, bool or_none);

// Methods that SSLSocket and SSLObject share; memory.c, then socket_info.c.
MP_DECLARE_CONST_FUN_OBJ_1(ussl_socket_memory_obj);
MP_DECLARE_CONST_FUN_OBJ_1(ussl_socket_version_obj);
MP_DECLARE_CONST_FUN_OBJ_1(ussl_socket_cipher_obj);
MP_DECLARE_CONST_FUN_OBJ_KW(ussl_socket_getpeercert_obj);
MP_DECLARE_CONST_FUN_OBJ_1(ussl_socket_get_verified_chain_obj);
MP_DECLARE_CONST_FUN_OBJ_1(ussl_socket_get_unverified_chain_obj);
mp_obj_t ussl_socket_peer_cert_sha256(ussl_socket_obj_t *self);
MP_DECLARE_CONST_FUN_OBJ_1(ussl_socket_selected_alpn_protocol_obj);
MP_DECLARE_CONST_FUN_OBJ_VAR_BETWEEN(ussl_socket_get_channel_binding_obj);
MP_DECLARE_CONST_FUN_OBJ_1(ussl_socket_pending_obj);

// socket_io.c
extern const mp_stream_p_t ussl_socket_stream_p;
MP_DECLARE_CONST_FUN_OBJ_VAR_BETWEEN(ussl_socket_recv_obj);
MP_DECLARE_CONST_FUN_OBJ_VAR_BETWEEN(ussl_socket_recv_into_obj);
MP_DECLARE_CONST_FUN_OBJ_VAR_BETWEEN(ussl_socket_read_obj);
MP_DECLARE_CONST_FUN_OBJ_VAR_BETWEEN(ussl_socket_readinto_obj);
MP_DECLARE_CONST_FUN_OBJ_VAR_BETWEEN(ussl_socket_readline_obj);
MP_DECLARE_CONST_FUN_OBJ_VAR_BETWEEN(ussl_socket_send_obj);
MP_DECLARE_CONST_FUN_OBJ_VAR_BETWEEN(ussl_socket_sendall_obj);
MP_DECLARE_CONST_FUN_OBJ_VAR_BETWEEN(ussl_socket_write_obj);
MP_DECLARE_CONST_FUN_OBJ_VAR_BETWEEN(ussl_socket_bypass_obj);

// socket_net.c
MP_DECLARE_CONST_FUN_OBJ_2(ussl_socket_connect_obj);
MP_DECLARE_CONST_FUN_OBJ_2(ussl_socket_bind_obj);
MP_DECLARE_CONST_FUN_OBJ_VAR_BETWEEN(ussl_socket_listen_obj);
MP_DECLARE_CONST_FUN_OBJ_1(ussl_socket_accept_obj);
MP_DECLARE_CONST_FUN_OBJ_2(ussl_socket_settimeout_obj);
MP_DECLARE_CONST_FUN_OBJ_2(ussl_socket_setblocking_obj);
MP_DECLARE_CONST_FUN_OBJ_VAR_BETWEEN(ussl_socket_setsockopt_obj);
MP_DECLARE_CONST_FUN_OBJ_1(ussl_socket_fileno_obj);
MP_DECLARE_CONST_FUN_OBJ_1(ussl_socket_do_handshake_obj);
MP_DECLARE_CONST_FUN_OBJ_1(ussl_socket_unwrap_obj);
MP_DECLARE_CONST_FUN_OBJ_2(ussl_socket_shutdown_obj);
MP_DECLARE_CONST_FUN_OBJ_1(ussl_socket_close_obj);
MP_DECLARE_CONST_FUN_OBJ_VAR_BETWEEN(ussl_socket___exit___obj);
MP_DECLARE_CONST_FUN_OBJ_1(ussl_socket___del___obj);
MP_DECLARE_CONST_FUN_OBJ_VAR_BETWEEN(ussl_socket_makefile_obj);

#endif
