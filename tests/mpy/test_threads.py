# Connections and threads: one of each, several of each, and one for several.
# peers: tls12 tls13 silent
# timeout: 120
import errno
from harness import *
from serving import listener

import ssl

try:
    import _thread
except ImportError:
    _thread = None

EBUSY = 16


def both(function):
    for peer in ("tls12", "tls13"):
        case("%s, %s" % (function.__name__, peer), function, peer)
    return function


def needs_threads():
    if _thread is None:
        raise Skip("no threads")


class Worker:
    # Runs a function in a thread; join gives its result or its error.
    def __init__(self, function):
        self.done, self.result, self.error = False, None, None
        _thread.start_new_thread(self.work, (function,))

    def work(self, function):
        try:
            self.result = function()
        except BaseException as error:
            self.error = error
        self.done = True

    def join(self, seconds=20):
        clock = Clock()
        while not self.done:
            true(clock() < seconds, "the thread hangs")
            time.sleep(0.005)
        if self.error:
            raise self.error
        return self.result


@both
def busy_in_another_thread(peer):
    needs_threads()
    ss = ssl.wrap_socket(tcp(getattr(peers, peer)))
    exchange(ss)
    ss.write(b"after 800 say hello\n")
    reader = Worker(ss.readline)
    time.sleep(0.2)
    raises(OSError, ss.recv, 1, errno=EBUSY)
    raises(OSError, ss.write, b"x", errno=EBUSY)
    equal(reader.join(), b"hello\n")
    exchange(ss)
    ss.close()


@both
def closed_by_another_thread(peer):
    needs_threads()
    ss = ssl.wrap_socket(tcp(getattr(peers, peer)))
    exchange(ss)
    ss.settimeout(3)

    def read():
        try:
            return ss.recv(1)
        except OSError as error:
            return error.errno

    reader = Worker(read)
    time.sleep(0.2)
    ss.close()
    true(reader.join() in (errno.EBADF, errno.ETIMEDOUT, b""), repr(reader.result))
    raises(OSError, ss.recv, 1, errno=errno.EBADF)


# What only looks at a connection is no call of its own, and goes on beside one.
LOOKS = ("version", "cipher", "pending", "selected_alpn_protocol", "get_channel_binding", "getpeercert", "memory",
         "fileno", "peer_cert_sha256", "session_reused", "early_data_accepted", "__repr__")


def look(ss):
    for name in LOOKS:
        value = repr(ss) if name == "__repr__" else getattr(ss, name)
        if callable(value):
            value()


@both
def closed_while_others_use_it(peer):
    needs_threads()

    def until_it_is_closed(use):
        try:
            while True:
                use()
        except OSError as error:
            return error.errno

    for i in range(12):
        ss = ssl.wrap_socket(tcp(getattr(peers, peer)))

        def talk():
            ss.settimeout(5)
            exchange(ss, b"some words")

        def shut():
            time.sleep(0.003 + i / 3000)
            ss.close()

        workers = [Worker(lambda: until_it_is_closed(lambda: look(ss))), Worker(lambda: until_it_is_closed(talk))]
        closers = [Worker(shut), Worker(shut)]
        equal([worker.join() for worker in closers], [None, None])
        true(all(worker.join() in (errno.EBADF, EBUSY) for worker in workers), "%r" % [w.result for w in workers])
        raises(OSError, ss.recv, 1, errno=errno.EBADF)
        equal("closed" in repr(ss), True)


@both
def many_threads_many_connections(peer):
    needs_threads()

    def talk():
        for _ in range(5):
            ss = ssl.wrap_socket(tcp(getattr(peers, peer)), cert_reqs=2, ca_certs=pki("root-ecdsa.pem"))
            exchange(ss, pattern(20000))
            ss.close()
        return True

    workers = [Worker(talk) for _ in range(4)]
    for worker in workers:
        true(worker.join(60))


def both_ends_here(version):
    # ussl speaks with ussl: the server in a thread.
    needs_threads()
    binding = []
    ss, address = listener(ssl_version=version)

    def serve():
        conn, _ = ss.accept()
        binding.append(conn.get_channel_binding())
        for line in conn:
            conn.write(line)
        conn.close()

    server = Worker(serve)
    client = ssl.wrap_socket(tcp(address), cert_reqs=2, ca_certs=pki("root-ecdsa.pem"), server_hostname="localhost")
    for size in (1, 1000, 40000):
        line = b"x" * size + b"\n"
        client.write(line)
        equal(client.readline(), line)
    true(binding[0], "no channel binding")
    equal(client.get_channel_binding(), binding[0])
    client.close()
    server.join()
    ss.close()


case("ussl with ussl, TLS 1.2", both_ends_here, ssl.PROTOCOL_TLSv1_2)
case("ussl with ussl, TLS 1.3", both_ends_here, ssl.PROTOCOL_TLSv1_3)


@test
def a_waiting_thread_leaves_the_others_running():
    needs_threads()
    s = tcp(peers.silent)

    def wait():
        raises(ssl.SSLTimeoutError, ssl.wrap_socket, s, timeout=1)
        return True

    waiter = Worker(wait)
    steps = 0
    clock = Clock()
    while not waiter.done and clock() < 5:
        time.sleep(0.01)
        steps += 1
    true(waiter.join())
    true(steps > 30, "only %d steps" % steps)
    s.close()


