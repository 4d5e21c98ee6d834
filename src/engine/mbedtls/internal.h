// What the files of the mbedTLS adapter share. Nothing outside this folder includes it.

#ifndef USSL_ENGINE_MBEDTLS_INTERNAL_H
#define USSL_ENGINE_MBEDTLS_INTERNAL_H

// The adapter reads a few fields that mbedTLS marks private, each named where it is
// used: the public interface has no other way to the peer's alert, to whether a
// session was resumed, and to a session without its certificate.
#define MBEDTLS_ALLOW_PRIVATE_ACCESS

#include "engine/mbedtls/requirements.h"

#include "ssl_misc.h" // mbedTLS's own: the handshake's structure
#include "mbedtls/build_info.h"
#include "mbedtls/pk.h"
#include "mbedtls/psa_util.h"
#include "mbedtls/ssl.h"
#include "mbedtls/ssl_cookie.h"
#include "mbedtls/x509_crl.h"
#include "mbedtls/x509_crt.h"

#include "core/engine.h"
#include "core/host.h"
#include "engine/mbedtls/certs.h"
#include "engine/mbedtls/early_tickets.h"

// Bytes that mbedTLS gets where memory has run out; see platform.c.
#ifndef USSL_MBEDTLS_SPARE
#if UINTPTR_MAX > 0xffffffff
#define USSL_MBEDTLS_SPARE 4096 // keys of early data as well: mbedTLS leaks half made ones
#else
#define USSL_MBEDTLS_SPARE 2048
#endif
#endif

// Lent by the user for records; see record_buffer.c.
typedef struct ussl_mbedtls_record_buffer {
    uint8_t *data;
    size_t len;
    const ussl_engine_conn_t *user; // the connection with blocks in it, or NULL
    size_t first;                   // length of the block at the start; 0 is none
    size_t last;                    // of the block at the end
} ussl_mbedtls_record_buffer_t;

typedef struct ussl_mbedtls_resumption ussl_mbedtls_resumption_t;
typedef struct ussl_mbedtls_accepted ussl_mbedtls_accepted_t;

// One of a list of certificates; see chain.c.
typedef struct ussl_mbedtls_der {
    struct ussl_mbedtls_der *next;
    size_t len;
    uint8_t data[];
} ussl_mbedtls_der_t;

struct ussl_engine_cfg {
    mbedtls_ssl_config conf;
    mbedtls_x509_crt trust;
    mbedtls_x509_crt chain;
    mbedtls_pk_context key;
    #if USSL_TRUST_STORE
    struct ussl_mbedtls_root *roots; // looked up by issuer; see roots.c
    const uint8_t *bundle;           // the same in flash, or NULL
    uint8_t roots_digest[32];
    bool has_roots_digest;
    #endif
    size_t receive_max;  // the most data in a record that the peer is asked for
    size_t send_max;     // the most in one that is sent
    ussl_mbedtls_record_buffer_t record_buffer;
    bool middlebox_compat; // RFC 8446 D.4
    uint32_t checks;   // of USSL_CHECK_*
    ussl_bytes_t pins; // digests one after the other, ours to free
    #if USSL_CRL
    mbedtls_x509_crl *crls; // or NULL
    #endif
    #if USSL_DTLS
    uint16_t mtu;
    mbedtls_ssl_cookie_ctx cookies; // a server's
    #endif
    #if USSL_KEY_LOG
    const ussl_key_log_t *key_log; // or NULL
    #endif
    #if USSL_SIGN_CALLBACK
    ussl_sign_fn sign;             // or NULL
    ussl_engine_conn_t *running;   // the connection whose step runs: mbedTLS does not say
    #endif
    bool keep_chain;
    bool no_common_name; // as a host name
    int suites[USSL_SUITES_MAX + 1]; // those the user has chosen, ended by 0
    ussl_mbedtls_early_tickets_t early_tickets;
    ussl_mbedtls_resumption_t *resumption; // a server's, once its clients can resume
};

