// Reading and writing, as methods and as MicroPython's stream protocol.

#include <string.h>

#include "py/mperrno.h"
#include "py/objstr.h"
#include "py/runtime.h"
#include "py/stream.h"

#include "bind/bind.h"

// Bytes taken in at once where the caller names no number.
#define CHUNK 512
// A record holds no more, so a larger buffer for one recv would stay empty.
#define RECORD_MAX 16384

// ---- reading ----

// The stream ended without close_notify: whoever cares is told (RFC 8446 6.1).
static void check_ragged(ussl_socket_obj_t *self, ussl_status_t status) {
    if (status == USSL_EOF && !self->suppress_ragged_eofs) {
        ussl_raise_ragged();
    }
}

// Reads one piece of at most len bytes. Returns how many, 0 at the end; *unfinished
// is set when there is nothing now.
static size_t read_piece(ussl_socket_obj_t *self, void *buf, size_t len, ussl_outcome_t *outcome) {
    ussl_transfer_t t = { .buf = buf, .len = len, .object = MP_OBJ_NULL };
    *outcome = ussl_drive(self, ussl_step_read, &t, USSL_WAIT_SOCKET);
    return t.done;
}

// The same into a user's object, from offset on.
static size_t read_piece_into(ussl_socket_obj_t *self, mp_obj_t object, size_t offset, size_t limit,
    ussl_outcome_t *outcome) {
    ussl_transfer_t t = { .object = object, .offset = offset, .limit = limit };
    *outcome = ussl_drive(self, ussl_step_read, &t, USSL_WAIT_SOCKET);
    return t.done;
}

// What recv and recv_into make of one piece: they tell "nothing now" by raising.
static void check_received(ussl_socket_obj_t *self, const ussl_outcome_t *outcome) {
    if (ussl_unfinished(outcome)) {
        ussl_raise_unfinished(outcome);
    }
    check_ragged(self, outcome->status);
}

static void no_flags(size_t n_args, const mp_obj_t *args, size_t at) {
    if (n_args > at && mp_obj_get_int(args[at]) != 0) {
        mp_raise_ValueError(MP_ERROR_TEXT("flags are not supported on a TLS socket"));
    }
}

static size_t size_arg(mp_obj_t arg) {
    mp_int_t n = mp_obj_get_int(arg);
    if (n < 0) {
        mp_raise_ValueError(MP_ERROR_TEXT("negative size"));
    }
    return (size_t)n;
}

// recv(bufsize[, flags])
static mp_obj_t socket_recv(size_t n_args, const mp_obj_t *args) {
    ussl_socket_obj_t *self = MP_OBJ_TO_PTR(args[0]);
    size_t len = size_arg(args[1]);
    no_flags(n_args, args, 2);
    ussl_call_t call;
    vstr_t vstr;
    vstr_init_len(&vstr, len < RECORD_MAX ? len : RECORD_MAX);
    ussl_call_begin(&call, self);
    ussl_socket_conn(self);
    ussl_outcome_t outcome;
    vstr.len = read_piece(self, vstr.buf, vstr.len, &outcome);
    check_received(self, &outcome);
    ussl_call_end(&call);
    return mp_obj_new_bytes_from_vstr(&vstr);
}
MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(ussl_socket_recv_obj, 2, 3, socket_recv);

// The count of a stream's method, in which -1 is all there is.
static size_t count_arg(mp_obj_t arg, size_t all) {
    mp_int_t n = mp_obj_get_int(arg);
    return n >= 0 && (size_t)n < all ? (size_t)n : all;
}

static size_t room_in(mp_obj_t buffer) {
    mp_buffer_info_t info;
    mp_get_buffer_raise(buffer, &info, MP_BUFFER_WRITE);
    return info.len;
}

// How many bytes of its buffer recv_into is asked for.
static size_t wanted(size_t n_args, const mp_obj_t *args) {
    size_t room = room_in(args[1]);
    size_t want = n_args > 2 && args[2] != mp_const_none ? size_arg(args[2]) : 0;
    return want > 0 && want < room ? want : room;
}

