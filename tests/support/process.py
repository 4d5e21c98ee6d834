"""A child process whose output is collected while it runs, and that always ends."""
import subprocess
import threading
import time


class PeerError(Exception):
    """A peer did not start, died, or did not say what was waited for."""


class Process:
    """Output of both streams is in `text`; `with` kills what still runs.

    The child stays in our process group, so a runner that kills the group
    takes the peers with it.
    """

    def __init__(self, argv, cwd=None, env=None):
        self.argv = [str(word) for word in argv]
        self._log = bytearray()
        self._ended = False
        self._news = threading.Condition()
        try:
            self.proc = subprocess.Popen(self.argv, cwd=cwd, env=env, bufsize=0,
                                         stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                         stderr=subprocess.STDOUT)
        except FileNotFoundError:
            raise PeerError("%s is not installed" % self.argv[0]) from None
        self._reader = threading.Thread(target=self._collect, daemon=True)
        self._reader.start()

    def _collect(self):
        while True:
            data = self.proc.stdout.read(65536)
            with self._news:
                self._log += self.clean(data)
                self._ended = not data
                self._news.notify_all()
            if not data:
                return

    @staticmethod
    def clean(data):
        return data

    @property
    def data(self):
        """Everything printed so far, as bytes."""
        with self._news:
            return bytes(self._log)

    @property
    def text(self):
        return self.data.decode("utf-8", "replace")

    def wait_for(self, words, timeout=10, start=0):
        """Wait until `words` (str or bytes) are printed; returns where they end."""
        words = words.encode() if isinstance(words, str) else words
        end = time.monotonic() + timeout
        with self._news:
            while True:
                found = self._log.find(words, start)
                if found >= 0:
                    return found + len(words)
                left = end - time.monotonic()
                if left <= 0 or self._ended:
                    why = "ended" if self._ended else "was silent for %g s" % timeout
                    raise PeerError("%s %s before it said %r:\n%s" % (
                        self.argv[0], why, words[:60], self._log.decode("utf-8", "replace")[-1000:]))
                self._news.wait(left)

    def wait_count(self, words, number, timeout=5):
        """True as soon as `words` were printed `number` times; False at the timeout."""
        end = time.monotonic() + timeout
        with self._news:
            while self._log.count(words.encode()) < number:
                left = end - time.monotonic()
                if left <= 0 or self._ended:
                    return False
                self._news.wait(left)
            return True

    def wait_for_quiet(self, quiet=0.3, timeout=10):
        """Wait until nothing was printed for a while, or the child has ended."""
        end = time.monotonic() + timeout
        with self._news:
            while not self._ended and time.monotonic() < end:
                before = len(self._log)
                self._news.wait(quiet)
                if len(self._log) == before:
                    return

    def count(self, words):
        return self.text.count(words)

    def send(self, data):
        """Write to the child's standard input."""
        data = data.encode() if isinstance(data, str) else data
        view = memoryview(data)
        while view:
            view = view[self.proc.stdin.write(view):]

    def close_input(self):
        self.proc.stdin.close()

    def running(self):
        return self.proc.poll() is None

    def wait(self, timeout=10):
        """Wait for the end; returns the exit status."""
        try:
            status = self.proc.wait(timeout)
        except subprocess.TimeoutExpired:
            raise PeerError("%s still runs after %g s:\n%s" % (
                self.argv[0], timeout, self.text[-1000:])) from None
        self._reader.join(timeout)
        return status

    def stop(self):
        """End the child: politely, then by force; harmless when it has ended."""
        if self.running():
            self.proc.terminate()
            try:
                self.proc.wait(2)
            except subprocess.TimeoutExpired:
                self.proc.kill()
                self.proc.wait()
        self._reader.join(5)
        for stream in (self.proc.stdin, self.proc.stdout):
            try:
                stream.close()
            except OSError:
                pass

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.stop()
