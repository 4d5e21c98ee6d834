// What a connection does with sessions: which one it offers, and where those go that come.
// For conn.c only.

#ifndef USSL_CORE_CONN_SESSION_H
#define USSL_CORE_CONN_SESSION_H

#include "core/conn.h"

// Offers the session that the caller chose. One that does not fit is no error: the
// handshake is then a full one.
ussl_status_t ussl_conn_offer_given(ussl_conn_t *conn, const ussl_session_t *session, ussl_error_t *err);

// Offers one of the context's, unless the caller chose. At the first step of the handshake:
// only then is it known where a transport leads that was still connecting when it was wrapped.
ussl_status_t ussl_conn_offer_cached(ussl_conn_t *conn, ussl_error_t *err);

// The connection failed: if that was the handshake, the context's sessions of this server
// are not to be offered again.
void ussl_conn_distrust_cached(ussl_conn_t *conn);

// Frees the certificate that came with the session: of a connection that ends, or
// that the server did not resume.
void ussl_conn_forget_known_cert(ussl_conn_t *conn);

// Keeps the newest session in the context. After the handshake, which may have brought one,
// and after each read that did.
void ussl_conn_keep_session(ussl_conn_t *conn);

#endif
