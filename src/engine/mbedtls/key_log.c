// A connection's secrets in the NSS key log format, for programs that decrypt what was
// recorded: "LABEL RANDOM SECRET", the latter two in hexadecimal.

#include "engine/mbedtls/internal.h"

#if USSL_KEY_LOG

#include <string.h>

#include "core/host.h"

// A label, the client's random, and a secret as long as a hash; with what stands between.
#define LABEL_MAX 32
#define LOG_LINE_MAX (LABEL_MAX + 1 + 2 * 32 + 1 + 2 * MBEDTLS_MD_MAX_SIZE + 1)

// NULL for what has none.
static const char *label_of(mbedtls_ssl_key_export_type type) {
    switch (type) {
        case MBEDTLS_SSL_KEY_EXPORT_TLS12_MASTER_SECRET:
            return "CLIENT_RANDOM";
        #if defined(MBEDTLS_SSL_PROTO_TLS1_3)
        case MBEDTLS_SSL_KEY_EXPORT_TLS1_3_CLIENT_EARLY_SECRET:
            return "CLIENT_EARLY_TRAFFIC_SECRET";
        case MBEDTLS_SSL_KEY_EXPORT_TLS1_3_EARLY_EXPORTER_SECRET:
            return "EARLY_EXPORTER_SECRET";
        case MBEDTLS_SSL_KEY_EXPORT_TLS1_3_CLIENT_HANDSHAKE_TRAFFIC_SECRET:
            return "CLIENT_HANDSHAKE_TRAFFIC_SECRET";
        case MBEDTLS_SSL_KEY_EXPORT_TLS1_3_SERVER_HANDSHAKE_TRAFFIC_SECRET:
            return "SERVER_HANDSHAKE_TRAFFIC_SECRET";
        case MBEDTLS_SSL_KEY_EXPORT_TLS1_3_CLIENT_APPLICATION_TRAFFIC_SECRET:
            return "CLIENT_TRAFFIC_SECRET_0";
        case MBEDTLS_SSL_KEY_EXPORT_TLS1_3_SERVER_APPLICATION_TRAFFIC_SECRET:
            return "SERVER_TRAFFIC_SECRET_0";
        #endif
        default:
            return NULL;
    }
}

static char *put_hex(char *to, const uint8_t *data, size_t len) {
    for (size_t i = 0; i < len; i++) {
        *to++ = "0123456789abcdef"[data[i] >> 4];
        *to++ = "0123456789abcdef"[data[i] & 15];
    }
    return to;
}

static void on_secret(void *arg, mbedtls_ssl_key_export_type type, const unsigned char *secret, size_t len,
    const unsigned char client_random[32], const unsigned char server_random[32], mbedtls_tls_prf_types prf) {
    const ussl_key_log_t *log = arg;
    const char *label = label_of(type);
    char line[LOG_LINE_MAX];
    (void)server_random, (void)prf;
    if (label == NULL || len > MBEDTLS_MD_MAX_SIZE) {
        return;
    }
    size_t label_len = strlen(label);
    memcpy(line, label, label_len);
    line[label_len] = ' ';
    char *end = put_hex(line + label_len + 1, client_random, 32);
    *end++ = ' ';
    end = put_hex(end, secret, len);
    *end++ = '\n';
    log->write(log->arg, line, (size_t)(end - line));
    ussl_wipe(line, sizeof(line));
}

void ussl_mbedtls_cfg_set_key_log(ussl_engine_cfg_t *cfg, const ussl_key_log_t *log) {
    cfg->key_log = log;
}

void ussl_mbedtls_log_keys(ussl_engine_conn_t *conn) {
    const ussl_key_log_t *log = conn->cfg->key_log;
    mbedtls_ssl_set_export_keys_cb(&conn->ssl, log == NULL ? NULL : on_secret, (void *)(uintptr_t)log);
}

#endif
