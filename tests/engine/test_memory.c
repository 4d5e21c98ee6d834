// Memory runs out at every allocation there is, once: whatever was going on must then
// end with USSL_ERR_MEMORY or succeed all the same, and give back what it holds.

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/pair.h"
#include "engine/suite.h"
#include "support/host.h"

// Who was at work when the allocation failed.
typedef enum { NOBODY, SETUP, CLIENT, SERVER } side_t;

typedef struct memory_case {
    const char *name;
    uint16_t version;
    bool rsa;
    bool mutual;
    bool resume;  // the failing handshake is a resumed one
    bool alpn;
    bool early;   // with early data, which the server accepts
    bool psk_alone;
    bool datagrams; // DTLS
    bool psk;     // a pre-shared key, and no certificates
    const char *roots; // to verify with, and chains are kept
    bool choose;  // the server's context is another's choice
    bool sign;    // both ends have functions that sign
    bool more;    // each allocation in every way
} memory_case_t;

static pair_t pair;
static const uint8_t early[300]; // as much as send_bytes reads
static side_t failed_side;
static bool both_lack; // several allocations fail, of either side

static void note_side(side_t side) {
    if (test_host.failed && failed_side == NOBODY) {
        failed_side = side;
    }
}

static bool give_psk(void *arg, ussl_bytes_t told, ussl_psk_t *out) {
    (void)arg;
    (void)told;
    out->identity_len = out->key_len = 16;
    memcpy(out->identity, "an identity of 16", 16);
    memcpy(out->key, "a key of 16 bytes", 16);
    return true;
}

// Its context, which is taken whoever asks.
static ussl_ctx_t *chosen;

static int choose(void *arg, ussl_bytes_t name) {
    const ussl_judge_t none = { 0 };
    const ussl_psk_source_t no_psk = { 0 };
    ussl_error_t err;
    (void)arg, (void)name;
    return ussl_conn_set_context(pair.server, chosen, &none, &no_psk, &err) == USSL_OK ? -1 : 80;
}

// Leaves it to the library.
static int sign(void *arg, ussl_bytes_t key, ussl_bytes_t hash, uint8_t *signature, size_t size) {
    (void)arg, (void)key, (void)hash, (void)signature, (void)size;
    return 0;
}

static pair_options_t options_of(const memory_case_t *m) {
    pair_options_t o = usual(m->version);
    if (m->rsa) {
        o.server.identity = "server-rsa";
        o.client.trust = "root-rsa.pem";
    }
    if (m->roots != NULL) {
        o.client.roots = m->roots;
        o.client.keep_chain = true;
        o.client.pin = "inter-ecdsa.der";
        o.client.trust = m->version == USSL_TLS_1_3 ? NULL : "crls.pem";
        o.client.checks = o.client.trust == NULL ? 0 : USSL_CHECK_CRL_CHAIN;
    }
    if (m->psk_alone) {
        o.client.with = o.server.with = USSL_OP_ALLOW_NO_DHE_KEX;
    }
    if (m->psk) {
        o = (pair_options_t) { .client = { .min = m->version, .max = m->version, .psk = { .ask = give_psk, .alone = true } },
                               .server = { .psk = { .ask = give_psk, .hint = { (const uint8_t *)"hint", 4 } } } };
    }
    if (m->mutual) {
        o.client.identity = "client-ecdsa";
        o.server.trust = "root-ecdsa.pem";
        o.server.verify = USSL_VERIFY_OPTIONAL;
    }
    if (m->datagrams) {
        o.datagrams = true;
        o.mtu = 400;
        o.peer_id = "client";
        o.server.max = USSL_TLS_1_2;
    }
    if (m->sign) {
        o.client.sign = o.server.sign = sign;
    }
    if (m->early) {
        o.server.max_early_data = sizeof(early);
    }
    if (m->alpn) {
        o.client.alpn = o.server.alpn = "http/1.1\0mqtt";
        o.client.alpn_size = o.server.alpn_size = sizeof("http/1.1\0mqtt");
    }
    return o;
}

// The two laws: who lacked memory says so or copes, and the other hears at most an alert.
static void judge(side_t side, ussl_status_t st, const ussl_error_t *err) {
    bool own = failed_side == side;
    bool lacks = own || (failed_side != NOBODY && (test_host.fail_for_good || both_lack));
    bool hears = !own && failed_side != NOBODY;
    bool excused = st != USSL_FAILED || (lacks && err->cls == USSL_ERR_MEMORY) || (hears && err->cls == USSL_ERR_ALERT);
    if (!excused) {
        test_fail(__FILE__, __LINE__, "side %d failed with class %d reason %d alert %d code -0x%04x after an allocation of side %d",
            side, err->cls, err->reason, err->alert, (unsigned)-err->code, failed_side);
    }
}

