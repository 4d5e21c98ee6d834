// The sockets of ports that run lwIP themselves (extmod/modlwip.c), used through their
// stream protocol. Such a socket tells its state and its timeout only when printed, and
// an operation on one that has a timeout waits by itself: so each is polled first, and
// the wait is ours.

#include "bind/bind.h"

#if MICROPY_PY_LWIP && !USSL_POSIX

#include <string.h>

#include "lwip/tcp.h"
#include "lwip/udp.h"

#include "py/mperrno.h"
#include "py/runtime.h"

// As modlwip.c numbers them; below zero is an error.
enum { STATE_NEW = 0, STATE_LISTENING = 1, STATE_UDP = 5 };

#define POLL_BROKEN (MP_STREAM_POLL_ERR | MP_STREAM_POLL_HUP | MP_STREAM_POLL_NVAL)

// ---- what a socket prints ----

typedef struct text {
    char chars[48];
    size_t len;
} text_t;

static void collect(void *data, const char *str, size_t len) {
    text_t *text = data;
    size_t room = sizeof(text->chars) - 1 - text->len;
    len = len < room ? len : room;
    memcpy(text->chars + text->len, str, len);
    text->len += len;
}

static int number_after(const char *text, const char *name) {
    const char *at = strstr(text, name);
    int value = 0;
    if (at == NULL) {
        return -1;
    }
    at += strlen(name);
    bool negative = *at == '-';
    for (at += negative; *at >= '0' && *at <= '9'; at++) {
        value = value * 10 + (*at - '0');
    }
    return negative ? -value : value;
}

// <socket state=3 timeout=-1 incoming=...>; the caller names the field.
static int printed(mp_obj_t stream, const char *name) {
    text_t text = { .len = 0 };
    mp_print_t print = { &text, collect };
    mp_obj_print_helper(&print, stream, PRINT_REPR);
    text.chars[text.len] = '\0';
    return number_after(text.chars, name);
}

static int state_of(mp_obj_t stream) {
    return printed(stream, "state=");
}

// ---- the operations ----

// Polling a listener for writing reads past the end of its control block.
static mp_uint_t lwip_poll(ussl_transport_obj_t *t, mp_uint_t flags) {
    bool listening = state_of(t->other) == STATE_LISTENING;
    return ussl_transport_stream.poll(t, listening ? flags & ~MP_STREAM_POLL_WR : flags);
}

// A broken socket answers at once, with its error.
static bool would_wait(ussl_transport_obj_t *t, mp_uint_t direction) {
    return (ussl_transport_stream.poll(t, direction) & (direction | POLL_BROKEN)) == 0;
}

static int lwip_send(void *arg, const uint8_t *buf, size_t len, int *error) {
    return would_wait(arg, MP_STREAM_POLL_WR) ? USSL_IO_AGAIN : ussl_transport_stream.send(arg, buf, len, error);
}

static int lwip_recv(void *arg, uint8_t *buf, size_t len, int *error) {
    return would_wait(arg, MP_STREAM_POLL_RD) ? USSL_IO_AGAIN : ussl_transport_stream.recv(arg, buf, len, error);
}

static uint32_t lwip_timeout(ussl_transport_obj_t *t, unsigned direction) {
    (void)direction;
    return (uint32_t)printed(t->other, "timeout="); // -1 is USSL_FOREVER
}

static void lwip_wait(ussl_transport_obj_t *t, unsigned direction, uint32_t ms) {
    ussl_transport_stream.wait(t, direction, ms);
}

// Closed, or broken, which closing does not change: neither can ever be connected again.
static bool is_closed(mp_obj_t stream) {
    return state_of(stream) < 0;
}

// What modlwip.c puts at the start of its objects.
typedef struct port_socket {
    mp_obj_base_t base;
    union {
        struct tcp_pcb *tcp;
        struct udp_pcb *udp;
    } volatile pcb; // NULL once closed or broken
} port_socket_t;

// Whether connect() has told a UDP socket its peer, its state does not say.
static bool is_connected_udp(const port_socket_t *socket) {
    return socket->pcb.udp != NULL && (socket->pcb.udp->flags & UDP_FLAGS_CONNECTED) != 0;
}

static ussl_peer_t lwip_peer(ussl_transport_obj_t *t) {
    int state = state_of(t->other);
    if (USSL_DTLS && t->datagram) {
        return is_connected_udp(MP_OBJ_TO_PTR(t->other)) ? USSL_PEER_CONNECTED : USSL_PEER_NONE;
    }
    if (state == STATE_NEW || is_closed(t->other)) {
        return USSL_PEER_NONE;
    }
    return state == STATE_LISTENING ? USSL_PEER_LISTENING : USSL_PEER_CONNECTED;
}

static uint16_t lwip_port(void *arg) {
    ussl_transport_obj_t *t = arg;
    const port_socket_t *socket = MP_OBJ_TO_PTR(t->other);
    return socket->pcb.tcp == NULL ? 0 : USSL_DTLS && t->datagram ? socket->pcb.udp->remote_port : socket->pcb.tcp->remote_port;
}

#if USSL_DTLS
static size_t lwip_peer_id(ussl_transport_obj_t *t, uint8_t id[USSL_PEER_ID_MAX]) {
    const struct udp_pcb *pcb = ((port_socket_t *)MP_OBJ_TO_PTR(t->other))->pcb.udp;
    size_t len = pcb == NULL ? 0 : sizeof(pcb->remote_ip);
    if (pcb != NULL) {
        memcpy(id, &pcb->remote_ip, len);
        memcpy(id + len, &pcb->remote_port, sizeof(pcb->remote_port));
    }
    return pcb == NULL ? 0 : len + sizeof(pcb->remote_port);
}
#endif

