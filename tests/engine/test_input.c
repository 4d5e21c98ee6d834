// Certificates and keys as users have them: PEM, DER, mixed, broken.

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/pair.h"
#include "engine/suite.h"
#include "support/host.h"

static const ussl_bytes_t none = { NULL, 0 };

// Several files of the PKI one after the other, their names separated by spaces.
static ussl_bytes_t joined(const char *names) {
    static uint8_t all[1 << 16];
    char copy[200];
    size_t len = 0;
    snprintf(copy, sizeof(copy), "%s", names);
    for (char *name = strtok(copy, " "); name != NULL; name = strtok(NULL, " ")) {
        ussl_bytes_t file = pki_file(name);
        memcpy(all + len, file.data, file.len);
        len += file.len;
    }
    return (ussl_bytes_t) { all, len };
}

// ---- trust anchors ----

typedef struct trust_case {
    const char *files;
    uint8_t reason; // 0 when all is well
    unsigned index;
} trust_case_t;

static const trust_case_t trust_cases[] = {
    { "root-ecdsa.pem", 0, 0 },
    { "root-ecdsa.der", 0, 0 },
    { "roots.pem", 0, 0 },
    { "bundle.pem", 0, 0 },
    { "bundle-crlf.pem", 0, 0 },
    { "root-ecdsa.der root-rsa.der", 0, 0 },
    { "root-ecdsa.key root-ecdsa.pem", 0, 0 }, // other blocks are skipped
    { "empty.pem", USSL_REASON_NO_CERTIFICATE_IN_DATA, 0 },
    { "words.txt", USSL_REASON_NO_CERTIFICATE_IN_DATA, 0 },
    { "garbage.bin", USSL_REASON_NO_CERTIFICATE_IN_DATA, 0 },
    { "root-ecdsa.key", USSL_REASON_NO_CERTIFICATE_IN_DATA, 0 },
    { "garbage.pem", USSL_REASON_CERTIFICATE_PARSE, 1 },
    { "truncated.pem", USSL_REASON_CERTIFICATE_PARSE, 1 },
    { "truncated.der", USSL_REASON_CERTIFICATE_PARSE, 1 },
    { "trailing.der", USSL_REASON_CERTIFICATE_PARSE, 2 },
    { "broken-middle.pem", USSL_REASON_CERTIFICATE_PARSE, 2 },
    { "roots.pem truncated.pem", USSL_REASON_CERTIFICATE_PARSE, 3 },
    { "root-ecdsa.der truncated.der", USSL_REASON_CERTIFICATE_PARSE, 2 },
};

static ussl_ctx_t *context(bool server) {
    ussl_ctx_t *ctx = NULL;
    ussl_error_t err;
    CHECK_EQ(ussl_ctx_new(engine_under_test, server, &ctx, &err), USSL_OK);
    return ctx;
}

static void digest_of(ussl_ctx_t *ctx, uint8_t out[32]) {
    ussl_error_t err;
    CHECK_EQ(engine_under_test->cfg_trust_digest(ctx->cfg, out, &err), USSL_OK);
}

static void trust(const void *arg) {
    const trust_case_t *t = arg;
    ussl_ctx_t *ctx = context(false);
    ussl_error_t err = { 0 };
    uint8_t before[32];
    uint8_t after[32];
    digest_of(ctx, before);
    ussl_status_t st = ussl_ctx_add_trust(ctx, joined(t->files), &err);
    digest_of(ctx, after);
    CHECK_EQ(st, t->reason == 0 ? USSL_OK : USSL_FAILED);
    CHECK_EQ(ctx->has_trust, t->reason == 0);
    CHECK_EQ(err.cls, t->reason == 0 ? USSL_ERR_NONE : USSL_ERR_INPUT);
    CHECK_EQ(err.reason, t->reason);
    CHECK_EQ(err.index, t->index);
    CHECK((memcmp(before, after, 32) == 0) == (t->reason != 0)); // all or none
    ussl_ctx_release(ctx);
}

