// The sentences of errors. A build with USSL_MESSAGES 0 keeps numbers and names and
// leaves the sentences out.

#include <string.h>

#include "py/mphal.h"
#include "py/objstr.h"

#include "bind/bind.h"
#include "core/host.h"

#ifndef USSL_MESSAGES
#define USSL_MESSAGES 1
#endif

typedef struct name {
    uint16_t number;
    const char *text;
} name_t;

static const char *find(const name_t *names, size_t count, unsigned number) {
    for (size_t i = 0; i < count; i++) {
        if (names[i].number == number) {
            return names[i].text;
        }
    }
    return NULL;
}

#define FIND(names, number) find(names, MP_ARRAY_SIZE(names), number)

// The words OpenSSL and CPython use for the same thing, where they have one.
static const name_t reason_names[] = {
    { USSL_REASON_DECODE, "DECODE_ERROR" },
    { USSL_REASON_UNEXPECTED_MESSAGE, "UNEXPECTED_MESSAGE" },
    { USSL_REASON_BAD_RECORD, "DECRYPTION_FAILED_OR_BAD_RECORD_MAC" },
    { USSL_REASON_VERSION, "UNSUPPORTED_PROTOCOL" },
    { USSL_REASON_NO_SHARED_CIPHER, "NO_SHARED_CIPHER" },
    { USSL_REASON_NO_CERTIFICATE, "PEER_DID_NOT_RETURN_A_CERTIFICATE" },
    { USSL_REASON_KEY_UPDATE, "KEY_UPDATE_NOT_SUPPORTED" },
    { USSL_REASON_POST_HANDSHAKE_AUTH, "POST_HANDSHAKE_AUTH_NOT_SUPPORTED" },
    { USSL_REASON_NOT_TLS, "WRONG_VERSION_NUMBER" },
    { USSL_REASON_RENEGOTIATION, "NO_RENEGOTIATION" },
    { USSL_REASON_PLAIN_DATA, "DATA_AFTER_CLOSE_NOTIFY" },
    #if USSL_PSK
    { USSL_REASON_NO_PSK, "PSK_IDENTITY_NOT_FOUND" },
    { USSL_REASON_PSK_MISMATCH, "PSK_MISMATCH" },
    { USSL_REASON_PSK_LENGTH, "BAD_PSK" },
    #endif
    { USSL_REASON_CALLBACK, "CALLBACK_FAILED" },
    { USSL_REASON_SIGNATURE, "BAD_SIGNATURE" },
    { USSL_REASON_ENGINE, "INTERNAL_ERROR" },
    { USSL_REASON_NO_CERTIFICATE_IN_DATA, "NO_CERTIFICATE_FOUND" },
    { USSL_REASON_CERTIFICATE_PARSE, "BAD_CERTIFICATE" },
    { USSL_REASON_CRL_PARSE, "BAD_CRL" },
    { USSL_REASON_NO_KEY_IN_DATA, "NO_PRIVATE_KEY_FOUND" },
    { USSL_REASON_KEY_PARSE, "BAD_PRIVATE_KEY" },
    { USSL_REASON_KEY_ENCRYPTED, "BAD_PASSWORD" },
    { USSL_REASON_KEY_MISMATCH, "KEY_VALUES_MISMATCH" },
    #if USSL_PKCS12
    { USSL_REASON_PKCS12, "BAD_PKCS12" },
    { USSL_REASON_PKCS12_PASSWORD, "BAD_PASSWORD" },
    #endif
    { USSL_REASON_SESSION_DATA, "BAD_SESSION" },
    { USSL_REASON_NO_TICKET, "NO_SESSION_TICKET" },
    { USSL_REASON_SHUT_DOWN, "PROTOCOL_IS_SHUTDOWN" },
    { USSL_REASON_MESSAGE_SIZE, "DTLS_MESSAGE_TOO_BIG" },
    { USSL_REASON_IN_USE, "CONTEXT_IN_USE" },
    { USSL_REASON_NO_IDENTITY, "NO_CERTIFICATE_ASSIGNED" },
    { USSL_REASON_NO_SERVER, "NO_SERVER_SIDE" },
    { USSL_REASON_NO_EARLY_DATA, "NO_EARLY_DATA" },
    { USSL_REASON_NOT_CLIENT, "NOT_A_CLIENT" },
    { USSL_REASON_NO_HANDSHAKE, "NO_HANDSHAKE" },
};

