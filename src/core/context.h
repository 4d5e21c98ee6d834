// A context: what connections share. Policy lives here (who is trusted, which
// identity, which versions); the engine's configuration underneath is built from it.
//
// Contexts are counted: whoever holds one calls ussl_ctx_release, and a
// connection holds the one it uses. While any connection does, the context is
// frozen and every setter fails with USSL_REASON_IN_USE.

#ifndef USSL_CORE_CONTEXT_H
#define USSL_CORE_CONTEXT_H

#include "core/engine.h"
#include "core/host.h"

#define USSL_DIGEST_SIZE 32

// A client's sessions for automatic resumption; see core/session_cache.h.
typedef struct ussl_cached_session ussl_cached_session_t;
typedef struct ussl_session_cache {
    ussl_cached_session_t *first; // the freshest
    uint16_t count;
    uint16_t size; // the most
} ussl_session_cache_t;
// Sessions that a server keeps at first, of TLS 1.2 clients that take no tickets.
#ifndef USSL_SERVER_SESSIONS
#if defined(__unix__) || defined(__APPLE__) || defined(_WIN32)
#define USSL_SERVER_SESSIONS 32
#else
#define USSL_SERVER_SESSIONS 4
#endif
#endif

typedef struct ussl_ctx {
    const ussl_engine_t *engine;
    ussl_engine_cfg_t *cfg;
    unsigned refs;
    bool server;
    bool datagram;          // DTLS; see ussl_ctx_is_datagram
    bool has_trust;
    bool has_default_roots; // nothing else was there when a connection needed trust
    bool has_identity;
    bool chooses;           // server: connections ask which context is theirs
    bool no_common_name;    // see cfg_set_common_name
    uint8_t suite_count;    // 0 while the user has chosen none
    uint16_t suites[USSL_SUITES_MAX];
    ussl_account_t memory; // what the context holds
    ussl_session_cache_t sessions;
    ussl_session_stats_t stats;
    uint8_t verify; // ussl_verify_mode_t
    uint32_t checks; // of USSL_CHECK_*
    bool has_pins;
    bool keep_chain; // see cfg_set_keep_chain
    uint8_t num_tickets; // server: after a full handshake of TLS 1.3
    uint32_t options; // of USSL_OP_*
    uint16_t min_version;
    uint16_t max_version;
    uint8_t identity_digest[USSL_DIGEST_SIZE]; // of the own chain; zeros without one
    uint16_t max_early_data;    // bytes; server
    uint16_t mtu;               // the most bytes in a datagram that is sent; DTLS
    uint16_t receive_max;       // the most data in a record: asked of the peer
    uint16_t send_max;          // and sent
    #if USSL_SIGN_CALLBACK
    ussl_sign_fn sign;          // see ussl_ctx_set_signer
    #endif
    #if USSL_KEY_LOG
    ussl_key_log_t key_log;     // write is NULL without one
    #endif
    size_t record_buffer;       // bytes lent for records
    char *alpn;                 // the names one after the other, each ended by NUL
    size_t alpn_size;
    const char **alpn_list;     // into alpn, ended by NULL; NULL when none is offered
} ussl_ctx_t;

// Makes a context with one reference; see cfg_new for the defaults.
ussl_status_t ussl_ctx_new(const ussl_engine_t *engine, bool server, ussl_ctx_t **out, ussl_error_t *err);

// Makes it a context for DTLS 1.2 alone, right after ussl_ctx_new. The engine of a build
// without has no cfg_use_datagrams.
ussl_status_t ussl_ctx_use_datagrams(ussl_ctx_t *ctx, ussl_error_t *err);

// Whether its connections are DTLS; in a build without, the compiler knows that none is.
static inline bool ussl_ctx_is_datagram(const ussl_ctx_t *ctx) {
    return USSL_DTLS && ctx->datagram;
}

// DTLS: the most bytes in a datagram that is sent; see cfg_set_mtu.
ussl_status_t ussl_ctx_set_mtu(ussl_ctx_t *ctx, uint16_t mtu, ussl_error_t *err);

ussl_ctx_t *ussl_ctx_retain(ussl_ctx_t *ctx);

// Gives a reference back; the last one frees the context and wipes its keys. NULL is allowed.
void ussl_ctx_release(ussl_ctx_t *ctx);

// All options at once, of USSL_OP_*.
ussl_status_t ussl_ctx_set_options(ussl_ctx_t *ctx, uint32_t options, ussl_error_t *err);

// Both inclusive, USSL_TLS_*.
ussl_status_t ussl_ctx_set_versions(ussl_ctx_t *ctx, uint16_t min, uint16_t max, ussl_error_t *err);

ussl_status_t ussl_ctx_set_verify(ussl_ctx_t *ctx, ussl_verify_mode_t mode, ussl_error_t *err);

