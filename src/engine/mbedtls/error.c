// From mbedTLS's error codes to ussl's classes and reasons.

#include "engine/mbedtls/internal.h"

#include "mbedtls/net_sockets.h"

typedef struct mapping {
    int code;
    uint8_t cls;
    uint8_t reason;
} mapping_t;

static const mapping_t mappings[] = {
    { MBEDTLS_ERR_NET_SEND_FAILED, USSL_ERR_TRANSPORT, USSL_REASON_NONE },
    { MBEDTLS_ERR_NET_RECV_FAILED, USSL_ERR_TRANSPORT, USSL_REASON_NONE },
    { MBEDTLS_ERR_SSL_TIMEOUT, USSL_ERR_TIMEOUT, USSL_REASON_NONE }, // DTLS: repeated often enough
    { MBEDTLS_ERR_SSL_CONN_EOF, USSL_ERR_EOF, USSL_REASON_NONE },
    { MBEDTLS_ERR_SSL_ALLOC_FAILED, USSL_ERR_MEMORY, USSL_REASON_NONE },
    { MBEDTLS_ERR_X509_ALLOC_FAILED, USSL_ERR_MEMORY, USSL_REASON_NONE },
    { MBEDTLS_ERR_PK_ALLOC_FAILED, USSL_ERR_MEMORY, USSL_REASON_NONE },
    { MBEDTLS_ERR_MPI_ALLOC_FAILED, USSL_ERR_MEMORY, USSL_REASON_NONE },
    { MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE, USSL_ERR_ALERT, USSL_REASON_NONE },
    { MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY, USSL_ERR_ALERT, USSL_REASON_NONE },
    { MBEDTLS_ERR_X509_CERT_VERIFY_FAILED, USSL_ERR_VERIFY, USSL_REASON_NONE },
    { MBEDTLS_ERR_X509_FATAL_ERROR, USSL_ERR_VERIFY, USSL_REASON_NONE }, // a chain that is too long
    { MBEDTLS_ERR_SSL_NO_CLIENT_CERTIFICATE, USSL_ERR_VERIFY, USSL_REASON_NO_CERTIFICATE },
    { MBEDTLS_ERR_SSL_BAD_CERTIFICATE, USSL_ERR_PROTOCOL, USSL_REASON_NO_CERTIFICATE },
    { MBEDTLS_ERR_SSL_BAD_PROTOCOL_VERSION, USSL_ERR_PROTOCOL, USSL_REASON_VERSION },
    { MBEDTLS_ERR_SSL_HANDSHAKE_FAILURE, USSL_ERR_PROTOCOL, USSL_REASON_NO_SHARED_CIPHER },
    { MBEDTLS_ERR_SSL_INVALID_MAC, USSL_ERR_PROTOCOL, USSL_REASON_BAD_RECORD },
    { MBEDTLS_ERR_SSL_INVALID_RECORD, USSL_ERR_PROTOCOL, USSL_REASON_BAD_RECORD },
    { MBEDTLS_ERR_SSL_UNEXPECTED_MESSAGE, USSL_ERR_PROTOCOL, USSL_REASON_UNEXPECTED_MESSAGE },
    { MBEDTLS_ERR_SSL_DECODE_ERROR, USSL_ERR_PROTOCOL, USSL_REASON_DECODE },
    { MBEDTLS_ERR_SSL_ILLEGAL_PARAMETER, USSL_ERR_PROTOCOL, USSL_REASON_DECODE },
    { MBEDTLS_ERR_SSL_UNKNOWN_IDENTITY, USSL_ERR_PROTOCOL, USSL_REASON_NO_PSK },
    { MBEDTLS_ERR_SSL_BAD_CONFIG, USSL_ERR_PROTOCOL, USSL_REASON_VERSION },
    { USSL_MBEDTLS_NOT_SIGNED, USSL_ERR_PROTOCOL, USSL_REASON_SIGNATURE },
    { MBEDTLS_ERR_SSL_UNRECOGNIZED_NAME, USSL_ERR_PROTOCOL, USSL_REASON_CALLBACK },
};

ussl_status_t ussl_mbedtls_fail(int code, ussl_error_t *err) {
    *err = (ussl_error_t) { .cls = USSL_ERR_PROTOCOL, .reason = USSL_REASON_ENGINE, .code = code };
    for (size_t i = 0; i < sizeof(mappings) / sizeof(mappings[0]); i++) {
        if (mappings[i].code == code) {
            err->cls = mappings[i].cls;
            err->reason = mappings[i].reason;
        }
    }
    if (ussl_mbedtls_no_memory()) {
        err->cls = USSL_ERR_MEMORY;
        err->reason = USSL_REASON_NONE;
    }
    return USSL_FAILED;
}

ussl_status_t ussl_mbedtls_fail_input(int code, ussl_reason_t reason, unsigned index, ussl_error_t *err) {
    ussl_mbedtls_fail(code, err);
    if (err->cls != USSL_ERR_MEMORY) {
        *err = (ussl_error_t) { .cls = USSL_ERR_INPUT, .reason = (uint8_t)reason, .code = code, .index = index };
    }
    return USSL_FAILED;
}

static const struct {
    uint32_t theirs;
    uint32_t ours;
} verify_flags[] = {
    { MBEDTLS_X509_BADCERT_EXPIRED, USSL_VERIFY_EXPIRED },
    { MBEDTLS_X509_BADCERT_FUTURE, USSL_VERIFY_FUTURE },
    { MBEDTLS_X509_BADCERT_CN_MISMATCH, USSL_VERIFY_NAME_MISMATCH },
    { MBEDTLS_X509_BADCERT_NOT_TRUSTED, USSL_VERIFY_UNKNOWN_ISSUER },
    { MBEDTLS_X509_BADCERT_REVOKED, USSL_VERIFY_REVOKED },
    { MBEDTLS_X509_BADCRL_NOT_TRUSTED, USSL_VERIFY_NO_CRL },
    { MBEDTLS_X509_BADCRL_EXPIRED | MBEDTLS_X509_BADCRL_FUTURE, USSL_VERIFY_CRL_EXPIRED },
    { MBEDTLS_X509_BADCERT_OTHER, USSL_VERIFY_NOT_PINNED },
    { MBEDTLS_X509_BADCERT_MISSING, USSL_VERIFY_MISSING },
    { MBEDTLS_X509_BADCERT_BAD_MD, USSL_VERIFY_WEAK_HASH },
    { MBEDTLS_X509_BADCERT_BAD_PK | MBEDTLS_X509_BADCERT_BAD_KEY, USSL_VERIFY_WEAK_KEY },
    { MBEDTLS_X509_BADCERT_KEY_USAGE | MBEDTLS_X509_BADCERT_EXT_KEY_USAGE | MBEDTLS_X509_BADCERT_NS_CERT_TYPE,
      USSL_VERIFY_USAGE },
};

uint32_t ussl_mbedtls_verify_flags(uint32_t flags) {
    uint32_t ours = 0;
    for (size_t i = 0; i < sizeof(verify_flags) / sizeof(verify_flags[0]); i++) {
        if (flags & verify_flags[i].theirs) {
            ours |= verify_flags[i].ours;
            flags &= ~verify_flags[i].theirs;
        }
    }
    return ours | (flags != 0 ? USSL_VERIFY_OTHER : 0);
}
