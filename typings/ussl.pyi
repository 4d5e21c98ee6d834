# mypy: disable-error-code=override
# pyright: reportIncompatibleMethodOverride=false, reportIncompatibleVariableOverride=false
"""TLS for MicroPython. The reference is docs/api.md.

`ssl` and `tls` are the same module. Names marked "computers" are not on boards.
"""

import socket
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, NoReturn, Protocol, TypeVar, overload

from typing_extensions import Literal, TypeAlias

_Buffer: TypeAlias = bytes | bytearray | memoryview
_Data: TypeAlias = str | _Buffer
_Address: TypeAlias = tuple[Any, ...] | str | bytes
_Session: TypeAlias = SSLSession | _Buffer
_Password: TypeAlias = _Data | Callable[[], _Data]
_SniCallback: TypeAlias = Callable[[SSLSocket | SSLObject, str | None, SSLContext], int | None]
_SSLSocket = TypeVar("_SSLSocket", bound="SSLSocket")

class _Stream(Protocol):
    """What can be wrapped besides a socket: a subclass of io.IOBase that has these."""

    def readinto(self, buf: Any, /) -> int | None: ...
    def write(self, buf: Any, /) -> int | None: ...
    def ioctl(self, request: int, arg: int, /) -> int: ...

class _PskKeys(Protocol):
    """A dict, or what else gives the key for an identity."""

    def get(self, identity: bytes, /) -> Any: ...

class _Memory(NamedTuple):
    now: int
    peak: int

class _DefaultVerifyPaths(NamedTuple):
    cafile: str | None
    capath: str | None
    openssl_cafile_env: str | None
    openssl_cafile: str | None
    openssl_capath_env: str | None
    openssl_capath: str | None

class _CipherSuite:
    """Equals its names; has CPython's dictionary's keys."""

    def __getitem__(self, key: str) -> Any: ...
    def __contains__(self, part: str) -> bool: ...

# ---- functions ----

def wrap_socket(
    sock: socket.socket | _Stream,
    keyfile: str | None = None,
    certfile: str | None = None,
    server_side: bool = False,
    cert_reqs: int = CERT_NONE,
    ssl_version: int = 0,
    ca_certs: str | None = None,
    server_hostname: str | None = None,
    saved_session: _Session | None = None,
    timeout: float | None = 10,
    *,
    key: _Data | None = None,
    cert: _Data | None = None,
    cadata: _Data | None = None,
    do_handshake: bool = True,
    early_data: _Buffer | None = None,
) -> SSLSocket:
    """TLS over a socket or stream. Verifies nothing unless `cert_reqs` says so."""

def save_session(ssl_sock: SSLSocket | SSLObject, /) -> SSLSession:
    """The session of a client's connection, for `saved_session` of a later one."""

def create_default_context(
    purpose: int = Purpose.SERVER_AUTH,
    *,
    cafile: _Data | None = None,
    capath: str | None = None,
    cadata: _Data | None = None,
) -> SSLContext:
    """A context that verifies as a client, or serves: see `Purpose`."""

def get_default_verify_paths() -> _DefaultVerifyPaths:
    """Where the default roots are."""

def cert_time_to_seconds(cert_time: str, /) -> int:
    """Seconds since 1970 of a date of `getpeercert()`. Computers."""

def DER_cert_to_PEM_cert(der: _Buffer, /) -> str:
    """Computers."""

def PEM_cert_to_DER_cert(pem: str, /) -> bytes:
    """Computers."""

def RAND_bytes(n: int, /) -> bytes:
    """Computers."""

def RAND_status() -> bool:
    """True. Computers."""

def _create_unverified_context() -> SSLContext:
    """A client's context that verifies nothing. Computers."""

# ---- connections ----

class _Connection:
    """What SSLSocket and SSLObject share."""

    context: SSLContext
    @property
    def server_hostname(self) -> str | None: ...
    @property
    def server_side(self) -> bool: ...
    @property
    def session(self) -> SSLSession | None:
        """As `save_session()`; None where there is none.

        Set before the handshake of a client, it is offered.
        """

    @session.setter
    def session(self, value: _Session | None) -> None: ...
    @property
    def session_reused(self) -> bool | None: ...
    @property
    def early_data_accepted(self) -> bool | None: ...
    @property
    def peer_cert_sha256(self) -> bytes | None: ...
    def do_handshake(self) -> None: ...
    def pending(self) -> int:
        """Decrypted bytes that wait."""

    def version(self) -> str | None:
        """'TLSv1.2' or 'TLSv1.3'; None before the handshake is done."""

    def cipher(self) -> tuple[str, str, int] | Any:
        """(name, version, bits); None before the handshake is done."""

    @overload
    def getpeercert(self, binary_form: Literal[False] = False) -> dict[str, Any] | None: ...
    @overload
    def getpeercert(self, binary_form: Literal[True]) -> bytes | None: ...
    def get_verified_chain(self) -> list[bytes]:
        """Needs `keep_peer_chain` of the context."""

    def get_unverified_chain(self) -> list[bytes]:
        """Needs `keep_peer_chain` of the context."""

    def selected_alpn_protocol(self) -> str | None: ...
    def get_channel_binding(self, type: str = "tls-exporter", /) -> bytes | None: ...
    def compression(self) -> None:
        """Computers."""

    def memory(self) -> _Memory:
        """Bytes that the connection holds, now and at most."""

