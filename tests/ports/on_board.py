# Does ussl work on this board? Paste it at the prompt, or: mpremote run tests/ports/on_board.py
#
# Makes a TLS handshake with a server of yours, resumes it, and says what it needed. On a
# computer in the same network, with any certificate and its key:
#
#   openssl s_server -accept 8443 -cert server.pem -key server.key -www
#
# The board must be in the network already. The server is not verified here: this looks
# at the port, not at the peer. examples/https_get.py shows one that is verified.
import gc
import socket
import ssl
import time

SERVER = ("192.168.1.2", 8443)


def handshake(version, session=None):
    s = socket.socket()
    s.settimeout(10)
    gc.collect()
    ss = ssl.wrap_socket(s, ssl_version=version, saved_session=session, timeout=30)
    start = time.ticks_ms()
    ss.connect(SERVER)
    took = time.ticks_diff(time.ticks_ms(), start)
    gc.collect()
    free = gc.mem_free()
    saved = ssl.save_session(ss)
    print(ss.version(), ss.cipher()[0], "resumed" if ss.session_reused else "full", took, "ms,", free, "bytes free")
    ss.write(b"GET / HTTP/1.0\r\n\r\n")
    print("  ", ss.readline())
    ss.close()
    return saved


print("the clock says", time.gmtime()[:6])
assert issubclass(ssl.SSLSocket, socket.socket)
for version in (ssl.PROTOCOL_TLSv1_2, ssl.PROTOCOL_TLSv1_3):
    handshake(version, handshake(version))
