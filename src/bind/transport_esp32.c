// The esp32 port's sockets: lwIP's socket layer, on ESP-IDF. As on POSIX the descriptor is
// used directly and never blocks, and the wait is ours. The timeout is in the port's
// object, because lwIP's own is only the length of one of the port's tries.

#include "bind/bind.h"

#if defined(ESP_PLATFORM)

#include <errno.h>
#include <string.h>

#include "lwip/sockets.h"

#include "py/mperrno.h"
#include "py/mpthread.h"
#include "py/objtuple.h"
#include "py/runtime.h"

// A wait is cut into slices, in which pending events run.
#define SLICE_MS 100

// What ports/esp32/modsocket.c puts at the start of its objects, from 1.24 on.
typedef struct port_socket {
    mp_obj_base_t base;
    int fd;
    uint8_t domain;
    uint8_t type;
    uint8_t proto;
    uint8_t state; // 0: new
    unsigned retries;
} port_socket_t;

// The port counts its timeout in tries of this length; all ones is no timeout.
#define TRY_MS 100

static port_socket_t *port_socket(ussl_transport_obj_t *t) {
    return MP_OBJ_TO_PTR(t->other);
}

static int transfer_result(int n, int *error) {
    if (n >= 0) {
        return n;
    }
    *error = errno;
    return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINPROGRESS ? USSL_IO_AGAIN : USSL_IO_ERROR;
}

static int esp32_send(void *arg, const uint8_t *buf, size_t len, int *error) {
    ussl_transport_obj_t *t = arg;
    return transfer_result(lwip_send(t->fd, buf, len, MSG_DONTWAIT), error);
}

static int esp32_recv(void *arg, uint8_t *buf, size_t len, int *error) {
    ussl_transport_obj_t *t = arg;
    return transfer_result(lwip_recv(t->fd, buf, len, MSG_DONTWAIT), error);
}

static uint32_t esp32_timeout(ussl_transport_obj_t *t, unsigned direction) {
    (void)direction;
    unsigned retries = port_socket(t)->retries;
    return retries < (USSL_FOREVER - 1) / TRY_MS ? retries * TRY_MS : USSL_FOREVER;
}

static mp_uint_t select_for(int fd, mp_uint_t flags, uint32_t ms) {
    fd_set in, out, broken;
    struct timeval limit = { .tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000 };
    FD_ZERO(&in);
    FD_ZERO(&out);
    FD_ZERO(&broken);
    FD_SET(fd, &broken);
    if (flags & MP_STREAM_POLL_RD) {
        FD_SET(fd, &in);
    }
    if (flags & MP_STREAM_POLL_WR) {
        FD_SET(fd, &out);
    }
    if (lwip_select(fd + 1, &in, &out, &broken, &limit) <= 0) {
        return 0;
    }
    return (FD_ISSET(fd, &in) ? MP_STREAM_POLL_RD : 0) | (FD_ISSET(fd, &out) ? MP_STREAM_POLL_WR : 0)
           | (FD_ISSET(fd, &broken) ? MP_STREAM_POLL_HUP : 0);
}

static void esp32_wait(ussl_transport_obj_t *t, unsigned direction, uint32_t ms) {
    mp_handle_pending(true);
    MP_THREAD_GIL_EXIT();
    select_for(t->fd, direction, ms < SLICE_MS ? ms : SLICE_MS);
    MP_THREAD_GIL_ENTER();
    mp_handle_pending(true);
}

// A socket that was never connected counts as writable and hung up, as the port has it.
static mp_uint_t esp32_poll(ussl_transport_obj_t *t, mp_uint_t flags) {
    if (t->fd < 0) {
        return MP_STREAM_POLL_NVAL;
    }
    mp_uint_t ready = select_for(t->fd, flags, 0);
    return port_socket(t)->state == 0 ? ready | MP_STREAM_POLL_HUP | (flags & MP_STREAM_POLL_WR) : ready;
}

// The port of an IPv4 address stands where that of an IPv6 address does.
static uint16_t esp32_port(void *arg) {
    ussl_transport_obj_t *t = arg;
    struct sockaddr_storage address;
    socklen_t len = sizeof(address);
    bool known = lwip_getpeername(t->fd, (struct sockaddr *)&address, &len) == 0;
    return known ? ntohs(((struct sockaddr_in *)&address)->sin_port) : 0;
}

static bool is_listening(int fd) {
    int value = 0;
    socklen_t len = sizeof(value);
    return lwip_getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &value, &len) == 0 && value != 0;
}

