# For the tests in which ussl is the server.
from harness import *

import ssl

IDENTITY = {"certfile": pki("server-ecdsa.chain.pem"), "keyfile": pki("server-ecdsa.key"), "server_side": True}


def free_address():
    # MicroPython has no getsockname, so a free port is asked for beforehand.
    return (peers.HERE, order(do="free_port")["port"])


def plain_listener():
    s = socket.socket()
    address = free_address()
    s.bind(sockaddr(address))
    s.listen(5)
    return s, address


def listener(late=False, **named):
    # (SSLSocket that listens, its address); wrapped before or after listen.
    for key in IDENTITY:
        named.setdefault(key, IDENTITY[key])
    if late:
        s, address = plain_listener()
        return ssl.wrap_socket(s, **named), address
    ss = ssl.wrap_socket(socket.socket(), **named)
    address = free_address()
    ss.bind(address)
    ss.listen(5)
    return ss, address


def incoming(**options):
    # An accepted plain socket; its client is of that kind.
    server, address = plain_listener()
    call(address, **options)
    s = server.accept()[0]
    server.close()
    return s


def from_port(address):
    # The port in an address as the port's own accept gives it.
    return address[1] if isinstance(address, tuple) else socket.sockaddr(address)[2]