// All at once, of USSL_CHECK_*; other bits are kept and mean nothing.
ussl_status_t ussl_ctx_set_checks(ussl_ctx_t *ctx, uint32_t checks, ussl_error_t *err);

// Replaces all pins; see cfg_set_pins.
ussl_status_t ussl_ctx_set_pins(ussl_ctx_t *ctx, ussl_bytes_t digests, ussl_error_t *err);

// Whether connections keep the peer's whole chain; see peer_chain.
ussl_status_t ussl_ctx_set_keep_chain(ussl_ctx_t *ctx, bool keep, ussl_error_t *err);
// The suites to offer, most wanted first; see cfg_set_suites.
ussl_status_t ussl_ctx_set_suites(ussl_ctx_t *ctx, const uint16_t *ids, size_t count, ussl_error_t *err);

// Whether the common name of a certificate without DNS names counts as a host name.
ussl_status_t ussl_ctx_set_common_name(ussl_ctx_t *ctx, bool counts, ussl_error_t *err);

// Adds trust anchors, PEM or DER; all of them or none.
ussl_status_t ussl_ctx_add_trust(ussl_ctx_t *ctx, ussl_bytes_t data, ussl_error_t *err);

enum {
    USSL_ROOTS_BY_DEFAULT = 1, // they give way to what is added later
    USSL_ROOTS_STAY = 2,       // the data lives as long as ctx, and may be a bundle
};

// Adds roots; see cfg_add_roots. how is of USSL_ROOTS_*.
ussl_status_t ussl_ctx_add_roots(ussl_ctx_t *ctx, ussl_bytes_t data, unsigned how, ussl_error_t *err);

// Sets the own certificate chain and key; see cfg_set_identity.
ussl_status_t ussl_ctx_set_identity(ussl_ctx_t *ctx, ussl_bytes_t chain, ussl_bytes_t key,
    ussl_bytes_t password, ussl_error_t *err);

// Server: whether connections have a chooser; they then begin without an identity, too.
ussl_status_t ussl_ctx_set_chooses(ussl_ctx_t *ctx, bool chooses, ussl_error_t *err);

// Sets the ALPN names to offer, most wanted first, each ended by NUL in names,
// which is size bytes long; size 0 for none.
ussl_status_t ussl_ctx_set_alpn(ussl_ctx_t *ctx, const char *names, size_t size, ussl_error_t *err);

// Server: the most early data accepted; see cfg_set_max_early_data. Up to USSL_UNREAD_MAX.
ussl_status_t ussl_ctx_set_max_early_data(ussl_ctx_t *ctx, uint16_t len, ussl_error_t *err);

// The most data in a record that the peer is asked to send; see cfg_set_record_sizes.
ussl_status_t ussl_ctx_set_receive_max(ussl_ctx_t *ctx, uint16_t len, ussl_error_t *err);

// The most data in a record that is sent.
ussl_status_t ussl_ctx_set_send_max(ussl_ctx_t *ctx, uint16_t len, ussl_error_t *err);

// Lends memory for records; see cfg_set_record_buffer.
ussl_status_t ussl_ctx_set_record_buffer(ussl_ctx_t *ctx, uint8_t *data, size_t len, ussl_error_t *err);

#if USSL_SIGN_CALLBACK
// Whose function signs for connections, with the arg of their transports; NULL for the
// engine. See cfg_set_signer.
ussl_status_t ussl_ctx_set_signer(ussl_ctx_t *ctx, ussl_sign_fn sign, ussl_error_t *err);
#endif

#if USSL_KEY_LOG
// Where connections log their secrets, which is closed when it is replaced or the context is
// gone; NULL for nowhere. When this fails it is still the caller's.
ussl_status_t ussl_ctx_set_key_log(ussl_ctx_t *ctx, const ussl_key_log_t *log, ussl_error_t *err);
#endif

// Server: lets clients resume; see cfg_enable_resumption.
ussl_status_t ussl_ctx_enable_resumption(ussl_ctx_t *ctx, ussl_error_t *err);

// Server: see cfg_set_ticket_keys. Allowed while connections use the context.
ussl_status_t ussl_ctx_set_ticket_keys(ussl_ctx_t *ctx, const uint8_t *keys, size_t count, ussl_error_t *err);

// Server: see cfg_set_num_tickets.
ussl_status_t ussl_ctx_set_num_tickets(ussl_ctx_t *ctx, uint8_t count, ussl_error_t *err);

// The most sessions kept from now on: for a client to offer by itself (session_cache.h),
// for a server see cfg_set_session_cache. Allowed while connections use the context.
void ussl_ctx_set_session_cache_size(ussl_ctx_t *ctx, uint16_t size);

// What happened to its connections so far.
void ussl_ctx_session_stats(const ussl_ctx_t *ctx, ussl_session_stats_t *out);

#endif
