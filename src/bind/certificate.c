// A certificate as CPython shows it.

#include <string.h>

#include "py/objstr.h"
#include "py/objtuple.h"
#include "py/runtime.h"

#include "bind/bind.h"

// The dict under construction. Names are tuples of RDNs, each a tuple of pairs; until all is
// there, lists: a tuple that grows would leave a hole too small for the next behind each time.
typedef struct describer {
    mp_obj_t dict;
    mp_obj_t exception; // raised while an engine's callback ran, or MP_OBJ_NULL
} describer_t;

static mp_obj_t pair_of(const char *key, mp_obj_t value) {
    mp_obj_t items[2] = { mp_obj_new_str_from_cstr(key), value };
    return mp_obj_new_tuple(2, items);
}

static mp_obj_t tuple_of(mp_obj_t list) {
    size_t len;
    mp_obj_t *items;
    mp_obj_list_get(list, &len, &items);
    return mp_obj_new_tuple(len, items);
}

// Appends item to the list stored under key.
static void append(mp_obj_t dict, mp_obj_t key, mp_obj_t item) {
    mp_map_elem_t *elem = mp_map_lookup(mp_obj_dict_get_map(dict), key, MP_MAP_LOOKUP_ADD_IF_NOT_FOUND);
    if (elem->value == MP_OBJ_NULL) {
        elem->value = mp_obj_new_list(0, NULL);
    }
    mp_obj_list_append(elem->value, item);
}

// Adds a pair to the last RDN of the name stored under key.
static void extend_rdn(mp_obj_t dict, mp_obj_t key, mp_obj_t pair) {
    mp_map_elem_t *elem = mp_map_lookup(mp_obj_dict_get_map(dict), key, MP_MAP_LOOKUP);
    size_t len;
    mp_obj_t *rdns;
    mp_obj_list_get(elem->value, &len, &rdns);
    mp_obj_t *last = &rdns[len - 1];
    *last = mp_binary_op(MP_BINARY_OP_ADD, *last, mp_obj_new_tuple(1, &pair));
}

// The RDNs of a directory name, which came before as a group of their own.
static mp_obj_t take_group(mp_obj_t dict, mp_obj_t key) {
    mp_map_elem_t *elem = mp_map_lookup(mp_obj_dict_get_map(dict), key, MP_MAP_LOOKUP_REMOVE_IF_FOUND);
    return elem == NULL ? mp_const_empty_tuple : tuple_of(elem->value);
}

static void add_field(mp_obj_t dict, const char *group, const char *key, mp_obj_t value, bool new_rdn) {
    mp_obj_t name = mp_obj_new_str_from_cstr(group);
    if (strcmp(group, "version") == 0) {
        mp_obj_dict_store(dict, name, MP_OBJ_NEW_SMALL_INT(mp_obj_str_get_str(value)[0] - '0'));
    } else if (key == NULL) {
        mp_obj_dict_store(dict, name, value);
    } else if (key[0] == '\0') {
        append(dict, name, value);
    } else if (strcmp(group, "subjectAltName") == 0) {
        append(dict, name, pair_of(key, value == MP_OBJ_NULL ? take_group(dict, mp_obj_new_str_from_cstr(key)) : value));
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
    mp_obj_t value = f->value == NULL ? MP_OBJ_NULL : mp_obj_new_str(f->value, f->len);
    add_field(f->dict, f->group, f->key, value, f->new_rdn);
}

// Called by the engine, through which no exception may pass. Taking memory may start a
// collection, whose finalisers want the lock; another thread's collection may have begun.
static void on_field(void *arg, const char *group, const char *key, const char *value, size_t len, bool new_rdn) {
    describer_t *d = arg;
    field_t f = { d->dict, group, key, value, len, new_rdn };
    if (d->exception == MP_OBJ_NULL) {
        ussl_unlock();
        d->exception = ussl_protect(put_field, &f);
        ussl_lock();
    }
}

static void make_tuples(mp_map_t *map) {
    for (size_t i = 0; i < map->alloc; i++) {
        if (mp_map_slot_is_filled(map, i) && mp_obj_is_type(map->table[i].value, &mp_type_list)) {
            map->table[i].value = tuple_of(map->table[i].value);
        }
    }
}

mp_obj_t ussl_copy_bytes(ussl_bytes_t (*source)(const void *arg), const void *arg) {
    for (;;) {
        vstr_t copy;
        ussl_lock();
        size_t len = source(arg).len;
        ussl_unlock();
        if (len == 0) {
            return MP_OBJ_NULL;
        }
        vstr_init_len(&copy, len);
        ussl_lock();
        ussl_bytes_t found = source(arg);
        bool same = found.len == len;
        if (same) {
            memcpy(copy.buf, found.data, len);
        }
        ussl_unlock();
        if (same) {
            return mp_obj_new_bytes_from_vstr(&copy);
        }
    }
}

mp_obj_t ussl_certificate_dict(mp_obj_t der) {
    ussl_error_t err;
    size_t len;
    const uint8_t *data = (const uint8_t *)mp_obj_str_get_data(der, &len);
    describer_t d = { mp_obj_new_dict(0), MP_OBJ_NULL };
    mp_obj_dict_store(d.dict, MP_OBJ_NEW_QSTR(MP_QSTR_subject), mp_obj_new_list(0, NULL)); // a name may be empty
    mp_obj_dict_store(d.dict, MP_OBJ_NEW_QSTR(MP_QSTR_issuer), mp_obj_new_list(0, NULL));
    ussl_lock();
    ussl_status_t status = ussl_engine_mbedtls.describe_cert((ussl_bytes_t) { data, len }, on_field, &d, &err);
    ussl_unlock();
    if (d.exception != MP_OBJ_NULL) {
        nlr_raise(d.exception);
    }
    if (status != USSL_OK) {
        ussl_raise(&err, &(ussl_where_t) { .file = NULL });
    }
    make_tuples(mp_obj_dict_get_map(d.dict));
    return d.dict;
}