// recv_into(buffer[, nbytes[, flags]])
static mp_obj_t socket_recv_into(size_t n_args, const mp_obj_t *args) {
    ussl_socket_obj_t *self = MP_OBJ_TO_PTR(args[0]);
    size_t want = wanted(n_args, args);
    no_flags(n_args, args, 3);
    ussl_call_t call;
    ussl_outcome_t outcome;
    ussl_call_begin(&call, self);
    ussl_socket_conn(self);
    size_t n = read_piece_into(self, args[1], 0, want, &outcome);
    check_received(self, &outcome);
    ussl_call_end(&call);
    return MP_OBJ_NEW_SMALL_INT(n);
}
MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(ussl_socket_recv_into_obj, 2, 4, socket_recv_into);

// What a loop over several pieces came to.
typedef enum { LOOP_FULL, LOOP_END, LOOP_NOTHING_NOW } loop_t;

// How much to read next: what is known to wait, else a share of what came so far, so
// that a long read copies little and a short one allocates little.
static size_t room_for(const ussl_conn_t *conn, size_t have, size_t want) {
    size_t room = CHUNK;
    size_t pending = ussl_conn_pending(conn);
    room = pending > room ? pending : room;
    room = have / 2 > room ? have / 2 : room;
    return room < want - have ? room : want - have;
}

static void put_back(ussl_socket_obj_t *self, const uint8_t *data, size_t len) {
    ussl_lock();
    bool ok = len == 0 || ussl_conn_unread(self->conn, data, len);
    ussl_unlock();
    if (!ok) {
        m_malloc_fail(len);
    }
}

// Appends pieces to vstr until it holds want bytes, the stream ends or, on a socket
// that never waits, nothing more has come. A timeout gives the data back and raises.
// until is a byte to stop after, or -1.
static loop_t read_loop(ussl_socket_obj_t *self, ussl_call_t *call, vstr_t *vstr, size_t want, int until) {
    call->partial = vstr;
    do { // once for no bytes too: that waits for the end of the handshake
        size_t before = vstr->len;
        size_t room = room_for(self->conn, before, want);
        uint8_t *to = (uint8_t *)vstr_add_len(vstr, room);
        ussl_outcome_t outcome;
        vstr->len = before; // what is not yet read is not to be given back
        vstr->len += read_piece(self, to, room, &outcome);
        if (ussl_unfinished(&outcome) && outcome.timed_out) {
            ussl_raise_unfinished(&outcome);
        }
        if (outcome.status != USSL_OK) {
            check_ragged(self, outcome.status);
            return ussl_unfinished(&outcome) ? LOOP_NOTHING_NOW : LOOP_END;
        }
        uint8_t *stop = until < 0 ? NULL : memchr(to, until, vstr->len - before);
        if (stop != NULL) {
            size_t keep = (size_t)(stop + 1 - (uint8_t *)vstr->buf);
            put_back(self, stop + 1, vstr->len - keep);
            vstr->len = keep;
            return LOOP_FULL;
        }
    } while (vstr->len < want);
    return LOOP_FULL;
}

static mp_obj_t read_bytes(ussl_socket_obj_t *self, size_t want, int until) {
    ussl_call_t call;
    vstr_t vstr;
    vstr_init(&vstr, want < CHUNK ? want : CHUNK);
    ussl_call_begin(&call, self);
    ussl_socket_conn(self);
    loop_t loop = read_loop(self, &call, &vstr, want, until);
    ussl_call_end(&call);
    return loop == LOOP_NOTHING_NOW && vstr.len == 0 ? mp_const_none : mp_obj_new_bytes_from_vstr(&vstr);
}

static size_t optional_size(size_t n_args, const mp_obj_t *args) {
    mp_int_t n = n_args < 2 || args[1] == mp_const_none ? -1 : mp_obj_get_int(args[1]);
    return n < 0 ? SIZE_MAX : (size_t)n;
}

// read([size])
static mp_obj_t socket_read(size_t n_args, const mp_obj_t *args) {
    return read_bytes(MP_OBJ_TO_PTR(args[0]), optional_size(n_args, args), -1);
}
MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(ussl_socket_read_obj, 1, 2, socket_read);