// Roots: what cannot be used is left out, and what is there already.
static void roots(void) {
    static const struct { const char *file; ussl_status_t status; size_t count; } rows[] = {
        { "roots.pem", USSL_OK, 2 }, { "bundle.pem", USSL_OK, 3 }, { "bundle-crlf.pem", USSL_OK, 2 },
        { "broken-middle.pem", USSL_OK, 2 }, { "truncated.pem", USSL_FAILED, 0 }, { "garbage.pem", USSL_FAILED, 0 },
        { "empty.pem", USSL_FAILED, 0 }, { "words.txt", USSL_FAILED, 0 }, { "root-ecdsa.key", USSL_FAILED, 0 },
        { "roots.bundle", USSL_FAILED, 0 }, // a file that was read does not stay
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        for (unsigned times = 1; times <= 2; times++) {
            ussl_ctx_t *ctx = context(false);
            ussl_error_t err = { 0 };
            size_t count = 0;
            for (unsigned t = 0; t < times; t++) {
                CHECK_EQ(ussl_ctx_add_roots(ctx, pki_file(rows[i].file), 0, &err), rows[i].status);
            }
            CHECK_EQ(err.reason, rows[i].count == 0 ? USSL_REASON_NO_CERTIFICATE_IN_DATA : 0);
            while (engine_under_test->cfg_trust(ctx->cfg, count).len > 0) {
                count++;
            }
            CHECK_EQ(count, rows[i].count);
            ussl_ctx_release(ctx);
        }
    }
}

// All or none, where memory runs out in the middle.
static void roots_without_memory(void) {
    ussl_status_t st = USSL_FAILED;
    ussl_bytes_t file = pki_file("bundle.pem");
    for (unsigned long n = 1; st != USSL_OK && n < 1000; n++) {
        ussl_ctx_t *ctx = context(false);
        ussl_error_t err = { 0 };
        host_fail_at(n, false);
        st = ussl_ctx_add_roots(ctx, file, 0, &err);
        bool failed = test_host.failed;
        host_reset();
        CHECK_EQ(st, failed ? USSL_FAILED : USSL_OK);
        CHECK_EQ(err.cls, failed ? USSL_ERR_MEMORY : USSL_ERR_NONE);
        CHECK((engine_under_test->cfg_trust(ctx->cfg, 0).len > 0) == !failed);
        ussl_ctx_release(ctx);
    }
    CHECK_EQ(st, USSL_OK);
}

// Sessions are bound to what is trusted, however it is given.
static void roots_have_the_same_digest(void) {
    static const char *const forms[] = { "roots.pem", "roots.bundle" };
    uint8_t wanted[32], got[32];
    ussl_error_t err;
    ussl_ctx_t *ctx = context(false);
    CHECK_EQ(ussl_ctx_add_trust(ctx, pki_file("roots.pem"), &err), USSL_OK);
    digest_of(ctx, wanted);
    ussl_ctx_release(ctx);
    for (size_t i = 0; i < 2; i++) {
        ctx = context(false);
        digest_of(ctx, got);
        CHECK(memcmp(wanted, got, 32) != 0);
        CHECK_EQ(ussl_ctx_add_roots(ctx, pki_file(forms[i]), USSL_ROOTS_STAY, &err), USSL_OK);
        digest_of(ctx, got);
        CHECK(memcmp(wanted, got, 32) == 0);
        ussl_ctx_release(ctx);
    }
}

