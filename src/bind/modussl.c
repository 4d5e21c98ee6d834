// The module: one object under three names.

#include <string.h>

#include "py/mperrno.h"
#include "py/objstr.h"
#include "py/runtime.h"

#include "bind/bind.h"
#include "bind/module.h"

// save_session(ssl_sock): the session of a client's connection, to resume later.
static mp_obj_t save_session(mp_obj_t ssl_sock) {
    if (!mp_obj_is_type(ssl_sock, &ussl_type_SSLSocket) && !mp_obj_is_type(ssl_sock, &ussl_type_SSLObject)) {
        mp_raise_msg_varg(&mp_type_TypeError, MP_ERROR_TEXT("save_session needs an SSLSocket, not '%q'"),
            (qstr)mp_obj_get_type(ssl_sock)->name);
    }
    return ussl_socket_session(MP_OBJ_TO_PTR(ssl_sock), false);
}
static MP_DEFINE_CONST_FUN_OBJ_1(save_session_obj, save_session);

// Which TLS library this is; filled in when the module is set up.
static mp_obj_str_t library = { .base = { &mp_type_str } };

// Runs at the first import, and again on ports that run it at every import.
static mp_obj_t module___init__(void) {
    ussl_socket_type_init();
    library.data = (const byte *)ussl_engine_mbedtls.name;
    library.len = strlen(ussl_engine_mbedtls.name);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_0(module___init___obj, module___init__);

// CPython's TLSVersion, as a type that only holds its names.
static const mp_rom_map_elem_t version_locals_table[] = {
    { MP_ROM_QSTR(MP_QSTR_MINIMUM_SUPPORTED), MP_ROM_INT(USSL_TLSVERSION_MINIMUM) },
    { MP_ROM_QSTR(MP_QSTR_MAXIMUM_SUPPORTED), MP_ROM_INT(USSL_TLSVERSION_MAXIMUM) },
    { MP_ROM_QSTR(MP_QSTR_TLSv1_2), MP_ROM_INT(USSL_TLS_1_2) },
    { MP_ROM_QSTR(MP_QSTR_TLSv1_3), MP_ROM_INT(USSL_TLS_1_3) },
};
static MP_DEFINE_CONST_DICT(version_locals, version_locals_table);

static MP_DEFINE_CONST_OBJ_TYPE(
    type_TLSVersion,
    MP_QSTR_TLSVersion,
    MP_TYPE_FLAG_NONE,
    locals_dict, &version_locals
    );

#if USSL_CPYTHON_NAMES
static MP_DEFINE_STR_OBJ(tls_exporter, "tls-exporter");
static const mp_rom_obj_tuple_t channel_binding_types = { { &mp_type_tuple }, 1, { MP_ROM_PTR(&tls_exporter) } };

#if defined(USSL_TLS13) && !USSL_TLS13
#define HAS_TLS13 MP_ROM_FALSE
#else
#define HAS_TLS13 MP_ROM_TRUE
#endif
#endif

static const mp_rom_map_elem_t module_globals_table[] = {
    { MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR_ussl) },
    { MP_ROM_QSTR(MP_QSTR___init__), MP_ROM_PTR(&module___init___obj) },

    { MP_ROM_QSTR(MP_QSTR_wrap_socket), MP_ROM_PTR(&ussl_wrap_socket_obj) },
    { MP_ROM_QSTR(MP_QSTR_create_default_context), MP_ROM_PTR(&ussl_create_default_context_obj) },
    { MP_ROM_QSTR(MP_QSTR_get_default_verify_paths), MP_ROM_PTR(&ussl_get_default_verify_paths_obj) },
    { MP_ROM_QSTR(MP_QSTR_save_session), MP_ROM_PTR(&save_session_obj) },

    { MP_ROM_QSTR(MP_QSTR_SSLContext), MP_ROM_PTR(&ussl_type_SSLContext) },
    { MP_ROM_QSTR(MP_QSTR_SSLSocket), MP_ROM_PTR(&ussl_type_SSLSocket) },
    { MP_ROM_QSTR(MP_QSTR_SSLSession), MP_ROM_PTR(&ussl_type_SSLSession) },
    { MP_ROM_QSTR(MP_QSTR_SSLObject), MP_ROM_PTR(&ussl_type_SSLObject) },
    { MP_ROM_QSTR(MP_QSTR_MemoryBIO), MP_ROM_PTR(&ussl_type_MemoryBIO) },
    { MP_ROM_QSTR(MP_QSTR_Purpose), MP_ROM_PTR(&ussl_type_Purpose) },
    { MP_ROM_QSTR(MP_QSTR_TLSVersion), MP_ROM_PTR(&type_TLSVersion) },

    { MP_ROM_QSTR(MP_QSTR_SSLError), MP_ROM_PTR(&ussl_type_SSLError) },
    { MP_ROM_QSTR(MP_QSTR_SSLTimeoutError), MP_ROM_PTR(&ussl_type_SSLTimeoutError) },
    { MP_ROM_QSTR(MP_QSTR_SSLZeroReturnError), MP_ROM_PTR(&ussl_type_SSLZeroReturnError) },
    { MP_ROM_QSTR(MP_QSTR_SSLWantReadError), MP_ROM_PTR(&ussl_type_SSLWantReadError) },
    { MP_ROM_QSTR(MP_QSTR_SSLWantWriteError), MP_ROM_PTR(&ussl_type_SSLWantWriteError) },
    { MP_ROM_QSTR(MP_QSTR_SSLSyscallError), MP_ROM_PTR(&ussl_type_SSLSyscallError) },
    { MP_ROM_QSTR(MP_QSTR_SSLEOFError), MP_ROM_PTR(&ussl_type_SSLEOFError) },
    { MP_ROM_QSTR(MP_QSTR_SSLCertVerificationError), MP_ROM_PTR(&ussl_type_SSLCertVerificationError) },
    { MP_ROM_QSTR(MP_QSTR_CertificateError), MP_ROM_PTR(&ussl_type_SSLCertVerificationError) },

    { MP_ROM_QSTR(MP_QSTR_MBEDTLS_VERSION), MP_ROM_PTR(&library) },
    { MP_ROM_QSTR(MP_QSTR_CERT_NONE), MP_ROM_INT(USSL_VERIFY_NONE) },
    { MP_ROM_QSTR(MP_QSTR_CERT_OPTIONAL), MP_ROM_INT(USSL_VERIFY_OPTIONAL) },
    { MP_ROM_QSTR(MP_QSTR_CERT_REQUIRED), MP_ROM_INT(USSL_VERIFY_REQUIRED) },
    { MP_ROM_QSTR(MP_QSTR_VERIFY_DEFAULT), MP_ROM_INT(0) },
    { MP_ROM_QSTR(MP_QSTR_VERIFY_CRL_CHECK_LEAF), MP_ROM_INT(USSL_CHECK_CRL_LEAF) },
    { MP_ROM_QSTR(MP_QSTR_VERIFY_CRL_CHECK_CHAIN), MP_ROM_INT(USSL_CHECK_CRL_CHAIN) },
    { MP_ROM_QSTR(MP_QSTR_VERIFY_X509_STRICT), MP_ROM_INT(USSL_VERIFY_X509_STRICT) },
    { MP_ROM_QSTR(MP_QSTR_VERIFY_X509_TRUSTED_FIRST), MP_ROM_INT(USSL_VERIFY_X509_TRUSTED_FIRST) },
    { MP_ROM_QSTR(MP_QSTR_VERIFY_X509_PARTIAL_CHAIN), MP_ROM_INT(USSL_VERIFY_X509_PARTIAL_CHAIN) },
    { MP_ROM_QSTR(MP_QSTR_VERIFY_NO_CHECK_TIME), MP_ROM_INT(USSL_CHECK_NO_TIME) },
    { MP_ROM_QSTR(MP_QSTR_VERIFY_TIME_IF_SET), MP_ROM_INT(USSL_CHECK_TIME_IF_SET) },
    { MP_ROM_QSTR(MP_QSTR_PROTOCOL_TLS), MP_ROM_INT(USSL_PROTOCOL_TLS) },
    { MP_ROM_QSTR(MP_QSTR_PROTOCOL_TLS_CLIENT), MP_ROM_INT(USSL_PROTOCOL_TLS_CLIENT) },
    { MP_ROM_QSTR(MP_QSTR_PROTOCOL_TLS_SERVER), MP_ROM_INT(USSL_PROTOCOL_TLS_SERVER) },
    #if USSL_DTLS
    { MP_ROM_QSTR(MP_QSTR_PROTOCOL_DTLS_CLIENT), MP_ROM_INT(USSL_PROTOCOL_DTLS_CLIENT) },
    { MP_ROM_QSTR(MP_QSTR_PROTOCOL_DTLS_SERVER), MP_ROM_INT(USSL_PROTOCOL_DTLS_SERVER) },
    #endif
    { MP_ROM_QSTR(MP_QSTR_PROTOCOL_TLSv1_2), MP_ROM_INT(USSL_PROTOCOL_TLSv1_2) },
    { MP_ROM_QSTR(MP_QSTR_PROTOCOL_TLSv1_3), MP_ROM_INT(USSL_PROTOCOL_TLSv1_3) },
    { MP_ROM_QSTR(MP_QSTR_OP_ALLOW_NO_DHE_KEX), MP_ROM_INT(USSL_OP_ALLOW_NO_DHE_KEX) },
    { MP_ROM_QSTR(MP_QSTR_OP_ENABLE_MIDDLEBOX_COMPAT), MP_ROM_INT(USSL_OP_ENABLE_MIDDLEBOX_COMPAT) },
    #if USSL_SNI_CALLBACK // which may return them: AlertDescription, RFC 8446 6
    { MP_ROM_QSTR(MP_QSTR_ALERT_DESCRIPTION_CLOSE_NOTIFY), MP_ROM_INT(0) },
    { MP_ROM_QSTR(MP_QSTR_ALERT_DESCRIPTION_UNEXPECTED_MESSAGE), MP_ROM_INT(10) },
    { MP_ROM_QSTR(MP_QSTR_ALERT_DESCRIPTION_BAD_RECORD_MAC), MP_ROM_INT(20) },
    { MP_ROM_QSTR(MP_QSTR_ALERT_DESCRIPTION_RECORD_OVERFLOW), MP_ROM_INT(22) },
    { MP_ROM_QSTR(MP_QSTR_ALERT_DESCRIPTION_DECOMPRESSION_FAILURE), MP_ROM_INT(30) },
    { MP_ROM_QSTR(MP_QSTR_ALERT_DESCRIPTION_HANDSHAKE_FAILURE), MP_ROM_INT(40) },
    { MP_ROM_QSTR(MP_QSTR_ALERT_DESCRIPTION_BAD_CERTIFICATE), MP_ROM_INT(42) },
    { MP_ROM_QSTR(MP_QSTR_ALERT_DESCRIPTION_UNSUPPORTED_CERTIFICATE), MP_ROM_INT(43) },
    { MP_ROM_QSTR(MP_QSTR_ALERT_DESCRIPTION_CERTIFICATE_REVOKED), MP_ROM_INT(44) },
    { MP_ROM_QSTR(MP_QSTR_ALERT_DESCRIPTION_CERTIFICATE_EXPIRED), MP_ROM_INT(45) },
    { MP_ROM_QSTR(MP_QSTR_ALERT_DESCRIPTION_CERTIFICATE_UNKNOWN), MP_ROM_INT(46) },
    { MP_ROM_QSTR(MP_QSTR_ALERT_DESCRIPTION_ILLEGAL_PARAMETER), MP_ROM_INT(47) },
    { MP_ROM_QSTR(MP_QSTR_ALERT_DESCRIPTION_UNKNOWN_CA), MP_ROM_INT(48) },
    { MP_ROM_QSTR(MP_QSTR_ALERT_DESCRIPTION_ACCESS_DENIED), MP_ROM_INT(49) },
    { MP_ROM_QSTR(MP_QSTR_ALERT_DESCRIPTION_DECODE_ERROR), MP_ROM_INT(50) },
    { MP_ROM_QSTR(MP_QSTR_ALERT_DESCRIPTION_DECRYPT_ERROR), MP_ROM_INT(51) },
    { MP_ROM_QSTR(MP_QSTR_ALERT_DESCRIPTION_PROTOCOL_VERSION), MP_ROM_INT(70) },
    { MP_ROM_QSTR(MP_QSTR_ALERT_DESCRIPTION_INSUFFICIENT_SECURITY), MP_ROM_INT(71) },
    { MP_ROM_QSTR(MP_QSTR_ALERT_DESCRIPTION_INTERNAL_ERROR), MP_ROM_INT(80) },
    { MP_ROM_QSTR(MP_QSTR_ALERT_DESCRIPTION_USER_CANCELLED), MP_ROM_INT(90) },
    { MP_ROM_QSTR(MP_QSTR_ALERT_DESCRIPTION_NO_RENEGOTIATION), MP_ROM_INT(100) },
    { MP_ROM_QSTR(MP_QSTR_ALERT_DESCRIPTION_UNSUPPORTED_EXTENSION), MP_ROM_INT(110) },
    { MP_ROM_QSTR(MP_QSTR_ALERT_DESCRIPTION_CERTIFICATE_UNOBTAINABLE), MP_ROM_INT(111) },
    { MP_ROM_QSTR(MP_QSTR_ALERT_DESCRIPTION_UNRECOGNIZED_NAME), MP_ROM_INT(112) },
    { MP_ROM_QSTR(MP_QSTR_ALERT_DESCRIPTION_BAD_CERTIFICATE_STATUS_RESPONSE), MP_ROM_INT(113) },
    { MP_ROM_QSTR(MP_QSTR_ALERT_DESCRIPTION_BAD_CERTIFICATE_HASH_VALUE), MP_ROM_INT(114) },
    { MP_ROM_QSTR(MP_QSTR_ALERT_DESCRIPTION_UNKNOWN_PSK_IDENTITY), MP_ROM_INT(115) },
    #endif
    { MP_ROM_QSTR(MP_QSTR_SSL_TIMEOUT), MP_ROM_INT(MP_ETIMEDOUT) },
    { MP_ROM_QSTR(MP_QSTR_SSL_ERROR_SSL), MP_ROM_INT(USSL_SSL_ERROR_SSL) },
    { MP_ROM_QSTR(MP_QSTR_SSL_ERROR_WANT_READ), MP_ROM_INT(USSL_SSL_ERROR_WANT_READ) },
    { MP_ROM_QSTR(MP_QSTR_SSL_ERROR_WANT_WRITE), MP_ROM_INT(USSL_SSL_ERROR_WANT_WRITE) },
    { MP_ROM_QSTR(MP_QSTR_SSL_ERROR_SYSCALL), MP_ROM_INT(USSL_SSL_ERROR_SYSCALL) },
    { MP_ROM_QSTR(MP_QSTR_SSL_ERROR_ZERO_RETURN), MP_ROM_INT(USSL_SSL_ERROR_ZERO_RETURN) },
    { MP_ROM_QSTR(MP_QSTR_SSL_ERROR_EOF), MP_ROM_INT(USSL_SSL_ERROR_EOF) },

    #if USSL_CPYTHON_NAMES
    { MP_ROM_QSTR(MP_QSTR_DER_cert_to_PEM_cert), MP_ROM_PTR(&ussl_DER_cert_to_PEM_cert_obj) },
    { MP_ROM_QSTR(MP_QSTR_PEM_cert_to_DER_cert), MP_ROM_PTR(&ussl_PEM_cert_to_DER_cert_obj) },
    { MP_ROM_QSTR(MP_QSTR_cert_time_to_seconds), MP_ROM_PTR(&ussl_cert_time_to_seconds_obj) },
    { MP_ROM_QSTR(MP_QSTR_RAND_bytes), MP_ROM_PTR(&ussl_RAND_bytes_obj) },
    { MP_ROM_QSTR(MP_QSTR_RAND_status), MP_ROM_PTR(&ussl_RAND_status_obj) },
    { MP_ROM_QSTR(MP_QSTR__create_unverified_context), MP_ROM_PTR(&ussl_create_unverified_context_obj) },
    { MP_ROM_QSTR(MP_QSTR_CHANNEL_BINDING_TYPES), MP_ROM_PTR(&channel_binding_types) },
    { MP_ROM_QSTR(MP_QSTR_HAS_ALPN), MP_ROM_TRUE },
    { MP_ROM_QSTR(MP_QSTR_HAS_ECDH), MP_ROM_TRUE },
    { MP_ROM_QSTR(MP_QSTR_HAS_NEVER_CHECK_COMMON_NAME), MP_ROM_TRUE },
    { MP_ROM_QSTR(MP_QSTR_HAS_SNI), MP_ROM_TRUE },
    { MP_ROM_QSTR(MP_QSTR_HAS_TLSv1_2), MP_ROM_TRUE },
    { MP_ROM_QSTR(MP_QSTR_HAS_TLSv1_3), HAS_TLS13 },
    #if USSL_PSK
    { MP_ROM_QSTR(MP_QSTR_HAS_PSK), MP_ROM_TRUE },
    { MP_ROM_QSTR(MP_QSTR_HAS_PSK_TLS13), HAS_TLS13 },
    #endif
    { MP_ROM_QSTR(MP_QSTR_HAS_NPN), MP_ROM_FALSE },
    { MP_ROM_QSTR(MP_QSTR_HAS_PHA), MP_ROM_FALSE },
    { MP_ROM_QSTR(MP_QSTR_HAS_SSLv2), MP_ROM_FALSE },
    { MP_ROM_QSTR(MP_QSTR_HAS_SSLv3), MP_ROM_FALSE },
    { MP_ROM_QSTR(MP_QSTR_HAS_TLSv1), MP_ROM_FALSE },
    { MP_ROM_QSTR(MP_QSTR_HAS_TLSv1_1), MP_ROM_FALSE },
    { MP_ROM_QSTR(MP_QSTR_OP_ALL), MP_ROM_INT(USSL_OP_ALWAYS) },
    { MP_ROM_QSTR(MP_QSTR_OP_CIPHER_SERVER_PREFERENCE), MP_ROM_INT(USSL_OP_ALWAYS) },
    { MP_ROM_QSTR(MP_QSTR_OP_LEGACY_SERVER_CONNECT), MP_ROM_INT(USSL_OP_ALWAYS) },
    { MP_ROM_QSTR(MP_QSTR_OP_NO_COMPRESSION), MP_ROM_INT(USSL_OP_ALWAYS) },
    { MP_ROM_QSTR(MP_QSTR_OP_NO_RENEGOTIATION), MP_ROM_INT(USSL_OP_ALWAYS) },
    { MP_ROM_QSTR(MP_QSTR_OP_NO_SSLv2), MP_ROM_INT(USSL_OP_ALWAYS) },
    { MP_ROM_QSTR(MP_QSTR_OP_NO_SSLv3), MP_ROM_INT(USSL_OP_ALWAYS) },
    { MP_ROM_QSTR(MP_QSTR_OP_NO_TLSv1), MP_ROM_INT(USSL_OP_ALWAYS) },
    { MP_ROM_QSTR(MP_QSTR_OP_NO_TLSv1_1), MP_ROM_INT(USSL_OP_ALWAYS) },
    { MP_ROM_QSTR(MP_QSTR_OP_SINGLE_DH_USE), MP_ROM_INT(USSL_OP_ALWAYS) },
    { MP_ROM_QSTR(MP_QSTR_OP_SINGLE_ECDH_USE), MP_ROM_INT(USSL_OP_ALWAYS) },
    { MP_ROM_QSTR(MP_QSTR_PROTOCOL_SSLv23), MP_ROM_INT(USSL_PROTOCOL_TLS) },
    #endif
};
static MP_DEFINE_CONST_DICT(module_globals, module_globals_table);

// The object's name matters: where a port registers its own "tls" as well, the later
// name in the alphabet wins, and mp_module_ussl comes after mp_module_tls.
const mp_obj_module_t mp_module_ussl = {
    .base = { &mp_type_module },
    .globals = (mp_obj_dict_t *)&module_globals,
};

// Not extensible: a frozen ssl.py must not come before them.
MP_REGISTER_MODULE(MP_QSTR_ussl, mp_module_ussl);
MP_REGISTER_MODULE(MP_QSTR_ssl, mp_module_ussl);
MP_REGISTER_MODULE(MP_QSTR_tls, mp_module_ussl);