class SSLSocket(_Connection, socket.socket):
    """TLS over a socket, and a socket itself. Made by `wrap_socket()` and `accept()`."""

    def connect(self, address: _Address, /) -> None:
        """Connects, then makes the handshake."""

    def bind(self, address: _Address, /) -> None: ...
    def listen(self, backlog: int = ..., /) -> None: ...
    def accept(self) -> tuple[SSLSocket, Any]:
        """The next client, its handshake done, and its address."""

    def recv(self, n: int, flags: int = 0, /) -> bytes: ...
    def recv_into(self, buf: bytearray | memoryview, n: int = 0, flags: int = 0, /) -> int: ...
    def read(self, n: int = -1, /) -> bytes:
        """`n` bytes, fewer only at the end; None when it never waits and nothing is there."""

    def readinto(self, buf: bytearray | memoryview, n: int = ..., /) -> int: ...
    def readline(self, n: int = ..., /) -> bytes: ...
    def send(self, data: _Data, flags: int = 0, /) -> int:
        """Sends all where the socket waits; returns how many bytes were taken."""

    def sendall(self, data: _Data, flags: int = 0, /) -> None: ...
    @overload
    def write(self, data: _Data, n: int = ..., /) -> int: ...
    @overload
    def write(self, data: _Data, offset: int, n: int, /) -> int: ...
    def sendto(self, *args: Any) -> NoReturn:
        """ValueError: it would go around TLS."""

    def recvfrom(self, *args: Any) -> NoReturn:
        """ValueError: it would go around TLS."""

    def flush(self) -> None:
        """Does nothing: writes go out at once."""

    def makefile(self: _SSLSocket, mode: str = "rb", buffering: int = 0, /) -> _SSLSocket: ...
    def settimeout(self, value: float | None, /) -> None: ...
    def setblocking(self, flag: bool, /) -> None: ...
    def setsockopt(self, level: int, option: int, value: Any, /) -> None: ...
    def fileno(self) -> int: ...
    def shutdown(self, how: int, /) -> None:
        """0 reading, 1 writing, 2 both; 1 and 2 send close_notify first."""

    def unwrap(self) -> Any:
        """Ends TLS and returns the wrapped object."""

    def close(self) -> None: ...
    def __enter__(self: _SSLSocket) -> _SSLSocket: ...
    def __exit__(self, *args: object) -> None: ...
    def __iter__(self: _SSLSocket) -> _SSLSocket: ...
    def __next__(self) -> bytes:
        """The next line."""

class SSLObject(_Connection):
    """TLS without a socket. Made by `SSLContext.wrap_bio()`."""

    @overload
    def read(self, n: int = 1024, /) -> bytes: ...
    @overload
    def read(self, n: int, buf: bytearray | memoryview, /) -> int: ...
    def write(self, data: _Data, /) -> int: ...
    def unwrap(self) -> None: ...

class MemoryBIO:
    """A queue of bytes."""

    @property
    def pending(self) -> int: ...
    @property
    def eof(self) -> bool: ...
    def read(self, n: int = -1, /) -> bytes: ...
    def write(self, data: _Data, /) -> int: ...
    def write_eof(self) -> None: ...

class SSLSession:
    """What `save_session()` returns. It is a secret."""

    def __init__(self, data: _Buffer, key: _Buffer | None = None) -> None:
        """From the bytes of `serialize()`."""

    def serialize(self, key: _Buffer | None = None) -> bytes:
        """Bytes to store; with a key of 32 bytes, sealed."""

    @property
    def version(self) -> str: ...
    @property
    def server_hostname(self) -> str | None: ...
    @property
    def time(self) -> int:
        """When it came, seconds since 1970."""

    @property
    def timeout(self) -> int: ...
    @property
    def ticket_lifetime_hint(self) -> int: ...
    @property
    def has_ticket(self) -> bool: ...
    @property
    def id(self) -> bytes: ...

