// The attributes of SSLContext, one row each.

#include "py/runtime.h"

#include "bind/bind.h"
#include "bind/module.h"

static mp_obj_t get_protocol(const ussl_context_obj_t *self) {
    int dtls = ussl_ctx_is_datagram(self->ctx) ? USSL_PROTOCOL_DTLS_CLIENT : USSL_PROTOCOL_TLS_CLIENT;
    return MP_OBJ_NEW_SMALL_INT(dtls | (self->ctx->server ? USSL_PROTOCOL_TLS_SERVER : USSL_PROTOCOL_TLS_CLIENT));
}

// ---- verification ----

static mp_obj_t get_verify_mode(const ussl_context_obj_t *self) {
    return MP_OBJ_NEW_SMALL_INT(self->ctx->verify);
}

static void set_verify_mode(ussl_context_obj_t *self, mp_obj_t value) {
    mp_int_t mode = ussl_constant(value);
    if (mode == USSL_VERIFY_NONE && self->ctx->has_pins) {
        mp_raise_ValueError(MP_ERROR_TEXT("cannot set verify_mode to CERT_NONE while there are pins"));
    }
    ussl_context_set_verify(self, mode);
}

// CERT_NONE, which MicroPython's programs set alone, takes the check of the name with it,
// and any other mode brings it back.
bool ussl_context_checks_name(const ussl_context_obj_t *self) {
    return self->check_hostname && self->ctx->verify != USSL_VERIFY_NONE && !ussl_context_callback_decides(self);
}

// What CPython offers beside and means nothing here: anchors come first in any case, any
// certificate can be one, and mbedTLS is as strict as it is.
#define CHECKS_IGNORED (USSL_VERIFY_X509_STRICT | USSL_VERIFY_X509_TRUSTED_FIRST | USSL_VERIFY_X509_PARTIAL_CHAIN)
#define CHECKS (USSL_CHECK_CRL_CHAIN | USSL_CHECK_NO_TIME | USSL_CHECK_TIME_IF_SET | CHECKS_IGNORED)

static mp_obj_t get_verify_flags(const ussl_context_obj_t *self) {
    return MP_OBJ_NEW_SMALL_INT(self->ctx->checks);
}

static void set_verify_flags(ussl_context_obj_t *self, mp_obj_t value) {
    mp_int_t checks = ussl_constant(value);
    if ((checks & ~(mp_int_t)CHECKS) != 0) {
        mp_raise_ValueError(MP_ERROR_TEXT("unknown bit in verify_flags"));
    }
    if ((checks & USSL_CHECK_CRL_CHAIN) != 0 && self->ctx->engine->cfg_crls == NULL) {
        mp_raise_ValueError(MP_ERROR_TEXT("this build has no revocation lists (CRLs)"));
    }
    ussl_error_t err;
    ussl_lock();
    ussl_status_t status = ussl_ctx_set_checks(self->ctx, (uint32_t)checks, &err);
    ussl_unlock();
    ussl_check(status, &err);
}

static mp_obj_t get_check_hostname(const ussl_context_obj_t *self) {
    return mp_obj_new_bool(ussl_context_checks_name(self));
}

// As in CPython, checking the name without checking the certificate is no choice.
static void set_check_hostname(ussl_context_obj_t *self, mp_obj_t value) {
    bool on = mp_obj_is_true(value);
    mp_int_t mode = on && self->ctx->verify == USSL_VERIFY_NONE ? USSL_VERIFY_REQUIRED : self->ctx->verify;
    ussl_context_set_verify(self, mode); // refuses while the context is in use
    self->check_hostname = on;
}

static mp_obj_t get_hostname_checks_common_name(const ussl_context_obj_t *self) {
    return mp_obj_new_bool(!self->ctx->no_common_name);
}

static void set_hostname_checks_common_name(ussl_context_obj_t *self, mp_obj_t value) {
    ussl_error_t err;
    ussl_lock();
    ussl_status_t status = ussl_ctx_set_common_name(self->ctx, mp_obj_is_true(value), &err);
    ussl_unlock();
    ussl_check(status, &err);
}

static mp_obj_t get_keep_peer_chain(const ussl_context_obj_t *self) {
    return mp_obj_new_bool(self->ctx->keep_chain);
}

static void set_keep_peer_chain(ussl_context_obj_t *self, mp_obj_t value) {
    ussl_error_t err;
    ussl_check(ussl_ctx_set_keep_chain(self->ctx, mp_obj_is_true(value), &err), &err);
}

// ---- versions ----

// The bounds CPython names -2 and -1 are the oldest and newest version spoken here.
static uint16_t version_bound(const ussl_ctx_t *ctx, mp_int_t number) {
    if (number == USSL_TLSVERSION_MINIMUM) {
        return USSL_TLS_1_2;
    }
    uint16_t newest = ussl_ctx_is_datagram(ctx) ? USSL_TLS_1_2 : ctx->engine->version_max;
    uint16_t version = number == USSL_TLSVERSION_MAXIMUM ? newest : ussl_version_from(number);
    if (version > newest) {
        mp_raise_ValueError(MP_ERROR_TEXT("DTLS is spoken in version 1.2 only"));
    }
    if (version == 0) {
        mp_raise_ValueError(MP_ERROR_TEXT("use TLSVersion.TLSv1_2 or TLSVersion.TLSv1_3"));
    }
    return version;
}

static mp_obj_t get_minimum_version(const ussl_context_obj_t *self) {
    return MP_OBJ_NEW_SMALL_INT(self->ctx->min_version);
}

static void set_minimum_version(ussl_context_obj_t *self, mp_obj_t value) {
    ussl_context_set_versions(self, version_bound(self->ctx, ussl_constant(value)), self->ctx->max_version);
}