// And to whatever else is asked of a chain.
static void digest_of_checks(void) {
    static const uint8_t pin[USSL_PIN_SIZE] = { 1 };
    uint8_t digests[5][32];
    ussl_error_t err;
    ussl_ctx_t *ctx = context(false);
    digest_of(ctx, digests[0]);
    CHECK_EQ(ussl_ctx_set_checks(ctx, USSL_CHECK_NO_TIME, &err), USSL_OK);
    digest_of(ctx, digests[1]);
    CHECK_EQ(ussl_ctx_set_pins(ctx, (ussl_bytes_t) { pin, sizeof(pin) }, &err), USSL_OK);
    digest_of(ctx, digests[2]);
    CHECK_EQ(ussl_ctx_add_trust(ctx, pki_file("crl-root.pem"), &err), USSL_OK);
    digest_of(ctx, digests[3]);
    CHECK_EQ(ussl_ctx_add_trust(ctx, pki_file("crl-inter.pem"), &err), USSL_OK);
    digest_of(ctx, digests[4]);
    for (unsigned i = 0; i < 5; i++) {
        for (unsigned j = 0; j < i; j++) {
            CHECK(memcmp(digests[i], digests[j], 32) != 0);
        }
    }
    ussl_ctx_release(ctx);
}

static void trust_adds_up(void) {
    uint8_t one[32];
    uint8_t two[32];
    ussl_error_t err;
    ussl_ctx_t *a = context(false);
    ussl_ctx_t *b = context(false);
    CHECK_EQ(ussl_ctx_add_trust(a, pki_file("root-ecdsa.pem"), &err), USSL_OK);
    CHECK_EQ(ussl_ctx_add_trust(a, pki_file("root-rsa.der"), &err), USSL_OK);
    digest_of(a, one);
    CHECK_EQ(ussl_ctx_add_trust(b, pki_file("root-rsa.pem"), &err), USSL_OK);
    digest_of(b, two);
    CHECK(memcmp(one, two, 32) != 0);
    CHECK_EQ(ussl_ctx_add_trust(b, pki_file("root-ecdsa.der"), &err), USSL_OK);
    digest_of(b, two);
    CHECK(memcmp(one, two, 32) == 0); // in any order
    ussl_ctx_release(a);
    ussl_ctx_release(b);
}

// ---- identities ----

typedef struct identity_case {
    const char *name;
    const char *chain;
    const char *key; // NULL where chain holds it
    const char *password;
    uint8_t reason;
    unsigned index;
} identity_case_t;

