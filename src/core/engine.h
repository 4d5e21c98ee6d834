// The contract between core and a TLS library. Core calls; the adapter behind
// ussl_engine_t knows the library. One adapter per folder under src/engine/.
//
// Rules that hold for every operation:
// - No operation blocks. Bytes move only through the ussl_engine_io_t given to
//   conn_new. An io callback that cannot move a byte says so, and the operation
//   returns USSL_WANT_READ or USSL_WANT_WRITE; the same operation is called again later.
// - An operation that returns USSL_FAILED has filled *err. A failed allocation is
//   always USSL_ERR_MEMORY, whatever the library makes of it.
// - The io callbacks may not call back into the same connection.
// - Data given to the adapter is copied unless said otherwise; what it returns
//   belongs to it and is valid until the next call on that object.
// - Secrets are wiped before their memory is freed.

#ifndef USSL_CORE_ENGINE_H
#define USSL_CORE_ENGINE_H

#include <stdbool.h>

#include "core/host.h"
#include "core/status.h"

// Certificates of clients that a server's context keeps, the newest, to show them when their
// clients resume. With 0 sessions that a program saves do not keep their server's either.
#ifndef USSL_KNOWN_PEERS
#if defined(__unix__) || defined(__APPLE__) || defined(_WIN32)
#define USSL_KNOWN_PEERS 128
#else
#define USSL_KNOWN_PEERS 0
#endif
#endif

typedef struct ussl_engine_cfg ussl_engine_cfg_t;
typedef struct ussl_engine_conn ussl_engine_conn_t;

// DTLS 1.2 (RFC 6347), TLS over datagrams: in builds for hosts unless told otherwise.
#ifndef USSL_DTLS
#if defined(__unix__) || defined(__APPLE__) || defined(_WIN32)
#define USSL_DTLS 1
#else
#define USSL_DTLS 0
#endif
#endif

// Certificate and key from a PKCS#12 file (RFC 7292): the same.
#ifndef USSL_PKCS12
#if defined(__unix__) || defined(__APPLE__) || defined(_WIN32)
#define USSL_PKCS12 1
#else
#define USSL_PKCS12 0
#endif
#endif

// TLS versions by their number on the wire (RFC 8446 4.2.1).
enum {
    USSL_TLS_1_2 = 0x0303,
    USSL_TLS_1_3 = 0x0304,
};

// Bounds of the data in a record: the least that one can be limited to (RFC 6066 4), and
// the most there is (RFC 8446 5.1).
enum {
    USSL_RECORD_MIN = 512,
    USSL_RECORD_MAX = 16384,
};

// Bytes of a datagram that DTLS sends: the least that can be set, what it is at first (what
// every IPv6 path takes, without the headers of IPv6 and UDP), and the most.
enum {
    USSL_MTU_MIN = 256,
    USSL_MTU_DEFAULT = 1280 - 40 - 8,
    USSL_MTU_MAX = 16384,
};

// Of the engine's seal: its key, and the bytes that it adds (a nonce and a tag).
enum {
    USSL_SEAL_KEY_SIZE = 32,
    USSL_SEAL_SIZE = 12 + 16,
};

// Options of a configuration, by OpenSSL's numbers.
enum {
    // A PSK may be used without (EC)DHE (RFC 8446 2.2): a client that resumes offers that
    // alone, a server accepts it.
    USSL_OP_ALLOW_NO_DHE_KEX = 0x400,
    // A client sends what middleboxes expect of TLS 1.2, and the server answers it (RFC
    // 8446 D.4).
    USSL_OP_ENABLE_MIDDLEBOX_COMPAT = 0x100000,
};

// What else is checked, by OpenSSL's numbers but the last.
enum {
    USSL_CHECK_CRL_LEAF = 0x4,   // the peer's own certificate must be on a CRL's good side,
    USSL_CHECK_CRL_CHAIN = 0xc,  // or the whole chain
    USSL_CHECK_NO_TIME = 0x200000, // dates do not matter,
    USSL_CHECK_TIME_IF_SET = 0x10000000, // or not until the clock is set
};

