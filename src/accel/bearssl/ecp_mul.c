// mbedTLS's ecp.c with the multiplications of two curves done by BearSSL. It takes the
// place of that file in the build. mbedTLS has no extension point for one curve: its
// *_ALT macros take away whole functions for every curve. So its own multiplications
// get other names here, and stay what all other curves use.

#include "accel/bearssl/curve.h"

static int generic_mul(mbedtls_ecp_group *grp, mbedtls_ecp_point *R, const mbedtls_mpi *m,
    const mbedtls_ecp_point *P, mbedtls_f_rng_t *f_rng, void *p_rng);
static int generic_mul_restartable(mbedtls_ecp_group *grp, mbedtls_ecp_point *R, const mbedtls_mpi *m,
    const mbedtls_ecp_point *P, mbedtls_f_rng_t *f_rng, void *p_rng, mbedtls_ecp_restart_ctx *rs_ctx);
static int generic_muladd_restartable(mbedtls_ecp_group *grp, mbedtls_ecp_point *R, const mbedtls_mpi *m,
    const mbedtls_ecp_point *P, const mbedtls_mpi *n, const mbedtls_ecp_point *Q, mbedtls_ecp_restart_ctx *rs_ctx);

#define mbedtls_ecp_mul generic_mul
#define mbedtls_ecp_mul_restartable generic_mul_restartable
#define mbedtls_ecp_muladd_restartable generic_muladd_restartable

#include "ecp.c"

#undef mbedtls_ecp_mul
#undef mbedtls_ecp_mul_restartable
#undef mbedtls_ecp_muladd_restartable

int mbedtls_ecp_mul_restartable(mbedtls_ecp_group *grp, mbedtls_ecp_point *R, const mbedtls_mpi *m,
    const mbedtls_ecp_point *P, mbedtls_f_rng_t *f_rng, void *p_rng, mbedtls_ecp_restart_ctx *rs_ctx) {
    if (ussl_bearssl_has(grp)) {
        return ussl_bearssl_mul(grp, R, m, P);
    }
    return generic_mul_restartable(grp, R, m, P, f_rng, p_rng, rs_ctx);
}

int mbedtls_ecp_mul(mbedtls_ecp_group *grp, mbedtls_ecp_point *R, const mbedtls_mpi *m,
    const mbedtls_ecp_point *P, mbedtls_f_rng_t *f_rng, void *p_rng) {
    return mbedtls_ecp_mul_restartable(grp, R, m, P, f_rng, p_rng, NULL);
}

int mbedtls_ecp_muladd_restartable(mbedtls_ecp_group *grp, mbedtls_ecp_point *R, const mbedtls_mpi *m,
    const mbedtls_ecp_point *P, const mbedtls_mpi *n, const mbedtls_ecp_point *Q, mbedtls_ecp_restart_ctx *rs_ctx) {
    if (ussl_bearssl_has_sum(grp, m, P, n)) {
        return ussl_bearssl_sum(grp, R, m, n, Q);
    }
    return generic_muladd_restartable(grp, R, m, P, n, Q, rs_ctx);
}