// Bytes of the record buffers while nothing is under way; see records.c. In: the record
// counter, a header and two bytes that errors are told from. Out: an alert.
#define USSL_MBEDTLS_IDLE_IN 24
#define USSL_MBEDTLS_IDLE_OUT 48

// What a connection needs until its handshake is over.
typedef struct ussl_mbedtls_handshake {
    const char *sni;          // sent in the ClientHello, or NULL; core owns the name
    const char *verify_name;  // compared with the certificate, or NULL
    const char *current_name; // the one mbedTLS has been given
    ussl_judge_t judge;
    ussl_verify_t *verify;    // the first certificate found wrong, or NULL
    #if USSL_CRL
    mbedtls_x509_crt *shown;  // the certificate before, while the chain is verified
    #endif
    bool refused;             // by the judge
    bool pinned;              // one of the chain is
    bool unknown_issuer;      // and whether it leads nowhere; see pins.c
    bool not_signed;          // the configuration's function could not
} ussl_mbedtls_handshake_t;

struct ussl_engine_conn {
    mbedtls_ssl_context ssl;
    ussl_engine_cfg_t *cfg;
    ussl_mbedtls_handshake_t *hs; // NULL once it is over
    uint8_t idle_in[USSL_MBEDTLS_IDLE_IN];
    uint8_t idle_out[USSL_MBEDTLS_IDLE_OUT];
    uint8_t header[5];       // of the next record, as far as it has come
    uint8_t header_len;
    uint8_t early_data;      // ussl_early_data_t
    bool resumed : 1;
    bool used_psk : 1;       // one that is no session's
    bool judged : 1;         // by the user
    bool got_record : 1;     // the peer has sent at least one TLS record
    bool at_end : 1;         // the transport has reported the end of the stream
    uint16_t sessions;       // received so far
    size_t early_sent;       // bytes that went out as early data
    ussl_bytes_t early;      // a client's early data that may still go out; core's
    ussl_engine_io_t io;
    ussl_bytes_t peer_cert;  // the peer's own, as DER; after the handshake, and ours to free
    ussl_mbedtls_der_t *sent;     // the peer's chain, where it is kept
    ussl_mbedtls_der_t *verified; // and as it was verified
    ussl_mbedtls_accepted_t *accepted; // a server's, see accept.c, or NULL
    #if USSL_DTLS
    uint64_t timer_ms;       // when to repeat what may be lost, on the monotonic clock; 0 is never
    #endif
};

// ---- platform.c ----

// Forgets earlier failures; every operation that may allocate starts with it.
void ussl_mbedtls_begin(void);
// True when an allocation failed since ussl_mbedtls_begin, whatever mbedTLS made of it:
// the operation must then fail.
bool ussl_mbedtls_no_memory(void);
// Around a call out of an operation: other operations may run meanwhile.
typedef struct ussl_mbedtls_pause {
    bool no_memory;
    bool arena;
} ussl_mbedtls_pause_t;
ussl_mbedtls_pause_t ussl_mbedtls_pause(void);
void ussl_mbedtls_resume(ussl_mbedtls_pause_t before);
// As ussl_mbedtls_calloc, for the adapter's own needs: NULL when there is no memory.
void *ussl_mbedtls_own_calloc(size_t count, size_t size);
// From now on mbedTLS's requests for record buffers are met by these two, once each;
// NULL ends that. See records.c.
void ussl_mbedtls_lend(void *in, void *out);
// Makes the library ready, once: memory, randomness, PSA.
ussl_status_t ussl_mbedtls_start(ussl_error_t *err);
// Counts the configurations, which all need that.
void ussl_mbedtls_hold(void);
void ussl_mbedtls_release(void);
// Undoes it as soon as no configuration is left.
void ussl_mbedtls_stop(void);

// ---- resumption.c: a server's part, in other builds nothing ----

