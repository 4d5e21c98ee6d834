// mbedTLS's points and numbers to BearSSL's bytes and back.

#include "accel/bearssl/curve.h"

#include <string.h>

#include "bearssl_ec.h"
#include "mbedtls/error.h"
#include "mbedtls/platform_util.h"

#define SCALAR 32
#define POINT 65 // of P-256: 4, X, Y

bool ussl_bearssl_has(const mbedtls_ecp_group *grp) {
    return grp->id == MBEDTLS_ECP_DP_SECP256R1 || grp->id == MBEDTLS_ECP_DP_CURVE25519;
}

static bool is_base(const mbedtls_ecp_group *grp, const mbedtls_ecp_point *point) {
    return point == &grp->G || mbedtls_ecp_point_cmp(point, &grp->G) == 0;
}

static int check(const mbedtls_ecp_group *grp, const mbedtls_mpi *m, const mbedtls_ecp_point *point) {
    int ret = mbedtls_ecp_check_privkey(grp, m);
    return ret != 0 ? ret : mbedtls_ecp_check_pubkey(grp, point);
}

static int write_point(const mbedtls_ecp_group *grp, const mbedtls_ecp_point *point, uint8_t bytes[POINT]) {
    size_t length;
    return mbedtls_ecp_point_write_binary(grp, point, MBEDTLS_ECP_PF_UNCOMPRESSED, &length, bytes, POINT);
}

static int multiply_p256(mbedtls_ecp_group *grp, mbedtls_ecp_point *result, const mbedtls_mpi *m,
    const mbedtls_ecp_point *point) {
    uint8_t scalar[SCALAR], bytes[POINT];
    int ret = mbedtls_mpi_write_binary(m, scalar, SCALAR);
    if (ret == 0 && is_base(grp, point)) {
        br_ec_p256_m31.mulgen(bytes, scalar, SCALAR, BR_EC_secp256r1);
    } else if (ret == 0 && (ret = write_point(grp, point, bytes)) == 0) {
        ret = br_ec_p256_m31.mul(bytes, POINT, scalar, SCALAR, BR_EC_secp256r1) ? 0 : MBEDTLS_ERR_ECP_INVALID_KEY;
    }
    if (ret == 0) {
        ret = mbedtls_ecp_point_read_binary(grp, result, bytes, POINT);
    }
    mbedtls_platform_zeroize(scalar, SCALAR);
    mbedtls_platform_zeroize(bytes, POINT);
    return ret;
}

// All bytes in the order of RFC 7748. Points of small order, which give zero, have been
// refused by check (section 6.1).
static int multiply_x25519(mbedtls_ecp_group *grp, mbedtls_ecp_point *result, const mbedtls_mpi *m,
    const mbedtls_ecp_point *point) {
    uint8_t scalar[SCALAR], bytes[SCALAR];
    int ret = mbedtls_mpi_write_binary_le(m, scalar, SCALAR);
    if (ret == 0 && (ret = mbedtls_mpi_write_binary_le(&point->X, bytes, SCALAR)) == 0) {
        br_ec_c25519_m31.mul(bytes, SCALAR, scalar, SCALAR, BR_EC_curve25519);
        ret = mbedtls_ecp_point_read_binary(grp, result, bytes, SCALAR);
    }
    mbedtls_platform_zeroize(scalar, SCALAR);
    mbedtls_platform_zeroize(bytes, SCALAR);
    return ret;
}

int ussl_bearssl_mul(mbedtls_ecp_group *grp, mbedtls_ecp_point *result,
    const mbedtls_mpi *m, const mbedtls_ecp_point *point) {
    int ret = check(grp, m, point);
    if (ret == 0) {
        ret = grp->id == MBEDTLS_ECP_DP_SECP256R1 ? multiply_p256(grp, result, m, point)
            : multiply_x25519(grp, result, m, point);
    }
    return ret;
}

bool ussl_bearssl_has_sum(const mbedtls_ecp_group *grp, const mbedtls_mpi *m, const mbedtls_ecp_point *p,
    const mbedtls_mpi *n) {
    return grp->id == MBEDTLS_ECP_DP_SECP256R1 && is_base(grp, p)
           && mbedtls_ecp_check_privkey(grp, m) == 0 && mbedtls_ecp_check_privkey(grp, n) == 0;
}

int ussl_bearssl_sum(mbedtls_ecp_group *grp, mbedtls_ecp_point *result, const mbedtls_mpi *m,
    const mbedtls_mpi *n, const mbedtls_ecp_point *q) {
    uint8_t bytes[POINT], of_base[SCALAR], of_q[SCALAR];
    int ret = mbedtls_ecp_check_pubkey(grp, q);
    if (ret != 0 || (ret = write_point(grp, q, bytes)) != 0
        || (ret = mbedtls_mpi_write_binary(m, of_base, SCALAR)) != 0
        || (ret = mbedtls_mpi_write_binary(n, of_q, SCALAR)) != 0) {
        return ret;
    }
    if (!br_ec_p256_m31.muladd(bytes, NULL, POINT, of_q, SCALAR, of_base, SCALAR, BR_EC_secp256r1)) {
        return mbedtls_ecp_set_zero(result);
    }
    return mbedtls_ecp_point_read_binary(grp, result, bytes, POINT);
}