static const identity_case_t identity_cases[] = {
    { "PEM chain and PKCS#8 key", "server-ecdsa.chain.pem", "server-ecdsa.key", "", 0, 0 },
    { "PEM chain and SEC1 key", "server-ecdsa.chain.pem", "server-ecdsa.old.key", "", 0, 0 },
    { "PEM chain and PKCS#1 key", "server-rsa.chain.pem", "server-rsa.old.key", "", 0, 0 },
    { "DER leaf and DER PKCS#8 key", "server-ecdsa.der", "server-ecdsa.key.der", "", 0, 0 },
    { "DER leaf and DER SEC1 key", "server-ecdsa.der", "server-ecdsa.old.key.der", "", 0, 0 },
    { "DER leaf and DER PKCS#1 key", "server-rsa.der", "server-rsa.old.key.der", "", 0, 0 },
    { "DER chain and PEM key", "server-ecdsa.der inter-ecdsa.der", "server-ecdsa.key", "", 0, 0 },
    { "PEM chain and DER key", "server-rsa.chain.pem", "server-rsa.key.der", "", 0, 0 },
    { "key and chain in one file", "server-ecdsa.both.pem", "server-ecdsa.both.pem", "", 0, 0 },
    { "encrypted key with its password", "server-ecdsa.chain.pem", "server-ecdsa.enc.key", "secret", 0, 0 },
    { "encrypted key without password", "server-ecdsa.chain.pem", "server-ecdsa.enc.key", "", USSL_REASON_KEY_ENCRYPTED, 0 },
    { "encrypted key with a wrong one", "server-ecdsa.chain.pem", "server-ecdsa.enc.key", "wrong", USSL_REASON_KEY_ENCRYPTED, 0 },
    { "key of another certificate", "server-ecdsa.chain.pem", "client-ecdsa.key", "", USSL_REASON_KEY_MISMATCH, 0 },
    { "key of another kind", "server-ecdsa.chain.pem", "server-rsa.key", "", USSL_REASON_KEY_MISMATCH, 0 },
    { "certificate where the key should be", "server-ecdsa.chain.pem", "server-ecdsa.pem", "", USSL_REASON_NO_KEY_IN_DATA, 0 },
    { "key where the certificate should be", "server-ecdsa.key", "server-ecdsa.key", "", USSL_REASON_NO_CERTIFICATE_IN_DATA, 0 },
    { "empty key", "server-ecdsa.chain.pem", "empty.pem", "", USSL_REASON_NO_KEY_IN_DATA, 0 },
    { "garbage as key", "server-ecdsa.chain.pem", "garbage.bin", "", USSL_REASON_KEY_PARSE, 0 },
    { "words as key", "server-ecdsa.chain.pem", "words.txt", "", USSL_REASON_KEY_PARSE, 0 },
    #if USSL_PKCS12
    { "PKCS#12", "aes.p12", NULL, "secret", 0, 0 },
    { "PKCS#12 in the clear", "odd-plain.p12", NULL, "", 0, 0 },
    { "PKCS#12 with a MAC of one iteration", "odd-mac.p12", NULL, "secret", 0, 0 },
    { "PKCS#12 in the clear, wrong password", "odd-mac.p12", NULL, "wrong", USSL_REASON_KEY_ENCRYPTED, 0 },
    { "PKCS#12 with another MAC", "odd-mac-digest.p12", NULL, "secret", USSL_REASON_KEY_ENCRYPTED, 0 },
    { "PKCS#12 with a short MAC", "odd-mac-short.p12", NULL, "secret", USSL_REASON_PKCS12, 0 },
    { "PKCS#12 with a MAC without salt", "odd-mac-unsalted.p12", NULL, "secret", USSL_REASON_PKCS12, 0 },
    { "PKCS#12 with a MAC that takes hours", "odd-mac-endless.p12", NULL, "secret", USSL_REASON_PKCS12, 0 },
    { "PKCS#12 with a MAC of no iterations", "odd-mac-never.p12", NULL, "secret", USSL_REASON_PKCS12, 0 },
    { "PKCS#12 with all in one sealed part", "odd-sealed-key.p12", NULL, "secret", 0, 0 },
    { "PKCS#12 with two keys", "odd-two-keys.p12", NULL, "", 0, 0 },
    { "PKCS#12 with another's key first", "odd-two-keys-other-first.p12", NULL, "", USSL_REASON_KEY_MISMATCH, 0 },
    { "PKCS#12 without a certificate", "odd-no-certificate.p12", NULL, "", USSL_REASON_NO_CERTIFICATE_IN_DATA, 0 },
    { "PKCS#12 without a key", "no-key.p12", NULL, "", USSL_REASON_NO_KEY_IN_DATA, 0 },
    { "PKCS#12 with its own certificate last", "odd-order.p12", NULL, "", 0, 0 },
    { "PKCS#12 with other content", "odd-other-content.p12", NULL, "", USSL_REASON_PKCS12, 0 },
    { "PKCS#12 of another version", "odd-version.p12", NULL, "", USSL_REASON_CERTIFICATE_PARSE, 1 },
    { "PKCS#12 that decrypts to nonsense", "odd-nonsense.p12", NULL, "secret", USSL_REASON_KEY_ENCRYPTED, 0 },
    { "PKCS#12, the longest password", "longest.p12", NULL, "ppppppppppppppppppppppppppppppp", 0, 0 },
    { "PKCS#12, one too long", "too-long.p12", NULL, "pppppppppppppppppppppppppppppppp", USSL_REASON_PKCS12_PASSWORD, 0 },
    { "PKCS#12, a password beyond ASCII", "aes.p12", NULL, "secr\xc3\xa9t", USSL_REASON_PKCS12_PASSWORD, 0 },
    #endif
    { "broken intermediate", "server-ecdsa.pem garbage.pem", "server-ecdsa.key", "", USSL_REASON_CERTIFICATE_PARSE, 2 },
};