ussl_status_t ussl_mbedtls_cfg_enable_resumption(ussl_engine_cfg_t *cfg, ussl_error_t *err);
ussl_status_t ussl_mbedtls_cfg_set_ticket_keys(ussl_engine_cfg_t *cfg, const uint8_t *keys, size_t count, ussl_error_t *err);
void ussl_mbedtls_cfg_set_num_tickets(ussl_engine_cfg_t *cfg, unsigned count);
void ussl_mbedtls_cfg_set_session_cache(ussl_engine_cfg_t *cfg, size_t size);
void ussl_mbedtls_cfg_session_stats(const ussl_engine_cfg_t *cfg, ussl_session_stats_t *stats);
// Before each connection, and when the anchors have changed.
ussl_status_t ussl_mbedtls_resumption_ready(ussl_engine_cfg_t *cfg, ussl_error_t *err);
void ussl_mbedtls_resumption_trust_changed(ussl_engine_cfg_t *cfg);
void ussl_mbedtls_resumption_free(ussl_engine_cfg_t *cfg);

// ---- accept.c: the same ----

// A server's connection: what it holds for its handshake, made and freed; the latter also
// once the handshake is over, if nothing of it is needed any more.
int ussl_mbedtls_accept_new(ussl_engine_conn_t *conn);
void ussl_mbedtls_accept_free(ussl_engine_conn_t *conn);
// Before each step: looks at what the last one has brought, and after a callback, which may
// have run other connections' steps: this one's goes on.
int ussl_mbedtls_accept_step(ussl_engine_conn_t *conn);
void ussl_mbedtls_accept_running(ussl_engine_conn_t *conn);
void ussl_mbedtls_conn_remember(ussl_engine_conn_t *conn, ussl_account_t *account);
const uint8_t *ussl_mbedtls_resumed_peer(const ussl_engine_conn_t *conn);

// ---- choose.c ----

#if USSL_SNI_CALLBACK
void ussl_mbedtls_conn_set_chooser(ussl_engine_conn_t *conn, const ussl_chooser_t *chooser);
ussl_status_t ussl_mbedtls_conn_set_cfg(ussl_engine_conn_t *conn, ussl_engine_cfg_t *cfg, const ussl_psk_source_t *source,
    ussl_error_t *err);
// Before each step of a server: once the ClientHello is in, asks the chooser.
int ussl_mbedtls_choose(ussl_engine_conn_t *conn);
// True until then: what conn holds of its configuration may not be of the one it ends with.
bool ussl_mbedtls_may_choose(const ussl_engine_conn_t *conn);
#else
#define ussl_mbedtls_conn_set_chooser NULL
#define ussl_mbedtls_conn_set_cfg NULL
static inline int ussl_mbedtls_choose(const ussl_engine_conn_t *conn) {
    (void)conn;
    return 0;
}
static inline bool ussl_mbedtls_may_choose(const ussl_engine_conn_t *conn) {
    (void)conn;
    return false;
}
#endif

// ---- random.c ----

// Seeds the process's random generator, and sets up PSA where there is one; again does
// nothing. Returns an error code of mbedTLS's or PSA's, or 0.
int ussl_mbedtls_random_start(void);
void ussl_mbedtls_random_stop(void);
// Fills out; in the form of mbedTLS's f_rng, with an argument that is not used.
int ussl_mbedtls_random(void *unused, unsigned char *out, size_t len);

// ---- tls13.c ----