# ---- contexts ----

class SSLContext:
    """Policy and credentials that connections share."""

    check_hostname: bool
    ecdsa_sign_callback: Callable[[bytearray, bytes], bytes | None] | None
    hostname_checks_common_name: bool
    keep_peer_chain: bool
    keylog_filename: str | None
    max_early_data: int
    max_send_fragment: int
    maximum_version: int
    minimum_version: int
    mtu: int | None
    num_tickets: int
    options: int
    pins: Any
    psk_identity: _Data | None
    psk_key: _Buffer | None
    record_buffer: Any
    record_size_limit: int
    server_psk_keys: _PskKeys | None
    session_cache_size: int
    sni_callback: _SniCallback | None
    verify_callback: Callable[[memoryview, int], int] | None
    verify_flags: int
    verify_mode: int
    @property
    def _context(self) -> SSLContext: ...
    @property
    def protocol(self) -> int: ...
    def __init__(self, protocol: int) -> None:
        """`PROTOCOL_TLS_CLIENT` or `PROTOCOL_TLS_SERVER`, or the same of `DTLS`."""

    def wrap_socket(
        self,
        sock: socket.socket | _Stream,
        server_side: bool = ...,
        do_handshake_on_connect: bool = True,
        suppress_ragged_eofs: bool = True,
        server_hostname: str | None = None,
        session: _Session | None = None,
        *,
        timeout: float | None = 10,
        early_data: _Buffer | None = None,
        client_id: _Buffer | None = None,
    ) -> SSLSocket: ...
    def wrap_bio(
        self,
        incoming: MemoryBIO,
        outgoing: MemoryBIO,
        server_side: bool = ...,
        server_hostname: str | None = None,
        session: _Session | None = None,
        *,
        early_data: _Buffer | None = None,
    ) -> SSLObject: ...
    def load_cert_chain(
        self, certfile: _Data, keyfile: _Data | None = None, password: _Password | None = None
    ) -> None:
        """The own certificate and key: a str is a path, bytes are the data."""

    def load_verify_locations(
        self, cafile: _Data | None = None, capath: _Data | None = None, cadata: _Data | None = None
    ) -> None:
        """Adds trusted certificates and revocation lists."""

    def load_default_certs(self, purpose: int = Purpose.SERVER_AUTH, /) -> None: ...
    def set_default_verify_paths(self) -> None: ...
    @overload
    def get_ca_certs(self, binary_form: Literal[False] = False) -> list[dict[str, Any]]: ...
    @overload
    def get_ca_certs(self, binary_form: Literal[True]) -> list[bytes]: ...
    def cert_store_stats(self) -> dict[str, int]: ...
    def get_ciphers(self) -> list[_CipherSuite]: ...
    def set_ciphers(self, ciphers: str | Sequence[str | _CipherSuite], /) -> None: ...
    def set_alpn_protocols(self, names: Sequence[str], /) -> None: ...
    def set_ticket_keys(self, keys: Sequence[_Buffer] | None, /) -> None:
        """Keys of 32 bytes that seal and open clients' tickets, the newest first."""

    def set_servername_callback(self, callback: _SniCallback | None, /) -> None:
        """Sets `sni_callback`. Computers."""

    def set_psk_client_callback(
        self, callback: Callable[[str | None], tuple[_Data | None, _Buffer | None]] | None
    ) -> None:
        """A function that is told the server's hint, and gives identity and key."""

    def set_psk_server_callback(
        self, callback: Callable[[str], _Buffer | None] | None, identity_hint: str | None = None
    ) -> None:
        """A function that gives the key for a client's identity."""

    def session_stats(self) -> dict[str, int]: ...
    def memory(self) -> _Memory:
        """Bytes that the context holds, now and at most."""

class Purpose:
    SERVER_AUTH: int
    CLIENT_AUTH: int

class TLSVersion:
    MINIMUM_SUPPORTED: int
    MAXIMUM_SUPPORTED: int
    TLSv1_2: int
    TLSv1_3: int

# ---- exceptions ----

class SSLError(OSError):
    reason: str | None
    library: str | None
    verify_code: int | None
    verify_message: str | None

class SSLTimeoutError(SSLError):
    """The handshake's deadline has passed."""

class SSLCertVerificationError(SSLError, ValueError):
    """The peer's certificate was not accepted."""

class SSLSyscallError(SSLError):
    """The connection broke below TLS."""

class SSLEOFError(SSLError):
    """It ended without close_notify."""

class SSLWantReadError(SSLError):
    """Call again when readable."""

class SSLWantWriteError(SSLError):
    """Call again when writable."""

