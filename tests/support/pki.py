"""The test PKI (tests/certs/make.py) as seen by the tests: made on first use."""
import hashlib
import importlib.util
import os

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def _load_maker():
    path = os.path.join(ROOT, "tests", "certs", "make.py")
    spec = importlib.util.spec_from_file_location("ussl_test_pki", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


_maker = _load_maker()
_ready = []
ROWS = {row.name: row for row in _maker.CERTS}
PASSWORD = _maker.PASSWORD


def directory():
    """The folder of the PKI; the first call makes it when it is missing or old."""
    if not _ready:
        _ready.append(_maker.ensure(os.environ.get("USSL_PKI", _maker.OUT)))
    return _ready[0]


def path(name):
    """A file of the PKI by name; an absolute path is given back as it is."""
    return os.path.join(directory(), name)


def digest(name):
    """SHA-256 of a certificate, hexadecimal."""
    with open(path(name + ".der"), "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


def intermediate(name):
    """Path of the certificate between `name` and its root, or None."""
    issuer = ROWS.get(ROWS[name].issuer)
    if issuer is None or issuer.issuer is None:
        return None
    return path(issuer.name + ".pem")
