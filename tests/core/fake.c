#include <string.h>

#include "core/host.h"
#include "fake.h"

fake_t fake;

struct ussl_engine_cfg {
    uint8_t trust;
    const char **alpn;
};

struct ussl_engine_conn {
    ussl_engine_io_t io;
    unsigned step;
    unsigned left;      // bytes of the running step
    uint8_t data[4096]; // decrypted and not yet read
    size_t len;
    ussl_bytes_t early;
    size_t early_sent;
    unsigned sessions;
    bool closed;
    ussl_verify_t verify;
};

void fake_reset(void) {
    unsigned cfgs = fake.cfgs;
    unsigned conns = fake.conns;
    fake = (fake_t) { .cfgs = cfgs, .conns = conns, .version = USSL_TLS_1_3, .lifetime = 100, .received = 1000 };
}

// ---- configurations ----

static ussl_status_t cfg_new(bool server, ussl_engine_cfg_t **out, ussl_error_t *err) {
    (void)server;
    *out = ussl_host_calloc(1, sizeof(**out));
    if (*out == NULL) {
        return ussl_fail(err, USSL_ERR_MEMORY, USSL_REASON_NONE);
    }
    fake.cfgs++;
    return USSL_OK;
}

static void cfg_free(ussl_engine_cfg_t *cfg) {
    fake.cfgs -= cfg != NULL;
    ussl_host_free(cfg);
}

static bool suite(size_t index, ussl_suite_t *out) {
    (void)index;
    (void)out;
    return false;
}

static void cfg_set_suites(ussl_engine_cfg_t *cfg, const uint16_t *ids, size_t count) {
    (void)cfg;
    (void)ids;
    (void)count;
}

static void cfg_set_common_name(ussl_engine_cfg_t *cfg, bool counts) {
    (void)cfg;
    (void)counts;
}

static void cfg_set_options(ussl_engine_cfg_t *cfg, uint32_t options) {
    (void)cfg;
    fake.options = options;
}

static void cfg_set_versions(ussl_engine_cfg_t *cfg, uint16_t min, uint16_t max) {
    (void)cfg, (void)min, (void)max;
}

static void cfg_set_verify(ussl_engine_cfg_t *cfg, ussl_verify_mode_t mode) {
    (void)cfg, (void)mode;
}

// An empty anchor or identity is a wrong one.
static ussl_status_t input(ussl_bytes_t data, ussl_error_t *err) {
    return data.len > 0 ? USSL_OK : ussl_fail(err, USSL_ERR_INPUT, USSL_REASON_NO_CERTIFICATE_IN_DATA);
}

static ussl_status_t cfg_add_trust(ussl_engine_cfg_t *cfg, ussl_bytes_t data, ussl_error_t *err) {
    cfg->trust = data.len > 0 ? (uint8_t)(cfg->trust + data.data[0]) : cfg->trust;
    return input(data, err);
}

static ussl_bytes_t cfg_trust(const ussl_engine_cfg_t *cfg, size_t index) {
    return (ussl_bytes_t) { &cfg->trust, index == 0 && cfg->trust != 0 };
}

static ussl_status_t cfg_set_identity(ussl_engine_cfg_t *cfg, ussl_bytes_t chain, ussl_bytes_t key,
    ussl_bytes_t password, ussl_error_t *err) {
    (void)cfg, (void)key, (void)password;
    return input(chain, err);
}

static ussl_status_t cfg_set_alpn(ussl_engine_cfg_t *cfg, const char **protocols, ussl_error_t *err) {
    (void)err;
    cfg->alpn = protocols;
    return USSL_OK;
}

static void cfg_set_record_sizes(ussl_engine_cfg_t *cfg, size_t receive, size_t send) {
    (void)cfg;
    fake.receive = receive;
    fake.send = send;
}

static ussl_status_t cfg_add_roots(ussl_engine_cfg_t *cfg, ussl_bytes_t data, bool stays, ussl_error_t *err) {
    (void)cfg;
    (void)stays;
    fake.roots += data.len > 0;
    return data.len > 0 ? USSL_OK : ussl_fail(err, USSL_ERR_INPUT, USSL_REASON_NO_CERTIFICATE_IN_DATA);
}

static void cfg_clear_roots(ussl_engine_cfg_t *cfg) {
    (void)cfg;
    fake.roots = 0;
}

static void cfg_set_checks(ussl_engine_cfg_t *cfg, uint32_t checks) {
    (void)cfg;
    (void)checks;
}