// What all configurations have in common.
void ussl_mbedtls_tls13_configure(mbedtls_ssl_config *conf);
// Whether a PSK may be used without (EC)DHE (RFC 8446 2.2).
void ussl_mbedtls_tls13_allow_psk_alone(mbedtls_ssl_config *conf, bool allow);
// mbedtls_ssl_tls13_write_change_cipher_spec, but nothing where the client sent no session
// ID: that record is for middleboxes, and so is that ID (RFC 8446 D.4).
int ussl_mbedtls_tls13_write_ccs(mbedtls_ssl_context *ssl);
// In a handshake of TLS 1.3: whether it resumes.
bool ussl_mbedtls_tls13_uses_psk(const mbedtls_ssl_context *ssl);
// Bytes of the cookie that a HelloRetryRequest brought (RFC 8446 4.2.2).
size_t ussl_mbedtls_tls13_cookie_len(const mbedtls_ssl_context *ssl);
// Servers send a cookie that no client has asked for (RFC 8446 4.2.2), and mbedTLS refuses
// it as the answer to an extension that was not sent. So, before a step:
void ussl_mbedtls_tls13_expect_cookie(mbedtls_ssl_context *ssl);
// mbedTLS begins to send under the next keys of TLS 1.3 only with its next message. An
// alert goes before that, and the peer could not read it (RFC 8446 7.1: the keys change
// after ServerHello and after the server's Finished). So, before a step:
void ussl_mbedtls_tls13_turn_keys(mbedtls_ssl_context *ssl);
// The host name in a session, which is the caller's now.
char *ussl_mbedtls_tls13_take_name(mbedtls_ssl_session *s);
// When a session's ticket came, in milliseconds of the wall clock.
int64_t ussl_mbedtls_tls13_received_ms(const mbedtls_ssl_session *s);
// Fits a restored session to a connection: mbedTLS compares its host name with the one
// it sends, and drops a session that seems to come from the future.
int ussl_mbedtls_tls13_fit(mbedtls_ssl_session *s, const char *name);

// ---- early_data.c ----

void ussl_mbedtls_conn_set_early_data(ussl_engine_conn_t *conn, ussl_bytes_t data);
ussl_early_data_t ussl_mbedtls_early_data(const ussl_engine_conn_t *conn, size_t *sent);
// Keeps of a client's early data what a session of TLS 1.3, about to be offered, allows.
void ussl_mbedtls_early_data_offer(ussl_engine_conn_t *conn, mbedtls_ssl_session *s);
// True where early data is next to be written, instead of a step.
bool ussl_mbedtls_early_data_goes(const ussl_engine_conn_t *conn);
// Writes one record of it.
int ussl_mbedtls_early_data_write(ussl_engine_conn_t *conn);
// True while what a client sends goes under the keys of early data: until its end was told
// (RFC 8446 4.5), or the server has refused it.
bool ussl_mbedtls_early_data_keys(const mbedtls_ssl_context *ssl);
// After each step, at either end: notes what became of it; *ret is what the step returned.
void ussl_mbedtls_early_data_note(ussl_engine_conn_t *conn, int *ret);

// ---- early_data_server.c ----

ussl_status_t ussl_mbedtls_cfg_set_max_early_data(ussl_engine_cfg_t *cfg, uint32_t len, ussl_error_t *err);
// s was sealed into this ticket.
void ussl_mbedtls_early_data_issued(ussl_engine_cfg_t *cfg, const mbedtls_ssl_session *s, ussl_bytes_t ticket);
// Lets early data come with a ticket once; s was read from it.
void ussl_mbedtls_early_data_guard(ussl_engine_conn_t *conn, mbedtls_ssl_session *s, ussl_bytes_t ticket);
// True where early data has come in and not been read.
bool ussl_mbedtls_early_data_came(const ussl_engine_conn_t *conn);
int ussl_mbedtls_early_data_read(ussl_engine_conn_t *conn, uint8_t *buf, size_t len);
// A server's part of ussl_mbedtls_early_data_note.
void ussl_mbedtls_early_data_note_server(ussl_engine_conn_t *conn, int *ret);
// Frees what was noted for the tickets that were sent.
void ussl_mbedtls_early_data_forget(mbedtls_ssl_session *s);

// ---- conn.c ----

// Before each step, and after a callback, which may have run other connections' steps: this
// one's goes on.
void ussl_mbedtls_running(ussl_engine_conn_t *conn);
// Reads from the transport, in mbedTLS's terms.
int ussl_mbedtls_receive(ussl_engine_conn_t *conn, unsigned char *buf, size_t len);