// lwIP names a peer also while a connect is under way. One that was connected and is
// broken is readable: its error is to be read.
static ussl_peer_t esp32_peer(ussl_transport_obj_t *t) {
    struct sockaddr_storage address;
    socklen_t len = sizeof(address);
    if (t->fd < 0 || port_socket(t)->state == 0) {
        return USSL_PEER_NONE;
    }
    if (lwip_getpeername(t->fd, (struct sockaddr *)&address, &len) == 0) {
        return USSL_PEER_CONNECTED;
    }
    if (is_listening(t->fd)) {
        return USSL_PEER_LISTENING;
    }
    return select_for(t->fd, MP_STREAM_POLL_RD, 0) != 0 ? USSL_PEER_CONNECTED : USSL_PEER_NONE;
}

// The port takes the number out of an object that it closes.
static bool esp32_lost(ussl_transport_obj_t *t) {
    return t->fd >= 0 && port_socket(t)->fd != t->fd;
}

// A handshake is a conversation of small flights, each one write: with Nagle's
// algorithm the data after it would wait for an acknowledgement.
static void esp32_prepare(ussl_transport_obj_t *t) {
    int on = 1;
    lwip_setsockopt(t->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

static void esp32_shutdown(ussl_transport_obj_t *t, int how) {
    lwip_shutdown(t->fd, how);
}

// By the port's own close, which also ends what it does for this socket in the background.
static void esp32_close(ussl_transport_obj_t *t, bool in_finaliser) {
    if (t->fd >= 0 && !esp32_lost(t)) {
        ussl_transport_stream.close(t, in_finaliser);
    }
    t->fd = -1;
}

const ussl_transport_ops_t ussl_transport_port = {
    .resets = true,
    .send = esp32_send,
    .recv = esp32_recv,
    .timeout = esp32_timeout,
    .wait = esp32_wait,
    .poll = esp32_poll,
    .peer = esp32_peer,
    .port = esp32_port,
    .lost = esp32_lost,
    .prepare = esp32_prepare,
    .shutdown = esp32_shutdown,
    .close = esp32_close,
};

bool ussl_transport_port_init(ussl_transport_obj_t *t, mp_obj_t stream) {
    t->other = mp_obj_cast_to_native_base(stream, MP_OBJ_FROM_PTR(ussl_port_socket_type())); // also of a subclass
    if (t->other == MP_OBJ_NULL) {
        return false;
    }
    if (port_socket(t)->type != (t->datagram ? SOCK_DGRAM : SOCK_STREAM)) {
        ussl_transport_wrong_type(t);
    }
    t->ops = &ussl_transport_port;
    t->fd = port_socket(t)->fd;
    return true;
}

// The port's own method tells lwIP too.
static void set_timeout(mp_obj_t socket, uint32_t ms) {
    mp_obj_t call[3];
    mp_load_method(socket, MP_QSTR_settimeout, call);
    call[2] = ms == USSL_FOREVER ? mp_const_none : mp_obj_new_float((mp_float_t)ms / 1000);
    mp_call_method_n_kw(1, 0, call);
}

static void open_anew(ussl_transport_obj_t *t) {
    port_socket_t *socket = port_socket(t);
    uint32_t timeout = esp32_timeout(t, MP_STREAM_POLL_RD);
    int fd = lwip_socket(socket->domain, socket->type, socket->proto);
    if (fd < 0) {
        mp_raise_OSError(errno);
    }
    socket->fd = t->fd = fd;
    socket->state = 0;
    set_timeout(t->other, timeout);
}

void ussl_transport_port_reopen(ussl_transport_obj_t *t, mp_obj_t address) {
    (void)address;
    if (t->ops == &ussl_transport_port && t->fd < 0) {
        open_anew(t);
    }
}

bool ussl_transport_port_renew(ussl_transport_obj_t *t) {
    if (t->ops != &ussl_transport_port) {
        return false;
    }
    esp32_close(t, false);
    open_anew(t);
    return true;
}

// These sockets take (host, port) themselves, names included.
mp_obj_t ussl_transport_address(const ussl_transport_obj_t *t, mp_obj_t address) {
    (void)t;
    return address;
}

void ussl_transport_print_address(const mp_print_t *print, mp_obj_t address) {
    if (mp_obj_is_type(address, &mp_type_tuple) && ((mp_obj_tuple_t *)MP_OBJ_TO_PTR(address))->len >= 2) {
        mp_obj_tuple_t *pair = MP_OBJ_TO_PTR(address);
        mp_obj_print_helper(print, pair->items[0], PRINT_STR);
        mp_print_str(print, ":");
        mp_obj_print_helper(print, pair->items[1], PRINT_STR);
    } else {
        mp_obj_print_helper(print, address, PRINT_REPR);
    }
}

#endif
