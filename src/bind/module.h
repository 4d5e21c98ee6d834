// The module's constants, and what its parts offer each other.

#ifndef USSL_BIND_MODULE_H
#define USSL_BIND_MODULE_H

#include "bind/bind.h"

#define USSL_DEFAULT_TIMEOUT_S 10

enum {
    // For SSLContext(protocol), as in MicroPython.
    USSL_PROTOCOL_TLS_CLIENT = 0,
    USSL_PROTOCOL_TLS_SERVER = 1,
    USSL_PROTOCOL_DTLS_CLIENT = 2,
    USSL_PROTOCOL_DTLS_SERVER = 3,
    // For ssl_version. 0 is "the best both ends speak"; 5 is CPython's number.
    USSL_PROTOCOL_TLS = 0,
    USSL_PROTOCOL_TLSv1_2 = 5,
    USSL_PROTOCOL_TLSv1_3 = 6,
    // For verify_flags, beside USSL_CHECK_*: OpenSSL's numbers.
    USSL_VERIFY_X509_STRICT = 0x20,
    USSL_VERIFY_X509_TRUSTED_FIRST = 0x8000,
    USSL_VERIFY_X509_PARTIAL_CHAIN = 0x80000,
    // CPython's TLSVersion.
    USSL_TLSVERSION_MINIMUM = -2,
    USSL_TLSVERSION_MAXIMUM = -1,
};

// Gives SSLSocket its parent type; before the first SSLSocket exists.
void ussl_socket_type_init(void);

// Makes an SSLObject over two MemoryBIOs.
mp_obj_t ussl_object_new(ussl_context_obj_t *context, mp_obj_t incoming, mp_obj_t outgoing,
    const ussl_socket_options_t *options);

MP_DECLARE_CONST_FUN_OBJ_KW(ussl_wrap_socket_obj);

// trust.c, default_roots.c
extern const mp_obj_type_t ussl_type_Purpose;
MP_DECLARE_CONST_FUN_OBJ_KW(ussl_create_default_context_obj);
MP_DECLARE_CONST_FUN_OBJ_0(ussl_get_default_verify_paths_obj);

#endif