// socket.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1), where the port has it.
static void no_delay(void *arg) {
    mp_obj_t stream = MP_OBJ_FROM_PTR(arg);
    mp_obj_t module = ussl_port_socket_module();
    mp_obj_t call[5];
    mp_load_method(stream, MP_QSTR_setsockopt, call);
    call[2] = mp_load_attr(module, MP_QSTR_IPPROTO_TCP);
    call[3] = mp_load_attr(module, MP_QSTR_TCP_NODELAY);
    call[4] = MP_OBJ_NEW_SMALL_INT(1);
    mp_call_method_n_kw(3, 0, call);
}

// A handshake is a conversation of small flights: with Nagle's algorithm the data after
// it would wait for an acknowledgement. Without the option it only takes longer.
static void lwip_prepare(ussl_transport_obj_t *t) {
    ussl_protect(no_delay, MP_OBJ_TO_PTR(t->other));
}

// These sockets cannot be shut down in one direction.
static void lwip_shutdown(ussl_transport_obj_t *t, int how) {
    (void)t;
    (void)how;
}

// Nobody else can get a closed socket's place: whoever uses it is told by itself.
static bool lwip_lost(ussl_transport_obj_t *t) {
    (void)t;
    return false;
}

static void lwip_close(ussl_transport_obj_t *t, bool in_finaliser) {
    ussl_transport_stream.close(t, in_finaliser);
}

const ussl_transport_ops_t ussl_transport_port = {
    .resets = true,
    .send = lwip_send,
    .recv = lwip_recv,
    .timeout = lwip_timeout,
    .wait = lwip_wait,
    .poll = lwip_poll,
    .peer = lwip_peer,
    .port = lwip_port,
    #if USSL_DTLS
    .peer_id = lwip_peer_id,
    #endif
    .lost = lwip_lost,
    .prepare = lwip_prepare,
    .shutdown = lwip_shutdown,
    .close = lwip_close,
};

// ---- sockets ----

bool ussl_transport_port_init(ussl_transport_obj_t *t, mp_obj_t stream) {
    t->other = mp_obj_cast_to_native_base(stream, MP_OBJ_FROM_PTR(ussl_port_socket_type())); // also of a subclass
    if (t->other == MP_OBJ_NULL) {
        return false;
    }
    int state = state_of(t->other);
    if (state >= 0 && (state == STATE_UDP) != t->datagram) {
        ussl_transport_wrong_type(t);
    }
    t->ops = &ussl_transport_port;
    return true;
}

static void set_timeout(mp_obj_t stream, int ms) {
    mp_obj_t call[3];
    mp_load_method(stream, MP_QSTR_settimeout, call);
    call[2] = ms < 0 ? mp_const_none : mp_obj_new_float((mp_float_t)ms / 1000);
    mp_call_method_n_kw(1, 0, call);
}

// A closed socket cannot be opened again here, so the wrapper goes on with a new one
// that waits as the old one did.
void ussl_transport_port_reopen(ussl_transport_obj_t *t, mp_obj_t address) {
    (void)address;
    if (t->ops == &ussl_transport_port && is_closed(t->other) && !t->datagram) {
        mp_obj_t fresh = mp_call_function_0(MP_OBJ_FROM_PTR(ussl_port_socket_type()));
        set_timeout(fresh, (int)lwip_timeout(t, MP_STREAM_POLL_RD));
        t->stream = fresh;
        t->other = fresh;
    }
}

// The new socket comes with the next connect.
bool ussl_transport_port_renew(ussl_transport_obj_t *t) {
    if (t->ops != &ussl_transport_port || t->datagram) {
        return false;
    }
    lwip_close(t, false);
    return true;
}

static bool has_name(mp_obj_t address) {
    size_t len;
    mp_obj_t *items;
    mp_obj_get_array(address, &len, &items);
    if (len < 2) {
        mp_raise_TypeError(MP_ERROR_TEXT("address must be (host, port)"));
    }
    return mp_obj_is_str(items[0]) && mp_obj_is_true(items[0]);
}

// These sockets take (host, port) themselves, but no names.
mp_obj_t ussl_transport_address(const ussl_transport_obj_t *t, mp_obj_t address) {
    (void)t;
    if (!mp_obj_is_type(address, &mp_type_tuple) || !has_name(address)) {
        return address;
    }
    mp_obj_tuple_t *pair = MP_OBJ_TO_PTR(address);
    mp_obj_t module = ussl_port_socket_module();
    mp_obj_t call[4];
    mp_load_method(module, MP_QSTR_getaddrinfo, call);
    call[2] = pair->items[0];
    call[3] = pair->items[1];
    mp_obj_t found = mp_call_method_n_kw(2, 0, call);
    mp_obj_t first = mp_obj_subscr(found, MP_OBJ_NEW_SMALL_INT(0), MP_OBJ_SENTINEL);
    return mp_obj_subscr(first, MP_OBJ_NEW_SMALL_INT(4), MP_OBJ_SENTINEL);
}

void ussl_transport_print_address(const mp_print_t *print, mp_obj_t address) {
    if (mp_obj_is_type(address, &mp_type_tuple) && has_name(address)) {
        mp_obj_tuple_t *pair = MP_OBJ_TO_PTR(address);
        mp_obj_print_helper(print, pair->items[0], PRINT_STR);
        mp_print_str(print, ":");
        mp_obj_print_helper(print, pair->items[1], PRINT_STR);
    } else {
        mp_obj_print_helper(print, address, PRINT_REPR);
    }
}

#endif