@test
def wrapping_and_closing_in_many_threads():
    # What all wrappers share must bear it when threads really run side by side.
    needs_threads()

    def work():
        for _ in range(150):
            s = socket.socket()
            ss = ssl.wrap_socket(s)
            ssl.wrap_socket(s).close()
            ss.close()
        return True

    workers = [Worker(work) for _ in range(4)]
    for _ in range(20):
        gc.collect()
    for worker in workers:
        true(worker.join(60))


def own_context_each(version):
    # Both ends in memory, so that nothing ever waits: the threads calculate side by side.
    needs_threads()

    def contexts():
        server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        server.load_cert_chain(pki("server-ecdsa.chain.pem"), pki("server-ecdsa.key"))
        client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        client.load_verify_locations(pki("root-ecdsa.pem"))
        client.minimum_version = client.maximum_version = version
        return client, server

    def shake(ends):
        for _ in range(20):
            waiting = []
            for end in ends:
                try:
                    end.do_handshake()
                except ssl.SSLWantReadError:
                    waiting.append(end)
            if not waiting:
                return
        raise AssertionError("the handshake does not end")

    def work():
        for _ in range(25):
            there, back = ssl.MemoryBIO(), ssl.MemoryBIO()
            client, server = contexts()
            one = client.wrap_bio(back, there, server_hostname="localhost")
            two = server.wrap_bio(there, back, server_side=True)
            shake((one, two))
            for size in (1, 1000, 10000):
                one.write(pattern(size))
                equal(two.read(size), pattern(size))
        return True

    workers = [Worker(work) for _ in range(3)]
    for worker in workers:
        true(worker.join(90))


case("a context for each thread, TLS 1.2", own_context_each, ssl.PROTOCOL_TLSv1_2)
case("a context for each thread, TLS 1.3", own_context_each, ssl.PROTOCOL_TLSv1_3)


@both
def one_connection_for_two_threads(peer):
    # One writes, one reads; whoever finds it busy comes again. Nothing is lost.
    needs_threads()
    ss = ssl.wrap_socket(tcp(getattr(peers, peer)))
    exchange(ss)
    ss.settimeout(0.05)
    lines = 150

    def patiently(function):
        clock = Clock()
        while True:
            try:
                return function()
            except OSError as error:
                true(error.errno in (EBUSY, errno.ETIMEDOUT), repr(error))
            true(clock() < 30, "never")
            time.sleep(0.001)

    def read():
        for number in range(lines):
            equal(patiently(ss.readline), b"%d\n" % number)
        return True

    reader = Worker(read)
    for number in range(lines):
        patiently(lambda: ss.write(b"say %d\n" % number))
    true(reader.join(60))
    ss.close()


@both
def accounts_are_ones_own(peer):
    # What a collection in another thread frees is not this connection's.
    needs_threads()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(pki("roots.pem"))

    def held():
        ss = context.wrap_socket(tcp(getattr(peers, peer)), server_hostname="localhost")
        exchange(ss)
        now = ss.memory().now
        ss.close()
        return now

    held()
    usual = held()
    waste = bytes(3000)
    stop = []

    def litter():
        while not stop:
            for _ in range(20):
                ssl.MemoryBIO().write(waste)
            gc.collect()

    worker = Worker(litter)
    try:
        for _ in range(20):
            now = held()
            true(abs(now - usual) < 1000, "it holds %d, not %d" % (now, usual))
    finally:
        stop.append(True)
    worker.join()


def looking(look, meanwhile, seconds=2):
    # Looks again and again, while another thread changes or drops what is looked at.
    needs_threads()
    stop = []

    def disturb():
        while not stop:
            meanwhile()

    worker = Worker(disturb)
    clock = Clock()
    try:
        while clock() < seconds:
            look()
    finally:
        stop.append(True)
    worker.join()


@test
def a_certificate_shown_during_collections():
    # Its dict takes memory, and finalisers of what the collections find want the lock.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(pki("roots.pem"))
    ss = context.wrap_socket(tcp(peers.tls13), server_hostname="localhost")

    def litter():
        for _ in range(20):
            context.wrap_bio(ssl.MemoryBIO(), ssl.MemoryBIO(), server_hostname="localhost")
        gc.collect()

    looking(ss.getpeercert, litter)
    ss.close()


@test
def pins_read_while_they_change():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    lists = [[], [bytes(32)], [bytes(32), b"x" * 32]]

    def change():
        for pins in lists:
            context.pins = pins

    looking(lambda: true(context.pins in lists, "mixed"), change)


@test
def anchors_read_while_they_change():
    contexts = [ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)]

    def change():
        contexts[0] = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        try:
            contexts[0].wrap_bio(ssl.MemoryBIO(), ssl.MemoryBIO(), server_hostname="localhost").__del__()
        except ValueError:
            pass  # there are no default roots, which would go with the next line
        time.sleep(0.002)
        contexts[0].load_verify_locations(pki("roots.pem"))

    def look():
        contexts[0].get_ca_certs()
        contexts[0].cert_store_stats()

    looking(look, change)


run()
