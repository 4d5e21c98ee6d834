// The steps that ussl_drive repeats: one call of core's each.

#include "bind/bind.h"

ussl_status_t ussl_step_handshake(ussl_socket_obj_t *self, void *arg) {
    (void)arg;
    return ussl_conn_handshake(self->conn);
}

ussl_status_t ussl_step_read(ussl_socket_obj_t *self, void *arg) {
    ussl_transfer_t *t = arg;
    return ussl_conn_read(self->conn, t->buf, t->len, &t->done);
}

ussl_status_t ussl_step_write(ussl_socket_obj_t *self, void *arg) {
    ussl_transfer_t *t = arg;
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
