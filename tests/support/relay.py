"""A TCP relay that counts, so that a handshake's cost on the wire can be seen.

    with relay.Relay(server.address) as wire:
        ... connect to wire.address ...
        print(wire.links[0].up.bytes, wire.links[0].down.segments)

`up` is what the client sent, `down` what the server sent.  A "segment" is one
successful read of the relay: on loopback that is one write of the sender, as
long as the relay keeps pace with it.  What the server sends can be made to come
`late`, by so many seconds for each piece.
"""
import select
import selectors
import socket
import threading
import time


class Direction:
    """Bytes and segments one way; `record` holds (seconds, data) when asked for."""

    def __init__(self, recording):
        self.bytes = 0
        self.segments = 0
        self.record = [] if recording else None
        self.ended = False

    def add(self, data, start):
        self.bytes += len(data)
        self.segments += 1
        if self.record is not None:
            self.record.append((time.monotonic() - start, bytes(data)))

    @property
    def data(self):
        return b"".join(part for _, part in self.record)


class Link:
    """One connection through the relay."""

    def __init__(self, recording):
        self.start = time.monotonic()
        self.up = Direction(recording)
        self.down = Direction(recording)

    @property
    def bytes(self):
        return self.up.bytes + self.down.bytes

    @property
    def done(self):
        return self.up.ended and self.down.ended


class Relay:
    """Listens on a free loopback port and passes everything on to `target`."""

    def __init__(self, target, host="127.0.0.1", record=False, late=0):
        self.target = target
        self.late = late
        self.recording = record
        self.links = []
        self._news = threading.Condition()
        self._stopping = threading.Event()
        self._listener = socket.create_server((host, 0))
        self.host, self.port = self.address = self._listener.getsockname()[:2]
        self._listener.setblocking(False)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._listener, selectors.EVENT_READ)
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self):
        """One thread for all: order of arrival is then order in the record."""
        while not self._stopping.is_set():
            for key, _ in self._selector.select(0.05):
                if key.data is None:
                    self._accept()
                else:
                    self._pass_on(key.fileobj, *key.data)

    def _accept(self):
        client, _ = self._listener.accept()
        link = Link(self.recording)
        try:
            server = socket.create_connection(self.target, 5)
        except OSError:
            client.close()
            return
        for sock in (client, server):
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sock.settimeout(10)
        self._selector.register(client, selectors.EVENT_READ, (server, link, link.up))
        self._selector.register(server, selectors.EVENT_READ, (client, link, link.down))
        with self._news:
            self.links.append(link)
            self._news.notify_all()

    def _pass_on(self, source, sink, link, direction):
        try:
            data = source.recv(262144)
            if data:
                direction.add(data, link.start)
                if direction is link.down:
                    time.sleep(self.late)
                sink.sendall(data)
                return
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass
        self._end(source, sink, link, direction)

    def _end(self, source, sink, link, direction):
        """A half ends on its own: the other way may still carry data."""
        self._selector.unregister(source)
        with self._news:
            direction.ended = True
            self._news.notify_all()
        if link.done:
            source.close()
            sink.close()

    def wait_done(self, number=0, timeout=10):
        """The link by number, once both its ends are closed."""
        with self._news:
            if not self._news.wait_for(
                    lambda: len(self.links) > number and self.links[number].done, timeout):
                raise TimeoutError("connection %d through the relay did not end" % number)
            return self.links[number]

    def stop(self):
        self._stopping.set()
        self._thread.join(15)
        for key in list(self._selector.get_map().values()):
            key.fileobj.close()
        self._selector.close()

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.stop()


class Datagrams:
    """The same for UDP, for one client at a time: passes datagrams on, but for those whose
    number, each way and for each client anew, is in `lost_up` or `lost_down`. All come twice, if
    wanted, and of each two the second first. `forge` makes what goes ahead of a client's first
    datagram, from that."""

    def __init__(self, target, lost_up=(), lost_down=(), twice=False, swap=False, forge=lambda first: ()):
        self.forge = forge
        self.lost = (set(lost_up), set(lost_down))
        self.copies = 2 if twice else 1
        self.swap = swap
        self.client = None
        self._inner = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._outer = self._to(target)
        self.target = target
        self._inner.bind(("127.0.0.1", 0))
        self.address = self._inner.getsockname()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._begin()
        self._thread.start()

    @staticmethod
    def _to(target):
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sock.connect(target)
        return sock

    def _begin(self):
        self.counts = [0, 0]
        self.held = [None, None]

    def _run(self):
        while not self._stopping.is_set():
            ready, _, _ = select.select([self._inner, self._outer], [], [], 0.05)
            for sock in ready:
                try:
                    data, sender = sock.recvfrom(65536)
                except OSError:
                    continue  # the last client's port is closed
                if sock is self._inner and sender != self.client:
                    self._outer.close()
                    self._outer = self._to(self.target)
                    self.client = sender
                    self._begin()
                    for forged in self.forge(data):
                        self._send(False, forged)
                self._pass_on(sock is self._outer, data)
            if not ready:
                self._release()

    def _pass_on(self, down, data):
        number = self.counts[down]
        self.counts[down] += 1
        if number in self.lost[down]:
            return
        if self.swap and self.held[down] is None:
            self.held[down] = data
            return
        self._send(down, data)
        self._release()

    def _release(self):
        """What was held goes when another has come, or none does."""
        for down, data in enumerate(self.held):
            if data is not None:
                self.held[down] = None
                self._send(down, data)

    def _send(self, down, data):
        for _ in range(self.copies):
            try:
                self._inner.sendto(data, self.client) if down else self._outer.send(data)
            except OSError:
                pass

    def stop(self):
        self._stopping.set()
        self._thread.join(15)
        self._inner.close()
        self._outer.close()

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.stop()
