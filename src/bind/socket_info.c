// What is known about a connection.

#include <string.h>

#include "py/objstr.h"
#include "py/objtuple.h"
#include "py/runtime.h"

#include "bind/bind.h"

// The connection when its handshake is done, else NULL; EBADF on a closed socket.
static ussl_conn_t *established(mp_obj_t self_in) {
    ussl_socket_obj_t *self = MP_OBJ_TO_PTR(self_in);
    ussl_check_open(self);
    ussl_conn_t *conn = self->conn;
    return conn != NULL && (conn->state == USSL_CONN_OPEN || conn->state == USSL_CONN_SHUT) ? conn : NULL;
}

static const char *version_name(const ussl_conn_t *conn) {
    return conn->engine->version(conn->tls) == USSL_TLS_1_3 ? "TLSv1.3" : "TLSv1.2";
}

static mp_obj_t socket_version(mp_obj_t self_in) {
    ussl_conn_t *conn = established(self_in);
    return conn == NULL ? mp_const_none : mp_obj_new_str_from_cstr(version_name(conn));
}
MP_DEFINE_CONST_FUN_OBJ_1(ussl_socket_version_obj, socket_version);

// cipher(): (name, version, secret bits), or None before the handshake.
static mp_obj_t socket_cipher(mp_obj_t self_in) {
    ussl_conn_t *conn = established(self_in);
    if (conn == NULL) {
        return mp_const_none;
    }
    unsigned bits;
    const char *name = conn->engine->cipher(conn->tls, &bits);
    mp_obj_t items[3] = { mp_obj_new_str_from_cstr(name), mp_obj_new_str_from_cstr(version_name(conn)),
                          MP_OBJ_NEW_SMALL_INT(bits) };
    return mp_obj_new_tuple(3, items);
}
MP_DEFINE_CONST_FUN_OBJ_1(ussl_socket_cipher_obj, socket_cipher);

static mp_obj_t socket_pending(mp_obj_t self_in) {
    ussl_conn_t *conn = established(self_in);
    return MP_OBJ_NEW_SMALL_INT(conn == NULL ? 0 : ussl_conn_pending(conn));
}
MP_DEFINE_CONST_FUN_OBJ_1(ussl_socket_pending_obj, socket_pending);

static mp_obj_t socket_selected_alpn_protocol(mp_obj_t self_in) {
    ussl_conn_t *conn = established(self_in);
    const char *name = conn == NULL ? NULL : conn->engine->alpn(conn->tls);
    return name == NULL ? mp_const_none : mp_obj_new_str_from_cstr(name);
}
MP_DEFINE_CONST_FUN_OBJ_1(ussl_socket_selected_alpn_protocol_obj, socket_selected_alpn_protocol);

// ---- the peer's certificate ----

// The dict under construction. Names are tuples of RDNs, each a tuple of pairs.
typedef struct describer {
    mp_obj_t dict;
    mp_obj_t exception; // raised while an engine's callback ran, or MP_OBJ_NULL
} describer_t;

static mp_obj_t pair_of(const char *key, mp_obj_t value) {
    mp_obj_t items[2] = { mp_obj_new_str_from_cstr(key), value };
    return mp_obj_new_tuple(2, items);
}

// Appends item to the tuple stored under key.
static void append(mp_obj_t dict, mp_obj_t key, mp_obj_t item) {
    mp_map_elem_t *elem = mp_map_lookup(mp_obj_dict_get_map(dict), key, MP_MAP_LOOKUP_ADD_IF_NOT_FOUND);
    mp_obj_t one = mp_obj_new_tuple(1, &item);
    elem->value = elem->value == MP_OBJ_NULL ? one : mp_binary_op(MP_BINARY_OP_ADD, elem->value, one);
}

// Adds a pair to the last RDN of the name stored under key.
static void extend_rdn(mp_obj_t dict, mp_obj_t key, mp_obj_t pair) {
    mp_map_elem_t *elem = mp_map_lookup(mp_obj_dict_get_map(dict), key, MP_MAP_LOOKUP);
    mp_obj_tuple_t *rdns = MP_OBJ_TO_PTR(elem->value);
    mp_obj_t *last = &rdns->items[rdns->len - 1];
    *last = mp_binary_op(MP_BINARY_OP_ADD, *last, mp_obj_new_tuple(1, &pair));
}

