"""A TCP relay that counts, so that a handshake's cost on the wire can be seen.

    with relay.Relay(server.address) as wire:
        ... connect to wire.address ...
        print(wire.links[0].up.bytes, wire.links[0].down.segments)

`up` is what the client sent, `down` what the server sent.  A "segment" is one
successful read of the relay: on loopback that is one write of the sender, as
long as the relay keeps pace with it.  What the server sends can be made to come
`late`, by so many seconds for each piece.
"""
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
