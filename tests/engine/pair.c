#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/pair.h"

#define MANY_ROUNDS 200000
#define MAX_FILES 128

typedef struct file {
    char *name;
    uint8_t *data;
    size_t len;
} file_t;

// ---- the PKI ----

static void read_file(file_t *file, const char *name) {
    char path[512];
    const char *folder = getenv("USSL_PKI");
    snprintf(path, sizeof(path), "%s/%s", folder == NULL ? "../../build/pki" : folder, name);
    FILE *f = fopen(path, "rb");
    if (f == NULL) {
        fprintf(stderr, "cannot read %s\n", path);
        abort();
    }
    file->data = malloc(1 << 16);
    file->len = fread(file->data, 1, 1 << 16, f);
    file->name = strdup(name);
    fclose(f);
}

ussl_bytes_t pki_file(const char *name) {
    static file_t files[MAX_FILES];
    file_t *file = files;
    while (file->name != NULL && strcmp(file->name, name) != 0) {
        file++;
    }
    if (file == files + MAX_FILES - 1) {
        abort();
    }
    if (file->name == NULL) {
        read_file(file, name);
    }
    return (ussl_bytes_t) { file->data, file->len };
}

// ---- contexts ----

static ussl_status_t set_identity(ussl_ctx_t *ctx, const char *name, ussl_error_t *err) {
    char chain[64];
    char key[64];
    snprintf(chain, sizeof(chain), "%s.chain.pem", name);
    snprintf(key, sizeof(key), "%s.key", name);
    return ussl_ctx_set_identity(ctx, pki_file(chain), pki_file(key), (ussl_bytes_t) { NULL, 0 }, err);
}

static ussl_status_t set_pin(ussl_ctx_t *ctx, const char *file, ussl_error_t *err) {
    uint8_t digest[USSL_PIN_SIZE];
    return ctx->engine->sha256(pki_file(file), digest, err) != USSL_OK ? USSL_FAILED
           : ussl_ctx_set_pins(ctx, (ussl_bytes_t) { digest, sizeof(digest) }, err);
}

static ussl_status_t set_up(ussl_ctx_t *ctx, const end_options_t *o, ussl_error_t *err) {
    ussl_status_t st = USSL_OK;
    if (o->min != 0) {
        st = ussl_ctx_set_versions(ctx, o->min, o->max, err);
    }
    if (st == USSL_OK && o->verify != USSL_VERIFY_NONE) {
        st = ussl_ctx_set_verify(ctx, o->verify, err);
    }
    if (st == USSL_OK && o->trust != NULL) {
        st = ussl_ctx_add_trust(ctx, pki_file(o->trust), err);
    }
    if (st == USSL_OK && o->roots != NULL) {
        st = ussl_ctx_add_roots(ctx, pki_file(o->roots), USSL_ROOTS_STAY, err);
    }
    if (st == USSL_OK && o->keep_chain) {
        st = ussl_ctx_set_keep_chain(ctx, true, err);
    }
    if (st == USSL_OK && o->checks != 0) {
        st = ussl_ctx_set_checks(ctx, o->checks, err);
    }
    if (st == USSL_OK && o->pin != NULL) {
        st = set_pin(ctx, o->pin, err);
    }
    if (st == USSL_OK && o->sign != NULL) {
        st = ussl_ctx_set_signer(ctx, o->sign, err);
    }
    if (st == USSL_OK && o->identity != NULL) {
        st = set_identity(ctx, o->identity, err);
    }
    if (st == USSL_OK && (o->with | o->without) != 0) {
        st = ussl_ctx_set_options(ctx, (ctx->options | o->with) & ~o->without, err);
    }
    if (st == USSL_OK && o->suites != NULL) {
        size_t count = 0;
        while (o->suites[count] != 0) {
            count++;
        }
        st = ussl_ctx_set_suites(ctx, o->suites, count, err);
    }
    if (st == USSL_OK && o->alpn != NULL) {
        st = ussl_ctx_set_alpn(ctx, o->alpn, o->alpn_size, err);
    }
    if (st == USSL_OK && ctx->server && !o->no_tickets) {
        st = ussl_ctx_enable_resumption(ctx, err);
    }
    if (st == USSL_OK && o->max_early_data > 0) {
        st = ussl_ctx_set_max_early_data(ctx, o->max_early_data, err);
    }
    return st;
}

