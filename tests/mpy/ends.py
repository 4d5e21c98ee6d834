# For the tests that have both ends of a connection in one program, over memory.
from harness import *

import ssl

VERSIONS = (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3)


def both(function):
    # Decorator: the function is a case for each version, which is its argument.
    for version in VERSIONS:
        case("%s, TLS 1.%d" % (function.__name__, version - 0x301), function, version)
    return function


class Ends:
    # The ends after a handshake, and what became of each: None, or what it raised.
    def __init__(self, client_ctx, server_ctx, name="localhost", session=None):
        to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.client = client_ctx.wrap_bio(to_client, to_server, server_hostname=name, session=session)
        self.server = server_ctx.wrap_bio(to_server, to_client, server_side=True)
        self.client_error = self.server_error = None
        for _ in range(12):
            self.client_error = self.step(self.client, self.client_error)
            self.server_error = self.step(self.server, self.server_error)

    def step(self, end, error):
        if error and not isinstance(error, ssl.SSLWantReadError):
            return error
        try:
            end.do_handshake()
        except Exception as raised:
            return raised

    def good(self):
        if self.client_error or self.server_error:
            raise AssertionError("client: %r, server: %r" % (self.client_error, self.server_error))
        for one, other in ((self.server, self.client), (self.client, self.server)):
            one.write(b"hello")
            equal(other.read(5), b"hello")
        equal(self.client.session_reused, self.server.session_reused)
        return self
