// A connection of a server whose clients resume: mbedTLS asks here about tickets, and before
// it answers a hello of TLS 1.2 it is told here what to resume. See resumption.h.

#include "engine/mbedtls/resumption.h"

#include "engine/mbedtls/dtls.h"

#if defined(MBEDTLS_SSL_SRV_C)

#include <string.h>

#include "mbedtls/sha256.h"

#include "core/host.h"
#include "engine/mbedtls/psk.h"

// ---- the binding ----

// Extended master secret and fragment length belong to a session in TLS 1.2 only.
static void put_tls12(const mbedtls_ssl_context *ssl, uint8_t *ems, uint8_t *fragments) {
    if (ssl->tls_version == MBEDTLS_SSL_VERSION_TLS1_2) {
        *ems = (uint8_t)ssl->handshake->extended_ms;
        *fragments = ssl->session_negotiate->mfl_code;
    }
}

static int bind_to(const ussl_engine_conn_t *conn, uint8_t out[USSL_MBEDTLS_DIGEST_LEN]) {
    struct {
        char label[16];
        uint8_t verify, ems, fragments, alpn_len;
        uint8_t name[USSL_MBEDTLS_DIGEST_LEN];
        uint8_t trust[USSL_MBEDTLS_DIGEST_LEN];
        char alpn[255];
        bool datagram;
    } all = { .label = "ussl resumption" };
    const mbedtls_ssl_context *ssl = &conn->ssl;
    all.verify = (uint8_t)ssl->conf->authmode;
    all.datagram = ussl_mbedtls_is_datagram(ssl->conf);
    put_tls12(ssl, &all.ems, &all.fragments);
    memcpy(all.name, conn->accepted->name, sizeof(all.name));
    if (all.verify != MBEDTLS_SSL_VERIFY_NONE) {
        memcpy(all.trust, conn->cfg->resumption->trust, sizeof(all.trust));
    }
    if (ssl->alpn_chosen != NULL) {
        all.alpn_len = (uint8_t)strlen(ssl->alpn_chosen);
        memcpy(all.alpn, ssl->alpn_chosen, all.alpn_len);
    }
    return mbedtls_sha256((const uint8_t *)&all, sizeof(all), out, 0);
}

int ussl_mbedtls_note_server_name(void *unused, mbedtls_ssl_context *ssl, const unsigned char *name, size_t len) {
    ussl_engine_conn_t *conn = (ussl_engine_conn_t *)(void *)ssl; // its first member
    (void)unused;
    return mbedtls_sha256(name, len, conn->accepted->name, 0);
}

// ---- certificates that clients have shown ----

static const uint8_t any_binding[USSL_MBEDTLS_DIGEST_LEN];

static ussl_bytes_t known_cert(const ussl_engine_conn_t *conn, const ussl_mbedtls_client_t *client) {
    ussl_bytes_t id = { client->sha256, sizeof(client->sha256) };
    return ussl_mbedtls_session_ids_get(&conn->cfg->resumption->certs, id, any_binding);
}

// A program that looks at it finds it in a resumed connection too: what is not known any more
// has to be shown again. With shared keys it may never have been known here.
static bool can_be_seen(const ussl_engine_conn_t *conn, const ussl_mbedtls_client_t *client) {
    return USSL_KNOWN_PEERS == 0 || !client->known || !conn->cfg->resumption->keys.own
           || known_cert(conn, client).len > 0;
}

static void show_known(ussl_engine_conn_t *conn, ussl_bytes_t cert) {
    uint8_t *copy = cert.len == 0 ? NULL : ussl_mbedtls_own_calloc(1, cert.len);
    if (copy != NULL) {
        memcpy(copy, cert.data, cert.len);
        conn->peer_cert = (ussl_bytes_t) { copy, cert.len };
    }
}