// Bytes of a pin: SHA-256.
#define USSL_PIN_SIZE 32

// How the peer's certificate is judged. OPTIONAL: a server asks, accepts none,
// rejects a bad one; a client treats it as REQUIRED.
typedef enum {
    USSL_VERIFY_NONE,
    USSL_VERIFY_OPTIONAL,
    USSL_VERIFY_REQUIRED,
} ussl_verify_mode_t;

// The most cipher suites that an engine has.
#define USSL_SUITES_MAX 20

typedef struct ussl_suite {
    const char *name;         // as OpenSSL writes it
    const char *library_name; // as the library does; NULL where this build lacks the suite
    uint16_t id;              // on the wire
    unsigned bits;            // of its key
    bool tls13;
    bool by_default;          // offered unless the user has chosen others
} ussl_suite_t;

// Returned by the io callbacks beside a count of bytes.
enum {
    USSL_IO_AGAIN = -1,
    USSL_IO_ERROR = -2, // core knows more; the connection is lost
};

typedef struct ussl_engine_io {
    // Takes up to len bytes; returns how many, USSL_IO_AGAIN or USSL_IO_ERROR. Outside
    // the handshake core calls write and close_notify only when it can take all.
    int (*send)(void *arg, const uint8_t *buf, size_t len);
    // Gives up to len bytes; returns how many, 0 at the end of the stream, or as above.
    int (*recv)(void *arg, uint8_t *buf, size_t len);
    void *arg;
} ussl_engine_io_t;

typedef struct ussl_bytes {
    const uint8_t *data;
    size_t len;
} ussl_bytes_t;

// What became of early data (0-RTT, RFC 8446 2.3).
typedef enum {
    USSL_EARLY_NONE,     // there was none, or the server has not said yet
    USSL_EARLY_REJECTED, // the server has not looked at it
    USSL_EARLY_ACCEPTED,
} ussl_early_data_t;

// What an engine tells of a session.
typedef struct ussl_session_info {
    int64_t received;     // when it came, seconds since 1970
    uint32_t lifetime;    // seconds from then that it may be resumed
    uint32_t hint;        // the lifetime as the server put it; 0 when it did not say
    uint16_t version;     // USSL_TLS_*
    bool has_ticket;
    ussl_bytes_t id;      // a TLS 1.2 session ID, where there is no ticket; it is in the data
} ussl_session_info_t;

// What CPython's session_stats() tells, counted since a context was made.
typedef struct ussl_session_stats {
    uint32_t number;       // sessions in the cache now
    uint32_t connect;      // client: handshakes begun
    uint32_t connect_good; // and done
    uint32_t accept;       // server: the same
    uint32_t accept_good;
    uint32_t hits;         // handshakes that resumed
    uint32_t misses;       // a session was offered, and the handshake was a full one
    uint32_t timeouts;     // sessions found to be past their lifetime
    uint32_t cache_full;   // sessions that gave way to newer ones
} ussl_session_stats_t;

// Receives one field of a certificate, value is UTF-8 of len bytes. group and key name it
// as CPython's getpeercert does ("subject", "commonName"); the key is NULL where the group
// is one value, and empty where it is a list of values. A field of a distinguished name
// that starts a new RDN has new_rdn set. A directory name among the alternative ones comes
// as fields of the group "DirName", then as "subjectAltName", "DirName" without a value.
typedef void (*ussl_cert_field_fn)(void *arg, const char *group, const char *key,
    const char *value, size_t len, bool new_rdn);

// A user's own judgement of the peer's certificates: called with each, the root's end first,
// until it returns false, which refuses the peer.
typedef struct ussl_judge {
    bool (*accepts)(void *arg, ussl_bytes_t der, int depth); // NULL is none
    void *arg;
    bool alone; // what it accepts is accepted, whatever else is wrong
} ussl_judge_t;

// Whether this build has pre-shared keys that do not come from a session (RFC 4279, RFC 8446
// 2.2): 0 leaves them out.
#ifndef USSL_PSK
#define USSL_PSK 1
#endif

