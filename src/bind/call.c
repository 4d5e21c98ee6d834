// Calls on a connection: one at a time.

#include "py/mperrno.h"
#include "py/runtime.h"

#include "bind/bind.h"
bool ussl_call_take(ussl_socket_obj_t *self, bool to_close) {
    ussl_lock();
    bool is_free = !self->busy && !self->closed;
    self->busy |= is_free;
    self->close_requested |= to_close && !self->closed;
    ussl_unlock();
    return is_free;
}

void ussl_call_release(ussl_socket_obj_t *self) {
    ussl_lock();
    self->busy = false;
    bool detaches = self->detach_requested, closes = self->close_requested;
    ussl_unlock();
    if (detaches) {
        ussl_socket_detach(self);
    } else if (closes) {
        ussl_socket_close(self);
    }
}

static void leave(void *node) {
    ussl_call_t *call = node;
    ussl_socket_obj_t *self = call->self;
    if (call->partial != NULL && call->partial->len > 0 && self->conn != NULL) {
        ussl_lock();
        ussl_conn_unread(self->conn, (uint8_t *)call->partial->buf, call->partial->len);
        ussl_unlock();
    }
    ussl_call_release(self);
}

void ussl_check_open(const ussl_socket_obj_t *self) {
    if (self->closed) {
        mp_raise_OSError(MP_EBADF);
    }
}

void ussl_call_begin(ussl_call_t *call, ussl_socket_obj_t *self) {
    ussl_check_open(self);
    if (self->transport.ops->lost(&self->transport)) {
        mp_raise_OSError(MP_EBADF);
    }
    if (!ussl_call_take(self, false)) {
        mp_raise_OSError(self->closed ? MP_EBADF : MP_EBUSY);
    }
    call->self = self;
    call->partial = NULL;
    nlr_push_jump_callback(&call->node, leave);
}

void ussl_call_end(ussl_call_t *call) {
    call->partial = NULL;
    nlr_pop_jump_callback(true);
}