static void watched_turn(ussl_conn_t *conn, ussl_status_t *st, side_t side) {
    if (*st == USSL_OK || *st == USSL_FAILED) {
        ussl_conn_flush(conn);
        return;
    }
    *st = ussl_conn_handshake(conn);
    note_side(side);
    judge(side, *st, &conn->error);
}

// True when both ends are open.
static bool shake(pair_t *p) {
    unsigned long moved = 0;
    for (unsigned long before = 1; before != moved;) {
        before = moved;
        watched_turn(p->client, &p->client_status, CLIENT);
        watched_turn(p->server, &p->server_status, SERVER);
        moved = p->to_server.total + p->to_client.total + p->to_server.recvs + p->to_client.recvs;
    }
    bool open = p->client_status == USSL_OK && p->server_status == USSL_OK;
    if (!open && !p->to_server.datagrams && !(p->client_status == USSL_FAILED || p->server_status == USSL_FAILED)) {
        test_fail(__FILE__, __LINE__, "the handshake is stuck after an allocation of side %d", failed_side);
    }
    return open;
}

static bool open_pair(pair_t *p, const pair_options_t *o) {
    bool ok = pair_open(p, o);
    note_side(SETUP);
    if (!ok && p->err.cls != USSL_ERR_MEMORY) {
        test_fail(__FILE__, __LINE__, "opening failed with class %d reason %d code -0x%04x", p->err.cls, p->err.reason,
            (unsigned)-p->err.code);
    }
    return ok;
}

// Some bytes from one side to the other; each step is judged.
static bool send_bytes(ussl_conn_t *from, side_t a, ussl_conn_t *to, side_t b) {
    uint8_t buf[300] = { 1, 2, 3 };
    size_t put;
    size_t got = 0;
    ussl_status_t st = ussl_conn_write(from, buf, sizeof(buf), &put);
    note_side(a);
    judge(a, st, &from->error);
    if (st == USSL_OK) {
        st = ussl_conn_read(to, buf, sizeof(buf), &got);
        note_side(b);
        judge(b, st, &to->error);
    }
    return st == USSL_OK && CHECK_EQ(got, sizeof(buf));
}

static bool save(pair_t *p, ussl_session_t *out) {
    ussl_error_t err;
    ussl_status_t st = ussl_conn_await_session(p->client, &err);
    if (st == USSL_OK) {
        st = ussl_conn_session(p->client, out, &err);
    }
    note_side(CLIENT);
    judge(CLIENT, st, &err);
    return st == USSL_OK;
}

static void shut(pair_t *p) {
    ussl_status_t st = ussl_conn_shutdown(p->client);
    note_side(CLIENT);
    judge(CLIENT, st, &p->client->error);
    uint8_t byte;
    size_t got;
    st = ussl_conn_read(p->server, &byte, 1, &got);
    note_side(SERVER);
    judge(SERVER, st, &p->server->error);
}

// One whole life: contexts, handshake, data both ways, a session saved, the end.
static bool live(pair_t *p, const pair_options_t *o, ussl_session_t *out) {
    bool ok = open_pair(p, o) && shake(p) && send_bytes(p->client, CLIENT, p->server, SERVER)
        && send_bytes(p->server, SERVER, p->client, CLIENT);
    ok = ok && (out == NULL || save(p, out));
    if (ok) {
        shut(p);
    }
    return ok;
}

typedef struct plan {
    const memory_case_t *m;
    pair_options_t options;
    ussl_session_t session; // to resume, where the case wants that
    ussl_ctx_t *client_ctx; // kept, or NULL: each run makes its own
    ussl_ctx_t *server_ctx;
    unsigned long live;     // blocks held between runs
} plan_t;

// A ticket brings early data in once, so each run needs a new one.
static void renew(plan_t *plan) {
    if (!plan->m->early) {
        return;
    }
    pair_options_t o = plan->options;
    o.early_data = (ussl_bytes_t) { NULL, 0 };
    pair.client_ctx = ussl_ctx_retain(plan->client_ctx);
    pair.server_ctx = ussl_ctx_retain(plan->server_ctx);
    if (pair_connect(&pair, &o)) {
        ussl_session_free(&plan->session);
        CHECK(pair_save(&pair, &plan->session));
    }
    pair_free(&pair);
}

static unsigned runs;
static unsigned missed; // runs that never came to the allocation that was to fail

