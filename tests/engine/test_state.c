// What resuming needs of a session: written, read back, and refused when it is damaged.

#include <string.h>

#include "engine/mbedtls/session_state.h"
#include "engine/pair.h"
#include "engine/suite.h"

#define PSK_EPHEMERAL 4 // as RFC 8446's modes are numbered in a ticket's flags

static mbedtls_ssl_session tls12(void) {
    mbedtls_ssl_session s;
    mbedtls_ssl_session_init(&s);
    s.tls_version = MBEDTLS_SSL_VERSION_TLS1_2;
    s.ciphersuite = MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256;
    s.mfl_code = MBEDTLS_SSL_MAX_FRAG_LEN_2048;
    memset(s.master, 0x5a, sizeof(s.master));
    return s;
}

#if defined(MBEDTLS_SSL_PROTO_TLS1_3)
static mbedtls_ssl_session tls13(int suite, uint8_t key_len, uint8_t endpoint) {
    mbedtls_ssl_session s;
    mbedtls_ssl_session_init(&s);
    s.tls_version = MBEDTLS_SSL_VERSION_TLS1_3;
    s.endpoint = endpoint;
    s.ciphersuite = suite;
    s.ticket_flags = PSK_EPHEMERAL;
    s.ticket_age_add = 0x01020304;
    s.resumption_key_len = key_len;
    memset(s.resumption_key, 0x5a, key_len);
    s.record_size_limit = 512;
    return s;
}
#endif

static bool reads(const uint8_t *data, size_t len, mbedtls_ssl_session *out) {
    mbedtls_ssl_session_init(out);
    return ussl_mbedtls_state_read(out, (ussl_bytes_t) { data, len });
}

// Exactly these bytes are a state, none less and none more; what is read is written again.
static void exactly(const mbedtls_ssl_session *s, size_t wanted) {
    uint8_t data[USSL_MBEDTLS_STATE_MAX + 1] = { 0 };
    uint8_t again[USSL_MBEDTLS_STATE_MAX];
    mbedtls_ssl_session out;
    size_t len = ussl_mbedtls_state_write(s, data);
    CHECK_EQ(len, wanted);
    for (size_t n = 0; n < len; n++) {
        CHECK(!reads(data, n, &out));
    }
    CHECK(!reads(data, len + 1, &out));
    mbedtls_ssl_session_init(&out);
    CHECK_EQ(ussl_mbedtls_state_take(&out, (ussl_bytes_t) { data, len + 1 }), len);
    if (CHECK(reads(data, len, &out))) {
        out.endpoint = s->endpoint;
        CHECK_EQ(ussl_mbedtls_state_write(&out, again), len);
        CHECK(memcmp(data, again, len) == 0);
    }
}

static void sizes(void) {
    mbedtls_ssl_session s = tls12();
    exactly(&s, 1 + 2 + 48);
#if defined(MBEDTLS_SSL_PROTO_TLS1_3)
    s = tls13(MBEDTLS_TLS1_3_AES_128_GCM_SHA256, 32, MBEDTLS_SSL_IS_SERVER);
    exactly(&s, 1 + 1 + 4 + 32);
    s = tls13(MBEDTLS_TLS1_3_CHACHA20_POLY1305_SHA256, 32, MBEDTLS_SSL_IS_CLIENT);
    exactly(&s, 1 + 1 + 4 + 32 + 2);
    s = tls13(MBEDTLS_TLS1_3_AES_256_GCM_SHA384, 48, MBEDTLS_SSL_IS_CLIENT);
    exactly(&s, 1 + 1 + 4 + 48 + 2);
#endif
}

// Each field comes back as it was.
static void fields(void) {
    uint8_t data[USSL_MBEDTLS_STATE_MAX];
    mbedtls_ssl_session s = tls12();
    mbedtls_ssl_session out;
    CHECK(reads(data, ussl_mbedtls_state_write(&s, data), &out));
    CHECK_EQ(out.tls_version, s.tls_version);
    CHECK_EQ(out.ciphersuite, s.ciphersuite);
    CHECK_EQ(out.mfl_code, s.mfl_code);
    CHECK(memcmp(out.master, s.master, sizeof(s.master)) == 0);
#if defined(MBEDTLS_SSL_PROTO_TLS1_3)
    s = tls13(MBEDTLS_TLS1_3_AES_256_GCM_SHA384, 48, MBEDTLS_SSL_IS_CLIENT);
    CHECK(reads(data, ussl_mbedtls_state_write(&s, data), &out));
    CHECK_EQ(out.tls_version, s.tls_version);
    CHECK_EQ(out.ciphersuite, s.ciphersuite);
    CHECK_EQ(out.ticket_flags, s.ticket_flags);
    CHECK_EQ(out.ticket_age_add, s.ticket_age_add);
    CHECK_EQ(out.record_size_limit, s.record_size_limit);
    CHECK_EQ(out.resumption_key_len, 48);
    CHECK(memcmp(out.resumption_key, s.resumption_key, 48) == 0);
#endif
}

// The first byte has no other values; suites are those of the version and of this build.
static void refused(void) {
    uint8_t data[USSL_MBEDTLS_STATE_MAX];
    mbedtls_ssl_session s = tls12();
    mbedtls_ssl_session out;
    size_t len = ussl_mbedtls_state_write(&s, data);
    for (unsigned first = 0; first < 0x100; first++) {
        data[0] = (uint8_t)first;
        CHECK_EQ(reads(data, len, &out), first <= MBEDTLS_SSL_MAX_FRAG_LEN_4096);
    }
    data[0] = 0;
    data[1] = 0x13; // a suite of TLS 1.3
    data[2] = 0x01;
    CHECK(!reads(data, len, &out));
    data[1] = 0x00; // TLS_RSA_WITH_NULL_MD5
    CHECK(!reads(data, len, &out));
#if defined(MBEDTLS_SSL_PROTO_TLS1_3)
    s = tls13(MBEDTLS_TLS1_3_AES_128_GCM_SHA256, 32, MBEDTLS_SSL_IS_SERVER);
    len = ussl_mbedtls_state_write(&s, data);
    for (unsigned first = 0x80; first < 0x100; first++) {
        data[0] = (uint8_t)first;
        CHECK_EQ(reads(data, len, &out), (first & ~0x85u) == 0);
    }
#endif
}

// What a build with TLS 1.3 saved is no session to one without.
static void of_another_build(void) {
    uint8_t data[1 + 1 + 4 + 32] = { 0x80 | PSK_EPHEMERAL, 0x01 };
    mbedtls_ssl_session out;
    CHECK_EQ(reads(data, sizeof(data), &out), USSL_TLS13);
}

void suite_state(void) {
    test_case("state, TLS 1.2, and one that a build with TLS 1.3 saved", of_another_build);
    test_case("state: sizes, and nothing shorter or longer", sizes);
    test_case("state: each field", fields);
    test_case("state: other flags and suites are refused", refused);
}