static ussl_status_t cfg_set_pins(ussl_engine_cfg_t *cfg, ussl_bytes_t digests, ussl_error_t *err) {
    (void)cfg;
    (void)digests;
    (void)err;
    return USSL_OK;
}

static void cfg_set_keep_chain(ussl_engine_cfg_t *cfg, bool keep) {
    (void)cfg;
    (void)keep;
}

static ussl_status_t cfg_set_max_early_data(ussl_engine_cfg_t *cfg, uint32_t len, ussl_error_t *err) {
    (void)cfg, (void)err;
    fake.max_early_data = len;
    return USSL_OK;
}

static void cfg_set_record_buffer(ussl_engine_cfg_t *cfg, uint8_t *data, size_t len) {
    (void)cfg, (void)data;
    fake.lent = len;
}

static ussl_status_t cfg_enable_resumption(ussl_engine_cfg_t *cfg, ussl_error_t *err) {
    (void)cfg, (void)err;
    return USSL_OK;
}

static ussl_status_t cfg_set_ticket_keys(ussl_engine_cfg_t *cfg, const uint8_t *keys, size_t count, ussl_error_t *err) {
    (void)cfg, (void)keys, (void)err;
    fake.ticket_keys = count;
    return USSL_OK;
}

static void cfg_set_num_tickets(ussl_engine_cfg_t *cfg, unsigned count) {
    (void)cfg;
    fake.num_tickets = count;
}

static void cfg_set_session_cache(ussl_engine_cfg_t *cfg, size_t size) {
    (void)cfg;
    fake.session_ids = size;
}

static void cfg_session_stats(const ussl_engine_cfg_t *cfg, ussl_session_stats_t *stats) {
    (void)cfg;
    stats->number = fake.remembered;
    stats->misses = 5;
    stats->timeouts = 6;
    stats->cache_full = 7;
}

// Not SHA-256, but every bit counts.
static ussl_status_t sha256(ussl_bytes_t data, uint8_t out[32], ussl_error_t *err) {
    uint64_t hash = 14695981039346656037u;
    (void)err;
    for (size_t i = 0; i < data.len; i++) {
        hash = (hash ^ data.data[i]) * 1099511628211u;
    }
    for (unsigned i = 0; i < 32; i++) {
        out[i] = (uint8_t)(hash >> (8 * (i % 8)));
    }
    return USSL_OK;
}

static ussl_status_t cfg_trust_digest(ussl_engine_cfg_t *cfg, uint8_t out[32], ussl_error_t *err) {
    return sha256((ussl_bytes_t) { &cfg->trust, 1 }, out, err);
}

// Not encryption, but bound to key, label and data: a "nonce" of zeros, the data with each
// byte changed by the key, and as tag a hash.
static ussl_status_t seal_tag(const uint8_t *key, ussl_bytes_t label, const uint8_t *text, size_t len, uint8_t tag[32]) {
    uint8_t all[4096];
    ussl_error_t err;
    memcpy(all, key, USSL_SEAL_KEY_SIZE);
    memcpy(all + USSL_SEAL_KEY_SIZE, label.data, label.len);
    memcpy(all + USSL_SEAL_KEY_SIZE + label.len, text, len);
    return sha256((ussl_bytes_t) { all, USSL_SEAL_KEY_SIZE + label.len + len }, tag, &err);
}

static ussl_status_t seal(const uint8_t *key, ussl_bytes_t label, ussl_bytes_t data, uint8_t *out, ussl_error_t *err) {
    uint8_t tag[32];
    (void)err;
    memset(out, 0, 12);
    for (size_t i = 0; i < data.len; i++) {
        out[12 + i] = (uint8_t)(data.data[i] ^ key[i % USSL_SEAL_KEY_SIZE]);
    }
    seal_tag(key, label, out + 12, data.len, tag);
    memcpy(out + 12 + data.len, tag, 16);
    return USSL_OK;
}

static ussl_status_t open_sealed(const uint8_t *key, ussl_bytes_t label, ussl_bytes_t sealed, uint8_t *out, ussl_error_t *err) {
    uint8_t tag[32];
    size_t len = sealed.len - USSL_SEAL_SIZE;
    seal_tag(key, label, sealed.data + 12, len, tag);
    if (memcmp(tag, sealed.data + 12 + len, 16) != 0) {
        return ussl_fail(err, USSL_ERR_INPUT, USSL_REASON_SESSION_DATA);
    }
    for (size_t i = 0; i < len; i++) {
        out[i] = (uint8_t)(sealed.data[12 + i] ^ key[i % USSL_SEAL_KEY_SIZE]);
    }
    return USSL_OK;
}