// AlertDescription, RFC 8446 section 6 and the registry it refers to.
static const name_t alerts[] = {
    { 0, "close_notify" }, { 10, "unexpected_message" }, { 20, "bad_record_mac" }, { 21, "decryption_failed" },
    { 22, "record_overflow" }, { 30, "decompression_failure" }, { 40, "handshake_failure" }, { 41, "no_certificate" },
    { 42, "bad_certificate" }, { 43, "unsupported_certificate" }, { 44, "certificate_revoked" },
    { 45, "certificate_expired" }, { 46, "certificate_unknown" }, { 47, "illegal_parameter" }, { 48, "unknown_ca" },
    { 49, "access_denied" }, { 50, "decode_error" }, { 51, "decrypt_error" }, { 60, "export_restriction" },
    { 70, "protocol_version" }, { 71, "insufficient_security" }, { 80, "internal_error" },
    { 86, "inappropriate_fallback" }, { 90, "user_canceled" }, { 100, "no_renegotiation" },
    { 109, "missing_extension" }, { 110, "unsupported_extension" }, { 111, "certificate_unobtainable" },
    { 112, "unrecognized_name" }, { 113, "bad_certificate_status_response" }, { 114, "bad_certificate_hash_value" },
    { 115, "unknown_psk_identity" }, { 116, "certificate_required" }, { 120, "no_application_protocol" },
};

const char *ussl_reason_name(const ussl_error_t *err) {
    if (err->cls == USSL_ERR_VERIFY && err->reason == USSL_REASON_NONE) {
        return "CERTIFICATE_VERIFY_FAILED";
    }
    return err->cls == USSL_ERR_EOF ? "UNEXPECTED_EOF_WHILE_READING"
           : err->cls == USSL_ERR_ALERT ? FIND(alerts, err->alert)
           : FIND(reason_names, err->reason);
}

bool ussl_is_about_version(const ussl_error_t *err) {
    enum { ALERT_HANDSHAKE_FAILURE = 40, ALERT_PROTOCOL_VERSION = 70 };
    return err->cls == USSL_ERR_ALERT ? err->alert == ALERT_PROTOCOL_VERSION || err->alert == ALERT_HANDSHAKE_FAILURE
           : err->reason == USSL_REASON_VERSION;
}

// ---- verify_code ----

// OpenSSL's numbers (X509_V_ERR_*), which CPython shows. Where several faults hold it is the one
// that OpenSSL looks at first.
typedef struct verify_code {
    uint16_t flag;
    uint8_t code;
} verify_code_t;

static const verify_code_t verify_codes[] = {
    { USSL_VERIFY_UNKNOWN_ISSUER, 20 },
    { USSL_VERIFY_USAGE, 26 },
    { USSL_VERIFY_WEAK_KEY, 66 },
    { USSL_VERIFY_WEAK_HASH, 68 },
    { USSL_VERIFY_NAME_MISMATCH, 62 },
    { USSL_VERIFY_NO_CRL, 3 },
    { USSL_VERIFY_CRL_EXPIRED, 12 },
    { USSL_VERIFY_REVOKED, 23 },
    { USSL_VERIFY_FUTURE, 9 },
    { USSL_VERIFY_EXPIRED, 10 },
    { USSL_VERIFY_TOO_LONG, 22 },
    { USSL_VERIFY_NOT_PINNED | USSL_VERIFY_OTHER, 50 }, // the application's own verdict
};

enum {
    CODE_UNSPECIFIED = 1, // no certificate at all, say
    CODE_SELF_SIGNED_LEAF = 18,
    CODE_SELF_SIGNED_IN_CHAIN = 19,
    CODE_ADDRESS_MISMATCH = 64,
};