// ---- records.c ----

// mbedtls_ssl_setup without its record buffers.
int ussl_mbedtls_records_setup(ussl_engine_conn_t *conn, const mbedtls_ssl_config *conf);
// Gives the record buffers back for good, before mbedtls_ssl_free.
void ussl_mbedtls_records_free(ussl_engine_conn_t *conn);
// mbedTLS's callback for reading, which makes room for the record that comes.
int ussl_mbedtls_records_recv(void *arg, unsigned char *buf, size_t len);
// mbedtls_ssl_handshake_step with the room to write that it needs.
int ussl_mbedtls_records_step(ussl_engine_conn_t *conn);
// Makes room to write a record of up to *len bytes, which becomes less if one record may
// not hold so many; an mbedTLS error when there is none.
int ussl_mbedtls_records_reserve(ussl_engine_conn_t *conn, size_t *len);
// Runs a function of mbedTLS that frees the handshake, and would resize the buffers too.
int ussl_mbedtls_records_hidden(mbedtls_ssl_context *ssl, int (*run)(mbedtls_ssl_context *ssl));
// Gives back the room that nothing needs any more. Not after an error: what came is
// still to be told from it.
void ussl_mbedtls_records_settle(ussl_engine_conn_t *conn);

// ---- record_buffer.c ----

void ussl_mbedtls_cfg_set_record_buffer(ussl_engine_cfg_t *cfg, uint8_t *data, size_t len);
// Zeroed room for a record, from the lent buffer or the host; NULL without memory.
uint8_t *ussl_mbedtls_record_take(ussl_engine_conn_t *conn, size_t len);
// Wipes it and gives it back.
void ussl_mbedtls_record_give_back(ussl_engine_conn_t *conn, uint8_t *buf, size_t len);

// ---- leftover.c ----

// Frees what mbedTLS keeps of a handshake that is over.
void ussl_mbedtls_leftover_free(ussl_engine_conn_t *conn);
// Before mbedTLS takes in a ticket: gives it back what it then wants.
int ussl_mbedtls_leftover_restore(ussl_engine_conn_t *conn);
void ussl_mbedtls_leftover_forget(ussl_engine_conn_t *conn);

// ---- error.c ----

// Turns an mbedTLS error into ussl's; never for a code that is no error.
ussl_status_t ussl_mbedtls_fail(int code, ussl_error_t *err);
// The same for an error of USSL_ERR_INPUT with this reason, unless memory ran out.
ussl_status_t ussl_mbedtls_fail_input(int code, ussl_reason_t reason, unsigned index, ussl_error_t *err);
// USSL_VERIFY_* for MBEDTLS_X509_BADCERT_*.
uint32_t ussl_mbedtls_verify_flags(uint32_t flags);

// ---- cfg.c ----

ussl_status_t ussl_mbedtls_cfg_new(bool server, ussl_engine_cfg_t **out, ussl_error_t *err);
void ussl_mbedtls_cfg_free(ussl_engine_cfg_t *cfg);
// The configuration that a connection uses.
const ussl_engine_cfg_t *ussl_mbedtls_cfg_of(const mbedtls_ssl_context *ssl);
void ussl_mbedtls_cfg_set_options(ussl_engine_cfg_t *cfg, uint32_t options);
void ussl_mbedtls_cfg_set_versions(ussl_engine_cfg_t *cfg, uint16_t min, uint16_t max);
void ussl_mbedtls_cfg_set_checks(ussl_engine_cfg_t *cfg, uint32_t checks);
void ussl_mbedtls_cfg_set_verify(ussl_engine_cfg_t *cfg, ussl_verify_mode_t mode);
void ussl_mbedtls_cfg_set_common_name(ussl_engine_cfg_t *cfg, bool counts);
ussl_status_t ussl_mbedtls_cfg_add_trust(ussl_engine_cfg_t *cfg, ussl_bytes_t data, ussl_error_t *err);
ussl_status_t ussl_mbedtls_cfg_set_identity(ussl_engine_cfg_t *cfg, ussl_bytes_t chain, ussl_bytes_t key,
    ussl_bytes_t password, ussl_error_t *err);
