// Certificates and keys as users have them: PEM or DER, told apart by content.

#include <string.h>

#include "engine/mbedtls/internal.h"

#include "mbedtls/pem.h"

#include "core/host.h"

static const char BEGIN[] = "-----BEGIN ";
static const char END[] = "-----END ";

// memmem is not everywhere.
static const uint8_t *find(const uint8_t *at, const uint8_t *end, const char *word) {
    size_t len = strlen(word);
    for (; (size_t)(end - at) >= len; at++) {
        if (memcmp(at, word, len) == 0) {
            return at;
        }
    }
    return NULL;
}

static bool is_pem(ussl_bytes_t data) {
    return find(data.data, data.data + data.len, BEGIN) != NULL;
}

bool ussl_mbedtls_next_pem(const uint8_t **at, const uint8_t *end, const char *word, ussl_bytes_t *block) {
    const uint8_t *begin;
    while ((begin = find(*at, end, BEGIN)) != NULL) {
        const uint8_t *label = begin + strlen(BEGIN);
        const uint8_t *label_end = find(label, end, "-----");
        const uint8_t *tail = find(label, end, END);
        const uint8_t *stop = tail == NULL ? NULL : find(tail + strlen(END), end, "-----");
        const uint8_t *next = stop == NULL ? end : stop + strlen("-----");
        *at = next;
        size_t len = strlen(word);
        if (label_end != NULL && (size_t)(label_end - label) >= len && memcmp(label_end - len, word, len) == 0) {
            *block = (ussl_bytes_t) { begin, (size_t)(next - begin) };
            return true;
        }
    }
    return false;
}

uint8_t *ussl_mbedtls_copy_with_nul(ussl_bytes_t data) {
    uint8_t *copy = ussl_mbedtls_own_calloc(1, data.len + 1);
    if (copy != NULL) {
        memcpy(copy, data.data, data.len);
    }
    return copy;
}

static int parse_pem_cert(mbedtls_x509_crt *chain, ussl_bytes_t block) {
    uint8_t *copy = ussl_mbedtls_copy_with_nul(block);
    int ret = copy == NULL ? MBEDTLS_ERR_X509_ALLOC_FAILED : mbedtls_x509_crt_parse(chain, copy, block.len + 1);
    ussl_mbedtls_free(copy);
    return ret;
}

static ussl_status_t parse_pem_certs(mbedtls_x509_crt *chain, ussl_bytes_t data, ussl_error_t *err) {
    const uint8_t *at = data.data;
    ussl_bytes_t block;
    unsigned index = 0;
    while (ussl_mbedtls_next_pem(&at, data.data + data.len, "CERTIFICATE", &block)) {
        index++;
        int ret = parse_pem_cert(chain, block);
        if (ret != 0) {
            return ussl_mbedtls_fail_input(ret, USSL_REASON_CERTIFICATE_PARSE, index, err);
        }
    }
    return index > 0 ? USSL_OK : ussl_mbedtls_fail_input(0, USSL_REASON_NO_CERTIFICATE_IN_DATA, 0, err);
}

// The length of the ASN.1 SEQUENCE at data, or all of it when that makes no sense.
static size_t der_length(ussl_bytes_t data) {
    unsigned char *p = (unsigned char *)data.data;
    size_t len;
    int ret = mbedtls_asn1_get_tag(&p, data.data + data.len, &len, MBEDTLS_ASN1_CONSTRUCTED | MBEDTLS_ASN1_SEQUENCE);
    return ret != 0 ? data.len : (size_t)(p - data.data) + len;
}

