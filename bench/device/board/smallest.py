"""One handshake as a client and nothing else, for as small a heap as possible."""

import gc

import sides


def run():
    words = sides.words()
    gc.collect()
    print("before", gc.mem_alloc())
    context = sides.client_context(words["version"])
    tls = context.wrap_socket(sides.connected(words["port"]), server_hostname=sides.NAME)
    print("done", type(tls).__name__)
