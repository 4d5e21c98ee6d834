// Whom a configuration trusts, beside certificates one by one: roots to be looked up,
// revocation lists, pins.

#ifndef USSL_ENGINE_MBEDTLS_TRUST_H
#define USSL_ENGINE_MBEDTLS_TRUST_H

#include "engine/mbedtls/internal.h"

// ---- roots.c ----

#if USSL_TRUST_STORE
ussl_status_t ussl_mbedtls_cfg_add_roots(ussl_engine_cfg_t *cfg, ussl_bytes_t data, bool stays, ussl_error_t *err);
void ussl_mbedtls_cfg_clear_roots(ussl_engine_cfg_t *cfg);
// How many there are in a bundle.
size_t ussl_mbedtls_roots_hidden(const ussl_engine_cfg_t *cfg);
// Those outside of it, as DER; empty behind the last.
ussl_bytes_t ussl_mbedtls_root(const ussl_engine_cfg_t *cfg, size_t index);
// Adds their digests to sum.
ussl_status_t ussl_mbedtls_roots_digest(ussl_engine_cfg_t *cfg, uint8_t sum[32], ussl_error_t *err);
// True when this very certificate is one of them, outside of a bundle.
bool ussl_mbedtls_is_root(const ussl_engine_cfg_t *cfg, const mbedtls_x509_crt *crt);
#else
#define ussl_mbedtls_cfg_add_roots NULL
#define ussl_mbedtls_cfg_clear_roots NULL
#define ussl_mbedtls_roots_hidden NULL
#endif

// ---- revocation.c ----

#if USSL_CRL
// The lists in PEM; *out is NULL where there is none.
ussl_status_t ussl_mbedtls_crls_parse(ussl_bytes_t data, mbedtls_x509_crl **out, ussl_error_t *err);
// Adds them; they are cfg's now.
void ussl_mbedtls_crls_add(ussl_engine_cfg_t *cfg, mbedtls_x509_crl *list);
void ussl_mbedtls_crls_free(ussl_engine_cfg_t *cfg);
size_t ussl_mbedtls_crls_count(const ussl_engine_cfg_t *cfg);
// Adds their digests to sum.
ussl_status_t ussl_mbedtls_crls_digest(const ussl_engine_cfg_t *cfg, uint8_t sum[32], ussl_error_t *err);
// What they say of the next certificate of the chain, the root's end first.
uint32_t ussl_mbedtls_revocation_flags(ussl_engine_conn_t *conn, mbedtls_x509_crt *crt, int depth);
#else
#define ussl_mbedtls_crls_count NULL
#endif

// ---- pins.c ----

ussl_status_t ussl_mbedtls_cfg_set_pins(ussl_engine_cfg_t *cfg, ussl_bytes_t digests, ussl_error_t *err);
ussl_bytes_t ussl_mbedtls_cfg_pins(const ussl_engine_cfg_t *cfg);
// What pins make of flags, for the next certificate of the chain, the root's end first, which
// is signed by the one before or not.
uint32_t ussl_mbedtls_pin_flags(ussl_engine_conn_t *conn, const mbedtls_x509_crt *crt, int depth, bool is_signed,
    uint32_t flags);

#endif