class SSLZeroReturnError(SSLError):
    """Never raised."""

CertificateError = SSLCertVerificationError

# ---- constants ----

CERT_NONE: int
CERT_OPTIONAL: int
CERT_REQUIRED: int
MBEDTLS_VERSION: str
OP_ALLOW_NO_DHE_KEX: int
OP_ENABLE_MIDDLEBOX_COMPAT: int
PROTOCOL_DTLS_CLIENT: int
PROTOCOL_DTLS_SERVER: int
PROTOCOL_TLS: int
PROTOCOL_TLS_CLIENT: int
PROTOCOL_TLS_SERVER: int
PROTOCOL_TLSv1_2: int
PROTOCOL_TLSv1_3: int
SSL_ERROR_EOF: int
SSL_ERROR_SSL: int
SSL_ERROR_SYSCALL: int
SSL_ERROR_WANT_READ: int
SSL_ERROR_WANT_WRITE: int
SSL_ERROR_ZERO_RETURN: int
SSL_TIMEOUT: int
VERIFY_CRL_CHECK_CHAIN: int
VERIFY_CRL_CHECK_LEAF: int
VERIFY_DEFAULT: int
VERIFY_NO_CHECK_TIME: int
VERIFY_TIME_IF_SET: int
VERIFY_X509_PARTIAL_CHAIN: int
VERIFY_X509_STRICT: int
VERIFY_X509_TRUSTED_FIRST: int

# Computers.
CHANNEL_BINDING_TYPES: tuple[str, ...]
HAS_ALPN: bool
HAS_ECDH: bool
HAS_NEVER_CHECK_COMMON_NAME: bool
HAS_NPN: bool
HAS_PHA: bool
HAS_PSK: bool
HAS_PSK_TLS13: bool
HAS_SNI: bool
HAS_SSLv2: bool
HAS_SSLv3: bool
HAS_TLSv1: bool
HAS_TLSv1_1: bool
HAS_TLSv1_2: bool
HAS_TLSv1_3: bool
OP_ALL: int
OP_CIPHER_SERVER_PREFERENCE: int
OP_LEGACY_SERVER_CONNECT: int
OP_NO_COMPRESSION: int
OP_NO_RENEGOTIATION: int
OP_NO_SSLv2: int
OP_NO_SSLv3: int
OP_NO_TLSv1: int
OP_NO_TLSv1_1: int
OP_SINGLE_DH_USE: int
OP_SINGLE_ECDH_USE: int
PROTOCOL_SSLv23: int

# Where there is sni_callback.
ALERT_DESCRIPTION_ACCESS_DENIED: int
ALERT_DESCRIPTION_BAD_CERTIFICATE: int
ALERT_DESCRIPTION_BAD_CERTIFICATE_HASH_VALUE: int
ALERT_DESCRIPTION_BAD_CERTIFICATE_STATUS_RESPONSE: int
ALERT_DESCRIPTION_BAD_RECORD_MAC: int
ALERT_DESCRIPTION_CERTIFICATE_EXPIRED: int
ALERT_DESCRIPTION_CERTIFICATE_REVOKED: int
ALERT_DESCRIPTION_CERTIFICATE_UNKNOWN: int
ALERT_DESCRIPTION_CERTIFICATE_UNOBTAINABLE: int
ALERT_DESCRIPTION_CLOSE_NOTIFY: int
ALERT_DESCRIPTION_DECODE_ERROR: int
ALERT_DESCRIPTION_DECOMPRESSION_FAILURE: int
ALERT_DESCRIPTION_DECRYPT_ERROR: int
ALERT_DESCRIPTION_HANDSHAKE_FAILURE: int
ALERT_DESCRIPTION_ILLEGAL_PARAMETER: int
ALERT_DESCRIPTION_INSUFFICIENT_SECURITY: int
ALERT_DESCRIPTION_INTERNAL_ERROR: int
ALERT_DESCRIPTION_NO_RENEGOTIATION: int
ALERT_DESCRIPTION_PROTOCOL_VERSION: int
ALERT_DESCRIPTION_RECORD_OVERFLOW: int
ALERT_DESCRIPTION_UNEXPECTED_MESSAGE: int
ALERT_DESCRIPTION_UNKNOWN_CA: int
ALERT_DESCRIPTION_UNKNOWN_PSK_IDENTITY: int
ALERT_DESCRIPTION_UNRECOGNIZED_NAME: int
ALERT_DESCRIPTION_UNSUPPORTED_CERTIFICATE: int
ALERT_DESCRIPTION_UNSUPPORTED_EXTENSION: int
ALERT_DESCRIPTION_USER_CANCELLED: int