// readline([size])
static mp_obj_t socket_readline(size_t n_args, const mp_obj_t *args) {
    return read_bytes(MP_OBJ_TO_PTR(args[0]), optional_size(n_args, args), '\n');
}
MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(ussl_socket_readline_obj, 1, 2, socket_readline);

// Gives back what a readinto that timed out has put into the user's object.
static void give_back(ussl_socket_obj_t *self, mp_obj_t object, size_t len) {
    mp_buffer_info_t info;
    mp_get_buffer_raise(object, &info, MP_BUFFER_READ);
    ussl_lock();
    ussl_conn_unread(self->conn, info.buf, len < info.len ? len : info.len);
    ussl_unlock();
}

static loop_t fill(ussl_socket_obj_t *self, mp_obj_t object, size_t want, size_t *done) {
    while (*done < want) {
        ussl_outcome_t outcome;
        size_t n = read_piece_into(self, object, *done, want - *done, &outcome);
        *done += n;
        if (outcome.status == USSL_OK && n == 0) {
            return LOOP_FULL; // the object has become smaller meanwhile
        }
        if (ussl_unfinished(&outcome) && outcome.timed_out) {
            give_back(self, object, *done);
            ussl_raise_unfinished(&outcome);
        }
        if (outcome.status != USSL_OK) {
            check_ragged(self, outcome.status);
            return ussl_unfinished(&outcome) ? LOOP_NOTHING_NOW : LOOP_END;
        }
    }
    return LOOP_FULL;
}

// readinto(buffer[, nbytes])
static mp_obj_t socket_readinto(size_t n_args, const mp_obj_t *args) {
    ussl_socket_obj_t *self = MP_OBJ_TO_PTR(args[0]);
    size_t room = room_in(args[1]);
    size_t want = n_args > 2 ? count_arg(args[2], room) : room;
    size_t done = 0;
    ussl_call_t call;
    ussl_call_begin(&call, self);
    ussl_socket_conn(self);
    loop_t loop = fill(self, args[1], want, &done);
    ussl_call_end(&call);
    return loop == LOOP_NOTHING_NOW && done == 0 ? mp_const_none : MP_OBJ_NEW_SMALL_INT(done);
}
MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(ussl_socket_readinto_obj, 2, 3, socket_readinto);

// ---- writing ----

static void advance(ussl_transfer_t *t) {
    if (t->object == MP_OBJ_NULL) {
        t->buf += t->done;
        t->len -= t->done;
    }
    t->offset += t->done;
    t->limit -= t->done;
}

// Hands the bytes of t over, in as many records as it takes. Returns how many were taken;
// fewer only when the socket would block or timed out, which *outcome tells.
static size_t write_loop(ussl_socket_obj_t *self, ussl_transfer_t *t, size_t len, ussl_outcome_t *outcome) {
    size_t done = 0;
    do {
        t->done = 0;
        *outcome = ussl_drive(self, ussl_step_write, t, USSL_WAIT_SOCKET);
        done += t->done;
        advance(t);
    } while (outcome->status == USSL_OK && t->done > 0 && done < len);
    if (outcome->status == USSL_OK) {
        // Taken bytes count as written; what the transport has not got yet follows
        // with the next call, so a timeout here is no failure.
        ussl_drive(self, ussl_step_flush, NULL, USSL_WAIT_SOCKET);
    }
    return done;
}

// Where nothing waits, bytes that are all in records count as written by write(), but for the
// last one while a part of them has not left: so whoever repeats it until all is written
// (asyncio's drain) may close then. When that byte comes again, by whatever call, it is not put
// into a record twice. A flush brings none. A datagram is written whole or not at all.
static bool is_repeated(const ussl_socket_obj_t *self, const ussl_transfer_t *t, size_t len) {
    mp_buffer_info_t info = { .buf = t->buf, .len = t->len };
    if (self->held < 0 || len == 0) {
        return false;
    }
    if (t->object != MP_OBJ_NULL) {
        mp_get_buffer_raise(t->object, &info, MP_BUFFER_READ);
    }
    return t->offset < info.len && ((uint8_t *)info.buf)[t->offset] == self->held;
}