// ---- connections ----

static ussl_status_t conn_new(ussl_engine_cfg_t *cfg, const ussl_engine_io_t *io, const char *name,
    bool check_name, ussl_engine_conn_t **out, ussl_error_t *err) {
    (void)cfg, (void)name, (void)check_name;
    *out = ussl_host_calloc(1, sizeof(**out));
    if (*out == NULL) {
        return ussl_fail(err, USSL_ERR_MEMORY, USSL_REASON_NONE);
    }
    (*out)->io = *io;
    (*out)->verify.flags = USSL_VERIFY_EXPIRED;
    fake.conns++;
    return USSL_OK;
}

static void conn_free(ussl_engine_conn_t *conn) {
    fake.conns -= conn != NULL;
    ussl_host_free(conn);
}

static ussl_status_t cfg_set_signer(ussl_engine_cfg_t *cfg, ussl_sign_fn sign, ussl_error_t *err) {
    (void)cfg;
    if (fake.fails_signer) {
        return ussl_fail(err, USSL_ERR_INPUT, USSL_REASON_KEY_MISMATCH);
    }
    fake.sign = sign;
    return USSL_OK;
}

static void cfg_set_key_log(ussl_engine_cfg_t *cfg, const ussl_key_log_t *log) {
    (void)cfg;
    fake.key_log = log;
}

static void conn_set_judge(ussl_engine_conn_t *conn, const ussl_judge_t *judge) {
    (void)conn;
    (void)judge;
}

static ussl_status_t conn_set_psk(ussl_engine_conn_t *conn, const ussl_psk_source_t *source, ussl_error_t *err) {
    (void)conn;
    (void)source;
    return fake.fails_psk ? ussl_fail(err, USSL_ERR_MEMORY, USSL_REASON_NONE) : USSL_OK;
}

static bool used_psk(const ussl_engine_conn_t *conn) {
    (void)conn;
    return fake.uses_psk;
}

static void conn_set_early_data(ussl_engine_conn_t *conn, ussl_bytes_t data) {
    conn->early = data;
}

static ussl_status_t conn_offer_session(ussl_engine_conn_t *conn, ussl_bytes_t data, ussl_error_t *err) {
    (void)conn, (void)data;
    if (fake.fails_offer != 0) {
        return ussl_fail(err, (ussl_error_class_t)fake.fails_offer, USSL_REASON_SESSION_DATA);
    }
    fake.offered++;
    return USSL_OK;
}

// What an io callback said, as the outcome of the operation that called it.
static ussl_status_t outcome(int n, ussl_status_t again, ussl_error_t *err) {
    if (n == USSL_IO_AGAIN) {
        return again;
    }
    return n < 0 ? ussl_fail(err, USSL_ERR_TRANSPORT, USSL_REASON_NONE) : ussl_fail(err, USSL_ERR_EOF, USSL_REASON_NONE);
}

static ussl_status_t send_step(ussl_engine_conn_t *conn, ussl_error_t *err) {
    static const uint8_t zeros[32768];
    int n = conn->io.send(conn->io.arg, zeros, conn->left);
    if (n <= 0) {
        return outcome(n, USSL_WANT_WRITE, err);
    }
    conn->left -= (unsigned)n;
    return USSL_OK;
}

static ussl_status_t recv_step(ussl_engine_conn_t *conn, ussl_error_t *err) {
    uint8_t buf[512];
    int n = conn->io.recv(conn->io.arg, buf, conn->left < sizeof(buf) ? conn->left : sizeof(buf));
    if (n <= 0) {
        return outcome(n, USSL_WANT_READ, err);
    }
    if (buf[0] == FAKE_BAD) {
        *err = fake.error;
        return USSL_FAILED;
    }
    conn->left -= (unsigned)n;
    return USSL_OK;
}

// Early data goes out as it is, as far as the step lets it.
static ussl_status_t early_step(ussl_engine_conn_t *conn, ussl_error_t *err) {
    size_t len = conn->early.len < conn->left ? conn->early.len : conn->left;
    int n = len == 0 ? 0 : conn->io.send(conn->io.arg, conn->early.data, len);
    if (n < 0) {
        return outcome(n, USSL_WANT_WRITE, err);
    }
    conn->early_sent = (size_t)n;
    conn->left = 0;
    return USSL_OK;
}

