// BearSSL's curves against mbedTLS's: the same operands, the same results and refusals.
// A group whose id is not P-256's or X25519's is multiplied by mbedTLS itself.

#include <stdlib.h>
#include <string.h>

#include "accel/bearssl/curve.h"
#include "support/check.h"

enum { RANDOM_CASES = 60 };

typedef struct curve {
    mbedtls_ecp_group fast;
    mbedtls_ecp_group slow; // the same numbers without the name
} curve_t;

static int random_bytes(void *state, unsigned char *out, size_t len) {
    unsigned *seed = state;
    for (size_t i = 0; i < len; i++) {
        *seed = *seed * 1103515245u + 12345u;
        out[i] = (unsigned char)(*seed >> 16);
    }
    return 0;
}

static unsigned seed = 1;

static void curve_init(curve_t *c, mbedtls_ecp_group_id id) {
    mbedtls_ecp_group_init(&c->fast);
    mbedtls_ecp_group_init(&c->slow);
    CHECK_EQ(mbedtls_ecp_group_load(&c->fast, id), 0);
    CHECK_EQ(mbedtls_ecp_group_load(&c->slow, id), 0);
    c->slow.id = MBEDTLS_ECP_DP_NONE;
    CHECK(ussl_bearssl_has(&c->fast) && !ussl_bearssl_has(&c->slow));
}

static void curve_free(curve_t *c) {
    c->slow.id = c->fast.id; // tells what of it is constant
    mbedtls_ecp_group_free(&c->fast);
    mbedtls_ecp_group_free(&c->slow);
}

// m * point both ways.
static void same_product(curve_t *c, const mbedtls_mpi *m, const mbedtls_ecp_point *point) {
    mbedtls_ecp_point fast, slow;
    mbedtls_ecp_point_init(&fast);
    mbedtls_ecp_point_init(&slow);
    int wanted = mbedtls_ecp_mul(&c->slow, &slow, m, point, random_bytes, &seed);
    int got = mbedtls_ecp_mul(&c->fast, &fast, m, point, random_bytes, &seed);
    CHECK_EQ(got, wanted);
    CHECK(wanted != 0 || mbedtls_mpi_cmp_mpi(&fast.X, &slow.X) == 0);
    CHECK(wanted != 0 || c->fast.id == MBEDTLS_ECP_DP_CURVE25519 || mbedtls_ecp_point_cmp(&fast, &slow) == 0);
    mbedtls_ecp_point_free(&fast);
    mbedtls_ecp_point_free(&slow);
}

// m * p + n * q both ways.
static void same_sum(curve_t *c, const mbedtls_mpi *m, const mbedtls_ecp_point *p, const mbedtls_mpi *n,
    const mbedtls_ecp_point *q) {
    mbedtls_ecp_point fast, slow;
    mbedtls_ecp_point_init(&fast);
    mbedtls_ecp_point_init(&slow);
    int wanted = mbedtls_ecp_muladd(&c->slow, &slow, m, p, n, q);
    int got = mbedtls_ecp_muladd_restartable(&c->fast, &fast, m, p, n, q, NULL);
    CHECK_EQ(got, wanted);
    bool infinity = wanted == 0 && mbedtls_ecp_is_zero(&slow);
    CHECK(!infinity || mbedtls_ecp_is_zero(&fast));
    CHECK(wanted != 0 || infinity || mbedtls_ecp_point_cmp(&fast, &slow) == 0);
    mbedtls_ecp_point_free(&fast);
    mbedtls_ecp_point_free(&slow);
}

static void random_products(const void *id) {
    curve_t c;
    mbedtls_mpi m;
    mbedtls_ecp_point point;
    curve_init(&c, *(const mbedtls_ecp_group_id *)id);
    mbedtls_mpi_init(&m);
    mbedtls_ecp_point_init(&point);
    for (int i = 0; i < RANDOM_CASES && test_passing(); i++) {
        CHECK_EQ(mbedtls_ecp_gen_keypair(&c.slow, &m, &point, random_bytes, &seed), 0);
        same_product(&c, &m, &c.fast.G);
        CHECK_EQ(mbedtls_ecp_gen_privkey(&c.fast, &m, random_bytes, &seed), 0);
        same_product(&c, &m, &point);
    }
    mbedtls_ecp_point_free(&point);
    mbedtls_mpi_free(&m);
    curve_free(&c);
}

// Around zero and around the order, where ranges are checked.
static void scalars_at_the_edge(void) {
    curve_t c;
    mbedtls_mpi m, n;
    mbedtls_ecp_point twice;
    curve_init(&c, MBEDTLS_ECP_DP_SECP256R1);
    mbedtls_mpi_init(&m);
    mbedtls_mpi_init(&n);
    mbedtls_ecp_point_init(&twice);
    CHECK_EQ(mbedtls_mpi_lset(&m, 2), 0);
    CHECK_EQ(mbedtls_ecp_mul(&c.slow, &twice, &m, &c.slow.G, random_bytes, &seed), 0);
    for (int offset = -3; offset <= 3 && test_passing(); offset++) {
        CHECK_EQ(mbedtls_mpi_lset(&m, offset), 0);
        CHECK_EQ(mbedtls_mpi_add_int(&n, &c.fast.N, offset), 0);
        same_product(&c, &m, &c.fast.G);
        same_product(&c, &n, &c.fast.G);
        same_product(&c, &m, &twice);
        same_product(&c, &n, &twice);
        same_sum(&c, &m, &c.fast.G, &n, &twice);
        same_sum(&c, &n, &c.fast.G, &m, &twice);
        same_sum(&c, &m, &c.fast.G, &n, &c.fast.G);
    }
    mbedtls_ecp_point_free(&twice);
    mbedtls_mpi_free(&m);
    mbedtls_mpi_free(&n);
    curve_free(&c);
}

