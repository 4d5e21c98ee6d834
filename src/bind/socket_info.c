// What is known about a connection.

#include <string.h>

#include "py/mperrno.h"
#include "py/objstr.h"
#include "py/objtuple.h"
#include "py/runtime.h"

#include "bind/bind.h"
#include "bind/module.h"

// The connection when its handshake is done, else NULL; EBADF on a closed socket. Another thread
// may close it, but for as long as the lock is held, which the caller gives back.
static ussl_conn_t *lock_established(mp_obj_t self_in) {
    ussl_socket_obj_t *self = MP_OBJ_TO_PTR(self_in);
    ussl_check_open(self);
    ussl_conn_t *conn = ussl_lock_conn(self);
    return conn != NULL && (conn->state == USSL_CONN_OPEN || conn->state == USSL_CONN_SHUT) ? conn : NULL;
}

static const char *version_name(const ussl_conn_t *conn) {
    return ussl_ctx_is_datagram(conn->ctx) ? "DTLSv1.2"
           : conn->engine->version(conn->tls) == USSL_TLS_1_3 ? "TLSv1.3" : "TLSv1.2";
}

static mp_obj_t text_or_none(const char *text) {
    return text == NULL ? mp_const_none : mp_obj_new_str_from_cstr(text);
}

static mp_obj_t socket_version(mp_obj_t self_in) {
    const ussl_conn_t *conn = lock_established(self_in);
    const char *name = conn == NULL ? NULL : version_name(conn);
    ussl_unlock();
    return text_or_none(name);
}
MP_DEFINE_CONST_FUN_OBJ_1(ussl_socket_version_obj, socket_version);

// cipher(): (name, version, secret bits), or None before the handshake.
static mp_obj_t socket_cipher(mp_obj_t self_in) {
    const ussl_conn_t *conn = lock_established(self_in);
    unsigned bits = 0;
    const char *name = conn == NULL ? NULL : conn->engine->cipher(conn->tls, &bits);
    const char *version = conn == NULL ? NULL : version_name(conn);
    ussl_unlock();
    mp_obj_t items[3] = { text_or_none(name), text_or_none(version), MP_OBJ_NEW_SMALL_INT(bits) };
    return version == NULL ? mp_const_none : mp_obj_new_tuple(3, items);
}
MP_DEFINE_CONST_FUN_OBJ_1(ussl_socket_cipher_obj, socket_cipher);

static mp_obj_t socket_pending(mp_obj_t self_in) {
    const ussl_conn_t *conn = lock_established(self_in);
    size_t waiting = conn == NULL ? 0 : ussl_conn_pending(conn);
    ussl_unlock();
    return MP_OBJ_NEW_SMALL_INT(waiting);
}
MP_DEFINE_CONST_FUN_OBJ_1(ussl_socket_pending_obj, socket_pending);

#if USSL_CPYTHON_NAMES
// compression(): there is none, as in CPython.
static mp_obj_t socket_compression(mp_obj_t self_in) {
    ussl_check_open(MP_OBJ_TO_PTR(self_in));
    return mp_const_none;
}
MP_DEFINE_CONST_FUN_OBJ_1(ussl_socket_compression_obj, socket_compression);
#endif

static mp_obj_t socket_selected_alpn_protocol(mp_obj_t self_in) {
    const ussl_conn_t *conn = lock_established(self_in);
    const char *name = conn == NULL ? NULL : conn->engine->alpn(conn->tls); // the context's
    ussl_unlock();
    return text_or_none(name);
}
MP_DEFINE_CONST_FUN_OBJ_1(ussl_socket_selected_alpn_protocol_obj, socket_selected_alpn_protocol);

// ---- the peer's certificate ----

// What its context says; an exception before the handshake is done.
typedef struct policy {
    bool verifies;
    bool keeps_chain;
} policy_t;

static policy_t finished(mp_obj_t self_in) {
    const ussl_conn_t *conn = lock_established(self_in);
    policy_t policy = { conn != NULL && conn->ctx->verify != USSL_VERIFY_NONE, conn != NULL && conn->ctx->keep_chain };
    ussl_unlock();
    if (conn == NULL) {
        ussl_socket_obj_t *self = MP_OBJ_TO_PTR(self_in);
        ussl_check_open(self);
        if (self->conn == NULL) {
            mp_raise_OSError(MP_ENOTCONN);
        }
        mp_raise_ValueError(MP_ERROR_TEXT("the handshake is not done"));
    }
    return policy;
}

// One of a connection's certificates. Another thread may close the connection meanwhile.
typedef struct place {
    mp_obj_t socket;
    bool verified;
    size_t index;
} place_t;

static ussl_conn_t *still_open(const place_t *p) {
    const ussl_socket_obj_t *self = MP_OBJ_TO_PTR(p->socket);
    return self->closed || self->conn == NULL || self->conn->tls == NULL ? NULL : self->conn;
}

