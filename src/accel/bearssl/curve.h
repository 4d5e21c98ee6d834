// P-256 and X25519 by BearSSL, for processors of 32 bits: about half of mbedTLS's
// instructions (X25519: a sixth), no memory but the stack, no branch or address that
// depends on a secret. mbedTLS's blinding is not needed and its random numbers are not
// asked for. (A multiplication whose own time depends on its operands, as the Cortex-M3
// has for 64-bit products, remains what it is, here and in mbedTLS.)

#ifndef USSL_ACCEL_BEARSSL_CURVE_H
#define USSL_ACCEL_BEARSSL_CURVE_H

#include <stdbool.h>

#define MBEDTLS_ALLOW_PRIVATE_ACCESS
#include "mbedtls/ecp.h"

// Whether grp is a curve that is done here.
bool ussl_bearssl_has(const mbedtls_ecp_group *grp);

// result = m * point, both points affine; result may be point. Checks both operands as
// mbedtls_ecp_mul does, and returns its error codes.
int ussl_bearssl_mul(mbedtls_ecp_group *grp, mbedtls_ecp_point *result,
    const mbedtls_mpi *m, const mbedtls_ecp_point *point);

// Whether m * p + n * q is the sum that ECDSA's verification computes: on P-256, p the
// base point, both factors between 1 and the order. BearSSL does no other.
bool ussl_bearssl_has_sum(const mbedtls_ecp_group *grp, const mbedtls_mpi *m, const mbedtls_ecp_point *p,
    const mbedtls_mpi *n);

// result = m * base point + n * q, zero where the sum is the point at infinity. Returns
// mbedtls_ecp_muladd's error codes.
int ussl_bearssl_sum(mbedtls_ecp_group *grp, mbedtls_ecp_point *result, const mbedtls_mpi *m,
    const mbedtls_mpi *n, const mbedtls_ecp_point *q);

#endif
