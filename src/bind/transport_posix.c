// The unix port's sockets. The descriptor is used directly and never blocks: the
// wait is ours, so that a deadline holds whatever mode the socket is in. Timeout and
// mode stay in the kernel, where settimeout and setblocking put them, on whichever
// object they were called.

#include "bind/bind.h"

#if USSL_POSIX

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include "py/mperrno.h"
#include "py/mpthread.h"
#include "py/objtuple.h"
#include "py/runtime.h"

#ifndef MSG_NOSIGNAL
#define MSG_NOSIGNAL 0
#endif

// A wait is cut into slices: another thread may have asked to close the connection,
// and a signal may fall between the check for pending events and the wait.
#define SLICE_MS 100

// What modsocket.c puts at the start of its objects; it promises this layout for
// objects that hold a descriptor.
typedef struct port_socket {
    mp_obj_base_t base;
    int fd;
    bool blocking;
} port_socket_t;

extern const mp_obj_type_t mp_type_socket;

static int transfer_result(ssize_t n, int *error) {
    if (n >= 0) {
        return (int)n;
    }
    *error = errno;
    return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ? USSL_IO_AGAIN : USSL_IO_ERROR;
}

static int posix_send(void *arg, const uint8_t *buf, size_t len, int *error) {
    ussl_transport_obj_t *t = arg;
    return transfer_result(send(t->fd, buf, len, MSG_DONTWAIT | MSG_NOSIGNAL), error);
}

static int posix_recv(void *arg, uint8_t *buf, size_t len, int *error) {
    ussl_transport_obj_t *t = arg;
    return transfer_result(recv(t->fd, buf, len, MSG_DONTWAIT), error);
}

static uint32_t posix_timeout(ussl_transport_obj_t *t, unsigned direction) {
    if (fcntl(t->fd, F_GETFL) & O_NONBLOCK) {
        return 0;
    }
    struct timeval tv = { 0, 0 };
    socklen_t len = sizeof(tv);
    int option = direction == MP_STREAM_POLL_RD ? SO_RCVTIMEO : SO_SNDTIMEO;
    if (getsockopt(t->fd, SOL_SOCKET, option, &tv, &len) != 0 || (tv.tv_sec == 0 && tv.tv_usec == 0)) {
        return USSL_FOREVER;
    }
    uint64_t ms = (uint64_t)tv.tv_sec * 1000 + (uint64_t)(tv.tv_usec + 999) / 1000;
    return ms < USSL_FOREVER - 1 ? (uint32_t)ms : USSL_FOREVER - 1;
}

static short poll_events(mp_uint_t flags) {
    return (flags & MP_STREAM_POLL_RD ? POLLIN : 0) | (flags & MP_STREAM_POLL_WR ? POLLOUT : 0);
}

static void posix_wait(ussl_transport_obj_t *t, unsigned direction, uint32_t ms) {
    struct pollfd pfd = { .fd = t->fd, .events = poll_events(direction) };
    int slice = ms < SLICE_MS ? (int)ms : SLICE_MS;
    mp_handle_pending(true);
    MP_THREAD_GIL_EXIT();
    poll(&pfd, 1, slice);
    MP_THREAD_GIL_ENTER();
    mp_handle_pending(true);
}

static short poll_now(int fd, short events) {
    struct pollfd pfd = { .fd = fd, .events = events };
    return poll(&pfd, 1, 0) > 0 ? pfd.revents : 0;
}

static mp_uint_t posix_poll(ussl_transport_obj_t *t, mp_uint_t flags) {
    short ready = poll_now(t->fd, poll_events(flags));
    return (ready & POLLIN ? MP_STREAM_POLL_RD : 0) | (ready & POLLOUT ? MP_STREAM_POLL_WR : 0)
           | (ready & POLLERR ? MP_STREAM_POLL_ERR : 0) | (ready & POLLHUP ? MP_STREAM_POLL_HUP : 0)
           | (ready & POLLNVAL ? MP_STREAM_POLL_NVAL : 0);
}

static int int_option(int fd, int option) {
    int value = 0;
    socklen_t len = sizeof(value);
    return getsockopt(fd, SOL_SOCKET, option, &value, &len) == 0 ? value : -1;
}