static void random_sums(void) {
    curve_t c;
    mbedtls_mpi m, n;
    mbedtls_ecp_point q;
    curve_init(&c, MBEDTLS_ECP_DP_SECP256R1);
    mbedtls_mpi_init(&m);
    mbedtls_mpi_init(&n);
    mbedtls_ecp_point_init(&q);
    for (int i = 0; i < RANDOM_CASES && test_passing(); i++) {
        CHECK_EQ(mbedtls_ecp_gen_keypair(&c.slow, &m, &q, random_bytes, &seed), 0);
        CHECK_EQ(mbedtls_ecp_gen_privkey(&c.fast, &n, random_bytes, &seed), 0);
        same_sum(&c, &m, &c.fast.G, &n, &q);
        same_sum(&c, &m, &q, &n, &c.fast.G);
        same_sum(&c, &m, &q, &n, &q);
    }
    mbedtls_ecp_point_free(&q);
    mbedtls_mpi_free(&m);
    mbedtls_mpi_free(&n);
    curve_free(&c);
}

// G + G, where the formula for a sum fails, and G - G, which is no affine point.
static void sums_of_equal_points(void) {
    curve_t c;
    mbedtls_mpi m, n;
    curve_init(&c, MBEDTLS_ECP_DP_SECP256R1);
    mbedtls_mpi_init(&m);
    mbedtls_mpi_init(&n);
    for (int factor = 1; factor <= 20 && test_passing(); factor++) {
        CHECK_EQ(mbedtls_mpi_lset(&m, factor), 0);
        same_sum(&c, &m, &c.fast.G, &m, &c.fast.G);
        CHECK_EQ(mbedtls_mpi_sub_mpi(&n, &c.fast.N, &m), 0);
        same_sum(&c, &m, &c.fast.G, &n, &c.fast.G);
    }
    mbedtls_mpi_free(&m);
    mbedtls_mpi_free(&n);
    curve_free(&c);
}

static void set_point(mbedtls_ecp_point *point, const char *x, const char *y, const char *z) {
    CHECK_EQ(mbedtls_mpi_read_string(&point->X, 16, x), 0);
    CHECK_EQ(mbedtls_mpi_read_string(&point->Y, 16, y), 0);
    CHECK_EQ(mbedtls_mpi_read_string(&point->Z, 16, z), 0);
}

#define P256_P "FFFFFFFF00000001000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFF"

// A peer may send anything as its share.
static void points_that_are_none(void) {
    static const char *const bad[][3] = {
        { "1", "1", "1" }, { "0", "0", "1" }, { "1", "1", "0" }, { P256_P, "1", "1" }, { "5", "5", "2" },
    };
    curve_t c;
    mbedtls_mpi m;
    mbedtls_ecp_point point;
    curve_init(&c, MBEDTLS_ECP_DP_SECP256R1);
    mbedtls_mpi_init(&m);
    mbedtls_ecp_point_init(&point);
    CHECK_EQ(mbedtls_mpi_lset(&m, 7), 0);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]) && test_passing(); i++) {
        set_point(&point, bad[i][0], bad[i][1], bad[i][2]);
        same_product(&c, &m, &point);
        same_sum(&c, &m, &c.fast.G, &m, &point);
    }
    mbedtls_ecp_point_free(&point);
    mbedtls_mpi_free(&m);
    curve_free(&c);
}

// A product that is nobody's secret: points of small order, on the curve and its twist.
static void points_of_small_order(void) {
    static const char *const bad[] = {
        "0", "1",
        "B8495F16056286FDB1329CEB8D09DA6AC49FF1FAE35616AEB8413B7C7AEBE0",
        "57119FD0DD4E22D8868E1C58C45C44045BEF839C55B1D0B1248C50A3BC959C5F",
        "7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEC",
        "7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFED",
        "7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEE",
    };
    curve_t c;
    mbedtls_mpi m;
    mbedtls_ecp_point point, product;
    curve_init(&c, MBEDTLS_ECP_DP_CURVE25519);
    mbedtls_mpi_init(&m);
    mbedtls_ecp_point_init(&point);
    mbedtls_ecp_point_init(&product);
    CHECK_EQ(mbedtls_ecp_gen_privkey(&c.fast, &m, random_bytes, &seed), 0);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]) && test_passing(); i++) {
        set_point(&point, bad[i], "0", "1");
        CHECK_EQ(mbedtls_ecp_mul(&c.fast, &product, &m, &point, random_bytes, &seed), MBEDTLS_ERR_ECP_INVALID_KEY);
    }
    set_point(&point, "7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF", "0", "1");
    same_product(&c, &m, &point);
    mbedtls_ecp_point_free(&product);
    mbedtls_ecp_point_free(&point);
    mbedtls_mpi_free(&m);
    curve_free(&c);
}

int main(int argc, char **argv) {
    static const mbedtls_ecp_group_id p256 = MBEDTLS_ECP_DP_SECP256R1, x25519 = MBEDTLS_ECP_DP_CURVE25519;
    test_begin(argc, argv);
    test_case_with("P-256: random products", random_products, &p256);
    test_case_with("X25519: random products", random_products, &x25519);
    test_case("P-256: scalars at the edge", scalars_at_the_edge);
    test_case("P-256: random sums", random_sums);
    test_case("P-256: sums of equal points", sums_of_equal_points);
    test_case("P-256: points that are none", points_that_are_none);
    test_case("X25519: points of small order", points_of_small_order);
    return test_end();
}
