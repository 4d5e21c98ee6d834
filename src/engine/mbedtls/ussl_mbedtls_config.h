// mbedTLS as ussl wants it, on machines with an operating system's memory. Every
// feature here is one that the module's documentation promises; what it does not
// promise is left out, so that old cipher suites cannot be negotiated by mistake.
// A build passes this file as MBEDTLS_CONFIG_FILE.

#ifndef USSL_MBEDTLS_CONFIG_H
#define USSL_MBEDTLS_CONFIG_H

#include <stddef.h>
#include <stdint.h>

// Most bytes of data in a record that is sent. A write takes a block of its own size up to
// this; a handshake takes one of this size wherever it writes, and its own chain of
// certificates has to fit into that. Where memory is scarce 4096 does. The cost is a call
// of the transport and 22 to 29 bytes on the wire for every 4 KB instead of every 16 KB:
// on a host, writes of 16 KB were then 12 to 37 % slower.
#ifndef USSL_RECORD_OUT
#if defined(__unix__) || defined(__APPLE__) || defined(_WIN32)
#define USSL_RECORD_OUT 16384
#else
#define USSL_RECORD_OUT 4096
#endif
#endif

// Whether AES-GCM is faster than ChaCha20-Poly1305: with instructions for it, as the 64-bit
// processors have them. Without, ChaCha20 is offered first: a third of the work, no tables
// whose use a cache betrays, and in TLS 1.2 eight bytes less in every record. A board whose
// AES engine stands behind MBEDTLS_AES_ALT sets 1.
#ifndef USSL_FAST_AES
#if defined(__x86_64__) || defined(__aarch64__)
#define USSL_FAST_AES 1
#else
#define USSL_FAST_AES 0
#endif
#endif

// ---- what a build may leave out, where flash is short: 0 leaves it out ----

// TLS 1.3, and PSA with it.
#ifndef USSL_TLS13
#define USSL_TLS13 1
#endif

// Early data (0-RTT), a part of TLS 1.3.
#ifndef USSL_EARLY_DATA
#define USSL_EARLY_DATA 1
#endif

// The server's side.
#ifndef USSL_SERVER
#define USSL_SERVER 1
#endif

// DTLS 1.2.
#ifndef USSL_DTLS
#if defined(__unix__) || defined(__APPLE__) || defined(_WIN32)
#define USSL_DTLS 1
#else
#define USSL_DTLS 0
#endif
#endif

// RSA: certificates with RSA keys, or signed by them.
#ifndef USSL_RSA
#define USSL_RSA 1
#endif

// Pre-shared keys that do not come from a session: those of TLS 1.3 and of RFC 4279.
#ifndef USSL_PSK
#define USSL_PSK 1
#endif

// Roots in numbers, looked up when a chain needs one: the system's, or a bundle in flash
// (USSL_TRUST_BUNDLE in micropython.mk).
#ifndef USSL_TRUST_STORE
#if defined(__unix__) || defined(__APPLE__) || defined(_WIN32) || defined(USSL_TRUST_BUNDLE)
#define USSL_TRUST_STORE 1
#else
#define USSL_TRUST_STORE 0
#endif
#endif

// Certificate revocation lists.
#ifndef USSL_CRL
#if defined(__unix__) || defined(__APPLE__) || defined(_WIN32)
#define USSL_CRL 1
#else
#define USSL_CRL 0
#endif
#endif

// Certificate and key from a PKCS#12 file.
#ifndef USSL_PKCS12
#if defined(__unix__) || defined(__APPLE__) || defined(_WIN32)
#define USSL_PKCS12 1
#else
#define USSL_PKCS12 0
#endif
#endif

// What MicroPython's hashlib and cryptolib need.
#ifndef USSL_HASHLIB
#define USSL_HASHLIB 1
#endif

// ---- platform: memory and time come from ussl's host ----

void *ussl_mbedtls_calloc(size_t count, size_t size);
void ussl_mbedtls_free(void *ptr);
int64_t ussl_mbedtls_time(int64_t *out);

#define MBEDTLS_PLATFORM_C
#define MBEDTLS_PLATFORM_MEMORY
#define MBEDTLS_PLATFORM_CALLOC_MACRO ussl_mbedtls_calloc
#define MBEDTLS_PLATFORM_FREE_MACRO ussl_mbedtls_free
#define MBEDTLS_HAVE_TIME
#define MBEDTLS_HAVE_TIME_DATE
#define MBEDTLS_PLATFORM_TIME_TYPE_MACRO int64_t
#define MBEDTLS_PLATFORM_TIME_MACRO ussl_mbedtls_time
// Tickets are stamped with the wall clock, so that they outlive a reset and mean the
// same on another machine.
#define MBEDTLS_PLATFORM_MS_TIME_ALT