// A socket that was never connected is writable and hung up, without being readable
// or in error; one whose connect is under way is nothing at all.
static ussl_peer_t posix_peer(ussl_transport_obj_t *t) {
    struct sockaddr_storage address;
    socklen_t len = sizeof(address);
    if (t->fd < 0) {
        return USSL_PEER_NONE;
    }
    if (getpeername(t->fd, (struct sockaddr *)&address, &len) == 0) {
        return USSL_PEER_CONNECTED;
    }
    if (int_option(t->fd, SO_ACCEPTCONN) > 0) {
        return USSL_PEER_LISTENING;
    }
    if (t->datagram) {
        return USSL_PEER_NONE;
    }
    short ready = poll_now(t->fd, POLLIN | POLLOUT);
    return ready & POLLHUP && !(ready & (POLLIN | POLLERR)) ? USSL_PEER_NONE : USSL_PEER_CONNECTED;
}

// The port of an IPv4 address stands where that of an IPv6 address does.
static uint16_t posix_port(void *arg) {
    ussl_transport_obj_t *t = arg;
    struct sockaddr_in6 address = { 0 };
    socklen_t len = sizeof(address);
    bool known = getpeername(t->fd, (struct sockaddr *)&address, &len) == 0
        && (address.sin6_family == AF_INET || address.sin6_family == AF_INET6);
    return known ? ntohs(address.sin6_port) : 0;
}

#if USSL_DTLS
static size_t posix_peer_id(ussl_transport_obj_t *t, uint8_t id[USSL_PEER_ID_MAX]) {
    socklen_t len = USSL_PEER_ID_MAX;
    return getpeername(t->fd, (struct sockaddr *)id, &len) == 0 && len <= USSL_PEER_ID_MAX ? len : 0;
}
#endif

// Tells one open file from every other, also from one that gets its number later.
static uint64_t identity_of(int fd) {
    struct stat st;
    return fd >= 0 && fstat(fd, &st) == 0 ? (uint64_t)st.st_ino ^ (uint64_t)st.st_dev << 48 : 0;
}

static bool posix_lost(ussl_transport_obj_t *t) {
    return t->fd >= 0 && identity_of(t->fd) != t->file;
}

// A handshake is a conversation of small flights, each one write: with Nagle's
// algorithm the data after it would wait for an acknowledgement.
static void posix_prepare(ussl_transport_obj_t *t) {
    int on = 1;
    setsockopt(t->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)); // not TCP: no harm
}

static void posix_shutdown(ussl_transport_obj_t *t, int how) {
    shutdown(t->fd, how);
}

static port_socket_t *port_socket(ussl_transport_obj_t *t) {
    return MP_OBJ_TO_PTR(t->other);
}

// The port's object keeps its number after a close; that number would later belong
// to somebody else's file. Taking it out makes a second close harmless and tells a
// new wrapper that the socket is to be opened again.
static void posix_close(ussl_transport_obj_t *t, bool in_finaliser) {
    (void)in_finaliser;
    if (t->fd >= 0) {
        if (port_socket(t)->fd == t->fd) {
            port_socket(t)->fd = -1;
        }
        if (!posix_lost(t)) {
            close(t->fd);
        }
        t->fd = -1;
    }
}

const ussl_transport_ops_t ussl_transport_port = {
    .resets = true,
    .send = posix_send,
    .recv = posix_recv,
    .timeout = posix_timeout,
    .wait = posix_wait,
    .poll = posix_poll,
    .peer = posix_peer,
    .port = posix_port,
    #if USSL_DTLS
    .peer_id = posix_peer_id,
    #endif
    .lost = posix_lost,
    .prepare = posix_prepare,
    .shutdown = posix_shutdown,
    .close = posix_close,
};

static int type_wanted(const ussl_transport_obj_t *t) {
    return t->datagram ? SOCK_DGRAM : SOCK_STREAM;
}

bool ussl_transport_port_init(ussl_transport_obj_t *t, mp_obj_t stream) {
    t->other = mp_obj_cast_to_native_base(stream, MP_OBJ_FROM_PTR(&mp_type_socket)); // also of a subclass
    if (t->other == MP_OBJ_NULL) {
        return false;
    }
    t->ops = &ussl_transport_port;
    t->fd = port_socket(t)->fd;
    t->file = identity_of(t->fd);
    int type = t->fd < 0 ? type_wanted(t) : int_option(t->fd, SO_TYPE);
    if (type < 0) { // closed by its user: the number means nothing any more
        port_socket(t)->fd = t->fd = -1;
    } else if (type != type_wanted(t)) {
        ussl_transport_wrong_type(t);
    }
    return true;
}

