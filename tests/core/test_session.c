// Saved sessions: their bytes, and when they may be offered.

#include <stdio.h>
#include <string.h>

#include "core/conn.h"
#include "fake.h"
#include "suite.h"
#include "support/check.h"
#include "support/host.h"
#include "support/pipe.h"

static const ussl_bytes_t anchor = { (const uint8_t *)"A", 1 };
static const ussl_bytes_t identity = { (const uint8_t *)"I", 1 };

// A verifying client's context with everything a session depends on.
static ussl_ctx_t *context(void) {
    ussl_ctx_t *ctx = NULL;
    ussl_error_t err;
    fake_reset();
    CHECK_EQ(ussl_ctx_new(&fake_engine, false, &ctx, &err), USSL_OK);
    CHECK_EQ(ussl_ctx_set_verify(ctx, USSL_VERIFY_REQUIRED, &err), USSL_OK);
    CHECK_EQ(ussl_ctx_add_trust(ctx, anchor, &err), USSL_OK);
    CHECK_EQ(ussl_ctx_set_identity(ctx, identity, identity, identity, &err), USSL_OK);
    CHECK_EQ(ussl_ctx_set_alpn(ctx, "h2\0mqtt", 8, &err), USSL_OK);
    return ctx;
}

static const fake_session_t sample = {
    .received = 1000000, .lifetime = 7200, .hint = 7201, .version = USSL_TLS_1_3, .has_ticket = 1, .tag = "0123",
};

static ussl_session_facts_t facts_of(ussl_ctx_t *ctx) {
    return (ussl_session_facts_t) {
        .ctx = ctx, .name = "host.example", .alpn = "mqtt", .level = USSL_LEVEL_NAME,
        .engine_data = { (const uint8_t *)&sample, sizeof(sample) },
    };
}

static ussl_status_t decode(const uint8_t *data, size_t len, ussl_session_t *out, ussl_error_t *err) {
    return ussl_session_decode(&fake_engine, (ussl_bytes_t) { data, len }, out, err);
}

static bool is(ussl_bytes_t bytes, const char *text) {
    return bytes.len == strlen(text) && memcmp(bytes.data, text, bytes.len) == 0;
}

static void round_trip(void) {
    ussl_ctx_t *ctx = context();
    ussl_session_facts_t facts = facts_of(ctx);
    ussl_session_t a = { 0 };
    ussl_session_t b = { 0 };
    ussl_error_t err;
    CHECK_EQ(ussl_session_encode(&facts, &a, &err), USSL_OK);
    CHECK_EQ(decode(a.data, a.len, &b, &err), USSL_OK);
    CHECK(a.data != b.data && a.len == b.len && memcmp(a.data, b.data, a.len) == 0);
    CHECK_EQ(b.version, USSL_TLS_1_3);
    CHECK_EQ(b.level, USSL_LEVEL_NAME);
    CHECK_EQ(b.created, 1000000);
    CHECK_EQ(b.lifetime, 7200);
    CHECK_EQ(b.hint, 7201);
    CHECK(b.has_ticket && b.trust != NULL && b.identity != NULL);
    CHECK(memcmp(b.id.data, "0123", 5) == 0 && is(b.name, "host.example") && is(b.alpn, "mqtt"));
    CHECK(b.engine_data.len == sizeof(sample) && memcmp(b.engine_data.data, &sample, sizeof(sample)) == 0);
    ussl_session_free(&a);
    ussl_session_free(&b);
    ussl_ctx_release(ctx);
    CHECK_EQ(test_host.live, 0);
}

static void bare(void) {
    ussl_error_t err;
    ussl_session_t s = { 0 };
    ussl_ctx_t *ctx = NULL;
    fake_reset();
    CHECK_EQ(ussl_ctx_new(&fake_engine, false, &ctx, &err), USSL_OK);
    fake_session_t least = { .received = 5, .lifetime = 1, .version = USSL_TLS_1_2 };
    ussl_session_facts_t facts = { .ctx = ctx, .engine_data = { (const uint8_t *)&least, sizeof(least) } };
    CHECK_EQ(ussl_session_encode(&facts, &s, &err), USSL_OK);
    CHECK(s.trust == NULL && s.identity == NULL && !s.has_ticket);
    CHECK_EQ(s.name.len + s.alpn.len, 0);
    CHECK_EQ(s.len, 1 + 1 + sizeof(least) + 4); // the first byte, no name, the checksum
    ussl_session_free(&s);
    ussl_ctx_release(ctx);
    CHECK_EQ(test_host.live, 0);
}