static bool is_address(const char *host) {
    return host != NULL && (strchr(host, ':') != NULL || host[strspn(host, "0123456789.")] == '\0');
}

int ussl_verify_code(const ussl_verify_t *v, const char *host) {
    if (v->flags & USSL_VERIFY_SELF_SIGNED) {
        return v->depth == 0 ? CODE_SELF_SIGNED_LEAF : CODE_SELF_SIGNED_IN_CHAIN;
    }
    for (size_t i = 0; i < MP_ARRAY_SIZE(verify_codes); i++) {
        if (v->flags & verify_codes[i].flag) {
            bool address = verify_codes[i].flag == USSL_VERIFY_NAME_MISMATCH && is_address(host);
            return address ? CODE_ADDRESS_MISMATCH : verify_codes[i].code;
        }
    }
    return CODE_UNSPECIFIED;
}

// ---- sentences ----

#if USSL_MESSAGES

static const name_t sentences[] = {
    { USSL_REASON_DECODE, "the peer sent a message that cannot be understood" },
    { USSL_REASON_UNEXPECTED_MESSAGE, "the peer sent a message that does not belong here" },
    { USSL_REASON_BAD_RECORD, "a record from the peer is damaged or forged" },
    { USSL_REASON_VERSION, "no TLS version in common with the peer" },
    { USSL_REASON_NO_SHARED_CIPHER, "no cipher suite, group or signature algorithm in common with the peer" },
    { USSL_REASON_NO_CERTIFICATE, "the peer gave no certificate" },
    { USSL_REASON_KEY_UPDATE, "the peer asked for a TLS 1.3 key update, which this TLS library does not support" },
    { USSL_REASON_POST_HANDSHAKE_AUTH,
      "the peer asked for a certificate after the handshake, which this TLS library does not support" },
    { USSL_REASON_NOT_TLS, "the peer does not speak TLS: is this the right port?" },
    { USSL_REASON_RENEGOTIATION, "the peer asked to renegotiate, which is not supported" },
    { USSL_REASON_PLAIN_DATA, "the peer sent plain bytes before TLS had ended on both sides: they are lost" },
    #if USSL_PSK
    { USSL_REASON_NO_PSK, "no pre-shared key (PSK) for this peer" },
    { USSL_REASON_PSK_MISMATCH, "the pre-shared key (PSK) is not the peer's" },
    { USSL_REASON_PSK_LENGTH, "a pre-shared key has 1 to 64 bytes, and its identity 1 to 256" },
    #endif
    { USSL_REASON_CALLBACK, "sni_callback refused the client" },
    { USSL_REASON_SIGNATURE, "the signature of ecdsa_sign_callback does not fit the certificate" },
    { USSL_REASON_NONE, "TLS failed" },
    { USSL_REASON_ENGINE, "the TLS library failed" },
    { USSL_REASON_NO_CERTIFICATE_IN_DATA, "no certificate found" },
    { USSL_REASON_CERTIFICATE_PARSE, "certificate cannot be parsed" },
    { USSL_REASON_CRL_PARSE, "certificate revocation list cannot be parsed" },
    { USSL_REASON_NO_KEY_IN_DATA, "no private key found" },
    { USSL_REASON_KEY_PARSE, "private key cannot be parsed" },
    { USSL_REASON_KEY_ENCRYPTED, "private key is encrypted: the password is missing or wrong, or the key is damaged" },
    { USSL_REASON_KEY_MISMATCH, "private key does not belong to the certificate" },
    #if USSL_PKCS12
    { USSL_REASON_PKCS12, "PKCS#12 file is damaged, or encrypted in an old way: export it with AES" },
    { USSL_REASON_PKCS12_PASSWORD, "the password of a PKCS#12 file must be ASCII, of 31 characters at most" },
    #endif
    { USSL_REASON_SESSION_DATA, "not a saved session, or a damaged one, or one of another version" },
    { USSL_REASON_NO_SERVER, "this build has no server side" },
    { USSL_REASON_NO_EARLY_DATA, "this build has no early data" },
    { USSL_REASON_IN_USE, "the context is in use by a connection and cannot be changed" },
    { USSL_REASON_NO_IDENTITY, "a server needs a certificate and a key: give certfile and keyfile" },
    { USSL_REASON_NOT_CLIENT, "only a client has a session to save" },
    { USSL_REASON_NO_HANDSHAKE, "the handshake is not done" },
    { USSL_REASON_NO_TICKET, "the server gave no session ticket: this session cannot be resumed" },
    { USSL_REASON_SHUT_DOWN, "the connection is shut down for writing" },
    { USSL_REASON_MESSAGE_SIZE, "the message is longer than a datagram may be: see the context's mtu" },
};

