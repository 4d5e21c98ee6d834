"""One handshake as a client and nothing else, for as small a heap as possible."""

import sides


def run():
    words = sides.words()
    context = sides.client_context(words["version"])
    tls = context.wrap_socket(sides.connected(words["port"]), server_hostname=sides.NAME)
    print("done", type(tls).__name__)
