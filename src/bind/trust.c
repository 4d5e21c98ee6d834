// Whom a context trusts, in CPython's terms.

#include "py/objstr.h"
#include "py/runtime.h"

#include "bind/bind.h"
#include "bind/module.h"

// ---- what to trust ----

static void add_data(ussl_context_obj_t *self, mp_obj_t data) {
    mp_buffer_info_t info;
    mp_get_buffer_raise(data, &info, MP_BUFFER_READ);
    ussl_context_add_trust(self, (ussl_bytes_t) { info.buf, info.len }, MP_OBJ_NULL);
}

// In MicroPython's tls the first argument is data, as bytes or as PEM's text.
static void add_path(ussl_context_obj_t *self, mp_obj_t path) {
    if (ussl_is_path(path)) {
        ussl_context_add_trust_path(self, path);
    } else if (path != mp_const_none) {
        add_data(self, path);
    }
}

void ussl_context_load_locations(ussl_context_obj_t *self, mp_obj_t cafile, mp_obj_t capath, mp_obj_t cadata) {
    add_path(self, cafile);
    add_path(self, capath);
    if (cadata != mp_const_none) {
        add_data(self, cadata);
    }
}

enum { PURPOSE_SERVER_AUTH, PURPOSE_CLIENT_AUTH };

static mp_int_t purpose_of(mp_obj_t arg) {
    mp_int_t purpose = ussl_constant(arg);
    if (purpose != PURPOSE_SERVER_AUTH && purpose != PURPOSE_CLIENT_AUTH) {
        mp_raise_ValueError(MP_ERROR_TEXT("purpose must be Purpose.SERVER_AUTH or Purpose.CLIENT_AUTH"));
    }
    return purpose;
}

// load_default_certs(purpose=Purpose.SERVER_AUTH): what a root may be used for is not told apart.
static mp_obj_t context_load_default_certs(size_t n_args, const mp_obj_t *args) {
    if (n_args > 1) {
        purpose_of(args[1]);
    }
    ussl_context_load_default_roots(MP_OBJ_TO_PTR(args[0]), false);
    return mp_const_none;
}
MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(ussl_context_load_default_certs_obj, 1, 2, context_load_default_certs);

static mp_obj_t context_set_default_verify_paths(mp_obj_t self) {
    return context_load_default_certs(1, &self);
}
MP_DEFINE_CONST_FUN_OBJ_1(ussl_context_set_default_verify_paths_obj, context_set_default_verify_paths);

// ---- what is trusted ----

// A place in what a context trusts.
typedef struct place {
    const ussl_context_obj_t *context;
    size_t index;
} place_t;

static ussl_bytes_t trust_at(const void *arg) {
    const place_t *p = arg;
    const ussl_ctx_t *ctx = p->context->ctx;
    return ctx == NULL ? (ussl_bytes_t) { NULL, 0 } : ctx->engine->cfg_trust(ctx->cfg, p->index);
}

// Goes to the next certificate of a CA; false behind the last.
static bool find_ca(place_t *p) {
    ussl_bytes_t der;
    ussl_lock();
    while ((der = trust_at(p)).len > 0 && !p->context->ctx->engine->cert_is_ca(der)) {
        p->index++;
    }
    ussl_unlock();
    return der.len > 0;
}

// get_ca_certs(binary_form=False): those of CAs, without a bundle's.
static mp_obj_t context_get_ca_certs(size_t n_args, const mp_obj_t *pos_args, mp_map_t *kw_args) {
    static const mp_arg_t allowed[] = { { MP_QSTR_binary_form, MP_ARG_BOOL, { .u_bool = false } } };
    mp_arg_val_t binary;
    mp_arg_parse_all(n_args - 1, pos_args + 1, kw_args, 1, allowed, &binary);
    place_t p = { MP_OBJ_TO_PTR(pos_args[0]), 0 };
    mp_obj_t list = mp_obj_new_list(0, NULL);
    ussl_context_get(p.context);
    for (mp_obj_t der; find_ca(&p) && (der = ussl_copy_bytes(trust_at, &p)) != MP_OBJ_NULL; p.index++) {
        mp_obj_list_append(list, binary.u_bool ? der : ussl_certificate_dict(der));
    }
    return list;
}
MP_DEFINE_CONST_FUN_OBJ_KW(ussl_context_get_ca_certs_obj, 1, context_get_ca_certs);