static void add_expired(vstr_t *vstr, const ussl_verify_t *v) {
    int64_t now = ussl_host_unix_ms() / 1000;
    if (v->flags & USSL_VERIFY_EXPIRED) {
        vstr_printf(vstr, "expired on %s", v->not_after);
    } else {
        vstr_printf(vstr, "not valid before %s", v->not_before);
    }
    if (now < USSL_CLOCK_SET_S) {
        vstr_printf(vstr, " (the clock reads %d: set the clock)", (int)(1970 + now / 31556952));
    }
}

static void add_name_mismatch(vstr_t *vstr, const ussl_verify_t *v, const char *host) {
    vstr_printf(vstr, "name `%s` does not match ", host == NULL ? "" : host);
    if (v->names[0] == '\0') {
        vstr_add_str(vstr, "because the certificate names no host (it has no subjectAltName)");
    } else {
        vstr_printf(vstr, "`%s`", v->names);
    }
}

static void add_issuer(vstr_t *vstr, const ussl_verify_t *v) {
    if (v->flags & USSL_VERIFY_SELF_SIGNED) {
        vstr_add_str(vstr, "self-signed and not among the trusted certificates");
    } else {
        vstr_printf(vstr, "unknown issuer `%s`", v->issuer);
    }
}

static const name_t simple_faults[] = {
    { USSL_VERIFY_WEAK_HASH, "signed with a hash that is not accepted" },
    { USSL_VERIFY_WEAK_KEY, "key too short or of a kind that is not accepted" },
    { USSL_VERIFY_USAGE, "not allowed for this use" },
    { USSL_VERIFY_REVOKED, "revoked" },
    { USSL_VERIFY_NO_CRL, "no revocation list (CRL) of its issuer was loaded" },
    { USSL_VERIFY_CRL_EXPIRED, "the revocation list (CRL) of its issuer is out of date" },
    { USSL_VERIFY_NOT_PINNED, "not among the pinned certificates and keys" },
    { USSL_VERIFY_OTHER, "rejected" },
    { USSL_VERIFY_MISSING, "the peer gave no certificate" },
    { USSL_VERIFY_TOO_LONG, "the chain is too long" },
};

// Starts the next of several faults.
static void separate(vstr_t *vstr, bool *first) {
    vstr_add_str(vstr, *first ? "" : ", ");
    *first = false;
}

static void add_faults(vstr_t *vstr, const ussl_verify_t *v, const char *host) {
    bool first = true;
    // An unknown issuer says more than the weak hash that mbedTLS reports with it.
    if (v->flags & USSL_VERIFY_UNKNOWN_ISSUER) {
        separate(vstr, &first);
        add_issuer(vstr, v);
    }
    if (v->flags & (USSL_VERIFY_EXPIRED | USSL_VERIFY_FUTURE)) {
        separate(vstr, &first);
        add_expired(vstr, v);
    }
    if (v->flags & USSL_VERIFY_NAME_MISMATCH) {
        separate(vstr, &first);
        add_name_mismatch(vstr, v, host);
    }
    for (size_t i = 0; i < MP_ARRAY_SIZE(simple_faults); i++) {
        if (v->flags & simple_faults[i].number) {
            separate(vstr, &first);
            vstr_add_str(vstr, simple_faults[i].text);
        }
    }
}