// Text in a certificate may be of any encoding; what is not ASCII is shown as '?'.
static mp_obj_t text(const char *value, size_t len) {
    vstr_t vstr;
    vstr_init_len(&vstr, len);
    for (size_t i = 0; i < len; i++) {
        vstr.buf[i] = value[i] >= ' ' && value[i] <= '~' ? value[i] : '?';
    }
    return mp_obj_new_str_from_vstr(&vstr);
}

static void add_field(mp_obj_t dict, const char *group, const char *key, mp_obj_t value, bool new_rdn) {
    mp_obj_t name = mp_obj_new_str_from_cstr(group);
    if (strcmp(group, "version") == 0) {
        mp_obj_dict_store(dict, name, MP_OBJ_NEW_SMALL_INT(mp_obj_str_get_str(value)[0] - '0'));
    } else if (key == NULL) {
        mp_obj_dict_store(dict, name, value);
    } else if (strcmp(group, "subjectAltName") == 0) {
        append(dict, name, pair_of(key, value));
    } else if (new_rdn) {
        mp_obj_t pair = pair_of(key, value);
        append(dict, name, mp_obj_new_tuple(1, &pair));
    } else {
        extend_rdn(dict, name, pair_of(key, value));
    }
}

typedef struct field {
    mp_obj_t dict;
    const char *group;
    const char *key;
    const char *value;
    size_t len;
    bool new_rdn;
} field_t;

static void put_field(void *arg) {
    const field_t *f = arg;
    add_field(f->dict, f->group, f->key, text(f->value, f->len), f->new_rdn);
}

// Called by the engine, through which no exception may pass.
static void on_field(void *arg, const char *group, const char *key, const char *value, size_t len, bool new_rdn) {
    describer_t *d = arg;
    field_t f = { d->dict, group, key, value, len, new_rdn };
    if (d->exception == MP_OBJ_NULL) {
        d->exception = ussl_protect(put_field, &f);
    }
}

static mp_obj_t describe(ussl_conn_t *conn, ussl_bytes_t der) {
    ussl_error_t err;
    describer_t d = { mp_obj_new_dict(0), MP_OBJ_NULL };
    ussl_lock();
    ussl_status_t status = conn->engine->describe_cert(der, on_field, &d, &err);
    ussl_unlock();
    if (d.exception != MP_OBJ_NULL) {
        nlr_raise(d.exception);
    }
    if (status != USSL_OK) {
        ussl_raise(&err, &(ussl_where_t) { .file = NULL });
    }
    return d.dict;
}

// getpeercert(binary_form=False): DER bytes, or a dict that is empty when the
// certificate was not verified; None without a certificate.
static mp_obj_t socket_getpeercert(size_t n_args, const mp_obj_t *args) {
    bool binary = n_args > 1 && mp_obj_is_true(args[1]);
    ussl_conn_t *conn = established(args[0]);
    if (conn == NULL) {
        mp_raise_ValueError(MP_ERROR_TEXT("the handshake is not done"));
    }
    ussl_bytes_t der = ussl_conn_peer_cert(conn);
    if (der.len == 0) {
        return mp_const_none;
    }
    if (binary) {
        return mp_obj_new_bytes(der.data, der.len);
    }
    return conn->ctx->verify == USSL_VERIFY_NONE ? mp_obj_new_dict(0) : describe(conn, der);
}
MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(ussl_socket_getpeercert_obj, 1, 2, socket_getpeercert);

// bytes, or None without a certificate, before the handshake is done, and when closed.
mp_obj_t ussl_socket_peer_cert_sha256(ussl_socket_obj_t *self) {
    ussl_conn_t *conn = self->closed ? NULL : established(MP_OBJ_FROM_PTR(self));
    uint8_t digest[USSL_DIGEST_SIZE];
    bool present = false;
    ussl_error_t err;
    if (conn != NULL) {
        ussl_lock();
        ussl_status_t status = ussl_conn_peer_sha256(conn, digest, &present, &err);
        ussl_unlock();
        ussl_check(status, &err);
    }
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
    ussl_conn_t *conn = established(args[0]);
    uint8_t key[EXPORTER_SIZE];
    ussl_lock();
    bool ok = conn != NULL && conn->engine->export_key(conn->tls, "EXPORTER-Channel-Binding", key, sizeof(key));
    ussl_unlock();
    return ok ? mp_obj_new_bytes(key, sizeof(key)) : mp_const_none;
}
MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(ussl_socket_get_channel_binding_obj, 1, 2, socket_get_channel_binding);