static ussl_status_t set_identity(ussl_ctx_t *ctx, const char *chain, const char *key, const char *password, ussl_error_t *err) {
    ussl_bytes_t secret = { (const uint8_t *)password, strlen(password) };
    ussl_bytes_t all = joined(chain);
    return ussl_ctx_set_identity(ctx, all, key == NULL ? all : pki_file(key), secret, err);
}

static void identity(const void *arg) {
    const identity_case_t *i = arg;
    ussl_ctx_t *ctx = context(true);
    ussl_error_t err = { 0 };
    ussl_status_t st = set_identity(ctx, i->chain, i->key, i->password, &err);
    CHECK_EQ(st, i->reason == 0 ? USSL_OK : USSL_FAILED);
    CHECK_EQ(ctx->has_identity, i->reason == 0);
    CHECK_EQ(err.cls, i->reason == 0 ? USSL_ERR_NONE : USSL_ERR_INPUT);
    CHECK_EQ(err.reason, i->reason);
    CHECK_EQ(err.index, i->index);
    ussl_ctx_release(ctx);
}

// However the key came, it is in no memory that was freed.
static void keys_are_wiped(void) {
    static const char *const files[][2] = {
        { "server-ecdsa.chain.pem", "server-ecdsa.key" }, { "server-ecdsa.chain.pem", "server-ecdsa.enc.key" },
        { "server-ecdsa.der", "server-ecdsa.key.der" }, { "server-ecdsa.both.pem", NULL },
        #if USSL_PKCS12
        { "aes.p12", NULL }, { "open-certs.p12", NULL }, { "no-mac.p12", NULL }, { "odd-sealed-key.p12", NULL },
        #endif
    };
    static const uint8_t before[] = { 0x02, 0x01, 0x01, 0x04, 0x20 }; // the number in ECPrivateKey (RFC 5915)
    ussl_bytes_t der = pki_file("server-ecdsa.key.der");
    size_t at = 0;
    while (at + sizeof(before) + 32 <= der.len && memcmp(der.data + at, before, sizeof(before)) != 0) {
        at++;
    }
    CHECK(at + sizeof(before) + 32 <= der.len);
    test_host.secret = der.data + at + sizeof(before);
    test_host.secret_len = 32;
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        ussl_ctx_t *ctx = context(true);
        ussl_error_t err = { 0 };
        test_host.exposed = 0;
        CHECK_EQ(set_identity(ctx, files[i][0], files[i][1], "secret", &err), USSL_OK);
        ussl_ctx_release(ctx);
        CHECK_EQ(test_host.exposed, 0);
    }
    test_host.secret = NULL;
}

// A failed change leaves the earlier identity in service; a good one replaces it.
static void identity_stays(void) {
    static pair_t pair;
    pair_options_t o = usual(0);
    ussl_error_t err;
    if (pair_connect(&pair, &o)) {
        pair_close(&pair);
        CHECK_EQ(set_identity(pair.server_ctx, "server-rsa.chain.pem", "server-ecdsa.key", "", &err), USSL_FAILED);
        CHECK(pair_connect(&pair, &o));
        pair_close(&pair);
        CHECK_EQ(set_identity(pair.server_ctx, "wrongname.chain.pem", "wrongname.key", "", &err), USSL_OK);
        CHECK(pair_open(&pair, &o));
        pair_handshake(&pair);
        CHECK_EQ(pair.client->error.cls, USSL_ERR_VERIFY);
    }
    pair_free(&pair);
}

// ---- a certificate taken apart ----