void ussl_describe_verify(vstr_t *vstr, const ussl_verify_t *v, const char *host) {
    if (!(v->flags & (USSL_VERIFY_MISSING | USSL_VERIFY_TOO_LONG))) { // no one certificate's fault
        vstr_printf(vstr, "`%s` (depth %d): ", v->subject, v->depth);
    }
    add_faults(vstr, v, host);
}

static void add_transport(vstr_t *vstr, int error) {
    qstr name = mp_errno_to_str(MP_OBJ_NEW_SMALL_INT(error));
    if (name != MP_QSTRnull) {
        vstr_printf(vstr, "connection lost: %q", name);
    } else {
        vstr_printf(vstr, "connection lost: errno %d", error);
    }
}

static void add_alert(vstr_t *vstr, unsigned alert) {
    const char *name = FIND(alerts, alert);
    if (alert == 0) {
        vstr_add_str(vstr, "the peer closed the connection during the handshake");
    } else if (name != NULL) {
        vstr_printf(vstr, "the peer refused: alert %s", name);
    } else {
        vstr_printf(vstr, "the peer refused: alert %d", (int)alert);
    }
}

// Alerts by which peers say that the key is not theirs, or not known to them.
static bool is_about_psk(const ussl_error_t *err) {
    enum { BAD_RECORD_MAC = 20, ILLEGAL_PARAMETER = 47, DECRYPT_ERROR = 51, UNKNOWN_PSK_IDENTITY = 115 };
    return err->cls == USSL_ERR_ALERT && (err->alert == BAD_RECORD_MAC || err->alert == ILLEGAL_PARAMETER
        || err->alert == DECRYPT_ERROR || err->alert == UNKNOWN_PSK_IDENTITY);
}

static void add_what(vstr_t *vstr, const ussl_error_t *err, const ussl_where_t *where) {
    switch (err->cls) {
        case USSL_ERR_TRANSPORT:
            add_transport(vstr, err->code);
            break;
        case USSL_ERR_TIMEOUT:
            vstr_add_str(vstr, "TLS handshake timed out");
            break;
        case USSL_ERR_ALERT:
            add_alert(vstr, err->alert);
            break;
        case USSL_ERR_EOF:
            vstr_add_str(vstr, "the peer closed the connection during the handshake");
            break;
        case USSL_ERR_VERIFY:
            vstr_add_str(vstr, "certificate verify failed: ");
            if (where->verify != NULL) {
                ussl_describe_verify(vstr, where->verify, where->host);
            }
            break;
        default:
            vstr_add_str(vstr, FIND(sentences, err->reason));
    }
}

void ussl_describe(vstr_t *vstr, const ussl_error_t *err, const ussl_where_t *where) {
    if (where->file != NULL) {
        vstr_printf(vstr, "%s: ", where->file);
    }
    add_what(vstr, err, where);
    if (err->index > 0) {
        vstr_printf(vstr, " (number %d in it)", (int)err->index);
    }
    if (err->reason == USSL_REASON_ENGINE) {
        vstr_printf(vstr, " (-0x%04x)", -err->code);
    }
    if (where->session && ussl_is_about_version(err)) {
        vstr_add_str(vstr, " (a saved session is bound to its TLS version: try without it)");
    }
    if (where->psk && is_about_psk(err)) {
        vstr_add_str(vstr, " (are the pre-shared key (PSK) and its identity the same at both ends?)");
    }
    if (where->peer != NULL) {
        vstr_printf(vstr, " (client %s)", where->peer);
    }
}

#else

void ussl_describe_verify(vstr_t *vstr, const ussl_verify_t *v, const char *host) {
    vstr_printf(vstr, "code %d depth %d", ussl_verify_code(v, host), v->depth);
}

void ussl_describe(vstr_t *vstr, const ussl_error_t *err, const ussl_where_t *where) {
    (void)where;
    const char *name = ussl_reason_name(err);
    vstr_add_str(vstr, name == NULL ? "TLS" : name);
}

#endif