// The longest key: what RFC 4279 5.3 asks for; and the longest identity: OpenSSL's.
#define USSL_PSK_KEY_MAX 64
#define USSL_PSK_IDENTITY_MAX 256

// A pre-shared key, and its name. Secret.
typedef struct ussl_psk {
    size_t identity_len;
    size_t key_len; // 0: there is none
    uint8_t identity[USSL_PSK_IDENTITY_MAX];
    uint8_t key[USSL_PSK_KEY_MAX];
} ussl_psk_t;

// Where a connection's pre-shared key comes from.
typedef struct ussl_psk_source {
    // Client: told the hint of a TLS 1.2 server, empty where there is none; gives identity and
    // key. In TLS 1.3 it is asked before the first message; where both versions are offered
    // and the server chooses 1.2, a second time. Server: told the client's identity, in TLS
    // 1.3 each that a client offers; gives the key. False ends the handshake.
    bool (*ask)(void *arg, ussl_bytes_t told, ussl_psk_t *out); // NULL is none
    void *arg;
    ussl_bytes_t hint; // server: for TLS 1.2 clients; stays where it is during the handshake
    bool alone;        // no certificate will do instead, at either end
} ussl_psk_source_t;

// Whether servers ask for the configuration by the name that a client wants; see
// conn_set_chooser.
#ifndef USSL_SNI_CALLBACK
#if (defined(__unix__) || defined(__APPLE__) || defined(_WIN32)) && !(defined(USSL_SERVER) && !USSL_SERVER)
#define USSL_SNI_CALLBACK 1
#else
#define USSL_SNI_CALLBACK 0
#endif
#endif

// Whether a user's function may sign in the place of the private key; see cfg_set_signer.
#ifndef USSL_SIGN_CALLBACK
#if defined(__unix__) || defined(__APPLE__) || defined(_WIN32)
#define USSL_SIGN_CALLBACK 1
#else
#define USSL_SIGN_CALLBACK 0
#endif
#endif

// Signs a hash with ECDSA: writes up to size bytes of signature, in DER, and returns how many;
// 0 leaves it to the library, and a negative number ends the handshake. key is the private key
// of the configuration as a number in big endian, or empty where it has none. arg is that of
// the io of the connection which signs.
typedef int (*ussl_sign_fn)(void *arg, ussl_bytes_t key, ussl_bytes_t hash, uint8_t *signature, size_t size);

// Whether the secrets of connections can be logged: never in firmware.
#ifndef USSL_KEY_LOG
#if defined(__unix__) || defined(__APPLE__)
#define USSL_KEY_LOG 1
#else
#define USSL_KEY_LOG 0
#endif
#endif

// Takes lines of the NSS key log format, each ended by a line feed, from within operations on
// connections. Nothing may be called back from there.
typedef struct ussl_key_log {
    void (*write)(void *arg, const char *line, size_t len);
    void (*close)(void *arg); // it is not needed any more; core's to call
    void *arg;
} ussl_key_log_t;

// Asks a server's user which configuration a client gets: called once, when the ClientHello
// is in and nothing of it was looked at but the name that it asks for (SNI, RFC 6066 3),
// which is empty where it has none, else ASCII without control characters. Here, and nowhere
// else, conn_set_cfg may be called. Returns the number of the alert that ends the handshake,
// or a negative number to go on.
typedef struct ussl_chooser {
    int (*choose)(void *arg, ussl_bytes_t name); // NULL is none
    void *arg;
} ussl_chooser_t;