ussl_ctx_t *make_context(bool server, const end_options_t *options, ussl_error_t *err) {
    ussl_ctx_t *ctx;
    if (ussl_ctx_new(engine_under_test, server, &ctx, err) != USSL_OK) {
        return NULL;
    }
    if (set_up(ctx, options, err) != USSL_OK) {
        ussl_ctx_release(ctx);
        return NULL;
    }
    return ctx;
}

pair_options_t usual(uint16_t version) {
    return (pair_options_t) {
        .client = { .trust = "root-ecdsa.pem", .verify = USSL_VERIFY_REQUIRED, .min = version, .max = version },
        .server = { .identity = "server-ecdsa", .min = USSL_TLS_1_2, .max = engine_under_test->version_max },
        .name = "localhost",
        .check_name = true,
    };
}

// ---- connections ----

static bool use_datagrams(const pair_options_t *o, ussl_ctx_t *ctx, ussl_error_t *err) {
    #if USSL_DTLS
    return !o->datagrams || (ussl_ctx_use_datagrams(ctx, err) == USSL_OK
                             && (o->mtu == 0 || ussl_ctx_set_mtu(ctx, o->mtu, err) == USSL_OK));
    #else
    (void)ctx, (void)err;
    return !o->datagrams;
    #endif
}

static bool make_contexts(pair_t *p, const pair_options_t *o) {
    bool ok = true;
    if (p->client_ctx == NULL) {
        p->client_ctx = make_context(false, &o->client, &p->err);
        ok = p->client_ctx != NULL && use_datagrams(o, p->client_ctx, &p->err);
    }
    if (ok && p->server_ctx == NULL) {
        p->server_ctx = make_context(true, &o->server, &p->err);
        ok = p->server_ctx != NULL && use_datagrams(o, p->server_ctx, &p->err);
    }
    return ok;
}

static void make_pipes(pair_t *p, size_t capacity) {
    pipe_reset(&p->to_server);
    pipe_reset(&p->to_client);
    p->to_server.capacity = p->to_client.capacity = capacity;
    p->client_end = (pipe_end_t) { .in = &p->to_client, .out = &p->to_server };
    p->server_end = (pipe_end_t) { .in = &p->to_server, .out = &p->to_client };
}

bool pair_open(pair_t *p, const pair_options_t *o) {
    ussl_conn_options_t client = { .name = o->name, .check_name = o->check_name, .session = o->session,
                                   .early_data = o->early_data, .psk = o->client.psk };
    ussl_conn_options_t server = { .chooser = o->chooser, .psk = o->server.psk };
    make_pipes(p, o->pipe);
    p->to_server.datagrams = p->to_client.datagrams = o->datagrams;
    if (o->peer_id != NULL) {
        server.peer_id = (ussl_bytes_t) { (const uint8_t *)o->peer_id, strlen(o->peer_id) };
    }
    ussl_transport_t client_transport = pipe_transport(&p->client_end);
    ussl_transport_t server_transport = pipe_transport(&p->server_end);
    p->client_status = p->server_status = USSL_WANT_READ;
    if (!make_contexts(p, o)) {
        return false;
    }
    p->server_ctx->chooses = o->chooser.choose != NULL;
    return ussl_conn_new(p->client_ctx, &client_transport, &client, &p->client, &p->err) == USSL_OK
           && ussl_conn_new(p->server_ctx, &server_transport, &server, &p->server, &p->err) == USSL_OK;
}

static bool is_final(ussl_status_t st) {
    return st == USSL_OK || st == USSL_FAILED;
}