typedef struct fields {
    char text[4000];
    size_t len;
} fields_t;

// A NUL in the value is written as @.
static void note_field(void *arg, const char *group, const char *key, const char *value, size_t len, bool new_rdn) {
    fields_t *f = arg;
    char *line = f->text + f->len;
    size_t room = sizeof(f->text) - f->len;
    size_t head = (size_t)snprintf(line, room, "%s%s.%s=", new_rdn ? "" : "+", group, key == NULL ? "" : key);
    if (head + len + 2 > room) {
        return;
    }
    for (size_t i = 0; i < len; i++) {
        line[head + i] = value[i] == '\0' ? '@' : value[i];
    }
    strcpy(line + head + len, "\n");
    f->len += head + len + 1;
}

static void describe(void) {
    fields_t f = { .len = 0 };
    ussl_error_t err;
    CHECK_EQ(engine_under_test->describe_cert(pki_file("server-ecdsa.der"), note_field, &f, &err), USSL_OK);
    CHECK(strstr(f.text, "subject.commonName=localhost\n") != NULL);
    CHECK(strstr(f.text, "issuer.commonName=ussl test intermediate ECDSA\n") != NULL);
    CHECK(strstr(f.text, "version.=3\n") != NULL);
    CHECK(strstr(f.text, "subjectAltName.DNS=www.example.test\n") != NULL);
    CHECK(strstr(f.text, "subjectAltName.DNS=*.wild.test\n") != NULL);
    CHECK(strstr(f.text, "subjectAltName.IP Address=127.0.0.1\n") != NULL);
    CHECK(strstr(f.text, "subjectAltName.IP Address=0:0:0:0:0:0:0:1\n") != NULL);
    CHECK(strstr(f.text, " GMT\n") != NULL);
    CHECK(strstr(f.text, "\xef\xbf\xbd") == NULL);
    CHECK_EQ(engine_under_test->describe_cert(pki_file("truncated.der"), note_field, &f, &err), USSL_FAILED);
    CHECK_EQ(err.reason, USSL_REASON_CERTIFICATE_PARSE);
    CHECK_EQ(engine_under_test->describe_cert(none, note_field, &f, &err), USSL_FAILED);
}

// Describes the certificate with its subject's "localhost" made another text of the same
// length under another ASN.1 tag; true when that shows as wanted.
static bool shows(uint8_t tag, const char *text, const char *wanted) {
    static const uint8_t name[] = { 12, 9, 'l', 'o', 'c', 'a', 'l', 'h', 'o', 's', 't' };
    uint8_t der[4096];
    char line[100];
    fields_t f = { .len = 0 };
    ussl_error_t err;
    ussl_bytes_t file = pki_file("server-ecdsa.der");
    memcpy(der, file.data, file.len);
    for (size_t i = 0; i + sizeof(name) < file.len; i++) {
        if (memcmp(der + i, name, sizeof(name)) == 0) {
            der[i] = tag;
            memcpy(der + i + 2, text, 9);
        }
    }
    snprintf(line, sizeof(line), "subject.commonName=%s\n", wanted);
    return engine_under_test->describe_cert((ussl_bytes_t) { der, file.len }, note_field, &f, &err) == USSL_OK
           && strstr(f.text, line) != NULL;
}

static void encodings(void) {
    CHECK(shows(0x0c, "localhost", "localhost"));
    CHECK(shows(0x0c, "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80", "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80"));
    CHECK(shows(0x0c, "a\x80\xc3(\xff----", "a\xef\xbf\xbd\xef\xbf\xbd(\xef\xbf\xbd----"));
    CHECK(shows(0x0c, "good\0evil", "good@evil"));
    CHECK(shows(0x0c, "\xc0\xaf-------", "\xef\xbf\xbd-------"));
    CHECK(shows(0x0c, "12345678\xc3", "12345678\xef\xbf\xbd"));
    CHECK(shows(0x14, "M\xfcller   ", "M\xc3\xbcller   "));
    CHECK(shows(0x1e, "\0M\0\xfc\x20\xac\0.\0", "M\xc3\xbc\xe2\x82\xac.\xef\xbf\xbd"));
}

