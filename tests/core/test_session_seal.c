// Saved sessions under a key of the user's.

#include <string.h>

#include "core/session_seal.h"
#include "fake.h"
#include "suite.h"
#include "support/check.h"
#include "support/host.h"

static const uint8_t key[USSL_SEAL_KEY_SIZE] = { 1, 2, 3 };
static const uint8_t other_key[USSL_SEAL_KEY_SIZE] = { 1, 2, 4 };
static ussl_session_t session;
static uint8_t sealed[512];
static size_t sealed_len;

static void begin(void) {
    ussl_ctx_t *ctx = NULL;
    ussl_error_t err;
    fake_reset();
    CHECK_EQ(ussl_ctx_new(&fake_engine, false, &ctx, &err), USSL_OK);
    fake_session_t made = { .version = USSL_TLS_1_3, .tag = "secret" };
    ussl_session_facts_t facts = { .ctx = ctx, .name = "host.example",
                                   .engine_data = { (const uint8_t *)&made, sizeof(made) } };
    CHECK_EQ(ussl_session_encode(&facts, &session, &err), USSL_OK);
    ussl_ctx_release(ctx);
    sealed_len = session.len + USSL_SESSION_SEAL_SIZE;
    CHECK_EQ(ussl_session_seal(&fake_engine, &session, key, sealed, &err), USSL_OK);
}

static void end(void) {
    ussl_session_free(&session);
    CHECK_EQ(test_host.live, 0);
}

static ussl_status_t open(const uint8_t *with, size_t len, ussl_session_t *out, ussl_error_t *err) {
    return ussl_session_open(&fake_engine, (ussl_bytes_t) { sealed, len }, with, out, err);
}

static void refused(const uint8_t *with, size_t len) {
    ussl_session_t s;
    ussl_error_t err;
    if (!CHECK_EQ(open(with, len, &s, &err), USSL_FAILED)) {
        ussl_session_free(&s);
    }
    CHECK_EQ(err.cls, USSL_ERR_INPUT);
    CHECK_EQ(err.reason, USSL_REASON_SESSION_DATA);
    CHECK(s.data == NULL);
}

static void round_trip(void) {
    ussl_session_t s;
    ussl_error_t err;
    begin();
    CHECK(ussl_session_is_sealed((ussl_bytes_t) { sealed, sealed_len }));
    CHECK(!ussl_session_is_sealed((ussl_bytes_t) { session.data, session.len }));
    CHECK(!ussl_session_is_sealed((ussl_bytes_t) { sealed, 2 }));
    CHECK_EQ(open(key, sealed_len, &s, &err), USSL_OK);
    CHECK(s.len == session.len && memcmp(s.data, session.data, s.len) == 0);
    ussl_session_free(&s);
    end();
}

static void damage(void) {
    begin();
    refused(other_key, sealed_len);
    for (size_t len = 0; len < sealed_len; len++) {
        refused(key, len);
    }
    for (size_t i = 0; i < sealed_len; i++) {
        sealed[i] ^= 0x10;
        if (i < 3 || i >= 15) { // the fake's nonce is not used
            refused(key, sealed_len);
        }
        sealed[i] ^= 0x10;
    }
    end();
}

// What is properly sealed may still be no session.
static void nonsense_inside(void) {
    ussl_error_t err;
    begin();
    ussl_session_t nonsense = { .data = session.data, .len = session.len - 1 };
    CHECK_EQ(ussl_session_seal(&fake_engine, &nonsense, key, sealed, &err), USSL_OK);
    refused(key, sealed_len - 1);
    end();
}

static void memory(void) {
    begin();
    for (unsigned long n = 1; n <= 2; n++) {
        ussl_session_t s;
        ussl_error_t err;
        host_fail_at(n, false);
        CHECK_EQ(open(key, sealed_len, &s, &err), USSL_FAILED);
        CHECK_EQ(err.cls, USSL_ERR_MEMORY);
        CHECK(s.data == NULL);
        host_reset();
    }
    end();
}

void suite_session_seal(void) {
    test_case("sealed session: there and back", round_trip);
    test_case("sealed session: another key, truncations and changes are refused", damage);
    test_case("sealed session: nonsense inside is refused", nonsense_inside);
    test_case("sealed session: every allocation fails once", memory);
}
