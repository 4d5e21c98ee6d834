// Between a connection's engine and its transport: bytes that wait to go out, bytes read ahead.

#ifndef USSL_CORE_CONN_IO_H
#define USSL_CORE_CONN_IO_H

#include "core/conn.h"

// The callbacks for the connection's engine.
ussl_engine_io_t ussl_conn_io(ussl_conn_t *conn);

#if USSL_SIGN_CALLBACK
// What its context's signer makes of a hash, for the connection's engine.
int ussl_conn_sign(void *arg, ussl_bytes_t key, ussl_bytes_t hash, uint8_t *signature, size_t size);
#endif

// Hands what waits to the transport: USSL_WANT_WRITE when not all of it was taken.
ussl_status_t ussl_conn_drain(ussl_conn_t *conn);

#endif