static void keep_cert(ussl_engine_conn_t *conn, ussl_account_t *account) {
    const ussl_mbedtls_client_t *client = &conn->accepted->client;
    ussl_bytes_t known = known_cert(conn, client);
    if (conn->resumed) {
        show_known(conn, known);
    } else if (known.len == 0) {
        USSL_CHARGE(account);
        ussl_mbedtls_session_ids_put(&conn->cfg->resumption->certs, client->sha256, any_binding, conn->peer_cert.data,
            conn->peer_cert.len);
    }
}

// ---- what is found ----

static bool verifies(const ussl_engine_conn_t *conn) {
    return conn->ssl.conf->authmode == MBEDTLS_SSL_VERIFY_REQUIRED;
}

// No session stands for what a user's own judgement would be now, nor for what it was; and none
// for a pre-shared key that every client has to have.
static bool takes_no_session(const ussl_engine_conn_t *conn) {
    return conn->judged || ussl_mbedtls_psk_alone(conn);
}

// The binding has the mode in it; this is what rests on it, said once more.
static ussl_mbedtls_found_t read_kept(ussl_engine_conn_t *conn, ussl_bytes_t kept, mbedtls_ssl_session *session) {
    ussl_mbedtls_client_t *client = &conn->accepted->client;
    bool none = kept.len == 0 || takes_no_session(conn);
    ussl_mbedtls_found_t found = none ? USSL_KEPT_UNKNOWN : ussl_mbedtls_kept_read(kept, session, client);
    bool fits = (client->known || !verifies(conn)) && can_be_seen(conn, client);
    return found == USSL_KEPT_GOOD && !fits ? USSL_KEPT_UNKNOWN : found;
}

static ussl_mbedtls_found_t open_ticket(ussl_engine_conn_t *conn, const uint8_t binding[USSL_MBEDTLS_DIGEST_LEN],
    ussl_bytes_t ticket, mbedtls_ssl_session *session) {
    uint8_t kept[USSL_MBEDTLS_KEPT_MAX];
    ussl_bytes_t bound = { binding, USSL_MBEDTLS_DIGEST_LEN };
    size_t len = ussl_mbedtls_ticket_open(&conn->cfg->resumption->keys, bound, ticket, kept);
    ussl_mbedtls_found_t found = read_kept(conn, (ussl_bytes_t) { kept, len }, session);
    ussl_wipe(kept, sizeof(kept));
    return found;
}

static void count(ussl_mbedtls_resumption_t *r, ussl_mbedtls_found_t found) {
    r->timeouts += found == USSL_KEPT_EXPIRED;
    r->misses += found == USSL_KEPT_UNKNOWN;
}

// ---- TLS 1.3 ----

#if defined(MBEDTLS_SSL_PROTO_TLS1_3)

static bool in_list(const int *suites, int suite) {
    while (*suites != 0 && *suites != suite) {
        suites++;
    }
    return *suites != 0;
}

// mbedTLS ends the handshake when the suite of a ticket is not on offer any more. It has
// checked the lengths.
static bool suite_offered(const mbedtls_ssl_context *ssl, int suite) {
    const uint8_t *id_len = ssl->in_msg + mbedtls_ssl_hs_hdr_len(ssl) + 2 + 32;
    const uint8_t *suites = id_len + 1 + *id_len;
    const uint8_t *end = suites + 2 + MBEDTLS_GET_UINT16_BE(suites, 0);
    for (const uint8_t *p = suites + 2; p < end; p += 2) {
        if (MBEDTLS_GET_UINT16_BE(p, 0) == suite) {
            return in_list(ssl->conf->ciphersuite_list, suite);
        }
    }
    return false;
}

// As mbedTLS finds a mode (RFC 8446 4.2.9); it leaks a ticket's protocol where there is none.
static bool mode_offered(const mbedtls_ssl_context *ssl, uint8_t allowed) {
    const uint32_t key_share = MBEDTLS_SSL_EXT_MASK(SUPPORTED_GROUPS) | MBEDTLS_SSL_EXT_MASK(KEY_SHARE);
    bool has_key = (ssl->handshake->received_extensions & key_share) == key_share;
    int modes = allowed & ssl->handshake->tls13_kex_modes & ssl->conf->tls13_kex_modes;
    return (modes & MBEDTLS_SSL_TLS1_3_KEY_EXCHANGE_MODE_PSK_EPHEMERAL && has_key)
           || modes & MBEDTLS_SSL_TLS1_3_KEY_EXCHANGE_MODE_PSK;
}