// ---- speed: see the benchmarks before changing one of these ----

#define MBEDTLS_HAVE_ASM
#define MBEDTLS_AESNI_C
#define MBEDTLS_AESCE_C
#define MBEDTLS_ECP_NIST_OPTIM
#define MBEDTLS_ECP_FIXED_POINT_OPTIM 1
#define MBEDTLS_ECP_WINDOW_SIZE 4
// X25519 with 128-bit arithmetic, formally verified; for 64-bit machines.
#if defined(__SIZEOF_INT128__)
#define MBEDTLS_ECDH_VARIANT_EVEREST_ENABLED
#endif

// ---- primitives ----

#define MBEDTLS_AES_C
#define MBEDTLS_GCM_C
#define MBEDTLS_CHACHA20_C
#define MBEDTLS_POLY1305_C
#define MBEDTLS_CHACHAPOLY_C
#define MBEDTLS_CIPHER_C
#define MBEDTLS_MD_C
#define MBEDTLS_SHA224_C
#define MBEDTLS_SHA256_C
#define MBEDTLS_SHA384_C
#define MBEDTLS_SHA512_C
#define MBEDTLS_BIGNUM_C
#define MBEDTLS_ECP_C
#define MBEDTLS_ECP_DP_SECP256R1_ENABLED
#define MBEDTLS_ECP_DP_SECP384R1_ENABLED
#define MBEDTLS_ECP_DP_SECP521R1_ENABLED
#define MBEDTLS_ECP_DP_CURVE25519_ENABLED
#define MBEDTLS_ECDH_C
#define MBEDTLS_ECDSA_C
#define MBEDTLS_ECDSA_DETERMINISTIC
#define MBEDTLS_HMAC_DRBG_C
#if USSL_RSA
#define MBEDTLS_RSA_C
#define MBEDTLS_PKCS1_V15
#define MBEDTLS_PKCS1_V21
#endif
#define MBEDTLS_CTR_DRBG_C
#define MBEDTLS_ENTROPY_C
// No cipher suite or certificate that ussl accepts uses these.
#if USSL_HASHLIB
#define MBEDTLS_SHA1_C
#define MBEDTLS_MD5_C
#define MBEDTLS_CIPHER_MODE_CTR
#endif

// ---- keys and certificates ----

#define MBEDTLS_ASN1_PARSE_C
#define MBEDTLS_ASN1_WRITE_C
#define MBEDTLS_BASE64_C
#define MBEDTLS_OID_C
#define MBEDTLS_PEM_PARSE_C
#define MBEDTLS_PK_C
#define MBEDTLS_PK_PARSE_C
#define MBEDTLS_PK_PARSE_EC_COMPRESSED
#define MBEDTLS_X509_USE_C
#define MBEDTLS_X509_CRT_PARSE_C
#if USSL_CRL
#define MBEDTLS_X509_CRL_PARSE_C
#endif
#if USSL_TRUST_STORE
#define MBEDTLS_X509_TRUSTED_CERTIFICATE_CALLBACK
#endif
// Descriptions of object identifiers, 3 KB; ussl's messages have their own words.
#define MBEDTLS_X509_REMOVE_INFO
#if USSL_RSA
#define MBEDTLS_X509_RSASSA_PSS_SUPPORT
#endif
// Encrypted private keys.
#define MBEDTLS_PKCS5_C
#if USSL_PKCS12
#define MBEDTLS_PKCS12_C
#endif
#define MBEDTLS_CIPHER_MODE_CBC
#define MBEDTLS_CIPHER_PADDING_PKCS7

// ---- PSA, which TLS 1.3 is built on ----

#if USSL_TLS13
#define MBEDTLS_PSA_CRYPTO_C
#define MBEDTLS_PSA_KEY_STORE_DYNAMIC
// Nothing but this process touches the buffers: no copies of records and key shares.
#define MBEDTLS_PSA_ASSUME_EXCLUSIVE_BUFFERS
#define MBEDTLS_HKDF_C
#endif

// ---- TLS ----