// One end's turn; what is left of a flight or an alert goes out even after the outcome.
static void turn(ussl_conn_t *conn, ussl_status_t *st) {
    if (is_final(*st)) {
        ussl_conn_flush(conn);
    } else {
        *st = ussl_conn_handshake(conn);
    }
}

void pair_handshake(pair_t *p) {
    for (unsigned long moved, round = 0; round < MANY_ROUNDS; round++) {
        moved = p->to_server.total + p->to_client.total + p->to_server.recvs + p->to_client.recvs;
        turn(p->client, &p->client_status);
        turn(p->server, &p->server_status);
        bool stuck = moved == p->to_server.total + p->to_client.total + p->to_server.recvs + p->to_client.recvs
            && p->to_server.hold_reads + p->to_server.hold_writes + p->to_client.hold_reads + p->to_client.hold_writes == 0;
        if (stuck) {
            return;
        }
    }
    test_fail(__FILE__, __LINE__, "the handshake never ends");
}

bool pair_connect(pair_t *p, const pair_options_t *options) {
    if (!pair_open(p, options)) {
        test_fail(__FILE__, __LINE__, "no connection: class %d reason %d code -0x%04x", p->err.cls, p->err.reason,
            (unsigned)-p->err.code);
        return false;
    }
    pair_handshake(p);
    const ussl_error_t *c = &p->client->error;
    const ussl_error_t *s = &p->server->error;
    if (p->client_status != USSL_OK || p->server_status != USSL_OK) {
        test_fail(__FILE__, __LINE__, "client %d: class %d reason %d alert %d code -0x%04x; "
            "server %d: class %d reason %d alert %d code -0x%04x",
            p->client_status, c->cls, c->reason, c->alert, (unsigned)-c->code,
            p->server_status, s->cls, s->reason, s->alert, (unsigned)-s->code);
        return false;
    }
    return true;
}

void pair_close(pair_t *p) {
    ussl_conn_free(p->client);
    ussl_conn_free(p->server);
    p->client = p->server = NULL;
}

void pair_free(pair_t *p) {
    pair_close(p);
    ussl_ctx_release(p->client_ctx);
    ussl_ctx_release(p->server_ctx);
    memset(p, 0, sizeof(*p));
}

// ---- data ----

static uint8_t pattern(size_t at) {
    return (uint8_t)(at * 7 + (at >> 8));
}

// Writes some of the pattern from *done on; false on a failure.
static bool send_some(ussl_conn_t *conn, size_t *done, size_t len) {
    uint8_t data[5000];
    size_t n = len - *done < sizeof(data) ? len - *done : sizeof(data);
    for (size_t i = 0; i < n; i++) {
        data[i] = pattern(*done + i);
    }
    size_t put;
    ussl_status_t st = n == 0 ? ussl_conn_flush(conn) : ussl_conn_write(conn, data, n, &put);
    *done += n == 0 ? 0 : put;
    return st != USSL_FAILED;
}

static bool receive_some(ussl_conn_t *conn, size_t *done) {
    uint8_t data[3000];
    size_t got;
    ussl_status_t st = ussl_conn_read(conn, data, sizeof(data), &got);
    for (size_t i = 0; i < got; i++, (*done)++) {
        if (data[i] != pattern(*done)) {
            return false;
        }
    }
    return st == USSL_OK || st == USSL_WANT_READ;
}

bool pair_transfer(ussl_conn_t *from, ussl_conn_t *to, size_t len) {
    size_t sent = 0;
    size_t received = 0;
    for (unsigned long round = 0; received < len && round < MANY_ROUNDS; round++) {
        if (!send_some(from, &sent, len) || !receive_some(to, &received)) {
            return false;
        }
    }
    return received == len;
}

bool pair_save(pair_t *p, ussl_session_t *out) {
    ussl_error_t err;
    uint8_t byte;
    size_t got;
    ussl_conn_read(p->server, &byte, 1, &got); // lets the server send its tickets
    return ussl_conn_await_session(p->client, &err) == USSL_OK
           && ussl_conn_session(p->client, out, &err) == USSL_OK;
}
