# For the tests of whom a client trusts: contexts by file, and peers that are refused.
from ends import *


def client(*files):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    for file in files:
        context.load_verify_locations(pki(file))
    return context


def connect(context, peer, name="localhost"):
    ss = context.wrap_socket(socket.socket(), server_hostname=name)
    try:
        ss.connect(getattr(peers, peer))
        exchange(ss)
    finally:
        ss.close()


def refused(context, peer, contains, alert=None, name="localhost"):
    forget()
    error = raises(ssl.SSLCertVerificationError, connect, context, peer, name, contains=contains)
    if alert:
        end = report(peer)["end"]
        true(alert in end, "the peer saw " + end)
    return error


def over_memory(own, cert, key):
    # The client's end, with a server of our own that has this chain.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pki(cert), pki(key))
    ends = Ends(own, context)
    if ends.client_error:
        raise ends.client_error
    return ends.client