// Whether pk is the private key of the certificate; an error of mbedTLS's, or 0.
int ussl_mbedtls_check_pair(mbedtls_x509_crt *crt, mbedtls_pk_context *pk);
ussl_status_t ussl_mbedtls_cfg_set_alpn(ussl_engine_cfg_t *cfg, const char **protocols, ussl_error_t *err);
// Makes ready what changes of the configuration have put off; before each connection.
ussl_status_t ussl_mbedtls_cfg_ready(ussl_engine_cfg_t *cfg, ussl_error_t *err);
void ussl_mbedtls_cfg_set_record_sizes(ussl_engine_cfg_t *cfg, size_t receive, size_t send);
// Bytes of the longest handshake message that cfg sends after its hello: what mbedTLS
// sends in one record, whatever was agreed on.
size_t ussl_mbedtls_cfg_longest_message(const ussl_engine_cfg_t *cfg);
ussl_status_t ussl_mbedtls_cfg_trust_digest(ussl_engine_cfg_t *cfg, uint8_t out[32], ussl_error_t *err);
ussl_status_t ussl_mbedtls_sha256(ussl_bytes_t data, uint8_t out[32], ussl_error_t *err);

// A sum of digests, which does not depend on their order.
void ussl_mbedtls_add_digest(uint8_t sum[32], const uint8_t part[32]);
// True when this very certificate is trusted.
bool ussl_mbedtls_trusts(const ussl_engine_cfg_t *cfg, const mbedtls_x509_crt *crt);
ussl_bytes_t ussl_mbedtls_cfg_trust(const ussl_engine_cfg_t *cfg, size_t index);

// ---- session.c ----

// Notes a session that the finished handshake or a ticket brought.
void ussl_mbedtls_session_received(ussl_engine_conn_t *conn);
ussl_status_t ussl_mbedtls_conn_offer_session(ussl_engine_conn_t *conn, ussl_bytes_t data, ussl_error_t *err);
unsigned ussl_mbedtls_session_count(const ussl_engine_conn_t *conn);
ussl_bytes_t ussl_mbedtls_conn_session(ussl_engine_conn_t *conn);
ussl_status_t ussl_mbedtls_session_info(ussl_bytes_t data, ussl_session_info_t *info, ussl_error_t *err);
// Frees the host name that mbedTLS keeps with a session.
void ussl_mbedtls_session_forget_name(mbedtls_ssl_session *s);

// ---- seal.c ----

ussl_status_t ussl_mbedtls_seal(const uint8_t key[USSL_SEAL_KEY_SIZE], ussl_bytes_t label, ussl_bytes_t data,
    uint8_t *out, ussl_error_t *err);
ussl_status_t ussl_mbedtls_open(const uint8_t key[USSL_SEAL_KEY_SIZE], ussl_bytes_t label, ussl_bytes_t sealed,
    uint8_t *out, ussl_error_t *err);
// The same in the middle of an operation; an error of mbedTLS's, or 0. What is opened has
// USSL_SEAL_SIZE bytes or more.
int ussl_mbedtls_seal_bytes(const uint8_t key[USSL_SEAL_KEY_SIZE], ussl_bytes_t label, ussl_bytes_t data, uint8_t *out);
int ussl_mbedtls_open_bytes(const uint8_t key[USSL_SEAL_KEY_SIZE], ussl_bytes_t label, ussl_bytes_t sealed, uint8_t *out);

// ---- verify.c ----

