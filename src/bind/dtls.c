// DTLS: contexts for it, the argument client_id, and the attribute mtu.

#include "py/runtime.h"

#include "bind/bind.h"

#if USSL_DTLS

void ussl_context_use_datagrams(ussl_context_obj_t *self) {
    ussl_error_t err;
    ussl_lock();
    ussl_status_t status = ussl_ctx_use_datagrams(self->ctx, &err);
    ussl_unlock();
    ussl_check(status, &err);
}

static void check_is_dtls(const ussl_context_obj_t *self) {
    if (!ussl_ctx_is_datagram(self->ctx)) {
        mp_raise_ValueError(MP_ERROR_TEXT("mtu and client_id are for DTLS"));
    }
}

mp_obj_t ussl_context_mtu(const ussl_context_obj_t *self) {
    return ussl_ctx_is_datagram(self->ctx) ? MP_OBJ_NEW_SMALL_INT(self->ctx->mtu) : mp_const_none;
}

void ussl_context_set_mtu(ussl_context_obj_t *self, mp_obj_t value) {
    ussl_error_t err;
    check_is_dtls(self);
    uint16_t mtu = (uint16_t)ussl_setting(MP_QSTR_mtu, value, USSL_MTU_MIN, USSL_MTU_MAX);
    ussl_lock();
    ussl_status_t status = ussl_ctx_set_mtu(self->ctx, mtu, &err);
    ussl_unlock();
    ussl_check(status, &err);
}

mp_obj_t ussl_client_id_arg(mp_obj_t arg) {
    if (arg == mp_const_none) {
        return MP_OBJ_NULL;
    }
    ussl_bytes_arg(MP_QSTR_client_id, arg);
    return arg;
}

void ussl_check_datagram_options(const ussl_context_obj_t *self, const ussl_socket_options_t *o) {
    if (o->client_id != MP_OBJ_NULL) {
        check_is_dtls(self);
    }
    if (o->client_id != MP_OBJ_NULL && !o->server_side) {
        mp_raise_ValueError(MP_ERROR_TEXT("client_id is a server's: the address of its client"));
    }
    if (ussl_ctx_is_datagram(self->ctx) && o->early_data != MP_OBJ_NULL) {
        mp_raise_ValueError(MP_ERROR_TEXT("early_data is a part of TLS 1.3, and this is DTLS 1.2"));
    }
}

ussl_bytes_t ussl_socket_peer_id(ussl_socket_obj_t *self, uint8_t id[USSL_PEER_ID_MAX]) {
    ussl_transport_obj_t *t = &self->transport;
    if (!self->server_side || !t->datagram) {
        return (ussl_bytes_t) { NULL, 0 };
    }
    if (self->client_id != MP_OBJ_NULL) {
        return ussl_bytes_arg(MP_QSTR_client_id, self->client_id);
    }
    return (ussl_bytes_t) { id, t->ops->peer_id == NULL ? 0 : t->ops->peer_id(t, id) };
}

#endif