#define MBEDTLS_SSL_TLS_C
#define MBEDTLS_SSL_CLI_C
#if USSL_SERVER
#define MBEDTLS_SSL_SRV_C
#endif
#define MBEDTLS_SSL_PROTO_TLS1_2
#if USSL_TLS13
#define MBEDTLS_SSL_PROTO_TLS1_3
#define MBEDTLS_SSL_TLS1_3_COMPATIBILITY_MODE
#define MBEDTLS_SSL_TLS1_3_KEY_EXCHANGE_MODE_EPHEMERAL_ENABLED
#define MBEDTLS_SSL_TLS1_3_KEY_EXCHANGE_MODE_PSK_ENABLED
#define MBEDTLS_SSL_TLS1_3_KEY_EXCHANGE_MODE_PSK_EPHEMERAL_ENABLED
#if USSL_EARLY_DATA
#define MBEDTLS_SSL_EARLY_DATA
#endif
#endif
#if USSL_DTLS
#define MBEDTLS_SSL_PROTO_DTLS
#define MBEDTLS_SSL_DTLS_ANTI_REPLAY
#define MBEDTLS_SSL_DTLS_HELLO_VERIFY
#define MBEDTLS_SSL_COOKIE_C
#endif
// All that there are (suites.c sets the order); mbedTLS's own table is longer.
#define MBEDTLS_SSL_CIPHERSUITES \
    MBEDTLS_TLS1_3_AES_128_GCM_SHA256, MBEDTLS_TLS1_3_CHACHA20_POLY1305_SHA256, \
    MBEDTLS_TLS1_3_AES_256_GCM_SHA384, MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, \
    MBEDTLS_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, MBEDTLS_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, \
    MBEDTLS_TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256, MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, \
    MBEDTLS_TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384, \
    MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256, MBEDTLS_TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256, \
    MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384, MBEDTLS_TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384, \
    MBEDTLS_TLS_ECDHE_PSK_WITH_CHACHA20_POLY1305_SHA256, MBEDTLS_TLS_ECDHE_PSK_WITH_AES_128_CBC_SHA256, \
    MBEDTLS_TLS_PSK_WITH_CHACHA20_POLY1305_SHA256, MBEDTLS_TLS_PSK_WITH_AES_128_GCM_SHA256, \
    MBEDTLS_TLS_PSK_WITH_AES_256_GCM_SHA384
#define MBEDTLS_KEY_EXCHANGE_ECDHE_ECDSA_ENABLED
#if USSL_RSA
#define MBEDTLS_KEY_EXCHANGE_ECDHE_RSA_ENABLED
#endif
#if USSL_PSK
#define MBEDTLS_KEY_EXCHANGE_ECDHE_PSK_ENABLED
#define MBEDTLS_KEY_EXCHANGE_PSK_ENABLED
#define MBEDTLS_PSK_MAX_LEN 64 // what RFC 4279 5.3 asks for
#endif
#define MBEDTLS_SSL_EXTENDED_MASTER_SECRET
#define MBEDTLS_SSL_SERVER_NAME_INDICATION
#define MBEDTLS_SSL_ALPN
#define MBEDTLS_SSL_SESSION_TICKETS
// Bytes that tell the tickets of one connection apart.
#define MBEDTLS_SSL_TLS1_3_TICKET_NONCE_LENGTH 4
// Milliseconds that the age of a ticket may differ at both ends. mbedTLS lets no client
// resume beyond that; its clock may have stood still while it slept, and only the freshness
// of early data rests on the age (RFC 8446 8.3), so there is no bound.
#define MBEDTLS_SSL_TLS1_3_TICKET_AGE_TOLERANCE ((int64_t)1 << 32)
#define MBEDTLS_SSL_KEEP_PEER_CERTIFICATE
#define MBEDTLS_SSL_KEYING_MATERIAL_EXPORT
#define MBEDTLS_SSL_ALL_ALERT_MESSAGES
// Records of TLS 1.3 are not padded: on a metered link every byte is paid for.
#define MBEDTLS_SSL_CID_TLS1_3_PADDING_GRANULARITY 1
// Record buffers are taken when they are needed; see records.c.
#define MBEDTLS_SSL_VARIABLE_BUFFER_LENGTH
#define MBEDTLS_SSL_MAX_FRAGMENT_LENGTH
#define MBEDTLS_SSL_RECORD_SIZE_LIMIT
#define MBEDTLS_SSL_IN_CONTENT_LEN 16384
// mbedTLS counts a TLS 1.3 record's content type as content, and allows 16384 at most.
#define MBEDTLS_SSL_OUT_CONTENT_LEN (USSL_RECORD_OUT < 16384 ? USSL_RECORD_OUT + 1 : 16384)

#endif
