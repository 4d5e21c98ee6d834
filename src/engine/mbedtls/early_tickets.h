// The tickets of a server that may still bring early data in, each once.

#ifndef USSL_ENGINE_MBEDTLS_EARLY_TICKETS_H
#define USSL_ENGINE_MBEDTLS_EARLY_TICKETS_H

#include "core/engine.h"

// As many are known; the client of an older one resumes without early data.
#ifndef USSL_MBEDTLS_EARLY_TICKETS
#if defined(__unix__) || defined(__APPLE__) || defined(_WIN32)
#define USSL_MBEDTLS_EARLY_TICKETS 1024
#else
#define USSL_MBEDTLS_EARLY_TICKETS 64
#endif
#endif

// The last bytes of a ticket tell it from others: they are of the tag that it is sealed with,
// so nobody can make another ticket of it.
#define USSL_MBEDTLS_EARLY_ID_LEN 8

typedef struct ussl_mbedtls_early_tickets {
    uint8_t (*ids)[USSL_MBEDTLS_EARLY_ID_LEN]; // NULL while early data is not accepted
    size_t oldest;
} ussl_mbedtls_early_tickets_t;

// From now on tickets are remembered, or no more, and those that were are forgotten.
// Returns an error of mbedTLS's without memory.
int ussl_mbedtls_early_tickets_set(ussl_mbedtls_early_tickets_t *tickets, bool wanted);

// This ticket was issued.
void ussl_mbedtls_early_tickets_add(ussl_mbedtls_early_tickets_t *tickets, ussl_bytes_t ticket);

// True once for a ticket that was.
bool ussl_mbedtls_early_tickets_take(ussl_mbedtls_early_tickets_t *tickets, ussl_bytes_t ticket);

#endif