// ---- memory ----

typedef struct configuration {
    bool server;
    end_options_t options;
} configuration_t;

// Every allocation of a configuration fails once; nothing half-made stays behind. Of the
// thousands that checking an RSA key takes, the later ones are sampled.
static void configuration_memory(const void *arg) {
    const configuration_t *c = arg;
    ussl_error_t first;
    ussl_ctx_release(make_context(c->server, &c->options, &first)); // what the library keeps is there then
    bool done = false;
    ussl_error_t err;
    for (unsigned long n = 1; !done && n < 20000 && test_passing(); n += 1 + n / 400) {
        unsigned long live = test_host.live;
        host_fail_at(n, false);
        ussl_ctx_t *ctx = make_context(c->server, &c->options, &err);
        done = !test_host.failed;
        host_reset();
        CHECK(ctx != NULL || err.cls == USSL_ERR_MEMORY);
        CHECK(!done || ctx != NULL);
        ussl_ctx_release(ctx);
        CHECK_EQ(test_host.live, live);
    }
    CHECK(done);
}

// A change that finds no memory changes nothing.
static void failed_change(void) {
    ussl_error_t err;
    ussl_ctx_t *ctx = context(true);
    CHECK_EQ(ussl_ctx_add_trust(ctx, pki_file("root-rsa.pem"), &err), USSL_OK);
    uint8_t before[32];
    uint8_t after[32];
    digest_of(ctx, before);
    for (unsigned long n = 1; n < 200 && test_passing(); n++) {
        host_fail_at(n, false);
        ussl_status_t st = ussl_ctx_add_trust(ctx, pki_file("roots.pem"), &err);
        bool failed = test_host.failed;
        host_reset();
        if (!failed) {
            break;
        }
        CHECK(st == USSL_FAILED && err.cls == USSL_ERR_MEMORY);
        digest_of(ctx, after);
        CHECK(memcmp(before, after, 32) == 0);
    }
    ussl_ctx_release(ctx);
}

void suite_input(void) {
    char name[100];
    for (size_t i = 0; i < sizeof(trust_cases) / sizeof(trust_cases[0]); i++) {
        snprintf(name, sizeof(name), "anchors from %s", trust_cases[i].files);
        test_case_with(name, trust, &trust_cases[i]);
    }
    test_case("anchors add up, in any order", trust_adds_up);
    test_case("roots: what is of use", roots);
    test_case("roots: all or none without memory", roots_without_memory);
    test_case("checks, pins and revocation lists: the digest of trust", digest_of_checks);
    test_case("roots: the digest of trust", roots_have_the_same_digest);
    for (size_t i = 0; i < sizeof(identity_cases) / sizeof(identity_cases[0]); i++) {
        snprintf(name, sizeof(name), "identity: %s", identity_cases[i].name);
        test_case_with(name, identity, &identity_cases[i]);
    }
    test_case("identity: keys are wiped", keys_are_wiped);
    test_case("a failed change leaves the identity", identity_stays);
    test_case("a certificate taken apart", describe);
    test_case("names in every encoding are shown as UTF-8", encodings);
    static const configuration_t client = { false, { .identity = "client-rsa", .trust = "bundle.pem",
        .verify = USSL_VERIFY_REQUIRED, .alpn = "a\0b", .alpn_size = 4 } };
    static const configuration_t server = { true, { .identity = "server-ecdsa", .trust = "roots.pem" } };
    test_case_with("memory: every allocation of a client's configuration", configuration_memory, &client);
    test_case_with("memory: every allocation of a server's configuration", configuration_memory, &server);
    test_case("memory: a failed change changes nothing", failed_change);
}
