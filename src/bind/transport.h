// How the binding moves bytes: over a socket of the port's, over any object with
// MicroPython's stream protocol, over another SSLSocket, or over two MemoryBIOs.

#ifndef USSL_BIND_TRANSPORT_H
#define USSL_BIND_TRANSPORT_H

#include "py/obj.h"
#include "py/stream.h"

#include "core/conn.h"

// Whether sockets are POSIX's.
#if defined(__unix__) || defined(__APPLE__)
#define USSL_POSIX 1
#else
#define USSL_POSIX 0
#endif

// The longest address: IPv6's, with port, flow and scope.
#define USSL_PEER_ID_MAX 28

// No bound on a wait.
#define USSL_FOREVER UINT32_MAX

// The start of every socket object of ussl's. Python can call a method of the port's
// socket type on an SSLSocket, as in socket.socket.recv(ss, 1), and MicroPython does
// not check the type: what such a method takes for its descriptor is never a valid one.
typedef struct ussl_transport_guard {
    int fd; // always -1
    bool blocking;
} ussl_transport_guard_t;

typedef enum {
    USSL_PEER_NONE,      // not connected, or closed and to be opened again
    USSL_PEER_CONNECTED, // or connecting
    USSL_PEER_LISTENING,
} ussl_peer_t;

typedef struct ussl_transport_ops ussl_transport_ops_t;

typedef struct ussl_transport_obj {
    const ussl_transport_ops_t *ops; // NULL once closed or given up
    mp_obj_t stream;     // what was wrapped
    mp_obj_t other;      // MemoryBIO: the outgoing one; a port's socket: the port's own object in stream
    mp_obj_t exception;  // raised by Python code inside an io callback, or MP_OBJ_NULL
    int fd;              // POSIX, esp32: the descriptor, -1 without one
    #if USSL_POSIX
    uint64_t file;       // what the descriptor stood for when it was wrapped
    #endif
    uint32_t timeout_ms; // where the stream keeps none: 0 never waits
    bool timed_out;      // the stream's own timeout ended a wait
    bool datagram;       // each read and write moves one datagram: DTLS
} ussl_transport_obj_t;

struct ussl_transport_ops {
    // A stream whose read waits until it has all it was asked for must be asked for
    // no more than will come.
    bool exact_reads;
    // Closing with unread input resets the connection and loses what was sent last.
    bool resets;
    // As in ussl_transport_t, with arg the ussl_transport_obj_t.
    int (*send)(void *arg, const uint8_t *buf, size_t len, int *error);
    int (*recv)(void *arg, uint8_t *buf, size_t len, int *error);
    // Milliseconds the user lets an operation wait in this direction (MP_STREAM_POLL_RD
    // or _WR): 0 is not at all, USSL_FOREVER is unbounded.
    uint32_t (*timeout)(ussl_transport_obj_t *t, unsigned direction);
    // Waits until the direction may work, at most ms; may return early. Runs pending
    // events and may raise what they raise.
    void (*wait)(ussl_transport_obj_t *t, unsigned direction, uint32_t ms);
    // Polls without waiting: flags of MP_STREAM_POLL_*.
    mp_uint_t (*poll)(ussl_transport_obj_t *t, mp_uint_t flags);
    ussl_peer_t (*peer)(ussl_transport_obj_t *t);
    // As peer_port in ussl_transport_t; NULL of what is no socket.
    uint16_t (*port)(void *arg);
    #if USSL_DTLS
    // Writes what tells the peer's address from others'; how long it is, 0 where it is not
    // known. NULL of what is no socket.
    size_t (*peer_id)(ussl_transport_obj_t *t, uint8_t id[USSL_PEER_ID_MAX]);
    #endif
    // The stream was closed without us and its descriptor may be somebody else's by now.
    bool (*lost)(ussl_transport_obj_t *t);
    // Called once before the first byte of a handshake.
    void (*prepare)(ussl_transport_obj_t *t);
    // Shuts one or both directions down (POSIX's SHUT_*) where the stream can.
    void (*shutdown)(ussl_transport_obj_t *t, int how);
    // Closes the stream. Raises nothing; in_finaliser allocates nothing either.
    void (*close)(ussl_transport_obj_t *t, bool in_finaliser);
};

// True when obj has this method; runs no Python code but an object's own lookup.
bool ussl_has_method(mp_obj_t obj, qstr name);

// The port's own module socket, also where a file of that name comes first in sys.path.
// MP_OBJ_NULL where the port has none.
mp_obj_t ussl_port_socket_module(void);

// The port's own socket type, or NULL.
const mp_obj_type_t *ussl_port_socket_type(void);

// Chooses the transport for what the user gave; TypeError naming what it lacks.
void ussl_transport_init(ussl_transport_obj_t *t, mp_obj_t stream, bool datagram);
// A socket's type is not the one that is needed.
MP_NORETURN void ussl_transport_wrong_type(const ussl_transport_obj_t *t);

// Reads and drops what has arrived, where closing would reset the connection else. True
// once the peer has closed.
bool ussl_transport_drain(ussl_transport_obj_t *t);

// The callbacks for core.
ussl_transport_t ussl_transport_callbacks(ussl_transport_obj_t *t);

// Raises the exception that Python code raised inside a callback, if there is one.
void ussl_transport_reraise(ussl_transport_obj_t *t);

// What a send or recv over an object notes about an exception it caught: *error for a
// transport error, or USSL_IO_AGAIN when the connection can go on afterwards.
int ussl_transport_caught(ussl_transport_obj_t *t, mp_obj_t exception, int *error);

// ---- the port's own sockets: transport_posix.c, _lwip.c, _esp32.c or _other.c ----

extern const ussl_transport_ops_t ussl_transport_port;
// True when stream is a socket of the port's own type; sets t up for it. TypeError for
// a datagram socket where TLS is to run over it, and for a stream socket where DTLS is.
bool ussl_transport_port_init(ussl_transport_obj_t *t, mp_obj_t stream);
// Makes a socket of the port's own type that was closed usable again, fit for the packed
// address; does nothing to others.
void ussl_transport_port_reopen(ussl_transport_obj_t *t, mp_obj_t address);
// Closes the socket and makes it ready to be connected again, with the timeouts it had.
// False, with nothing done, where it is not a socket of the port's own type.
bool ussl_transport_port_renew(ussl_transport_obj_t *t);
// The address t's socket wants for a (host, port) tuple, of the socket's own family
// where it has one; other addresses are returned as they are.
mp_obj_t ussl_transport_address(const ussl_transport_obj_t *t, mp_obj_t address);
// Prints an address as "host:port".
void ussl_transport_print_address(const mp_print_t *print, mp_obj_t address);

// ---- the others ----

extern const ussl_transport_ops_t ussl_transport_stream;
extern const ussl_transport_ops_t ussl_transport_tls;
extern const ussl_transport_ops_t ussl_transport_bio; // memorybio.c

#endif