__attribute__((noinline)) static bool run(plan_t *plan) {
    ussl_session_t saved = { 0 };
    host_stack_base(__builtin_frame_address(0));
    failed_side = NOBODY;
    memset(&pair.err, 0, sizeof(pair.err));
    pair.client_ctx = plan->client_ctx == NULL ? NULL : ussl_ctx_retain(plan->client_ctx);
    pair.server_ctx = plan->server_ctx == NULL ? NULL : ussl_ctx_retain(plan->server_ctx);
    bool ok = live(&pair, &plan->options, plan->m->psk ? NULL : &saved);
    bool as_planned = ok && engine_under_test->resumed(pair.client->tls) == plan->m->resume
        && (pair.client->early_data == USSL_EARLY_ACCEPTED) == plan->m->early;
    ussl_session_free(&saved);
    pair_free(&pair);
    runs++;
    missed += !test_host.failed;
    host_reset();
    // A kept RSA key may have dropped its blinding, and makes it again when all goes well.
    CHECK(test_host.live <= plan->live && (plan->m->rsa || test_host.live == plan->live));
    return as_planned;
}

// Makes what the runs share: a resumed handshake needs the contexts that gave the session,
// and contexts with RSA keys take long to make.
static bool prepare(plan_t *plan, const memory_case_t *m) {
    ussl_error_t err;
    *plan = (plan_t) { .m = m, .options = options_of(m) };
    if (m->choose) {
        chosen = make_context(true, &plan->options.server, &err);
        plan->options.chooser.choose = choose;
    }
    if (!CHECK(pair_connect(&pair, &plan->options)) || !CHECK(m->psk || pair_save(&pair, &plan->session))) {
        return false;
    }
    if (m->resume || m->rsa) {
        plan->client_ctx = ussl_ctx_retain(pair.client_ctx);
        plan->server_ctx = ussl_ctx_retain(pair.server_ctx);
    }
    plan->options.session = m->resume ? &plan->session : NULL;
    plan->options.early_data = (ussl_bytes_t) { early, m->early ? sizeof(early) : 0 };
    pair_free(&pair);
    plan->live = test_host.live;
    return true;
}

static void finish(plan_t *plan) {
    ussl_session_free(&plan->session);
    ussl_ctx_release(plan->client_ctx);
    ussl_ctx_release(plan->server_ctx);
    ussl_ctx_release(chosen);
    chosen = NULL;
}

// The allocation alone; for some sites also their last one, and memory that stays gone.
static void try_site(plan_t *plan, const host_site_t *site, bool more) {
    renew(plan);
    host_fail_site(site->stack, 1, false);
    run(plan);
    if (more) {
        renew(plan);
        host_fail_site(site->stack, site->count, false);
        run(plan);
        renew(plan);
        host_fail_site(site->stack, 1, true);
        run(plan);
    }
}

// True the first time it is asked about a stack: cases share most of their ways.
static bool is_new(uint64_t stack) {
    static uint64_t seen[4 * HOST_MAX_SITES];
    static size_t count;
    for (size_t i = 0; i < count; i++) {
        if (seen[i] == stack) {
            return false;
        }
    }
    if (count < 4 * HOST_MAX_SITES) {
        seen[count++] = stack;
    }
    return true;
}

// The environment can ask for every site in every way (1) or for fewer: every so many-th.
static size_t stride_of(size_t usual_stride) {
    const char *share = getenv("USSL_MEMORY_STRIDE");
    return share == NULL ? usual_stride : (size_t)atoi(share);
}

static void try_sites(plan_t *plan, const host_site_t *sites, size_t count) {
    size_t stride = stride_of(1);
    size_t more = plan->m->more ? 1 : stride_of(8);
    size_t tried = 0;
    for (size_t i = 0; i < count && test_passing(); i++) {
        if (is_new(sites[i].stack) && tried++ % stride == 0) {
            try_site(plan, &sites[i], tried % more == 0);
        }
    }
}

static void exhaust(const void *arg) {
    static host_site_t sites[HOST_MAX_SITES];
    plan_t plan;
    if (!prepare(&plan, arg)) {
        return;
    }
    run(&plan); // warms up what the library keeps for good
    plan.live = test_host.live;
    renew(&plan);
    host_record_sites();
    CHECK(run(&plan));
    size_t count = host_recorded_sites(sites);
    CHECK(count > 30 && count < HOST_MAX_SITES);
    runs = missed = 0;
    try_sites(&plan, sites, count);
    CHECK(missed * 4 <= runs + 8); // arithmetic takes a few ways only now and then
    renew(&plan);
    CHECK(run(&plan));
    CHECK_EQ(test_host.live, plan.live);
    finish(&plan);
}

