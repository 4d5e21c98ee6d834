// The guard of early data: each ticket brings it in once (RFC 8446 8.1). Whoever records a
// client's first flight could otherwise have a server take in the same data again. A context
// knows the last tickets of its own by the first bytes of their nonces, which are random;
// a ticket of another context, or of this program before it was started again, is not among
// them. It resumes all the same, without early data.

#include "engine/mbedtls/early_tickets.h"

#if defined(MBEDTLS_SSL_EARLY_DATA) && defined(MBEDTLS_SSL_SRV_C)

#include <string.h>

int ussl_mbedtls_early_tickets_set(ussl_mbedtls_early_tickets_t *tickets, bool wanted) {
    if (wanted && tickets->ids == NULL) {
        tickets->ids = ussl_mbedtls_own_calloc(USSL_MBEDTLS_EARLY_TICKETS, USSL_MBEDTLS_EARLY_ID_LEN);
        return tickets->ids == NULL ? MBEDTLS_ERR_SSL_ALLOC_FAILED : 0;
    }
    if (!wanted) {
        ussl_mbedtls_free(tickets->ids);
        *tickets = (ussl_mbedtls_early_tickets_t) { 0 };
    }
    return 0;
}

void ussl_mbedtls_early_tickets_add(ussl_mbedtls_early_tickets_t *tickets, const uint8_t *nonce) {
    if (tickets->ids != NULL) {
        memcpy(tickets->ids[tickets->oldest], nonce, USSL_MBEDTLS_EARLY_ID_LEN);
        tickets->oldest = (tickets->oldest + 1) % USSL_MBEDTLS_EARLY_TICKETS;
    }
}

bool ussl_mbedtls_early_tickets_take(ussl_mbedtls_early_tickets_t *tickets, const uint8_t *nonce) {
    static const uint8_t none[USSL_MBEDTLS_EARLY_ID_LEN];
    bool found = false;
    if (tickets->ids == NULL || memcmp(nonce, none, sizeof(none)) == 0) {
        return false;
    }
    for (size_t i = 0; !found && i < USSL_MBEDTLS_EARLY_TICKETS; i++) {
        found = memcmp(tickets->ids[i], nonce, USSL_MBEDTLS_EARLY_ID_LEN) == 0;
        if (found) {
            memset(tickets->ids[i], 0, USSL_MBEDTLS_EARLY_ID_LEN);
        }
    }
    return found;
}

#else

int ussl_mbedtls_early_tickets_set(ussl_mbedtls_early_tickets_t *tickets, bool wanted) {
    (void)tickets, (void)wanted;
    return 0;
}

void ussl_mbedtls_early_tickets_add(ussl_mbedtls_early_tickets_t *tickets, const uint8_t *nonce) {
    (void)tickets, (void)nonce;
}

bool ussl_mbedtls_early_tickets_take(ussl_mbedtls_early_tickets_t *tickets, const uint8_t *nonce) {
    (void)tickets, (void)nonce;
    return false;
}

#endif
