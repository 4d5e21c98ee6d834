# The module, its three names, its types and constants.
# peers: tls13
from harness import *
import errno

import ssl
import tls
import ussl

FUNCTIONS = "wrap_socket save_session"
TYPES = "SSLContext SSLSocket SSLSession SSLObject MemoryBIO"
ERRORS = (
    "SSLError SSLTimeoutError SSLZeroReturnError SSLWantReadError SSLWantWriteError "
    "SSLSyscallError SSLEOFError SSLCertVerificationError CertificateError"
)
NUMBERS = {
    "CERT_NONE": 0,
    "CERT_OPTIONAL": 1,
    "CERT_REQUIRED": 2,
    "SSL_TIMEOUT": errno.ETIMEDOUT,
}


def has(name):
    for module in (ussl, ssl, tls):
        true(hasattr(module, name), "%s has no %s" % (module.__name__, name))


for _name in (FUNCTIONS + " " + TYPES + " " + ERRORS).split():
    case("has " + _name, has, _name)

for _name in "PROTOCOL_TLS_CLIENT PROTOCOL_TLS_SERVER PROTOCOL_TLSv1_2 PROTOCOL_TLSv1_3".split():
    case("has " + _name, has, _name)


@test
def one_module_three_names():
    true(ussl is ssl and ssl is tls, "three different objects")


@test
def import_again():
    for name in ("ssl", "ussl", "tls"):
        sys.modules.pop(name, None)
        true(__import__(name).wrap_socket is ssl.wrap_socket, "another " + name)


@test
def constants():
    for name in NUMBERS:
        equal(getattr(ssl, name), NUMBERS[name])


@test
def types_are_types():
    for name in TYPES.split():
        true(isinstance(getattr(ssl, name), type), name)


@test
def socket_subtype():
    true(issubclass(ssl.SSLSocket, socket.socket), "not a subclass")
    true(not issubclass(socket.socket, ssl.SSLSocket), "the wrong way round")


@test
def socket_instance():
    s = socket.socket()
    ss = ssl.wrap_socket(s)
    true(isinstance(ss, socket.socket), "no socket.socket")
    true(isinstance(ss, ssl.SSLSocket), "no SSLSocket")
    true(not isinstance(s, ssl.SSLSocket), "the plain one is an SSLSocket")
    ss.close()


@test
def printed():
    ss = ssl.wrap_socket(socket.socket())
    true("SSLSocket" in repr(ss), repr(ss))
    ss.close()
    true("SSLSocket" in repr(ss), repr(ss))


@test
def error_hierarchy():
    true(issubclass(ssl.SSLError, OSError), "SSLError")
    for name in ERRORS.split():
        true(issubclass(getattr(ssl, name), ssl.SSLError), name)
    true(issubclass(ssl.SSLCertVerificationError, ValueError), "no ValueError")
    true(ssl.CertificateError is ssl.SSLCertVerificationError, "another class")


@test
def catch_as_both():
    for kind in (ValueError, OSError, ssl.SSLError):
        try:
            raise ssl.SSLCertVerificationError(1, "why")
        except kind as error:
            equal(error.args[:2], (1, "why"))


@test
def session_not_made_from_nothing():
    raises(TypeError, ssl.SSLSession)


@test
def python_subclass():
    # Whatever it does, it may not read our C structure as something else.
    class Mine(ssl.SSLSocket):
        pass

    for attempt in (Mine, lambda: Mine(socket.socket())):
        try:
            mine = attempt()
        except (TypeError, ValueError, OSError, AttributeError):
            continue
        for method in (lambda: mine.recv(1), lambda: mine.fileno(), lambda: mine.read(1), mine.close):
            try:
                method()
            except Exception:
                pass


SOCKET_METHODS = (
    "connect bind listen accept send sendall recv recv_into read readinto readline write "
    "makefile settimeout setblocking setsockopt fileno close sendto recvfrom do_handshake unwrap "
    "shutdown memory pending version cipher getpeercert selected_alpn_protocol get_channel_binding"
)


@test
def methods():
    ss = ssl.wrap_socket(socket.socket())
    for name in SOCKET_METHODS.split():
        true(callable(getattr(ss, name)), name)
    ss.close()


@test
def every_method_of_the_ports_socket():
    ss = ssl.wrap_socket(socket.socket())
    for name in dir(socket.socket):
        if not name.startswith("__"):
            true(hasattr(ss, name), name)
    ss.close()


@test
def attributes():
    ss = ssl.wrap_socket(socket.socket(), server_hostname="localhost")
    equal(ss.server_hostname, "localhost")
    equal(ss.server_side, False)
    equal(ss.session_reused, None)
    true(isinstance(ss.context, ssl.SSLContext), "context")
    ss.connect(peers.tls13)
    true(isinstance(ss.session, ssl.SSLSession), "session")
    ss.close()


@test
def no_such_attribute():
    ss = ssl.wrap_socket(socket.socket())
    raises(AttributeError, getattr, ss, "no_such_thing")
    ss.close()


@test
def methods_without_instance():
    # The class's own functions, called on something else.
    for name in "recv send close settimeout fileno connect".split():
        function = getattr(ssl.SSLSocket, name, None)
        if function is None:
            continue
        for wrong in (None, 1, b"", socket.socket()):
            try:
                function(wrong, 1)
            except (TypeError, AttributeError, OSError, ValueError):
                pass


run()