static int take_tls13_ticket(ussl_engine_conn_t *conn, mbedtls_ssl_session *session, ussl_bytes_t ticket) {
    uint8_t binding[USSL_MBEDTLS_DIGEST_LEN];
    int ret = bind_to(conn, binding);
    if (ret != 0) {
        return ret;
    }
    ussl_mbedtls_found_t found = open_ticket(conn, binding, ticket, session);
    bool fits = found == USSL_KEPT_GOOD && session->tls_version == MBEDTLS_SSL_VERSION_TLS1_3
        && suite_offered(&conn->ssl, session->ciphersuite) && mode_offered(&conn->ssl, session->ticket_flags);
    found = found == USSL_KEPT_GOOD && !fits ? USSL_KEPT_UNKNOWN : found;
    if (!conn->ssl.handshake->hello_retry_request_flag) { // else it was counted
        count(conn->cfg->resumption, found);
    }
    if (found == USSL_KEPT_GOOD) {
        ussl_mbedtls_early_data_guard(conn, session, ticket);
        return 0;
    }
    return found == USSL_KEPT_EXPIRED ? MBEDTLS_ERR_SSL_SESSION_TICKET_EXPIRED : MBEDTLS_ERR_SSL_INVALID_MAC;
}

#else

static int take_tls13_ticket(ussl_engine_conn_t *conn, mbedtls_ssl_session *session, ussl_bytes_t ticket) {
    (void)conn, (void)session, (void)ticket;
    return MBEDTLS_ERR_SSL_FEATURE_UNAVAILABLE;
}

#endif

// ---- TLS 1.2 ----

// The extensions behind the ticket are still to be read, so it is put aside.
static int put_aside(ussl_mbedtls_accepted_t *a, ussl_bytes_t ticket) {
    a->ticket_len = ticket.len <= sizeof(a->ticket) ? ticket.len : 0;
    memcpy(a->ticket, ticket.data, a->ticket_len);
    return MBEDTLS_ERR_SSL_SESSION_TICKET_EXPIRED;
}

static ussl_mbedtls_found_t find_tls12(ussl_engine_conn_t *conn, mbedtls_ssl_session *session) {
    ussl_mbedtls_accepted_t *a = conn->accepted;
    const mbedtls_ssl_session *hello = conn->ssl.session_negotiate;
    if (a->ticket_len > 0) {
        return open_ticket(conn, a->binding, (ussl_bytes_t) { a->ticket, a->ticket_len }, session);
    }
    ussl_bytes_t id = { hello->id, hello->id_len };
    return read_kept(conn, ussl_mbedtls_session_ids_get(&conn->cfg->resumption->ids, id, a->binding), session);
}

static void resume_tls12(mbedtls_ssl_context *ssl, const mbedtls_ssl_session *session) {
    memcpy(ssl->session_negotiate->master, session->master, sizeof(session->master));
    ssl->handshake->resume = 1;
    ssl->handshake->new_session_ticket = 0; // the client's is good
}

// As mbedTLS does it while it reads the hello, where the rest of that is not known yet.
static void answer_tls12(ussl_engine_conn_t *conn) {
    mbedtls_ssl_context *ssl = &conn->ssl;
    mbedtls_ssl_session session;
    if (conn->accepted->ticket_len == 0 && ssl->session_negotiate->id_len == 0) {
        return;
    }
    mbedtls_ssl_session_init(&session);
    ussl_mbedtls_found_t found = find_tls12(conn, &session);
    bool fits = found == USSL_KEPT_GOOD && session.tls_version == MBEDTLS_SSL_VERSION_TLS1_2
        && session.ciphersuite == ssl->session_negotiate->ciphersuite;
    if (fits) {
        resume_tls12(ssl, &session);
    }
    count(conn->cfg->resumption, found == USSL_KEPT_GOOD && !fits ? USSL_KEPT_UNKNOWN : found);
    mbedtls_ssl_session_free(&session);
}