static mp_obj_t get_maximum_version(const ussl_context_obj_t *self) {
    return MP_OBJ_NEW_SMALL_INT(self->ctx->max_version);
}

static void set_maximum_version(ussl_context_obj_t *self, mp_obj_t value) {
    ussl_context_set_versions(self, self->ctx->min_version, version_bound(self->ctx, ussl_constant(value)));
}

// ---- options ----

#define OPTIONS (USSL_OP_ALLOW_NO_DHE_KEX | USSL_OP_ENABLE_MIDDLEBOX_COMPAT)

static mp_obj_t get_options(const ussl_context_obj_t *self) {
    return MP_OBJ_NEW_SMALL_INT(self->ctx->options);
}

static void set_options(ussl_context_obj_t *self, mp_obj_t value) {
    mp_int_t options = ussl_constant(value);
    if ((options & ~(mp_int_t)OPTIONS) != 0) {
        mp_raise_ValueError(MP_ERROR_TEXT("options: only OP_ALLOW_NO_DHE_KEX and OP_ENABLE_MIDDLEBOX_COMPAT"));
    }
    ussl_error_t err;
    ussl_lock();
    ussl_status_t status = ussl_ctx_set_options(self->ctx, (uint32_t)options, &err);
    ussl_unlock();
    ussl_check(status, &err);
}

// ---- the table ----

typedef struct attribute {
    qstr_short_t name;
    mp_obj_t (*get)(const ussl_context_obj_t *self);
    // Raises for a wrong value, or while the context is in use; NULL where it is read only.
    void (*set)(ussl_context_obj_t *self, mp_obj_t value);
} attribute_t;

#if USSL_SIGN_CALLBACK
// MicroPython's ssl keeps a context of its tls there, and programs set the callback on that.
static mp_obj_t get_itself(const ussl_context_obj_t *self) {
    return MP_OBJ_FROM_PTR(self);
}
#endif

static const attribute_t attributes[] = {
    { MP_QSTR_protocol, get_protocol, NULL },
    { MP_QSTR_verify_mode, get_verify_mode, set_verify_mode },
    { MP_QSTR_verify_flags, get_verify_flags, set_verify_flags },
    { MP_QSTR_pins, ussl_context_pins, ussl_context_set_pins },
    { MP_QSTR_verify_callback, ussl_context_verify_callback, ussl_context_set_verify_callback },
    #if USSL_PSK
    { MP_QSTR_psk_identity, ussl_context_psk_identity, ussl_context_set_psk_identity },
    { MP_QSTR_psk_key, ussl_context_psk_key, ussl_context_set_psk_key },
    { MP_QSTR_server_psk_keys, ussl_context_server_psk_keys, ussl_context_set_server_psk_keys },
    #endif
    #if USSL_SNI_CALLBACK
    { MP_QSTR_sni_callback, ussl_context_sni_callback, ussl_context_set_sni_callback },
    #endif
    #if USSL_SIGN_CALLBACK
    { MP_QSTR__context, get_itself, NULL },
    { MP_QSTR_ecdsa_sign_callback, ussl_context_ecdsa_sign_callback, ussl_context_set_ecdsa_sign_callback },
    #endif
    #if USSL_KEY_LOG
    { MP_QSTR_keylog_filename, ussl_context_keylog_filename, ussl_context_set_keylog_filename },
    #endif
    { MP_QSTR_check_hostname, get_check_hostname, set_check_hostname },
    { MP_QSTR_hostname_checks_common_name, get_hostname_checks_common_name, set_hostname_checks_common_name },
    { MP_QSTR_keep_peer_chain, get_keep_peer_chain, set_keep_peer_chain },
    { MP_QSTR_minimum_version, get_minimum_version, set_minimum_version },
    { MP_QSTR_maximum_version, get_maximum_version, set_maximum_version },
    { MP_QSTR_options, get_options, set_options },
    { MP_QSTR_record_size_limit, ussl_context_record_size_limit, ussl_context_set_record_size_limit },
    { MP_QSTR_max_send_fragment, ussl_context_max_send_fragment, ussl_context_set_max_send_fragment },
    { MP_QSTR_max_early_data, ussl_context_max_early_data, ussl_context_set_max_early_data },
    #if USSL_DTLS
    { MP_QSTR_mtu, ussl_context_mtu, ussl_context_set_mtu },
    #endif
    { MP_QSTR_record_buffer, ussl_context_record_buffer, ussl_context_set_record_buffer },
    { MP_QSTR_num_tickets, ussl_context_num_tickets, ussl_context_set_num_tickets },
    { MP_QSTR_session_cache_size, ussl_context_session_cache_size, ussl_context_set_session_cache_size },
};

static const attribute_t *find(qstr name) {
    for (size_t i = 0; i < MP_ARRAY_SIZE(attributes); i++) {
        if (attributes[i].name == name) {
            return &attributes[i];
        }
    }
    return NULL;
}

void ussl_context_attr(mp_obj_t self_in, qstr name, mp_obj_t *dest) {
    ussl_context_obj_t *self = MP_OBJ_TO_PTR(self_in);
    const attribute_t *attribute = find(name);
    bool loads = dest[0] == MP_OBJ_NULL;
    if (attribute == NULL) {
        dest[1] = loads ? MP_OBJ_SENTINEL : dest[1]; // a method, or nothing of ours
        return;
    }
    ussl_context_get(self); // refuses one whose __del__ was called
    if (loads) {
        dest[0] = attribute->get(self);
    } else if (dest[1] != MP_OBJ_NULL && attribute->set != NULL) {
        attribute->set(self, dest[1]);
        dest[0] = MP_OBJ_NULL;
    }
}