// And comes in so, to be read before the handshake goes on.
static ussl_status_t come_step(ussl_engine_conn_t *conn, ussl_error_t *err) {
    int n = conn->len > 0 ? 0 : conn->io.recv(conn->io.arg, conn->data, conn->left);
    if (n < 0) {
        return outcome(n, USSL_WANT_READ, err);
    }
    conn->len += (size_t)n;
    conn->left -= (unsigned)n;
    conn->step += conn->left == 0;
    return USSL_WANT_READ;
}

static ussl_status_t do_step(ussl_engine_conn_t *conn, fake_kind_t kind, ussl_error_t *err) {
    static const uint8_t alert[2] = { 2, 40 };
    if (kind == FAKE_SEND) {
        return send_step(conn, err);
    }
    if (kind == FAKE_RECV) {
        return recv_step(conn, err);
    }
    if (kind == FAKE_EARLY) {
        return early_step(conn, err);
    }
    if (kind == FAKE_COME) {
        return come_step(conn, err);
    }
    if (kind == FAKE_ALERT) {
        conn->io.send(conn->io.arg, alert, sizeof(alert));
    }
    *err = fake.error;
    return USSL_FAILED;
}

static ussl_status_t handshake(ussl_engine_conn_t *conn, ussl_error_t *err) {
    ussl_status_t st = USSL_OK;
    while (st == USSL_OK && fake.steps != NULL && fake.steps[conn->step].kind != FAKE_END) {
        const fake_step_t *step = &fake.steps[conn->step];
        conn->left = conn->left == 0 ? step->n : conn->left;
        st = do_step(conn, step->kind, err);
        conn->step += st == USSL_OK && conn->left == 0;
    }
    return st;
}

// Takes one piece from the transport and sorts it.
static ussl_status_t take_in(ussl_engine_conn_t *conn, ussl_error_t *err) {
    uint8_t buf[64];
    int n = conn->io.recv(conn->io.arg, buf, 1);
    if (n < 0) {
        return outcome(n, USSL_WANT_READ, err);
    }
    if (n == 0) {
        return USSL_EOF;
    }
    if (buf[0] == FAKE_BAD) {
        *err = fake.error;
        return USSL_FAILED;
    }
    conn->closed = buf[0] == FAKE_CLOSE;
    conn->sessions += buf[0] == FAKE_TICKET;
    if (buf[0] < FAKE_CLOSE) {
        conn->data[conn->len++] = buf[0];
    }
    return conn->closed ? USSL_CLOSED : buf[0] == FAKE_TICKET ? USSL_WANT_READ : USSL_OK;
}

static ussl_status_t read_data(ussl_engine_conn_t *conn, uint8_t *buf, size_t len, size_t *got, ussl_error_t *err) {
    ussl_status_t st = USSL_OK;
    *got = 0;
    while (st == USSL_OK && conn->len == 0) {
        st = take_in(conn, err);
    }
    if (st != USSL_OK || len == 0) {
        return st;
    }
    *got = len < conn->len ? len : conn->len;
    memcpy(buf, conn->data, *got);
    memmove(conn->data, conn->data + *got, conn->len - *got);
    conn->len -= *got;
    return USSL_OK;
}

static ussl_status_t write_data(ussl_engine_conn_t *conn, const uint8_t *buf, size_t len, size_t *put, ussl_error_t *err) {
    int n = conn->io.send(conn->io.arg, buf, len);
    *put = n > 0 ? (size_t)n : 0;
    return n > 0 ? USSL_OK : outcome(n, USSL_WANT_WRITE, err);
}

static ussl_status_t close_notify(ussl_engine_conn_t *conn, ussl_error_t *err) {
    static const uint8_t byte = FAKE_CLOSE;
    int n = conn->io.send(conn->io.arg, &byte, 1);
    return n > 0 ? USSL_OK : outcome(n, USSL_WANT_WRITE, err);
}

// ---- facts ----

static size_t pending(const ussl_engine_conn_t *conn) {
    return conn->len;
}

static bool buffered(const ussl_engine_conn_t *conn) {
    return conn->len > 0;
}

static uint16_t version(const ussl_engine_conn_t *conn) {
    (void)conn;
    return fake.version;
}

static const char *alpn(const ussl_engine_conn_t *conn) {
    (void)conn;
    return fake.alpn;
}

static ussl_early_data_t early_data(const ussl_engine_conn_t *conn, size_t *sent) {
    *sent = conn->early_sent;
    return fake.early_data;
}