// ---- mbedTLS's callbacks ----

int ussl_mbedtls_take_ticket(void *arg, mbedtls_ssl_session *session, unsigned char *buf, size_t len) {
    ussl_engine_conn_t *conn = ((ussl_mbedtls_resumption_t *)arg)->running;
    ussl_bytes_t ticket = { buf, len };
    return conn->ssl.tls_version == MBEDTLS_SSL_VERSION_TLS1_2 ? put_aside(conn->accepted, ticket)
           : take_tls13_ticket(conn, session, ticket);
}

// Seconds that a ticket is good for.
static uint32_t lifetime(const ussl_mbedtls_client_t *client) {
    uint32_t now = ussl_mbedtls_kept_now();
    uint32_t left = !client->known ? UINT32_MAX : client->until > now ? client->until - now : 0;
    return left < USSL_MBEDTLS_SESSION_LIFETIME_S ? left : USSL_MBEDTLS_SESSION_LIFETIME_S;
}

int ussl_mbedtls_write_ticket(void *arg, const mbedtls_ssl_session *session, unsigned char *start,
    const unsigned char *end, size_t *len, uint32_t *life) {
    ussl_mbedtls_resumption_t *r = arg;
    ussl_mbedtls_accepted_t *a = r->running->accepted;
    uint8_t kept[USSL_MBEDTLS_KEPT_MAX];
    *len = *life = 0;
    if ((size_t)(end - start) < USSL_MBEDTLS_TICKET_MAX) {
        return MBEDTLS_ERR_SSL_BUFFER_TOO_SMALL;
    }
    size_t kept_len = ussl_mbedtls_kept_write(session, &a->client, kept);
    ussl_bytes_t binding = { a->binding, sizeof(a->binding) };
    int ret = ussl_mbedtls_ticket_seal(&r->keys, binding, (ussl_bytes_t) { kept, kept_len }, start, len);
    *life = lifetime(&a->client);
    ussl_wipe(kept, sizeof(kept));
    if (ret == 0) {
        ussl_mbedtls_early_data_issued(r->running->cfg, session, (ussl_bytes_t) { start, *len });
    }
    return ret;
}

// ---- in the course of a handshake ----

int ussl_mbedtls_accept_new(ussl_engine_conn_t *conn) {
    if (conn->ssl.conf->endpoint != MBEDTLS_SSL_IS_SERVER) {
        return 0;
    }
    conn->accepted = ussl_mbedtls_own_calloc(1, sizeof(*conn->accepted));
    return conn->accepted == NULL ? MBEDTLS_ERR_SSL_ALLOC_FAILED : 0;
}

void ussl_mbedtls_accept_free(ussl_engine_conn_t *conn) {
    ussl_mbedtls_free(conn->accepted);
    conn->accepted = NULL;
}

void ussl_mbedtls_accept_running(ussl_engine_conn_t *conn) {
    if (conn->cfg->resumption != NULL) {
        conn->cfg->resumption->running = conn;
    }
}

static void give_no_tickets(mbedtls_ssl_handshake_params *handshake) {
    handshake->new_session_ticket = 0;
    #if defined(MBEDTLS_SSL_PROTO_TLS1_3)
    handshake->new_session_tickets_count = 0;
    #endif
}

static int hello_read(ussl_engine_conn_t *conn) {
    int ret = bind_to(conn, conn->accepted->binding);
    if (ret == 0 && conn->ssl.tls_version == MBEDTLS_SSL_VERSION_TLS1_2) {
        answer_tls12(conn);
    }
    if (!conn->ssl.handshake->resume) {
        conn->accepted->client.known = false; // of a ticket that was not taken after all
    }
    // Who takes a pre-shared key away from a client need not think of tickets.
    if (conn->judged || ussl_mbedtls_psk_agreed(&conn->ssl)) {
        give_no_tickets(conn->ssl.handshake);
    }
    return ret;
}

