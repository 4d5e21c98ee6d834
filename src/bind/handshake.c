// Starting TLS on a socket: at once, in connect or in accept.

#include "py/runtime.h"

#include "bind/bind.h"

ussl_outcome_t ussl_socket_handshake(ussl_socket_obj_t *self, ussl_wait_t wait) {
    ussl_socket_conn(self);
    return ussl_drive(self, ussl_step_handshake, NULL, wait);
}

// A server's socket that leaves the handshake for later is opened later too, by the first call
// or poll: asyncio wraps it in the task that serves all, which a lack of memory would end.
void ussl_socket_start_handshake(ussl_socket_obj_t *self, ussl_wait_t wait) {
    if (!self->server_side || self->handshake_on_connect || self->transport.ops->port == NULL) {
        ussl_socket_open(self);
    }
    if (self->handshake_on_connect) {
        ussl_socket_handshake(self, wait);
    }
}

// wrap_socket and accept give sockets that are ready, as in MicroPython: programs that set a socket
// not to wait and then wrap it write at once, and lose what is not taken.
static void start_call(void *arg) {
    ussl_call_t call;
    ussl_call_begin(&call, arg);
    ussl_socket_start_handshake(arg, USSL_WAIT_DEADLINE);
    ussl_call_end(&call);
}

mp_obj_t ussl_socket_try_start(ussl_socket_obj_t *self) {
    return ussl_protect(start_call, self);
}

// A failed wrap leaves the caller's socket alone: the wrapper lets go of it.
static void start_or_let_go(ussl_socket_obj_t *self) {
    mp_obj_t exception = ussl_socket_try_start(self);
    if (exception != MP_OBJ_NULL) {
        ussl_socket_detach(self);
        nlr_raise(exception);
    }
}

mp_obj_t ussl_socket_wrap(ussl_context_obj_t *context, const ussl_transport_obj_t *transport,
    const ussl_socket_options_t *options) {
    ussl_socket_obj_t *self = ussl_socket_new(&ussl_type_SSLSocket, context, options);
    self->transport = *transport;
    ussl_socket_own(self);
    if (transport->ops->peer(&self->transport) == USSL_PEER_CONNECTED) {
        start_or_let_go(self);
    }
    return MP_OBJ_FROM_PTR(self);
}
