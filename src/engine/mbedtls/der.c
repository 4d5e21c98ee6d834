// Reading DER where mbedTLS has no reader: elements one after the other.

#include <string.h>

#include "engine/mbedtls/internal.h"

bool ussl_mbedtls_next_element(mbedtls_asn1_buf *data, mbedtls_asn1_buf *out) {
    unsigned char *p = data->p;
    const unsigned char *end = data->p + data->len;
    if (data->len == 0) {
        return false;
    }
    out->tag = *p++;
    if (mbedtls_asn1_get_len(&p, end, &out->len) != 0) {
        return false;
    }
    out->p = p;
    data->p = p + out->len;
    data->len = (size_t)(end - data->p);
    return true;
}

bool ussl_mbedtls_enter(mbedtls_asn1_buf data, int tag, mbedtls_asn1_buf *out) {
    return ussl_mbedtls_next_element(&data, out) && out->tag == tag;
}

bool ussl_mbedtls_is_oid(const mbedtls_asn1_buf *oid, const char *bytes, size_t len) {
    return oid->tag == MBEDTLS_ASN1_OID && oid->len == len && memcmp(oid->p, bytes, len) == 0;
}
