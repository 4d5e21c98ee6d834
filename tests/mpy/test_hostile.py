# Peers that send wrong or endless bytes: an error in time, never a crash, and
# the next connection is as good as ever.
# peers: tls13 bits=corrupt
# peers: ccs=endless,what=ccs warning=endless,what=warning request=endless,what=request
# peers: empty=endless,what=empty huge=endless,what=huge zero=endless,what=zero
# timeout: 150
from serving import *

import ssl

CHECKED = {"cert_reqs": ssl.CERT_REQUIRED, "ca_certs": pki("root-ecdsa.pem"), "server_hostname": "localhost"}


def wrong_bits(version, times):
    # One wrong bit, each time elsewhere. Only where TLS does not protect it may it pass.
    failures = 0
    for _ in range(times):
        s = tcp(peers.bits)
        try:
            ssl.wrap_socket(s, ssl_version=version, timeout=0.7, **CHECKED)
        except OSError:
            failures += 1
        s.close()
    true(failures > times // 2, "only %d of %d failed" % (failures, times))
    ss = ssl.wrap_socket(tcp(peers.tls13), **CHECKED)
    exchange(ss)
    ss.close()


case("wrong bits from a server, TLS 1.3", wrong_bits, ssl.PROTOCOL_TLSv1_3, 60)
case("wrong bits from a server, TLS 1.2", wrong_bits, ssl.PROTOCOL_TLSv1_2, 60)


def wrong_bits_from_a_client(kind):
    ss, address = listener(timeout=0.7)
    for _ in range(30):
        call(address, kind="corrupt", step=5)
        try:
            conn, _ = ss.accept()
            conn.close()
        except OSError:
            pass
    call(address, kind=kind)
    conn, _ = ss.accept()
    exchange(conn)
    conn.close()
    ss.close()


case("wrong bits from a client, TLS 1.2", wrong_bits_from_a_client, "tls12")
case("wrong bits from a client, TLS 1.3", wrong_bits_from_a_client, "tls13")


def endless(name, version):
    s = tcp(getattr(peers, name))
    clock = Clock()
    raises(OSError, ssl.wrap_socket, s, timeout=1, ssl_version=version)
    true(clock() < 3, "took %.1f s" % clock())
    s.close()


for _name in ("ccs", "warning", "request", "empty", "huge", "zero"):
    for _version in (ssl.PROTOCOL_TLSv1_2, ssl.PROTOCOL_TLSv1_3):
        case("endless %s, TLS 0x%x" % (_name, _version), endless, _name, _version)


def endless_from_a_client(what):
    ss, address = listener(timeout=1)
    call(address, kind="endless", what=what)
    clock = Clock()
    raises(OSError, ss.accept)
    true(clock() < 3, "took %.1f s" % clock())
    call(address)
    conn, _ = ss.accept()
    exchange(conn)
    conn.close()
    ss.close()


for _name in ("ccs", "warning", "request", "empty", "huge", "zero"):
    case("endless %s from a client" % _name, endless_from_a_client, _name)

run()