// Passes over it; returns how many bytes that are.
static size_t take_repeated(ussl_socket_obj_t *self, ussl_transfer_t *t, size_t len) {
    size_t done = is_repeated(self, t, len);
    t->done = done;
    advance(t);
    self->held = len > 0 ? -1 : self->held;
    return done;
}

static size_t write_call(ussl_socket_obj_t *self, ussl_transfer_t *t, size_t len, ussl_outcome_t *outcome) {
    ussl_call_t call;
    ussl_call_begin(&call, self);
    ussl_socket_conn(self);
    size_t done = take_repeated(self, t, len);
    done += write_loop(self, t, len - done, outcome);
    ussl_call_end(&call);
    return done;
}

// The bytes to write of an argument.
static ussl_transfer_t written(mp_obj_t object, size_t offset, size_t len) {
    return (ussl_transfer_t) { .object = object, .offset = offset, .limit = len };
}

static size_t length_of(mp_obj_t object) {
    mp_buffer_info_t info;
    mp_get_buffer_raise(object, &info, MP_BUFFER_READ);
    return info.len;
}

// Sends as much as goes: all of it, unless the socket never waits or its time is over.
// Returns how much that was, and raises when it was nothing.
static size_t send_what_goes(size_t n_args, const mp_obj_t *args, ussl_outcome_t *outcome) {
    size_t len = length_of(args[1]);
    ussl_transfer_t t = written(args[1], 0, len);
    no_flags(n_args, args, 2);
    size_t done = write_call(MP_OBJ_TO_PTR(args[0]), &t, len, outcome);
    if (done == 0 && ussl_unfinished(outcome)) {
        ussl_raise_unfinished(outcome);
    }
    return done;
}

// send(bytes[, flags])
static mp_obj_t socket_send(size_t n_args, const mp_obj_t *args) {
    ussl_outcome_t outcome;
    return MP_OBJ_NEW_SMALL_INT(send_what_goes(n_args, args, &outcome));
}
MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(ussl_socket_send_obj, 2, 3, socket_send);

// sendall(bytes[, flags]): None when all is taken. A socket that never waits may take
// a part: then its size is returned, as there is no other way to tell.
static mp_obj_t socket_sendall(size_t n_args, const mp_obj_t *args) {
    ussl_outcome_t outcome;
    size_t len = length_of(args[1]);
    size_t done = send_what_goes(n_args, args, &outcome);
    if (outcome.timed_out) {
        ussl_raise_unfinished(&outcome);
    }
    return done == len ? mp_const_none : MP_OBJ_NEW_SMALL_INT(done);
}
MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(ussl_socket_sendall_obj, 2, 3, socket_sendall);

// write(buf), write(buf, len), write(buf, offset, len), as on every stream.
static ussl_transfer_t written_part(size_t n_args, const mp_obj_t *args) {
    size_t all = length_of(args[1]);
    size_t offset = n_args > 3 ? count_arg(args[2], all) : 0;
    return written(args[1], offset, n_args > 2 ? count_arg(args[n_args - 1], all - offset) : all - offset);
}

// Whether to hold back the last byte of t, all of which is in records.
static bool hold_back(ussl_socket_obj_t *self, const ussl_transfer_t *t) {
    mp_buffer_info_t info;
    mp_get_buffer_raise(t->object, &info, MP_BUFFER_READ);
    bool partly = !self->transport.datagram && ussl_buffer_len(&self->conn->out) > 0;
    bool hold = partly && t->offset <= info.len;
    self->held = hold ? ((uint8_t *)info.buf)[t->offset - 1] : -1;
    return hold;
}

static size_t write_and_hold(ussl_socket_obj_t *self, ussl_transfer_t *t, ussl_outcome_t *outcome) {
    size_t len = t->limit;
    ussl_call_t call;
    ussl_call_begin(&call, self);
    ussl_socket_conn(self);
    size_t done = take_repeated(self, t, len);
    bool waits = self->transport.ops->timeout(&self->transport, MP_STREAM_POLL_WR) != 0;
    t->needs_room = !waits && self->transport.ops->port != NULL;
    done += write_loop(self, t, t->limit, outcome);
    done -= !waits && done == len && len > 0 && hold_back(self, t);
    ussl_call_end(&call);
    return done;
}

