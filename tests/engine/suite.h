// The parts of the conformance suite, each a file of its own.

#ifndef USSL_TESTS_SUITE_H
#define USSL_TESTS_SUITE_H

void suite_handshake(void);
void suite_input(void);
void suite_verify(void);
void suite_session(void);
void suite_data(void);
void suite_memory(void);

#endif
