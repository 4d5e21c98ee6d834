// The guard of early data: each ticket brings it in once (RFC 8446 8.1). Whoever records a
// client's first flight could otherwise have a server take in the same data again. A context
// knows the last tickets of its own; one of another context, or of this program before it
// was started again, is not among them. It resumes all the same, without early data.

#include "engine/mbedtls/internal.h"

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

static const uint8_t *id_of(ussl_bytes_t ticket) {
    return ticket.data + ticket.len - USSL_MBEDTLS_EARLY_ID_LEN;
}

void ussl_mbedtls_early_tickets_add(ussl_mbedtls_early_tickets_t *tickets, ussl_bytes_t ticket) {
    if (tickets->ids != NULL) {
        memcpy(tickets->ids[tickets->oldest], id_of(ticket), USSL_MBEDTLS_EARLY_ID_LEN);
        tickets->oldest = (tickets->oldest + 1) % USSL_MBEDTLS_EARLY_TICKETS;
    }
}

bool ussl_mbedtls_early_tickets_take(ussl_mbedtls_early_tickets_t *tickets, ussl_bytes_t ticket) {
    for (size_t i = 0; tickets->ids != NULL && i < USSL_MBEDTLS_EARLY_TICKETS; i++) {
        if (memcmp(tickets->ids[i], id_of(ticket), USSL_MBEDTLS_EARLY_ID_LEN) == 0) {
            memset(tickets->ids[i], 0, USSL_MBEDTLS_EARLY_ID_LEN);
            return true;
        }
    }
    return false;
}

#endif
