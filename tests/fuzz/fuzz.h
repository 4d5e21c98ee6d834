// A fuzz target: what it is called, what it starts from, what it does with an input.

#ifndef USSL_TESTS_FUZZ_H
#define USSL_TESTS_FUZZ_H

#include "core/engine.h"

#define FUZZ_MAX_INPUT (1 << 15)
#define FUZZ_MAX_SEEDS 16

typedef struct fuzz_target {
    const char *name;
    // Makes the seeds, once: calls fuzz_seed for each.
    void (*start)(void);
    // Feeds one input. Whatever it holds: no crash, no leak, no hang.
    void (*run)(const uint8_t *data, size_t len);
    // Frees what start made. May be NULL.
    void (*stop)(void);
} fuzz_target_t;

// Adds a copy of data to the running target's seeds.
void fuzz_seed(const uint8_t *data, size_t len);

extern const fuzz_target_t fuzz_server, fuzz_client, fuzz_session, fuzz_ticket, fuzz_certificates, fuzz_key, fuzz_describe,
    fuzz_pkcs12, fuzz_roots;

#endif