static mp_obj_t socket_write(size_t n_args, const mp_obj_t *args) {
    ussl_outcome_t outcome;
    ussl_transfer_t t = written_part(n_args, args);
    size_t len = t.limit;
    size_t done = write_and_hold(MP_OBJ_TO_PTR(args[0]), &t, &outcome);
    if (outcome.timed_out && done == 0) {
        ussl_raise_unfinished(&outcome);
    }
    return done == 0 && len > 0 ? mp_const_none : MP_OBJ_NEW_SMALL_INT(done);
}
MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(ussl_socket_write_obj, 2, 4, socket_write);

// sendto and recvfrom would go around TLS.
static mp_obj_t socket_bypass(size_t n_args, const mp_obj_t *args) {
    (void)n_args;
    (void)args;
    mp_raise_ValueError(MP_ERROR_TEXT("sendto and recvfrom would bypass TLS: use send and recv"));
}
MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(ussl_socket_bypass_obj, 1, 4, socket_bypass);

// makefile([mode[, buffering]]): the socket is a stream already.
static mp_obj_t socket_makefile(size_t n_args, const mp_obj_t *args) {
    ussl_check_open(MP_OBJ_TO_PTR(args[0]));
    const char *mode = n_args > 1 ? mp_obj_str_get_str(args[1]) : "rb";
    if (strspn(mode, "rwb") != strlen(mode) || strchr(mode, 'b') == NULL) {
        mp_raise_ValueError(MP_ERROR_TEXT("mode must be 'rb', 'wb' or 'rwb'"));
    }
    return args[0];
}
MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(ussl_socket_makefile_obj, 1, 3, socket_makefile);

// ---- the stream protocol ----

static mp_uint_t stream_outcome(const ussl_outcome_t *outcome, size_t done, int *error) {
    if (done == 0 && ussl_unfinished(outcome)) {
        *error = outcome->timed_out ? MP_ETIMEDOUT : MP_EAGAIN;
        return MP_STREAM_ERROR;
    }
    return done;
}

static mp_uint_t stream_read(mp_obj_t self_in, void *buf, mp_uint_t size, int *error) {
    ussl_socket_obj_t *self = MP_OBJ_TO_PTR(self_in);
    ussl_outcome_t outcome;
    ussl_call_t call;
    ussl_call_begin(&call, self);
    ussl_socket_conn(self);
    size_t n = read_piece(self, buf, size, &outcome);
    check_ragged(self, outcome.status);
    ussl_call_end(&call);
    return stream_outcome(&outcome, n, error);
}

static mp_uint_t stream_write(mp_obj_t self_in, const void *buf, mp_uint_t size, int *error) {
    ussl_transfer_t t = { .buf = (uint8_t *)buf, .len = size, .object = MP_OBJ_NULL };
    ussl_outcome_t outcome;
    size_t n = write_call(MP_OBJ_TO_PTR(self_in), &t, size, &outcome);
    return stream_outcome(&outcome, n, error);
}

#define POLL_RDWR (MP_STREAM_POLL_RD | MP_STREAM_POLL_WR)

// A server that only polls has its deadline too: a client that never sends anything must not
// keep it waiting for ever. Reading from the port's own sockets never waits.
static void start_clock(ussl_socket_obj_t *self) {
    if (self->conn->state == USSL_CONN_NEW && self->server_side && self->transport.ops->port != NULL) {
        ussl_lock();
        ussl_conn_handshake(self->conn);
        ussl_unlock();
    }
}

