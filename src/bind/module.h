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
    // For options, beside USSL_OP_*: what is so in any case. OpenSSL too has 0 for OP_NO_SSLv2.
    USSL_OP_ALWAYS = 0,
    // CPython's TLSVersion.
    USSL_TLSVERSION_MINIMUM = -2,
    USSL_TLSVERSION_MAXIMUM = -1,
};

// Names of CPython's that tell a program nothing it could do otherwise here, or save it a
// line: on computers, where flash is not short.
#ifndef USSL_CPYTHON_NAMES
#if defined(__unix__) || defined(__APPLE__) || defined(_WIN32)
#define USSL_CPYTHON_NAMES 1
#else
#define USSL_CPYTHON_NAMES 0
#endif
#endif

// cpython.c
MP_DECLARE_CONST_FUN_OBJ_1(ussl_DER_cert_to_PEM_cert_obj);
MP_DECLARE_CONST_FUN_OBJ_1(ussl_PEM_cert_to_DER_cert_obj);
MP_DECLARE_CONST_FUN_OBJ_1(ussl_cert_time_to_seconds_obj);
MP_DECLARE_CONST_FUN_OBJ_1(ussl_RAND_bytes_obj);
MP_DECLARE_CONST_FUN_OBJ_0(ussl_RAND_status_obj);
MP_DECLARE_CONST_FUN_OBJ_0(ussl_create_unverified_context_obj);
MP_DECLARE_CONST_FUN_OBJ_2(ussl_context_set_servername_callback_obj);
MP_DECLARE_CONST_FUN_OBJ_1(ussl_socket_compression_obj);

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
