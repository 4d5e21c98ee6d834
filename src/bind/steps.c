// The steps that ussl_drive repeats: one call of core's each.

#include "bind/bind.h"

ussl_status_t ussl_step_handshake(ussl_socket_obj_t *self, void *arg) {
    (void)arg;
    return ussl_conn_handshake(self->conn);
}

// Looks again where the user's object has its bytes now.
static void locate(ussl_transfer_t *t, mp_uint_t flags) {
    mp_buffer_info_t info;
    if (t->object != MP_OBJ_NULL) {
        mp_get_buffer(t->object, &info, flags);
        size_t offset = t->offset < info.len ? t->offset : info.len;
        t->buf = (uint8_t *)info.buf + offset;
        t->len = t->limit < info.len - offset ? t->limit : info.len - offset;
    }
}

ussl_status_t ussl_step_read(ussl_socket_obj_t *self, void *arg) {
    ussl_transfer_t *t = arg;
    locate(t, MP_BUFFER_WRITE);
    return ussl_conn_read(self->conn, t->buf, t->len, &t->done);
}

// A record that the socket takes but in part is better not begun.
static bool has_room(ussl_socket_obj_t *self) {
    return self->conn->state != USSL_CONN_OPEN
           || (self->transport.ops->poll(&self->transport, MP_STREAM_POLL_WR) & ~MP_STREAM_POLL_RD) != 0;
}

ussl_status_t ussl_step_write(ussl_socket_obj_t *self, void *arg) {
    ussl_transfer_t *t = arg;
    locate(t, MP_BUFFER_READ);
    if (t->needs_room && !has_room(self)) {
        return USSL_WANT_WRITE;
    }
    return ussl_conn_write(self->conn, t->buf, t->len, &t->done);
}

ussl_status_t ussl_step_flush(ussl_socket_obj_t *self, void *arg) {
    (void)arg;
    return ussl_conn_flush(self->conn);
}

ussl_status_t ussl_step_shutdown(ussl_socket_obj_t *self, void *arg) {
    (void)arg;
    return ussl_conn_shutdown(self->conn);
}

ussl_status_t ussl_step_unwrap(ussl_socket_obj_t *self, void *arg) {
    (void)arg;
    return ussl_conn_unwrap(self->conn);
}
