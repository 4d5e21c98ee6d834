// What a server keeps of a session; the layout is in resumption.h.

#include "engine/mbedtls/resumption.h"

#if defined(MBEDTLS_SSL_SRV_C)

#include <string.h>

#include "mbedtls/sha256.h"

#include "core/host.h"

#define FLAG_CLIENT 0x01
#define HEAD_LEN (1 + 4)
#define CLIENT_LEN (4 + USSL_MBEDTLS_DIGEST_LEN)

// Servers that share keys need not have quite the same time.
#define CLOCKS_APART_S 300

// However often it is renewed, a session says no longer than a week what its client has
// shown: certificates are revoked (RFC 8446 4.6.1).
#define CLIENT_LIFETIME_S 604800

// ---- certificates ----

// Days from 1970-01-01; the year is taken to begin in March, so that leap days come last.
static int64_t days_to(int year, int month, int day) {
    int64_t y = month <= 2 ? year - 1 : year;
    int64_t of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    return y * 365 + y / 4 - y / 100 + y / 400 + of_year - 719468;
}

static uint32_t seconds_at(const mbedtls_x509_time *t) {
    int64_t seconds = ((days_to(t->year, t->mon, t->day) * 24 + t->hour) * 60 + t->min) * 60 + t->sec;
    return seconds < 0 ? 0 : seconds > UINT32_MAX ? UINT32_MAX : (uint32_t)seconds;
}

void ussl_mbedtls_client_note(ussl_mbedtls_client_t *client, const mbedtls_x509_crt *chain) {
    client->known = mbedtls_sha256(chain->raw.p, chain->raw.len, client->sha256, 0) == 0;
    client->until = ussl_mbedtls_kept_now() + CLIENT_LIFETIME_S;
    for (const mbedtls_x509_crt *crt = chain; crt != NULL; crt = crt->next) {
        uint32_t ends = seconds_at(&crt->valid_to);
        client->until = ends < client->until ? ends : client->until;
    }
}

// ---- writing ----

uint32_t ussl_mbedtls_kept_now(void) {
    int64_t now = ussl_host_unix_ms() / 1000;
    return now < 0 ? 0 : (uint32_t)now;
}

size_t ussl_mbedtls_kept_write(const mbedtls_ssl_session *session, const ussl_mbedtls_client_t *client,
    uint8_t out[USSL_MBEDTLS_KEPT_MAX]) {
    uint8_t *at = out + HEAD_LEN;
    out[0] = client->known ? FLAG_CLIENT : 0;
    MBEDTLS_PUT_UINT32_BE(ussl_mbedtls_kept_now(), out, 1);
    if (client->known) {
        MBEDTLS_PUT_UINT32_BE(client->until, at, 0);
        memcpy(at + 4, client->sha256, sizeof(client->sha256));
        at += CLIENT_LEN;
    }
    return (size_t)(at - out) + ussl_mbedtls_state_write(session, at);
}

// ---- reading ----

static ussl_mbedtls_found_t judge_age(uint32_t created, const ussl_mbedtls_client_t *client) {
    uint32_t now = ussl_mbedtls_kept_now();
    if (created > now && created - now > CLOCKS_APART_S) {
        return USSL_KEPT_UNKNOWN;
    }
    bool old = now > created && now - created > USSL_MBEDTLS_SESSION_LIFETIME_S;
    return old || (client->known && now > client->until) ? USSL_KEPT_EXPIRED : USSL_KEPT_GOOD;
}

// mbedTLS looks at the age too, in milliseconds, and takes none from the future.
static void set_age(mbedtls_ssl_session *session, uint32_t created) {
#if defined(MBEDTLS_SSL_SESSION_TICKETS) && defined(MBEDTLS_HAVE_TIME)
    uint32_t now = ussl_mbedtls_kept_now();
    session->ticket_creation_time = (mbedtls_ms_time_t)(created < now ? created : now) * 1000;
#endif
    session->endpoint = MBEDTLS_SSL_IS_SERVER;
}

static void read_client(ussl_mbedtls_client_t *client, const uint8_t *at) {
    client->known = true;
    client->until = MBEDTLS_GET_UINT32_BE(at, 0);
    memcpy(client->sha256, at + 4, sizeof(client->sha256));
}

ussl_mbedtls_found_t ussl_mbedtls_kept_read(ussl_bytes_t kept, mbedtls_ssl_session *session, ussl_mbedtls_client_t *client) {
    client->known = false;
    if (kept.len < HEAD_LEN || (kept.data[0] & ~FLAG_CLIENT) != 0) {
        return USSL_KEPT_UNKNOWN;
    }
    size_t head = HEAD_LEN + (kept.data[0] & FLAG_CLIENT ? CLIENT_LEN : 0);
    if (kept.len < head) {
        return USSL_KEPT_UNKNOWN;
    }
    if (head > HEAD_LEN) {
        read_client(client, kept.data + HEAD_LEN);
    }
    uint32_t created = MBEDTLS_GET_UINT32_BE(kept.data, 1);
    set_age(session, created);
    bool good = ussl_mbedtls_state_read(session, (ussl_bytes_t) { kept.data + head, kept.len - head });
    return good ? judge_age(created, client) : USSL_KEPT_UNKNOWN;
}

#endif