// Memory is gone for longer than the adapter's reserve lasts (see platform.c), and then there
// again: what mbedTLS tries in another way must not make use of what the failure left behind.
static void gone_for_a_while(const void *arg) {
    enum { WHILE = 20, MANY = 1000 }; // without the arena there are many more
    plan_t plan;
    if (!prepare(&plan, arg)) {
        return;
    }
    run(&plan);
    plan.live = test_host.live;
    runs = missed = 0;
    both_lack = true;
    for (unsigned long n = 1; n < MANY && missed == 0 && test_passing(); n++) {
        host_fail_some(n, WHILE);
        run(&plan);
    }
    both_lack = false;
    CHECK(runs > 100);
    CHECK(run(&plan));
    finish(&plan);
}

static const memory_case_t with_rsa = { .version = USSL_TLS_1_3, .rsa = true, .mutual = true };

static const memory_case_t cases[] = {
    { .name = "memory: TLS 1.3 mutual, the PSK alone and early data: every allocation", .version = USSL_TLS_1_3,
      .mutual = true, .resume = true, .alpn = true, .early = true, .psk_alone = true, .more = true },
    { .name = "memory: TLS 1.2, every allocation of a connection", .version = USSL_TLS_1_2, .alpn = true },
    { .name = "memory: TLS 1.3, every allocation of a connection", .version = USSL_TLS_1_3, .alpn = true },
    { .name = "memory: TLS 1.2 resumed, every allocation", .version = USSL_TLS_1_2, .resume = true },
    { .name = "memory: TLS 1.3 resumed, every allocation", .version = USSL_TLS_1_3, .resume = true },
    { .name = "memory: TLS 1.3 resumed with the PSK alone, every allocation", .version = USSL_TLS_1_3, .resume = true,
      .psk_alone = true },
    #if USSL_PSK
    { .name = "memory: TLS 1.2 with a pre-shared key, every allocation", .version = USSL_TLS_1_2, .psk = true },
    { .name = "memory: TLS 1.3 with a pre-shared key, every allocation", .version = USSL_TLS_1_3, .psk = true },
    #endif
    { .name = "memory: TLS 1.2 with roots, every allocation", .version = USSL_TLS_1_2, .roots = "roots.pem" },
    { .name = "memory: TLS 1.3 with a bundle, every allocation", .version = USSL_TLS_1_3, .roots = "root-ecdsa.bundle" },
    { .name = "memory: TLS 1.3 resumed and early data: every allocation", .version = USSL_TLS_1_3, .resume = true,
      .alpn = true, .early = true },
    { .name = "memory: TLS 1.3 mutual and resumed, every allocation", .version = USSL_TLS_1_3, .mutual = true, .resume = true },
    { .name = "memory: TLS 1.2 mutual, resumed and chosen, every allocation", .version = USSL_TLS_1_2, .mutual = true,
      .resume = true, .choose = true },
    { .name = "memory: TLS 1.3 mutual and chosen, every allocation", .version = USSL_TLS_1_3, .mutual = true, .choose = true },
    { .name = "memory: TLS 1.2 mutual and signed elsewhere, every allocation", .version = USSL_TLS_1_2, .mutual = true,
      .sign = true },
    { .name = "memory: TLS 1.3 mutual and signed elsewhere, every allocation", .version = USSL_TLS_1_3, .mutual = true,
      .sign = true },
    { .name = "memory: TLS 1.2 mutual with RSA, every allocation", .version = USSL_TLS_1_2, .rsa = true, .mutual = true },
    { .name = "memory: TLS 1.3 mutual with RSA, every allocation", .version = USSL_TLS_1_3, .rsa = true, .mutual = true },
};

// DTLS repeats what was lost for good when memory fails, so an end may wait until its deadline.
static const memory_case_t datagram_cases[] = {
    { .name = "memory: DTLS, every allocation of a connection", .version = USSL_TLS_1_2, .datagrams = true, .alpn = true },
    { .name = "memory: DTLS mutual and resumed, every allocation", .version = USSL_TLS_1_2, .datagrams = true,
      .mutual = true, .resume = true },
};

void suite_memory(void) {
    if (engine_under_test->cfg_use_datagrams != NULL) {
        for (size_t i = 0; i < sizeof(datagram_cases) / sizeof(datagram_cases[0]); i++) {
            test_case_with(datagram_cases[i].name, exhaust, &datagram_cases[i]);
        }
    }
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        test_case_with(cases[i].name, exhaust, &cases[i]);
    }
    test_case_with("memory: TLS 1.3 mutual with RSA, none for a while", gone_for_a_while, &with_rsa);
}