static ussl_bytes_t peer_cert(const void *arg) {
    const ussl_conn_t *conn = still_open(arg);
    return conn == NULL ? (ussl_bytes_t) { NULL, 0 } : ussl_conn_peer_cert(conn);
}

static ussl_bytes_t peer_chain(const void *arg) {
    const place_t *p = arg;
    const ussl_conn_t *conn = still_open(p);
    return conn == NULL ? (ussl_bytes_t) { NULL, 0 } : conn->engine->peer_chain(conn->tls, p->verified, p->index);
}

// getpeercert(binary_form=False): DER bytes, or a dict that is empty when the
// certificate was not verified; None without a certificate.
static mp_obj_t socket_getpeercert(size_t n_args, const mp_obj_t *pos_args, mp_map_t *kw_args) {
    static const mp_arg_t allowed[] = { { MP_QSTR_binary_form, MP_ARG_BOOL, { .u_bool = false } } };
    mp_arg_val_t binary;
    mp_arg_parse_all(n_args - 1, pos_args + 1, kw_args, 1, allowed, &binary);
    bool verified = finished(pos_args[0]).verifies;
    mp_obj_t der = ussl_copy_bytes(peer_cert, &(place_t) { .socket = pos_args[0] });
    return der == MP_OBJ_NULL ? mp_const_none : binary.u_bool ? der : verified ? ussl_certificate_dict(der) : mp_obj_new_dict(0);
}
MP_DEFINE_CONST_FUN_OBJ_KW(ussl_socket_getpeercert_obj, 1, socket_getpeercert);

static mp_obj_t chain_of(mp_obj_t self_in, bool verified) {
    if (!finished(self_in).keeps_chain) {
        mp_raise_ValueError(MP_ERROR_TEXT("set keep_peer_chain of the context first: chains are not kept otherwise"));
    }
    mp_obj_t list = mp_obj_new_list(0, NULL);
    place_t p = { self_in, verified, 0 };
    for (mp_obj_t der; (der = ussl_copy_bytes(peer_chain, &p)) != MP_OBJ_NULL; p.index++) {
        mp_obj_list_append(list, der);
    }
    return list;
}

// Without verification there is only what was sent, as in CPython.
static mp_obj_t socket_get_verified_chain(mp_obj_t self_in) {
    return chain_of(self_in, finished(self_in).verifies);
}
MP_DEFINE_CONST_FUN_OBJ_1(ussl_socket_get_verified_chain_obj, socket_get_verified_chain);

static mp_obj_t socket_get_unverified_chain(mp_obj_t self_in) {
    return chain_of(self_in, false);
}
MP_DEFINE_CONST_FUN_OBJ_1(ussl_socket_get_unverified_chain_obj, socket_get_unverified_chain);

// bytes, or None without a certificate, before the handshake is done, and when closed.
mp_obj_t ussl_socket_peer_cert_sha256(ussl_socket_obj_t *self) {
    uint8_t digest[USSL_DIGEST_SIZE];
    bool present = false;
    ussl_error_t err;
    if (self->closed) {
        return mp_const_none;
    }
    const ussl_conn_t *conn = lock_established(MP_OBJ_FROM_PTR(self));
    ussl_status_t status = conn == NULL ? USSL_OK : ussl_conn_peer_sha256(conn, digest, &present, &err);
    ussl_unlock();
    ussl_check(status, &err);
    return present ? mp_obj_new_bytes(digest, sizeof(digest)) : mp_const_none;
}

// ---- channel binding ----

#define EXPORTER_SIZE 32

// get_channel_binding(type="tls-exporter"): RFC 9266, the same bytes at both ends of
// this connection and nowhere else. CPython's default, "tls-unique", is not defined
// for TLS 1.3 and not safe before it.
static mp_obj_t socket_get_channel_binding(size_t n_args, const mp_obj_t *args) {
    const char *type = n_args > 1 ? mp_obj_str_get_str(args[1]) : "tls-exporter";
    if (strcmp(type, "tls-exporter") != 0) {
        mp_raise_msg_varg(&mp_type_ValueError, MP_ERROR_TEXT("channel binding '%s' is not offered: use 'tls-exporter'"), type);
    }
    uint8_t key[EXPORTER_SIZE];
    const ussl_conn_t *conn = lock_established(args[0]);
    bool ok = conn != NULL && conn->engine->export_key(conn->tls, "EXPORTER-Channel-Binding", key, sizeof(key));
    ussl_unlock();
    return ok ? mp_obj_new_bytes(key, sizeof(key)) : mp_const_none;
}
MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(ussl_socket_get_channel_binding_obj, 1, 2, socket_get_channel_binding);