typedef struct ussl_engine {
    const char *name; // the library's own, and its version, for people
    uint16_t version_max; // the newest TLS version this build speaks
    size_t send_max; // the most data in a record that is sent

    // ---- configurations: what several connections share ----

    // Makes a configuration for clients or servers with the library's safe defaults:
    // TLS 1.2 to 1.3, ECDHE with AEAD, no verification, no identity, no tickets.
    ussl_status_t (*cfg_new)(bool server, ussl_engine_cfg_t **out, ussl_error_t *err);
    // Makes it one for DTLS 1.2 alone, right after cfg_new. The io callbacks of its connections
    // then move one datagram with each call. This and the next are NULL in a build without.
    ussl_status_t (*cfg_use_datagrams)(ussl_engine_cfg_t *cfg, ussl_error_t *err);
    // The most bytes in a datagram that is sent, USSL_MTU_MIN to USSL_MTU_MAX; it is
    // USSL_MTU_DEFAULT at first.
    void (*cfg_set_mtu)(ussl_engine_cfg_t *cfg, uint16_t mtu);
    // No connection may be using it. NULL is allowed.
    void (*cfg_free)(ussl_engine_cfg_t *cfg);
    // The host's memory is about to end: frees what the first configuration set up for
    // the whole process, with the last one that still exists. A later cfg_new sets it up
    // again.
    void (*stop)(void);
    // Of USSL_OP_*; a new configuration has USSL_OP_ENABLE_MIDDLEBOX_COMPAT.
    void (*cfg_set_options)(ussl_engine_cfg_t *cfg, uint32_t options);
    // Both inclusive, USSL_TLS_*, min <= max.
    void (*cfg_set_versions)(ussl_engine_cfg_t *cfg, uint16_t min, uint16_t max);
    void (*cfg_set_verify)(ussl_engine_cfg_t *cfg, ussl_verify_mode_t mode);
    // The suites there are, most wanted first; false behind the last.
    bool (*suite)(size_t index, ussl_suite_t *out);
    // Offers these and no others, most wanted first; count is at most USSL_SUITES_MAX.
    void (*cfg_set_suites)(ussl_engine_cfg_t *cfg, const uint16_t *ids, size_t count);
    // Whether the common name of a certificate without DNS names counts as a host
    // name; at first it does.
    void (*cfg_set_common_name)(ussl_engine_cfg_t *cfg, bool counts);
    // Of USSL_CHECK_*; a new configuration has none.
    void (*cfg_set_checks)(ussl_engine_cfg_t *cfg, uint32_t checks);
    // Digests one after the other, each the SHA-256 of a certificate or of its public key
    // (SubjectPublicKeyInfo), of which the peer's chain must have one. Where it is the peer's
    // own, no issuer is needed. Empty for none.
    ussl_status_t (*cfg_set_pins)(ussl_engine_cfg_t *cfg, ussl_bytes_t digests, ussl_error_t *err);
    ussl_bytes_t (*cfg_pins)(const ussl_engine_cfg_t *cfg);
    // Adds trust anchors from PEM (any number) or DER, and from PEM certificate revocation
    // lists, where the build has them. All or none are added.
    ussl_status_t (*cfg_add_trust)(ussl_engine_cfg_t *cfg, ussl_bytes_t data, ussl_error_t *err);
    // Adds roots that are kept as they came, looked up by issuer when a chain needs one, and
    // taken apart one at a time: certificates in PEM, of which those that cannot be used are
    // left out, or where data stays where it is as long as cfg lives, a bundle of
    // tools/trust_bundle.py, which is neither copied nor checked. NULL, as the next two, in a
    // build without.
    ussl_status_t (*cfg_add_roots)(ussl_engine_cfg_t *cfg, ussl_bytes_t data, bool stays, ussl_error_t *err);
    // Takes them all away.
    void (*cfg_clear_roots)(ussl_engine_cfg_t *cfg);
    // How many roots a bundle has; cfg_trust does not give them.
    size_t (*cfg_bundled)(const ussl_engine_cfg_t *cfg);
    // How many certificate revocation lists there are; NULL in a build without.
    size_t (*cfg_crls)(const ussl_engine_cfg_t *cfg);
    // What is trusted, as DER; empty behind the last.
    ussl_bytes_t (*cfg_trust)(const ussl_engine_cfg_t *cfg, size_t index);
    // Sets the own chain, leaf first, and its key, each PEM or DER told apart by
    // content. The password is for an encrypted key and may be empty. An earlier
    // identity stays when this fails.
    ussl_status_t (*cfg_set_identity)(ussl_engine_cfg_t *cfg, ussl_bytes_t chain, ussl_bytes_t key,
        ussl_bytes_t password, ussl_error_t *err);
    // Whose function signs with the key of an identity on an elliptic curve; NULL, as it is at
    // first, is the library. A signature that is none of the certificate's ends the handshake
    // with USSL_REASON_SIGNATURE. With a function an identity set later may lack its key, or
    // have one that only means something to the function: USSL_REASON_KEY_MISMATCH where that
    // is so and the function is taken away. NULL in a build without.
    ussl_status_t (*cfg_set_signer)(ussl_engine_cfg_t *cfg, ussl_sign_fn sign, ussl_error_t *err);
    // Offers count protocol names of ALPN (RFC 7301); the strings are not copied and
    // must live as long as cfg. A NULL list offers none.
    ussl_status_t (*cfg_set_alpn)(ussl_engine_cfg_t *cfg, const char **protocols, ussl_error_t *err);
    // Server: lets clients resume, with tickets under keys of this configuration's own, that
    // rotate. A ticket is honoured for a day, by whoever has its key, where the client asks
    // for the same name and protocol, and where clients are verified as strictly, by the
    // same anchors. It says what certificate the client has shown.
    ussl_status_t (*cfg_enable_resumption)(ussl_engine_cfg_t *cfg, ussl_error_t *err);
    // The same with count keys of USSL_SEAL_KEY_SIZE bytes each, one after the other: the
    // first seals, all open; none: own ones again. At any time, also while connections use
    // cfg. The keys are copied; earlier ones stay when this fails.
    ussl_status_t (*cfg_set_ticket_keys)(ussl_engine_cfg_t *cfg, const uint8_t *keys, size_t count, ussl_error_t *err);
    // Server: tickets that a TLS 1.3 client gets after a full handshake; it is 1 at first.
    void (*cfg_set_num_tickets)(ussl_engine_cfg_t *cfg, unsigned count);
    // Server that lets clients resume: how many sessions of TLS 1.2 clients that take no
    // tickets are kept, under the same conditions; it is 0 at first. At any time.
    void (*cfg_set_session_cache)(ussl_engine_cfg_t *cfg, size_t size);
    // Server: sets number, misses, timeouts and cache_full.
    void (*cfg_session_stats)(const ussl_engine_cfg_t *cfg, ussl_session_stats_t *stats);
    // Server: accepts up to len bytes of early data with each ticket of cfg's own, once; 0,
    // as it is at first, accepts none. USSL_REASON_NO_EARLY_DATA in a build without.
    ussl_status_t (*cfg_set_max_early_data)(ussl_engine_cfg_t *cfg, uint32_t len, ussl_error_t *err);
    // The most data in a record that the peer is asked to send, 512 to 16384, and in one
    // that is sent, 512 to send_max. A longer record that comes is taken all the same.
    void (*cfg_set_record_sizes)(ussl_engine_cfg_t *cfg, size_t receive, size_t send);
    // Connections made from now on log their secrets there; NULL for nowhere. The log must live
    // as long as cfg, or until it is replaced. NULL in a build without.
    void (*cfg_set_key_log)(ussl_engine_cfg_t *cfg, const ussl_key_log_t *log);
    // Lends memory for the records of one connection at a time; what does not fit comes
    // from the host. It is wiped when handed back, and must live as long as cfg or until
    // it is replaced; NULL takes it away.
    void (*cfg_set_record_buffer)(ussl_engine_cfg_t *cfg, uint8_t *data, size_t len);
    // Writes one end's digest of its trust anchors, equal for equal sets in any order that
    // judge names alike.
    ussl_status_t (*cfg_trust_digest)(ussl_engine_cfg_t *cfg, uint8_t out[32], ussl_error_t *err);
    // Whether connections keep the certificates that peer_chain gives; at first they do not.
    void (*cfg_set_keep_chain)(ussl_engine_cfg_t *cfg, bool keep);
    // SHA-256 of data.
    ussl_status_t (*sha256)(ussl_bytes_t data, uint8_t out[32], ussl_error_t *err);

    // Encrypts and authenticates data under a key, with a random nonce: writes data.len +
    // USSL_SEAL_SIZE bytes. The label is authenticated with it and not stored.
    ussl_status_t (*seal)(const uint8_t key[USSL_SEAL_KEY_SIZE], ussl_bytes_t label, ussl_bytes_t data,
        uint8_t *out, ussl_error_t *err);
    // Undoes that: writes sealed.len - USSL_SEAL_SIZE bytes. USSL_REASON_SESSION_DATA, with
    // nothing of the data written, when it was not sealed so.
    ussl_status_t (*open)(const uint8_t key[USSL_SEAL_KEY_SIZE], ussl_bytes_t label, ussl_bytes_t sealed,
        uint8_t *out, ussl_error_t *err);

    // ---- connections ----

    // Makes a connection that uses cfg, which must outlive it. name (NULL for none)
    // is the peer's host: sent as SNI unless it is an address literal, and compared
    // with the certificate when check_name is set.
    ussl_status_t (*conn_new)(ussl_engine_cfg_t *cfg, const ussl_engine_io_t *io, const char *name,
        bool check_name, ussl_engine_conn_t **out, ussl_error_t *err);
    void (*conn_free)(ussl_engine_conn_t *conn);
    // Before the handshake. A server's connection with a judge neither resumes nor lets others
    // resume what it was.
    void (*conn_set_judge)(ussl_engine_conn_t *conn, const ussl_judge_t *judge);
    // Before the handshake: it uses this source's key, or, unless that is alone, certificates.
    // A handshake that used the key gives nothing to resume with. NULL in a build without, as
    // the next.
    ussl_status_t (*conn_set_psk)(ussl_engine_conn_t *conn, const ussl_psk_source_t *source, ussl_error_t *err);
    // Once the versions and suites are agreed on: whether it does.
    bool (*used_psk)(const ussl_engine_conn_t *conn);
    // Server, before the handshake. A ClientHello that cannot be read ends the handshake
    // without a question, and so does a second one (RFC 8446 4.1.2) with another name. NULL,
    // as the next, in a build without.
    void (*conn_set_chooser)(ussl_engine_conn_t *conn, const ussl_chooser_t *chooser);
    // From within a chooser: the connection uses cfg, a server's, and psk, whose ask may be NULL,
    // from now on and for all of its handshake, and no longer what it was made with. cfg must
    // outlive it.
    ussl_status_t (*conn_set_cfg)(ussl_engine_conn_t *conn, ussl_engine_cfg_t *cfg, const ussl_psk_source_t *psk,
        ussl_error_t *err);
    // Client, before conn_offer_session: data that goes out as early data, right behind the
    // ClientHello, as much of it as the session allows. Not copied; it stays where it is
    // until the handshake is done.
    void (*conn_set_early_data)(ussl_engine_conn_t *conn, ussl_bytes_t data);
    // Server over datagrams, before the handshake: id stands for the peer's address, which a
    // client has to prove by sending a cookie back (RFC 6347 4.2.1). Empty for no cookie. Copied.
    ussl_status_t (*conn_set_peer_id)(ussl_engine_conn_t *conn, ussl_bytes_t id, ussl_error_t *err);
    // Over datagrams: milliseconds until a handshake that waits for the peer has to be called
    // again to repeat what may be lost; UINT32_MAX for never. Both NULL in a build without.
    uint32_t (*timer)(const ussl_engine_conn_t *conn);
    // Client, before the handshake: offers to resume what conn_session returned.
    // USSL_REASON_SESSION_DATA when the data cannot be used; the connection goes on.
    ussl_status_t (*conn_offer_session)(ussl_engine_conn_t *conn, ussl_bytes_t data, ussl_error_t *err);
    // Goes on with the handshake; once it returned USSL_OK it does so again at once. On a
    // server USSL_WANT_READ with data pending means that early data waits: it has to be read
    // before the handshake can go on.
    ussl_status_t (*handshake)(ussl_engine_conn_t *conn, ussl_error_t *err);
    // Reads up to len bytes of application data into buf; *got is 0 unless USSL_OK.
    // With len 0 it only takes in what has arrived: USSL_OK then means that data waits.
    // It takes in one session at most: when one has come it returns USSL_WANT_READ, and
    // session_count has grown. Call again at once: more may have arrived.
    ussl_status_t (*read)(ussl_engine_conn_t *conn, uint8_t *buf, size_t len, size_t *got, ussl_error_t *err);
    // Encrypts up to len > 0 bytes; *put is how many were taken. A call that took
    // nothing may be repeated with other data.
    // Over datagrams all of it or nothing: USSL_REASON_MESSAGE_SIZE, which is not the end of the
    // connection, when one datagram does not hold it.
    ussl_status_t (*write)(ussl_engine_conn_t *conn, const uint8_t *buf, size_t len, size_t *put, ussl_error_t *err);
    ussl_status_t (*close_notify)(ussl_engine_conn_t *conn, ussl_error_t *err);
    // Bytes of decrypted data that wait inside the library.
    size_t (*pending)(const ussl_engine_conn_t *conn);
    // True when a complete or partial record waits inside the library, decrypted or not.
    bool (*buffered)(const ussl_engine_conn_t *conn);

    // Server, once, when the handshake is over: keeps its session in the cache, if it belongs
    // there, and the client's certificate, charged to account. Nothing happens when there is no
    // memory for it.
    void (*remember)(ussl_engine_conn_t *conn, ussl_account_t *account);

    // ---- what is known about a connection; after the handshake unless said ----

    uint16_t (*version)(const ussl_engine_conn_t *conn);
    // The suite's name as OpenSSL writes it, static, and its key size in bits.
    const char *(*cipher)(const ussl_engine_conn_t *conn, unsigned *bits);
    // The protocol agreed by ALPN, or NULL.
    const char *(*alpn)(const ussl_engine_conn_t *conn);
    bool (*resumed)(const ussl_engine_conn_t *conn);
    // At any time: what became of early data. Client: *sent is how many bytes went out as such.
    ussl_early_data_t (*early_data)(const ussl_engine_conn_t *conn, size_t *sent);
    // The peer's certificate as DER; empty when there is none.
    ussl_bytes_t (*peer_cert)(const ussl_engine_conn_t *conn);
    // Where the chain is kept: the peer's certificates as DER, its own first, as they were
    // sent or as they were verified, which ends with a trust anchor. Empty behind the last,
    // and where the handshake resumed.
    ussl_bytes_t (*peer_chain)(const ussl_engine_conn_t *conn, bool verified, size_t index);
    // True for the certificate of a CA.
    bool (*cert_is_ca)(ussl_bytes_t der);
    // Server: the SHA-256 of the certificate that the client showed when the session began
    // that is resumed, 32 bytes, or NULL.
    const uint8_t *(*resumed_peer)(const ussl_engine_conn_t *conn);
    // Calls field for every part of a DER certificate; see ussl_cert_field_fn.
    ussl_status_t (*describe_cert)(ussl_bytes_t der, ussl_cert_field_fn field, void *arg, ussl_error_t *err);
    // Keying material for tls-exporter (RFC 9266); false when the engine cannot.
    bool (*export_key)(ussl_engine_conn_t *conn, const char *label, uint8_t *out, size_t len);
    // After a handshake failed with USSL_ERR_VERIFY: puts what was wrong into out, which is
    // all zeros.
    void (*verify_detail)(const ussl_engine_conn_t *conn, ussl_verify_t *out);
    // Client: counts the sessions (TLS 1.2) and tickets (TLS 1.3) received so far.
    unsigned (*session_count)(const ussl_engine_conn_t *conn);
    // Client, once session_count is not 0: the newest session as bytes for
    // conn_offer_session, from the host's memory and the caller's to wipe and free. Secret.
    // Empty when there is no memory.
    ussl_bytes_t (*conn_session)(ussl_engine_conn_t *conn);
    // What the bytes of a session say; they may come from anywhere. USSL_REASON_SESSION_DATA
    // when they are none, or of a version or suite that this build has not.
    ussl_status_t (*session_info)(ussl_bytes_t data, ussl_session_info_t *info, ussl_error_t *err);
} ussl_engine_t;

// The adapters that exist.
extern const ussl_engine_t ussl_engine_mbedtls;

#endif
