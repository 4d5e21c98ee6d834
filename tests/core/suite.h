// The parts of core's tests, each a file of its own.

#ifndef USSL_TESTS_CORE_SUITE_H
#define USSL_TESTS_CORE_SUITE_H

void suite_conn(void);
void suite_flow(void);
void suite_early_data(void);
void suite_session(void);
void suite_session_cache(void);
void suite_session_seal(void);
void suite_context(void);
void suite_psk(void);

#endif