// During the handshake only the engine knows which direction matters: when that one
// is ready, so is whatever the caller asked for, because a call makes progress. When its
// time is over, a call says so.
static mp_uint_t poll_handshake(ussl_socket_obj_t *self, mp_uint_t flags) {
    bool client_hello = self->conn->state == USSL_CONN_NEW && !self->server_side;
    bool write = client_hello || ussl_buffer_len(&self->conn->out) > 0;
    mp_uint_t direction = write ? MP_STREAM_POLL_WR : MP_STREAM_POLL_RD;
    mp_uint_t ready = self->transport.ops->poll(&self->transport, direction);
    bool progress = ready & direction || (!write && ussl_buffer_len(&self->conn->in) > 0)
        || ussl_conn_time_left(self->conn) == 0 || ussl_conn_timer(self->conn) == 0;
    if (!progress) {
        start_clock(self);
    }
    return (ready & ~POLL_RDWR) | (progress ? flags & POLL_RDWR : 0);
}

// Bytes came, or wait here; whether they hold data or only a ticket, the engine can tell.
static bool take_in(ussl_socket_obj_t *self, bool came) {
    ussl_lock();
    if (!ussl_conn_readable(self->conn) && (came || ussl_conn_unprocessed(self->conn))) {
        ussl_conn_take_in(self->conn);
    }
    bool readable = ussl_conn_readable(self->conn);
    ussl_unlock();
    return readable;
}

static bool flushed(ussl_socket_obj_t *self) {
    ussl_lock();
    ussl_status_t status = ussl_conn_flush(self->conn);
    ussl_unlock();
    return status == USSL_OK;
}

static mp_uint_t poll_open(ussl_socket_obj_t *self, mp_uint_t flags) {
    bool sent = flushed(self);
    mp_uint_t ready = self->transport.ops->poll(&self->transport, flags);
    bool data = flags & MP_STREAM_POLL_RD && take_in(self, ready & MP_STREAM_POLL_RD);
    ready &= ~(data ? 0 : MP_STREAM_POLL_RD) & ~(sent ? 0 : MP_STREAM_POLL_WR);
    return ready | (data ? MP_STREAM_POLL_RD : 0); // data may wait although the stream is idle
}

static void open_accepted(void *self) {
    ussl_socket_open_accepted(self);
}

// A lack of memory is for a call to raise: here it would end the caller's loop.
static mp_uint_t poll_state(ussl_socket_obj_t *self, mp_uint_t flags) {
    if (ussl_protect(open_accepted, self) != MP_OBJ_NULL) {
        return flags & POLL_RDWR;
    }
    if (self->conn == NULL) {
        return self->transport.ops->poll(&self->transport, flags);
    }
    if (self->conn->state == USSL_CONN_FAILED) {
        return (flags & POLL_RDWR) | MP_STREAM_POLL_ERR;
    }
    return self->conn->state <= USSL_CONN_HANDSHAKE ? poll_handshake(self, flags) : poll_open(self, flags);
}

static mp_uint_t poll_connection(ussl_socket_obj_t *self, mp_uint_t flags) {
    if (self->closed || self->transport.ops->lost(&self->transport)) {
        return MP_STREAM_POLL_NVAL;
    }
    if (self->busy) {
        return self->transport.ops->poll(&self->transport, flags);
    }
    ussl_call_t call;
    ussl_call_begin(&call, self);
    mp_uint_t ready = poll_state(self, flags);
    ussl_transport_reraise(&self->transport);
    ussl_call_end(&call);
    return ready;
}

// The descriptor is not told here: select.poll would watch it and miss what is
// decrypted already. fileno() tells it to those who ask.
static mp_uint_t stream_ioctl(mp_obj_t self_in, mp_uint_t request, uintptr_t arg, int *error) {
    ussl_socket_obj_t *self = MP_OBJ_TO_PTR(self_in);
    mp_obj_t exception;
    switch (request) {
        case MP_STREAM_POLL:
            return poll_connection(self, arg);
        case MP_STREAM_CLOSE:
            exception = ussl_socket_close(self);
            if (exception != MP_OBJ_NULL) {
                nlr_raise(exception);
            }
            return 0;
        case MP_STREAM_FLUSH: // sends what an earlier write has left
            return stream_write(self_in, NULL, 0, error);
        default:
            *error = MP_EINVAL;
            return MP_STREAM_ERROR;
    }
}

const mp_stream_p_t ussl_socket_stream_p = {
    .read = stream_read,
    .write = stream_write,
    .ioctl = stream_ioctl,
};