static ussl_status_t parse_der_certs(mbedtls_x509_crt *chain, ussl_bytes_t data, ussl_error_t *err) {
    if (data.len == 0) {
        return ussl_mbedtls_fail_input(0, USSL_REASON_NO_CERTIFICATE_IN_DATA, 0, err);
    }
    for (unsigned index = 1; data.len > 0; index++) {
        size_t len = der_length(data);
        int ret = mbedtls_x509_crt_parse_der(chain, data.data, len);
        if (ret != 0) {
            // What does not even start like a certificate is "none here", not "a broken one".
            bool none = index == 1 && data.data[0] != (MBEDTLS_ASN1_CONSTRUCTED | MBEDTLS_ASN1_SEQUENCE);
            return ussl_mbedtls_fail_input(ret, none ? USSL_REASON_NO_CERTIFICATE_IN_DATA : USSL_REASON_CERTIFICATE_PARSE,
                none ? 0 : index, err);
        }
        data = (ussl_bytes_t) { data.data + len, data.len - len };
    }
    return USSL_OK;
}

ussl_status_t ussl_mbedtls_parse_certs(mbedtls_x509_crt *chain, ussl_bytes_t data, ussl_error_t *err) {
    ussl_status_t st = is_pem(data) ? parse_pem_certs(chain, data, err) : parse_der_certs(chain, data, err);
    return ussl_mbedtls_no_memory() ? ussl_mbedtls_fail(MBEDTLS_ERR_X509_ALLOC_FAILED, err) : st;
}

// EncryptedPrivateKeyInfo (RFC 5958 3) begins with an algorithm, other forms with a number.
static bool is_encrypted_der(ussl_bytes_t data) {
    mbedtls_asn1_buf all = { .p = (unsigned char *)data.data, .len = data.len }, key, algorithm, oid;
    return ussl_mbedtls_enter(all, USSL_DER_SEQUENCE, &key) && ussl_mbedtls_enter(key, USSL_DER_SEQUENCE, &algorithm)
           && ussl_mbedtls_enter(algorithm, MBEDTLS_ASN1_OID, &oid);
}

static bool is_of_pem(int ret) {
    return ret <= MBEDTLS_ERR_PEM_NO_HEADER_FOOTER_PRESENT && ret >= MBEDTLS_ERR_PEM_BAD_INPUT_DATA;
}

// Whether the password may be to blame, where mbedTLS does not say so. Without one it takes an
// encrypted key in DER for none at all; and of the wrong ones one in a hundred opens the old form
// of PEM (RFC 1421 4.6.1.1), on nonsense.
static bool is_unopened(int ret, bool pem, ussl_bytes_t block, ussl_bytes_t password) {
    if (!pem) {
        return password.len == 0 && is_encrypted_der(block);
    }
    return find(block.data, block.data + block.len, "Proc-Type: 4,ENCRYPTED") != NULL && !is_of_pem(ret);
}

static ussl_status_t key_failed(int ret, bool unopened, ussl_error_t *err) {
    bool locked = ret == MBEDTLS_ERR_PK_PASSWORD_REQUIRED || ret == MBEDTLS_ERR_PK_PASSWORD_MISMATCH || unopened;
    return ussl_mbedtls_fail_input(ret, locked ? USSL_REASON_KEY_ENCRYPTED : USSL_REASON_KEY_PARSE, 0, err);
}

ussl_status_t ussl_mbedtls_parse_key(mbedtls_pk_context *key, ussl_bytes_t data, ussl_bytes_t password, ussl_error_t *err) {
    ussl_bytes_t block = data;
    const uint8_t *at = data.data;
    bool pem = is_pem(data);
    if (data.len == 0 || (pem && !ussl_mbedtls_next_pem(&at, data.data + data.len, "PRIVATE KEY", &block))) {
        return ussl_mbedtls_fail_input(0, USSL_REASON_NO_KEY_IN_DATA, 0, err);
    }
    uint8_t *copy = ussl_mbedtls_copy_with_nul(block);
    if (copy == NULL) {
        return ussl_mbedtls_fail(MBEDTLS_ERR_PK_ALLOC_FAILED, err);
    }
    int ret = mbedtls_pk_parse_key(key, copy, block.len + (pem ? 1 : 0), password.data, password.len,
        ussl_mbedtls_random, NULL);
    ussl_wipe(copy, block.len);
    ussl_mbedtls_free(copy);
    return ret == 0 && !ussl_mbedtls_no_memory() ? USSL_OK
           : key_failed(ret, is_unopened(ret, pem, block, password), err);
}
