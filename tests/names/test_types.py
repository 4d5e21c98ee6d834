#!/usr/bin/env python3
"""A type checker accepts the stubs, the examples, Pycom's examples and README's, and refuses
programs that are wrong."""
import glob
import os
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from module import TESTS  # noqa: E402
from stubs import TYPINGS  # noqa: E402
from support.report import Skip, case, end  # noqa: E402

ROOT = os.path.dirname(TESTS)
BEGIN = "import socket, ssl, tls, ussl\nss = ssl.wrap_socket(socket.socket())\ncontext = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)\n"
RIGHT = """
session: ssl.SSLSession = ussl.save_session(ss)
ss = tls.wrap_socket(ss, "key.pem", "cert.pem", saved_session=session.serialize(), timeout=None)
ss = context.wrap_socket(socket.socket(), server_hostname="a", session=session)
data: bytes = ss.read(5) + ss.readline()
plain: socket.socket = ss
try:
    context.load_verify_locations(cadata=b"...")
except ssl.SSLCertVerificationError as error:
    print(error.verify_message, error.errno)
with ss.accept()[0] as client:
    client.sendall(b"x")
certificate = ss.getpeercert()
if certificate:
    print(ssl.cert_time_to_seconds(certificate["notAfter"]), ss.memory().peak)
context.verify_callback = lambda cert, depth: 0
"""
WRONG = (
    "ss.nothing()", "ssl.wrap_socket()", "ssl.wrap_socket(5)", "ssl.wrap_socket(ss, nonsense=1)", "ss.write(5)",
    "ssl.save_session(session=ss)", "ssl.SSLSession('text')", "context.wrap_socket(ss, True, True, True, 'name', None, 5)",
    "context.protocol = 1", "context.verify_mode = 'required'", "session: str = ssl.save_session(ss)", "tls.nothing",
    "ss.getpeercert(True)['subject']", "context.verify_callback = lambda cert: 0", "context.load_cert_chain()",
)


def mypy(*files):
    """What it says against these files, None for nothing."""
    try:
        done = subprocess.run(["mypy", "--strict-optional", "--check-untyped-defs", "--no-error-summary",
                               "--cache-dir", os.devnull] + list(files), cwd=ROOT,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=240,
                              env=dict(os.environ, MYPYPATH=TYPINGS))
    except FileNotFoundError:
        raise Skip("mypy is not installed") from None
    return done.stdout.decode() if done.returncode else None


def readme():
    """README's programs."""
    with open(os.path.join(ROOT, "README.md"), encoding="utf-8") as file:
        return re.findall(r"^```python\n(.*?)^```", file.read(), re.M | re.S)


def written(folder, programs):
    """Paths of files that hold these programs."""
    paths = [os.path.join(folder, "program%d.py" % number) for number in range(len(programs))]
    for path, text in zip(paths, programs):
        with open(path, "w") as file:
            file.write(text)
    return paths


def main():
    with case("mypy accepts the stubs, strictly"):
        said = mypy("--strict", *sorted(glob.glob(os.path.join(TYPINGS, "*.pyi"))))
        assert not said, said
    with tempfile.TemporaryDirectory(prefix="ussl-types-") as folder:
        with case("mypy accepts the examples, Pycom's and README's"):
            programs = glob.glob(os.path.join(ROOT, "examples", "*.py")) + glob.glob(os.path.join(TESTS, "page", "example*.py"))
            said = mypy(*sorted(programs), *written(folder, readme() + [BEGIN + RIGHT]))
            assert not said, said
        with case("mypy refuses each of %d wrong programs" % len(WRONG)):
            said = mypy(*written(folder, [BEGIN + line + "\n" for line in WRONG]))
            accepted = [line for number, line in enumerate(WRONG) if "program%d.py:4: error" % number not in (said or "")]
            assert not accepted, "it accepts: " + "; ".join(accepted)
    end()


if __name__ == "__main__":
    main()
