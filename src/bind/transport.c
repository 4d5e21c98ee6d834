// Choosing a transport, and what the transports over Python objects share.

#include "py/mperrno.h"
#include "py/objmodule.h"
#include "py/runtime.h"

#include "bind/bind.h"

// Without the import statement's search: that asks every file system of sys.path first.
mp_obj_t ussl_port_socket_module(void) {
    return mp_module_get_builtin(MP_QSTR_socket, true);
}

const mp_obj_type_t *ussl_port_socket_type(void) {
    mp_obj_t module = ussl_port_socket_module();
    if (module == MP_OBJ_NULL) {
        return NULL;
    }
    mp_obj_t type = mp_load_attr(module, MP_QSTR_socket);
    return mp_obj_is_type(type, &mp_type_type) ? MP_OBJ_TO_PTR(type) : NULL;
}

bool ussl_has_method(mp_obj_t obj, qstr name) {
    mp_obj_t dest[2];
    mp_load_method_protected(obj, name, dest, false);
    return dest[0] != MP_OBJ_NULL;
}

// Types that are no streams use the protocol's slot too: only the methods tell them apart.
static const char *missing_from(mp_obj_t stream) {
    const mp_obj_type_t *type = mp_obj_get_type(stream);
    if (!MP_OBJ_TYPE_HAS_SLOT(type, protocol) || !ussl_has_method(stream, MP_QSTR_write)) {
        return "the stream protocol (read, write, ioctl)";
    }
    const mp_stream_p_t *p = mp_get_stream(stream);
    return p->read == NULL ? "read" : p->write == NULL ? "write" : p->ioctl == NULL ? "ioctl" : NULL;
}

static void check_stream(mp_obj_t stream) {
    const char *missing = missing_from(stream);
    if (missing != NULL) {
        mp_raise_msg_varg(&mp_type_TypeError, MP_ERROR_TEXT("sock needs %s, which '%q' lacks"), missing,
            (qstr)mp_obj_get_type(stream)->name);
    }
}

MP_NORETURN void ussl_transport_wrong_type(const ussl_transport_obj_t *t) {
    mp_raise_TypeError(t->datagram ? MP_ERROR_TEXT("DTLS needs a datagram socket (SOCK_DGRAM)")
        : MP_ERROR_TEXT("sock must be a stream socket (SOCK_STREAM)"));
}

// Objects that stand for datagrams say at once that there is none, and their user decides how
// to wait, unless settimeout() on the SSLSocket leaves it to us.
void ussl_transport_init(ussl_transport_obj_t *t, mp_obj_t stream, bool datagram) {
    *t = (ussl_transport_obj_t) { .stream = stream, .other = MP_OBJ_NULL, .exception = MP_OBJ_NULL,
                                  .fd = -1, .timeout_ms = datagram ? 0 : USSL_FOREVER, .datagram = datagram };
    if (mp_obj_is_type(stream, &ussl_type_SSLSocket)) {
        if (datagram) {
            ussl_transport_wrong_type(t);
        }
        t->ops = &ussl_transport_tls;
        ussl_socket_open_accepted(MP_OBJ_TO_PTR(stream));
    } else if (!ussl_transport_port_init(t, stream)) {
        check_stream(stream);
        t->ops = &ussl_transport_stream;
    }
}

bool ussl_transport_drain(ussl_transport_obj_t *t) {
    uint8_t dropped[128];
    int error;
    for (int i = 0; t->ops->resets && !t->datagram && i < 1024; i++) {
        int n = t->ops->recv(t, dropped, sizeof(dropped), &error);
        if (n <= 0) {
            return n != USSL_IO_AGAIN;
        }
    }
    return true;
}

ussl_transport_t ussl_transport_callbacks(ussl_transport_obj_t *t) {
    return (ussl_transport_t) { .send = t->ops->send, .recv = t->ops->recv, .peer_port = t->ops->port, .arg = t };
}

void ussl_transport_reraise(ussl_transport_obj_t *t) {
    mp_obj_t exception = t->exception;
    if (exception != MP_OBJ_NULL) {
        t->exception = MP_OBJ_NULL;
        nlr_raise(exception);
    }
}

// Only an OSError other than "not now" says that the stream is broken; anything else
// (KeyboardInterrupt, a bug in the stream) passes by and leaves the connection whole.
int ussl_transport_caught(ussl_transport_obj_t *t, mp_obj_t exception, int *error) {
    int number = ussl_errno_of(exception);
    if (number == MP_EAGAIN || number == MP_EWOULDBLOCK) {
        return USSL_IO_AGAIN;
    }
    t->exception = exception;
    if (number == 0 || number == MP_ETIMEDOUT) {
        return USSL_IO_AGAIN;
    }
    *error = number;
    return USSL_IO_ERROR;
}