// The chain has been verified, and goes with the handshake.
static void note_client(ussl_engine_conn_t *conn) {
    const mbedtls_x509_crt *chain = conn->ssl.session_negotiate->peer_cert;
    if (chain != NULL && !conn->accepted->client.known) {
        ussl_mbedtls_client_note(&conn->accepted->client, chain);
    }
}

int ussl_mbedtls_accept_step(ussl_engine_conn_t *conn) {
    const mbedtls_ssl_context *ssl = &conn->ssl;
    int ret = ussl_mbedtls_choose(conn);
    if (ret != 0) {
        return ret;
    }
    ussl_mbedtls_accept_running(conn);
    if (conn->accepted == NULL || conn->cfg->resumption == NULL) {
        return 0;
    }
    switch (ssl->state) {
        case MBEDTLS_SSL_CLIENT_HELLO: // a second one has a name and a ticket of its own
            memset(conn->accepted->name, 0, sizeof(conn->accepted->name));
            conn->accepted->ticket_len = 0;
            return 0;
        case MBEDTLS_SSL_SERVER_HELLO:
            return hello_read(conn);
        case MBEDTLS_SSL_CLIENT_FINISHED:
            note_client(conn);
            return 0;
        default:
            return 0;
    }
}

static void keep_by_id(const ussl_engine_conn_t *conn, const mbedtls_ssl_session *s) {
    const ussl_mbedtls_accepted_t *a = conn->accepted;
    uint8_t kept[USSL_MBEDTLS_KEPT_MAX];
    size_t len = ussl_mbedtls_kept_write(s, &a->client, kept);
    ussl_mbedtls_session_ids_put(&conn->cfg->resumption->ids, s->id, a->binding, kept, len);
    ussl_wipe(kept, sizeof(kept));
}

// Sessions of TLS 1.2 with an ID are those of clients that take no tickets.
static bool takes_no_ticket(const ussl_engine_conn_t *conn) {
    const mbedtls_ssl_session *s = conn->ssl.session;
    return !conn->resumed && !conn->used_psk && s->tls_version == MBEDTLS_SSL_VERSION_TLS1_2 && s->id_len == sizeof(s->id);
}

void ussl_mbedtls_conn_remember(ussl_engine_conn_t *conn, ussl_account_t *account) {
    if (conn->accepted == NULL) {
        return;
    }
    if (conn->cfg->resumption != NULL && takes_no_ticket(conn) && !conn->judged) {
        USSL_CHARGE(account);
        keep_by_id(conn, conn->ssl.session);
    }
    if (USSL_KNOWN_PEERS > 0 && conn->cfg->resumption != NULL && conn->accepted->client.known && !conn->judged) {
        keep_cert(conn, account);
    }
    if (ussl_mbedtls_resumed_peer(conn) == NULL || conn->peer_cert.len > 0) {
        ussl_mbedtls_accept_free(conn);
    }
}

const uint8_t *ussl_mbedtls_resumed_peer(const ussl_engine_conn_t *conn) {
    return conn->resumed && conn->accepted != NULL && conn->accepted->client.known ? conn->accepted->client.sha256 : NULL;
}

#else

int ussl_mbedtls_accept_new(ussl_engine_conn_t *conn) {
    (void)conn;
    return 0;
}

void ussl_mbedtls_accept_free(ussl_engine_conn_t *conn) {
    (void)conn;
}

int ussl_mbedtls_accept_step(ussl_engine_conn_t *conn) {
    (void)conn;
    return 0;
}

void ussl_mbedtls_accept_running(ussl_engine_conn_t *conn) {
    (void)conn;
}

void ussl_mbedtls_conn_remember(ussl_engine_conn_t *conn, ussl_account_t *account) {
    (void)conn;
    (void)account;
}

const uint8_t *ussl_mbedtls_resumed_peer(const ussl_engine_conn_t *conn) {
    (void)conn;
    return NULL;
}

#endif