void ussl_mbedtls_set_judge(ussl_engine_conn_t *conn, const ussl_judge_t *judge);
// Makes conn remember what is wrong with the peer's chain.
void ussl_mbedtls_watch_verification(ussl_engine_conn_t *conn);
void ussl_mbedtls_verify_detail(const ussl_engine_conn_t *conn, ussl_verify_t *out);

// ---- chain.c ----

void ussl_mbedtls_cfg_set_keep_chain(ussl_engine_cfg_t *cfg, bool keep);
// After each step of the handshake: keeps what the peer has sent, where that is wanted.
void ussl_mbedtls_chain_note_sent(ussl_engine_conn_t *conn);
// Keeps the next certificate of the verified chain, the root's end first.
void ussl_mbedtls_chain_note_verified(ussl_engine_conn_t *conn, const mbedtls_x509_crt *crt);
void ussl_mbedtls_chain_free(ussl_engine_conn_t *conn);
ussl_bytes_t ussl_mbedtls_peer_chain(const ussl_engine_conn_t *conn, bool verified, size_t index);

// ---- signer.c ----

// What signing ends with where the user's function failed.
#define USSL_MBEDTLS_NOT_SIGNED MBEDTLS_ERR_PLATFORM_HW_ACCEL_FAILED

#if USSL_SIGN_CALLBACK
ussl_status_t ussl_mbedtls_cfg_set_signer(ussl_engine_cfg_t *cfg, ussl_sign_fn sign, ussl_error_t *err);
// Fills pk from the certificate alone, for a key that only the signer has; an error of mbedTLS's.
int ussl_mbedtls_signer_key(mbedtls_pk_context *pk, const mbedtls_x509_crt *crt);
// Where there is a signer: false for a key that cannot be the certificate's even so.
bool ussl_mbedtls_signer_fits(const mbedtls_pk_context *pk, const mbedtls_x509_crt *crt);
// True for a key that by convention is none, but tells a signer which one is meant.
bool ussl_mbedtls_signer_is_reference(const mbedtls_pk_context *pk);
// cfg's key has changed.
void ussl_mbedtls_signer_use(ussl_engine_cfg_t *cfg);
// Before each step, and after a callback, which may have run other connections' steps.
void ussl_mbedtls_signer_running(ussl_engine_conn_t *conn);
// After each step: the error that is due if the signer has failed in it, else ret.
int ussl_mbedtls_signer_failed(ussl_engine_conn_t *conn, int ret);
#else
#define ussl_mbedtls_cfg_set_signer NULL
static inline void ussl_mbedtls_signer_running(ussl_engine_conn_t *conn) {
    (void)conn;
}
static inline int ussl_mbedtls_signer_failed(ussl_engine_conn_t *conn, int ret) {
    (void)conn;
    return ret;
}
#endif

// ---- key_log.c ----

#if USSL_KEY_LOG
void ussl_mbedtls_cfg_set_key_log(ussl_engine_cfg_t *cfg, const ussl_key_log_t *log);
// Makes conn log its secrets where its configuration says, or nowhere.
void ussl_mbedtls_log_keys(ussl_engine_conn_t *conn);
#else
#define ussl_mbedtls_cfg_set_key_log NULL
static inline void ussl_mbedtls_log_keys(ussl_engine_conn_t *conn) {
    (void)conn;
}
#endif

// ---- suites.c ----

const char *ussl_mbedtls_suite_name(int id, unsigned *bits);
bool ussl_mbedtls_suite(size_t index, ussl_suite_t *out);
// The suites offered, most wanted first, ended by 0; those behind that are offered where a
// user names them.
extern const int ussl_mbedtls_default_suites[];
void ussl_mbedtls_cfg_set_suites(ussl_engine_cfg_t *cfg, const uint16_t *ids, size_t count);
// The key agreement groups offered, most wanted first, ended by 0.
extern const uint16_t ussl_mbedtls_default_groups[];
// Those of a client that offers TLS 1.3 alone.
extern const uint16_t ussl_mbedtls_tls13_groups[];

#endif