static void store(mp_obj_t dict, qstr key, size_t value) {
    mp_obj_dict_store(dict, MP_OBJ_NEW_QSTR(key), MP_OBJ_NEW_SMALL_INT(value));
}

static mp_obj_t context_cert_store_stats(mp_obj_t self_in) {
    place_t all = { MP_OBJ_TO_PTR(self_in), 0 }, next = all;
    const ussl_ctx_t *ctx = ussl_context_get(all.context);
    size_t cas = 0;
    ussl_lock();
    while (trust_at(&all).len > 0) {
        all.index++;
    }
    ussl_unlock();
    for (; find_ca(&next); next.index++) {
        cas++;
    }
    size_t bundled = ctx->engine->cfg_bundled == NULL ? 0 : ctx->engine->cfg_bundled(ctx->cfg);
    mp_obj_t dict = mp_obj_new_dict(3);
    store(dict, MP_QSTR_crl, ctx->engine->cfg_crls == NULL ? 0 : ctx->engine->cfg_crls(ctx->cfg));
    store(dict, MP_QSTR_x509, all.index + bundled);
    store(dict, MP_QSTR_x509_ca, cas + bundled);
    return dict;
}
MP_DEFINE_CONST_FUN_OBJ_1(ussl_context_cert_store_stats_obj, context_cert_store_stats);

// ---- the module's part ----

static const mp_rom_map_elem_t purpose_locals_table[] = {
    { MP_ROM_QSTR(MP_QSTR_SERVER_AUTH), MP_ROM_INT(PURPOSE_SERVER_AUTH) },
    { MP_ROM_QSTR(MP_QSTR_CLIENT_AUTH), MP_ROM_INT(PURPOSE_CLIENT_AUTH) },
};
static MP_DEFINE_CONST_DICT(purpose_locals, purpose_locals_table);

MP_DEFINE_CONST_OBJ_TYPE(
    ussl_type_Purpose,
    MP_QSTR_Purpose,
    MP_TYPE_FLAG_NONE,
    locals_dict, &purpose_locals
    );

// create_default_context(purpose=Purpose.SERVER_AUTH, *, cafile=None, capath=None, cadata=None)
static mp_obj_t create_default_context(size_t n_args, const mp_obj_t *pos_args, mp_map_t *kw_args) {
    enum { ARG_purpose, ARG_cafile, ARG_capath, ARG_cadata, ARG_COUNT };
    static const mp_arg_t allowed[] = {
        { MP_QSTR_purpose, MP_ARG_OBJ, { .u_rom_obj = MP_ROM_INT(PURPOSE_SERVER_AUTH) } },
        { MP_QSTR_cafile, MP_ARG_KW_ONLY | MP_ARG_OBJ, { .u_rom_obj = MP_ROM_NONE } },
        { MP_QSTR_capath, MP_ARG_KW_ONLY | MP_ARG_OBJ, { .u_rom_obj = MP_ROM_NONE } },
        { MP_QSTR_cadata, MP_ARG_KW_ONLY | MP_ARG_OBJ, { .u_rom_obj = MP_ROM_NONE } },
    };
    mp_arg_val_t args[ARG_COUNT];
    mp_arg_parse_all(n_args, pos_args, kw_args, ARG_COUNT, allowed, args);
    bool server = purpose_of(args[ARG_purpose].u_obj) == PURPOSE_CLIENT_AUTH;
    ussl_context_obj_t *context = ussl_context_make(server);
    bool given = args[ARG_cafile].u_obj != mp_const_none || args[ARG_capath].u_obj != mp_const_none
        || args[ARG_cadata].u_obj != mp_const_none;
    if (given) {
        ussl_context_load_locations(context, args[ARG_cafile].u_obj, args[ARG_capath].u_obj, args[ARG_cadata].u_obj);
    } else if (!server) {
        ussl_context_load_default_roots(context, false);
    }
    #if USSL_KEY_LOG
    ussl_context_log_as_told(context);
    #endif
    return MP_OBJ_FROM_PTR(context);
}
MP_DEFINE_CONST_FUN_OBJ_KW(ussl_create_default_context_obj, 0, create_default_context);
