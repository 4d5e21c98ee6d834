// The parts of the conformance suite, each a file of its own.

#ifndef USSL_TESTS_SUITE_H
#define USSL_TESTS_SUITE_H

#include <stddef.h>

// The most data the engine under test puts into one record.
extern const size_t engine_record_max;

void suite_handshake(void);
void suite_input(void);
void suite_verify(void);
void suite_session(void);
void suite_state(void);
void suite_tickets(void);
void suite_seal(void);
void suite_choose(void);
void suite_session_cache(void);
void suite_early_data(void);
void suite_options(void);
void suite_psk(void);
void suite_data(void);
void suite_buffers(void);
void suite_limits(void);
void suite_dtls(void);
void suite_arena(void);
void suite_memory(void);

#endif