static int family_of(int fd) {
    struct sockaddr_storage address = { 0 };
    socklen_t len = sizeof(address);
    return fd >= 0 && getsockname(fd, (struct sockaddr *)&address, &len) == 0 ? address.ss_family : AF_UNSPEC;
}

static void open_anew(ussl_transport_obj_t *t, int family) {
    int fd = socket(family, type_wanted(t), 0);
    if (fd < 0) {
        mp_raise_OSError(errno);
    }
    port_socket(t)->fd = t->fd = fd;
    port_socket(t)->blocking = true;
    t->file = identity_of(fd);
}

void ussl_transport_port_reopen(ussl_transport_obj_t *t, mp_obj_t address) {
    mp_buffer_info_t info;
    if (t->ops != &ussl_transport_port || t->fd >= 0) {
        return;
    }
    mp_get_buffer_raise(address, &info, MP_BUFFER_READ);
    open_anew(t, info.len < sizeof(struct sockaddr) ? AF_INET : ((struct sockaddr *)info.buf)->sa_family);
}

bool ussl_transport_port_renew(ussl_transport_obj_t *t) {
    if (t->ops != &ussl_transport_port) {
        return false;
    }
    struct timeval in = { 0, 0 }, out = { 0, 0 };
    socklen_t len = sizeof(in);
    int family = family_of(t->fd);
    getsockopt(t->fd, SOL_SOCKET, SO_RCVTIMEO, &in, &len);
    getsockopt(t->fd, SOL_SOCKET, SO_SNDTIMEO, &out, &len);
    posix_close(t, false);
    open_anew(t, family);
    setsockopt(t->fd, SOL_SOCKET, SO_RCVTIMEO, &in, sizeof(in));
    setsockopt(t->fd, SOL_SOCKET, SO_SNDTIMEO, &out, sizeof(out));
    return true;
}

mp_obj_t ussl_transport_address(const ussl_transport_obj_t *t, mp_obj_t address) {
    if (!mp_obj_is_type(address, &mp_type_tuple)) {
        return address;
    }
    size_t len;
    mp_obj_t *items;
    mp_obj_get_array(address, &len, &items);
    if (len < 2) {
        mp_raise_TypeError(MP_ERROR_TEXT("address must be (host, port)"));
    }
    mp_obj_t module = ussl_port_socket_module();
    mp_obj_t args[6];
    mp_load_method(module, MP_QSTR_getaddrinfo, args);
    args[2] = items[0];
    args[3] = items[1];
    args[4] = MP_OBJ_NEW_SMALL_INT(family_of(t->fd));
    args[5] = MP_OBJ_NEW_SMALL_INT(type_wanted(t));
    mp_obj_t found = mp_call_method_n_kw(4, 0, args);
    mp_obj_t first = mp_obj_subscr(found, MP_OBJ_NEW_SMALL_INT(0), MP_OBJ_SENTINEL);
    return mp_obj_subscr(first, MP_OBJ_NEW_SMALL_INT(4), MP_OBJ_SENTINEL);
}

void ussl_transport_print_address(const mp_print_t *print, mp_obj_t address) {
    mp_buffer_info_t info;
    char text[INET6_ADDRSTRLEN] = "?";
    if (!mp_get_buffer(address, &info, MP_BUFFER_READ) || info.len < sizeof(struct sockaddr_in)) {
        mp_obj_print_helper(print, address, PRINT_REPR);
        return;
    }
    struct sockaddr_in6 a = { 0 };
    memcpy(&a, info.buf, info.len < sizeof(a) ? info.len : sizeof(a));
    if (a.sin6_family == AF_INET6) {
        inet_ntop(AF_INET6, &a.sin6_addr, text, sizeof(text));
        mp_printf(print, "[%s]:%d", text, ntohs(a.sin6_port));
    } else if (a.sin6_family == AF_INET) {
        inet_ntop(AF_INET, &((struct sockaddr_in *)&a)->sin_addr, text, sizeof(text));
        mp_printf(print, "%s:%d", text, ntohs(((struct sockaddr_in *)&a)->sin_port));
    } else {
        mp_printf(print, "%s", text);
    }
}

#endif