static bool resumed(const ussl_engine_conn_t *conn) {
    (void)conn;
    return fake.resumes;
}

static void verify_detail(const ussl_engine_conn_t *conn, ussl_verify_t *out) {
    *out = conn->verify;
}

static ussl_bytes_t peer_cert(const ussl_engine_conn_t *conn) {
    (void)conn;
    return fake.peer_cert;
}

static void remember(ussl_engine_conn_t *conn, ussl_account_t *account) {
    (void)conn, (void)account;
    fake.remembered++;
}

static const uint8_t *resumed_peer(const ussl_engine_conn_t *conn) {
    (void)conn;
    return fake.peer;
}

static unsigned session_count(const ussl_engine_conn_t *conn) {
    return conn->sessions;
}

static ussl_bytes_t conn_session(ussl_engine_conn_t *conn) {
    fake_session_t *s = ussl_host_calloc(1, sizeof(*s));
    if (s != NULL) {
        *s = (fake_session_t) { .received = fake.received, .lifetime = fake.lifetime, .version = fake.version,
                                .has_ticket = conn->sessions > 0, .tag = "secret" };
    }
    return (ussl_bytes_t) { (const uint8_t *)s, s == NULL ? 0 : sizeof(*s) };
}

static ussl_status_t session_info(ussl_bytes_t data, ussl_session_info_t *info, ussl_error_t *err) {
    fake_session_t s;
    if (data.len != sizeof(s)) {
        return ussl_fail(err, USSL_ERR_INPUT, USSL_REASON_SESSION_DATA);
    }
    memcpy(&s, data.data, sizeof(s));
    *info = (ussl_session_info_t) { .received = s.received, .lifetime = s.lifetime, .hint = s.hint, .version = s.version,
                                    .has_ticket = s.has_ticket != 0,
                                    .id = { data.data + offsetof(fake_session_t, tag), sizeof(s.tag) - 1 } };
    return USSL_OK;
}

const ussl_engine_t fake_engine = {
    .name = "fake",
    .version_max = USSL_TLS_1_3,
    .send_max = 4096,
    .cfg_new = cfg_new,
    .cfg_free = cfg_free,
    .suite = suite,
    .cfg_set_suites = cfg_set_suites,
    .cfg_set_common_name = cfg_set_common_name,
    .cfg_set_options = cfg_set_options,
    .cfg_set_versions = cfg_set_versions,
    .cfg_set_verify = cfg_set_verify,
    .cfg_add_trust = cfg_add_trust,
    .cfg_set_identity = cfg_set_identity,
    .cfg_set_alpn = cfg_set_alpn,
    .cfg_set_checks = cfg_set_checks,
    .cfg_set_pins = cfg_set_pins,
    .cfg_add_roots = cfg_add_roots,
    .cfg_clear_roots = cfg_clear_roots,
    .cfg_set_keep_chain = cfg_set_keep_chain,
    .cfg_set_max_early_data = cfg_set_max_early_data,
    .cfg_set_record_sizes = cfg_set_record_sizes,
    .cfg_set_record_buffer = cfg_set_record_buffer,
    .cfg_enable_resumption = cfg_enable_resumption,
    .cfg_set_ticket_keys = cfg_set_ticket_keys,
    .cfg_set_num_tickets = cfg_set_num_tickets,
    .cfg_set_session_cache = cfg_set_session_cache,
    .cfg_session_stats = cfg_session_stats,
    .cfg_trust = cfg_trust,
    .cfg_trust_digest = cfg_trust_digest,
    .sha256 = sha256,
    .seal = seal,
    .open = open_sealed,
    .conn_new = conn_new,
    .conn_free = conn_free,
    .cfg_set_signer = cfg_set_signer,
    .cfg_set_key_log = cfg_set_key_log,
    .conn_set_judge = conn_set_judge,
    .conn_set_psk = conn_set_psk,
    .used_psk = used_psk,
    .conn_set_early_data = conn_set_early_data,
    .conn_offer_session = conn_offer_session,
    .handshake = handshake,
    .read = read_data,
    .write = write_data,
    .close_notify = close_notify,
    .pending = pending,
    .buffered = buffered,
    .version = version,
    .alpn = alpn,
    .early_data = early_data,
    .resumed = resumed,
    .verify_detail = verify_detail,
    .session_count = session_count,
    .conn_session = conn_session,
    .session_info = session_info,
    .remember = remember,
    .peer_cert = peer_cert,
    .resumed_peer = resumed_peer,
};
