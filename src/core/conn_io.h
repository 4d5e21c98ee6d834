// Between a connection's engine and its transport: bytes that wait to go out, bytes read ahead.

#ifndef USSL_CORE_CONN_IO_H
#define USSL_CORE_CONN_IO_H

#include "core/conn.h"

// The callbacks for the connection's engine.
ussl_engine_io_t ussl_conn_io(ussl_conn_t *conn);

// Hands what waits to the transport: USSL_WANT_WRITE when not all of it was taken.
ussl_status_t ussl_conn_drain(ussl_conn_t *conn);

#endif