static void refused(const uint8_t *data, size_t len) {
    ussl_session_t s;
    ussl_error_t err = { 0 };
    if (!CHECK_EQ(decode(data, len, &s, &err), USSL_FAILED)) {
        ussl_session_free(&s);
    }
    CHECK_EQ(err.cls, USSL_ERR_INPUT);
    CHECK_EQ(err.reason, USSL_REASON_SESSION_DATA);
    CHECK(s.data == NULL);
}

static void damage(void) {
    ussl_ctx_t *ctx = context();
    ussl_session_facts_t facts = facts_of(ctx);
    ussl_session_t s = { 0 };
    ussl_error_t err;
    uint8_t copy[300];
    CHECK_EQ(ussl_session_encode(&facts, &s, &err), USSL_OK);
    memcpy(copy, s.data, s.len);
    for (size_t len = 0; len < s.len; len++) {
        refused(copy, len);
    }
    for (size_t bit = 0; bit < 8 * s.len; bit++) {
        copy[bit / 8] ^= (uint8_t)(1 << bit % 8);
        refused(copy, s.len);
        copy[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    copy[s.len] = 0;
    refused(copy, s.len + 1);
    ussl_session_free(&s);
    ussl_ctx_release(ctx);
}

// Sets the checksum right again, as someone who wants to do harm would.
static void seal(uint8_t *data, size_t len) {
    uint8_t digest[32];
    ussl_error_t err;
    fake_engine.sha256((ussl_bytes_t) { data, len - 4 }, digest, &err);
    memcpy(data + len - 4, digest, 4);
}

// With a right checksum every length that points past the end is still refused, and what
// is accepted points only into the data.
static void sealed_damage(void) {
    ussl_ctx_t *ctx = context();
    ussl_session_facts_t facts = facts_of(ctx);
    ussl_session_t s = { 0 };
    ussl_session_t t;
    ussl_error_t err;
    uint8_t copy[300];
    CHECK_EQ(ussl_session_encode(&facts, &s, &err), USSL_OK);
    for (size_t at = 0; at + 4 < s.len; at++) {
        for (unsigned value = 0; value < 256; value++) {
            memcpy(copy, s.data, s.len);
            copy[at] = (uint8_t)value;
            seal(copy, s.len);
            bool fits;
            if (decode(copy, s.len, &t, &err) == USSL_OK) {
                CHECK(t.engine_data.data + t.engine_data.len <= t.data + t.len - 4);
                CHECK(at > 0 || (value >> 5 == 2 && (USSL_DTLS || (value & 1) == 0))); // the format, and DTLS
                CHECK(t.level <= USSL_LEVEL_NAME);
                ussl_session_fits(&t, ctx, "host.example", USSL_LEVEL_NAME, 1000001, &fits, &err);
                ussl_session_free(&t);
            }
        }
    }
    ussl_session_free(&s);
    ussl_ctx_release(ctx);
}

// What the engine does not know is no session, nor is one with an empty protocol, which nobody
// can have agreed on, nor one of an earlier format.
static void other(void) {
    static const uint8_t earlier[] = { 'u', 'S', 1, 0x0d };
    ussl_ctx_t *ctx = context();
    ussl_session_facts_t facts = facts_of(ctx);
    ussl_session_t s = { 0 };
    ussl_error_t err;
    uint8_t copy[300] = { 0 };
    facts.engine_data.len--;
    CHECK_EQ(ussl_session_encode(&facts, &s, &err), USSL_FAILED);
    CHECK_EQ(err.reason, USSL_REASON_SESSION_DATA);
    facts = facts_of(ctx);
    facts.alpn = "";
    err.reason = USSL_REASON_NONE;
    CHECK_EQ(ussl_session_encode(&facts, &s, &err), USSL_FAILED);
    CHECK_EQ(err.reason, USSL_REASON_SESSION_DATA);
    memcpy(copy, earlier, sizeof(earlier));
    seal(copy, 100);
    refused(copy, 100);
    ussl_ctx_release(ctx);
    CHECK_EQ(test_host.live, 0);
}

static void too_long(void) {
    ussl_ctx_t *ctx = context();
    ussl_session_facts_t facts = facts_of(ctx);
    ussl_session_t s = { 0 };
    ussl_error_t err;
    static char name[400];
    memset(name, 'n', sizeof(name) - 1);
    facts.name = name;
    CHECK_EQ(ussl_session_encode(&facts, &s, &err), USSL_FAILED);
    CHECK_EQ(err.reason, USSL_REASON_SESSION_DATA);
    ussl_ctx_release(ctx);
    CHECK_EQ(test_host.live, 0);
}

static void memory(void) {
    ussl_ctx_t *ctx = context();
    ussl_session_facts_t facts = facts_of(ctx);
    unsigned long live = test_host.live;
    for (unsigned long n = 1; n <= 2; n++) {
        ussl_session_t s = { 0 };
        ussl_error_t err;
        host_fail_at(n, false);
        CHECK_EQ(ussl_session_encode(&facts, &s, &err), USSL_FAILED);
        CHECK_EQ(err.cls, USSL_ERR_MEMORY);
        host_reset();
        CHECK_EQ(test_host.live, live);
    }
    ussl_ctx_release(ctx);
}

// ---- may it be offered? ----

typedef struct fit_case {
    const char *what;
    bool fits;
    // The context and connection it is offered on differ in this from where it was made:
    const char *name;
    uint8_t level;
    int64_t later;        // seconds
    uint16_t min, max;
    const char *alpn;     // one name; "" for none
    bool other_trust;
    bool other_identity;
    bool no_identity;
} fit_case_t;

#define SAME .name = "host.example", .level = USSL_LEVEL_NAME, .min = USSL_TLS_1_2, .max = USSL_TLS_1_3

static const fit_case_t fit_cases[] = {
    { "all the same", true, SAME },
    { "another name", false, .name = "other.example", .level = USSL_LEVEL_NAME, .min = USSL_TLS_1_2, .max = USSL_TLS_1_3 },
    { "a name that begins the same", false, .name = "host.example.org", .level = USSL_LEVEL_NAME, .min = USSL_TLS_1_2, .max = USSL_TLS_1_3 },
    { "no name", false, .name = NULL, .level = USSL_LEVEL_CHAIN, .min = USSL_TLS_1_2, .max = USSL_TLS_1_3 },
    { "weaker verification", true, .name = "host.example", .level = USSL_LEVEL_CHAIN, .min = USSL_TLS_1_2, .max = USSL_TLS_1_3 },
    { "no verification", true, .name = "host.example", .level = USSL_LEVEL_NONE, .min = USSL_TLS_1_2, .max = USSL_TLS_1_3 },
    { "at the end of its life", true, SAME, .later = 7200 },
    { "after its life", false, SAME, .later = 7201 },
    { "a clock that stepped back", true, SAME, .later = -1000 },
    { "a clock that is not set", true, SAME, .later = -1000000 },
    { "its version not allowed any more", false, .name = "host.example", .level = USSL_LEVEL_NAME, .min = USSL_TLS_1_2, .max = USSL_TLS_1_2 },
    { "only its version allowed", true, .name = "host.example", .level = USSL_LEVEL_NAME, .min = USSL_TLS_1_3, .max = USSL_TLS_1_3 },
    { "its ALPN name among others", true, SAME, .alpn = "mqtt" },
    { "its ALPN name not offered", false, SAME, .alpn = "h2" },
    { "no ALPN offered", false, SAME, .alpn = "" },
    { "other anchors", false, SAME, .other_trust = true },
    { "other anchors, but nothing is verified", true, .name = "host.example", .level = USSL_LEVEL_NONE, .min = USSL_TLS_1_2,
      .max = USSL_TLS_1_3, .other_trust = true },
    { "another client certificate", false, SAME, .other_identity = true },
    { "no client certificate", false, SAME, .no_identity = true },
};

static ussl_ctx_t *changed_context(const fit_case_t *f) {
    ussl_ctx_t *ctx = NULL;
    ussl_error_t err;
    ussl_bytes_t other = { (const uint8_t *)"O", 1 };
    CHECK_EQ(ussl_ctx_new(&fake_engine, false, &ctx, &err), USSL_OK);
    ussl_ctx_set_versions(ctx, f->min, f->max, &err);
    ussl_ctx_add_trust(ctx, f->other_trust ? other : anchor, &err);
    if (!f->no_identity) {
        ussl_ctx_set_identity(ctx, f->other_identity ? other : identity, identity, identity, &err);
    }
    const char *alpn = f->alpn == NULL ? "mqtt" : f->alpn;
    ussl_ctx_set_alpn(ctx, alpn, f->alpn == NULL || f->alpn[0] != '\0' ? strlen(alpn) + 1 : 0, &err);
    return ctx;
}

static void fit(const void *arg) {
    const fit_case_t *f = arg;
    ussl_ctx_t *made_in = context();
    ussl_session_facts_t facts = facts_of(made_in);
    ussl_session_t s = { 0 };
    ussl_error_t err;
    bool fits = !f->fits;
    CHECK_EQ(ussl_session_encode(&facts, &s, &err), USSL_OK);
    ussl_ctx_t *offered_in = changed_context(f);
    CHECK_EQ(ussl_session_fits(&s, offered_in, f->name, f->level, 1000000 + f->later, &fits, &err), USSL_OK);
    CHECK_EQ(fits, f->fits);
    ussl_session_free(&s);
    ussl_ctx_release(made_in);
    ussl_ctx_release(offered_in);
}

// What was made without verifying never serves a connection that verifies.
static void never_weaker(void) {
    ussl_ctx_t *ctx = context();
    ussl_error_t err;
    for (uint8_t made = USSL_LEVEL_NONE; made <= USSL_LEVEL_NAME; made++) {
        for (uint8_t wanted = USSL_LEVEL_NONE; wanted <= USSL_LEVEL_NAME; wanted++) {
            ussl_session_facts_t facts = facts_of(ctx);
            ussl_session_t s = { 0 };
            bool fits;
            facts.level = made;
            CHECK_EQ(ussl_session_encode(&facts, &s, &err), USSL_OK);
            CHECK_EQ(ussl_session_fits(&s, ctx, "host.example", wanted, 1000000, &fits, &err), USSL_OK);
            CHECK_EQ(fits, made >= wanted);
            ussl_session_free(&s);
        }
    }
    ussl_ctx_release(ctx);
}

// ---- through a connection ----

static unsigned offered_for(const ussl_session_t *session, ussl_ctx_t *ctx, ussl_status_t wanted) {
    static pipe_t pipe;
    pipe_end_t end = { &pipe, &pipe };
    ussl_transport_t transport = pipe_transport(&end);
    ussl_conn_options_t options = { .name = "host.example", .check_name = true, .session = session };
    ussl_conn_t *conn = NULL;
    ussl_error_t err;
    CHECK_EQ(ussl_conn_new(ctx, &transport, &options, &conn, &err), wanted);
    ussl_conn_free(conn);
    return fake.offered;
}

static void offering(void) {
    ussl_ctx_t *ctx = context();
    ussl_session_facts_t facts = facts_of(ctx);
    ussl_session_t s = { 0 };
    ussl_error_t err;
    test_host.unix_ms = 1000000000;
    CHECK_EQ(ussl_session_encode(&facts, &s, &err), USSL_OK);
    CHECK_EQ(offered_for(&s, ctx, USSL_OK), 1);
    test_host.unix_ms += 7201000;
    CHECK_EQ(offered_for(&s, ctx, USSL_OK), 1); // too old: no error, a full handshake
    test_host.unix_ms -= 7201000;
    fake.fails_offer = USSL_ERR_INPUT;
    CHECK_EQ(offered_for(&s, ctx, USSL_OK), 1);
    fake.fails_offer = USSL_ERR_MEMORY;
    CHECK_EQ(offered_for(&s, ctx, USSL_FAILED), 1);
    test_host.unix_ms = 0;
    ussl_session_free(&s);
    ussl_ctx_release(ctx);
    CHECK_EQ(test_host.live, 0);
}

void suite_session(void) {
    char name[100];
    test_case("session: there and back", round_trip);
    test_case("session: with nothing in it", bare);
    test_case("session: every truncation and every flipped bit is refused", damage);
    test_case("session: damage under a right checksum is harmless", sealed_damage);
    test_case("session: of another engine or format", other);
    test_case("session: what is too long is refused", too_long);
    test_case("session: every allocation fails once", memory);
    for (size_t i = 0; i < sizeof(fit_cases) / sizeof(fit_cases[0]); i++) {
        snprintf(name, sizeof(name), "session: %s: %s", fit_cases[i].fits ? "fits" : "does not fit", fit_cases[i].what);
        test_case_with(name, fit, &fit_cases[i]);
    }
    test_case("session: never for stronger verification than it had", never_weaker);
    test_case("session: a connection offers what fits", offering);
}
