// Certificates and keys as data: what needs neither a configuration nor a connection. Part of
// internal.h, which includes it.

#ifndef USSL_ENGINE_MBEDTLS_CERTS_H
#define USSL_ENGINE_MBEDTLS_CERTS_H

#include "mbedtls/asn1.h"
#include "mbedtls/pk.h"
#include "mbedtls/x509_crt.h"

#include "core/engine.h"

// ---- input.c ----

// Finds the next PEM block whose label ends in word, from *at on; false when there is
// none. *at moves behind it. A block without an end runs to the end of the data.
bool ussl_mbedtls_next_pem(const uint8_t **at, const uint8_t *end, const char *word, ussl_bytes_t *block);
// A copy ended by NUL, as mbedTLS wants PEM; NULL without memory.
uint8_t *ussl_mbedtls_copy_with_nul(ussl_bytes_t data);
// Appends the certificates in data, PEM or DER, to chain. A partial failure leaves
// those before the bad one in chain: the caller discards it.
ussl_status_t ussl_mbedtls_parse_certs(mbedtls_x509_crt *chain, ussl_bytes_t data, ussl_error_t *err);
// Parses the private key in data, PEM (other blocks are skipped) or DER.
ussl_status_t ussl_mbedtls_parse_key(mbedtls_pk_context *key, ussl_bytes_t data, ussl_bytes_t password, ussl_error_t *err);

// ---- names.c ----

// True for an IPv4 or IPv6 address literal.
bool ussl_mbedtls_is_address(const char *name);
bool ussl_mbedtls_has_dns_name(const mbedtls_x509_crt *crt);
// True when the certificate's alternative names cover this host name or address literal, or
// with common_name, where it has no DNS names, its common name this host name.
bool ussl_mbedtls_is_for(const mbedtls_x509_crt *crt, const char *name, bool common_name);

// ---- text.c ----

// Writes value's text as UTF-8, whole characters only and ended by NUL; returns how many
// bytes. With a size of 4 * value->len + 1 all of it fits. Control characters are replaced
// by U+FFFD.
size_t ussl_mbedtls_text(char *out, size_t size, const mbedtls_asn1_buf *value);
// The same with control characters as they are.
size_t ussl_mbedtls_exact_text(char *out, size_t size, const mbedtls_asn1_buf *value);

// ---- der.c ----

#define USSL_DER_SEQUENCE (MBEDTLS_ASN1_CONSTRUCTED | MBEDTLS_ASN1_SEQUENCE)
#define USSL_DER_CONTEXT(number) (MBEDTLS_ASN1_CONTEXT_SPECIFIC | (number))
#define USSL_DER_INSIDE(number) (USSL_DER_CONTEXT(number) | MBEDTLS_ASN1_CONSTRUCTED)

// Takes the next element off data; false at its end, and where there is none whole.
bool ussl_mbedtls_next_element(mbedtls_asn1_buf *data, mbedtls_asn1_buf *out);
// The content of the first element of data, if it has this tag.
bool ussl_mbedtls_enter(mbedtls_asn1_buf data, int tag, mbedtls_asn1_buf *out);
bool ussl_mbedtls_is_oid(const mbedtls_asn1_buf *oid, const char *bytes, size_t len);

// ---- pbkdf2.c ----

// The most iterations of a key's derivation from a password: seconds on a PC, minutes on a board.
#define USSL_MBEDTLS_ITERATIONS_MAX 10000000

// ---- pkcs12.c ----

#if USSL_PKCS12
bool ussl_mbedtls_is_pkcs12(ussl_bytes_t data);
// Takes the certificates, the key's own first, and the key out of a PKCS#12 file. What a
// failure leaves in them the caller discards.
ussl_status_t ussl_mbedtls_parse_pkcs12(mbedtls_x509_crt *chain, mbedtls_pk_context *key, ussl_bytes_t data,
    ussl_bytes_t password, ussl_error_t *err);
#endif

// ---- cert.c ----

bool ussl_mbedtls_cert_is_ca(ussl_bytes_t der);
ussl_status_t ussl_mbedtls_describe_cert(ussl_bytes_t der, ussl_cert_field_fn field, void *arg, ussl_error_t *err);

#endif
