# Sessions: saved, passed on, refused.
# differs: the server's session, *: a server keeps no session for the program
# differs: of another context, *: a session belongs to a server, not to a context
# differs: of another name, *: a full handshake: the session is another server's
# differs: both versions with a session of TLSv1.2: a session is offered with its own version alone
# differs: without a ticket, *: None: a session that cannot be resumed helps nobody
from same import *
import socket
import time

V12, V13 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3


def only(context, version):
    context.minimum_version = context.maximum_version = version
    if sys.implementation.name == "micropython":
        context.session_cache_size = 0  # what CPython does not have
    return context


def run(client_context, server_context, **named):
    # Both ends after their handshake, the client with its session in hand.
    c, s = linked(client_context, server_context, **named)
    s.sendall(b"x")
    c.recv(1)
    return c, s


def end(*ends):
    for one in ends:
        one.close()


for version, name in ((V12, "TLSv1.2"), (V13, "TLSv1.3")):
    where = ", " + name
    mine, theirs = only(client(), version), only(server("direct.pem"), version)
    c, s = run(mine, theirs)
    show("a first connection" + where, (c.session_reused, s.session_reused))
    show("the server's session" + where, type(s.session).__name__)
    session = c.session
    show("kinds" + where, (isinstance(session, ssl.SSLSession), type(session).__name__))
    show("ticket" + where, (session.has_ticket, type(session.ticket_lifetime_hint).__name__, session.ticket_lifetime_hint > 0))
    show("time" + where, (type(session.time).__name__, abs(session.time - time.time()) < 60))
    show("timeout" + where, (type(session.timeout).__name__, session.timeout > 0))
    show("id" + where, type(session.id).__name__)
    show("asked twice" + where, c.session == session)
    show("a number is no session" + where, (session == 5, session != 5))
    for attribute in ("time", "timeout", "id", "has_ticket", "ticket_lifetime_hint"):
        show("set %s%s" % (attribute, where), outcome(setattr, session, attribute, 5))
    end(c, s)

    for step in range(3):
        c, s = run(mine, theirs, session=session)
        show("resumed, %d%s" % (step, where), (c.session_reused, s.session_reused, c.version()))
        show("data, %d%s" % (step, where), (c.send(b"abc"), exactly(s, 3)))
        session = c.session
        end(c, s)
    show("closed" + where, (c.session, c.session_reused))

    # A resumed handshake shows no certificates, and both ends know them.
    shows, asks = only(client(), version), only(server("direct.pem"), version)
    shows.load_cert_chain(PKI + "client-ecdsa.chain.pem", PKI + "client-ecdsa.key")
    asks.verify_mode = ssl.CERT_REQUIRED
    asks.load_verify_locations(PKI + "root-ecdsa.pem")
    kept = None
    for step in range(3):
        c, s = run(shows, asks, session=kept)
        show("certificates, %d%s" % (step, where), (s.session_reused, c.getpeercert()["subject"], s.getpeercert()["subject"],
            len(c.getpeercert(True)), len(s.getpeercert(True))))
        kept = c.session
        end(c, s)

    # In memory.
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    c = mine.wrap_bio(to_client, to_server, server_hostname="localhost", session=session)
    s = theirs.wrap_bio(to_server, to_client, server_side=True)
    for _ in range(4):
        outcome(c.do_handshake)
        outcome(s.do_handshake)
    s.write(b"x")
    show("with SSLObject" + where, (c.read(1), c.session_reused, s.session_reused, isinstance(c.session, ssl.SSLSession)))

    # Of another server.
    other = only(server("direct.pem"), version)
    c, s = run(mine, other, session=session)
    show("another server" + where, (c.session_reused, s.session_reused))
    end(c, s)

    # Of another context.
    another = only(client(), version)
    show("of another context" + where, outcome(lambda: [end(*ends) for ends in [run(another, theirs, session=session)]] and "works"))

    # Of another name.
    unchecked = only(client(), version)
    unchecked.check_hostname = False
    c, s = run(unchecked, theirs, name="one.example")
    session = c.session
    end(c, s)
    c, s = run(unchecked, theirs, name="one.example", session=session)
    show("of the same name" + where, c.session_reused)
    end(c, s)
    show("of another name" + where, outcome(lambda: [(c.session_reused, end(c, s)) for c, s in [run(unchecked, theirs, name="two.example", session=session)]]))

    # Before the handshake.
    c = mine.wrap_bio(ssl.MemoryBIO(), ssl.MemoryBIO(), server_hostname="localhost")
    show("before the handshake" + where, (c.session, c.session_reused))
    show("set to a number" + where, outcome(setattr, c, "session", 5))
    c, s = run(mine, theirs)
    show("set after the handshake" + where, outcome(setattr, c, "session", c.session))
    session = c.session
    end(c, s)

    # By attribute.
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    c = mine.wrap_bio(to_client, to_server, server_hostname="localhost")
    s = theirs.wrap_bio(to_server, to_client, server_side=True)
    c.session = session
    show("set for a server" + where, outcome(setattr, s, "session", session))
    for _ in range(4):
        outcome(c.do_handshake)
        outcome(s.do_handshake)
    show("set by attribute" + where, (c.session_reused, s.session_reused, s.write(b"x"), c.read(1)))
    waiting, address = listener()
    c = mine.wrap_socket(socket.socket(), server_hostname="localhost")
    c.session = session
    done = beside(lambda: theirs.wrap_socket(waiting.accept()[0], server_side=True))
    c.connect(address)
    show("set before connect" + where, (c.session_reused, type(done()).__name__))
    end(c, done(), waiting)

    # A server gives none.
    strict = only(server("direct.pem"), version)
    if version == V13:
        strict.num_tickets = 0
        show("num_tickets" + where, strict.num_tickets)
        c, s = run(mine, strict)
        show("without a ticket" + where, outcome(lambda: c.session.has_ticket if c.session is not None else None))
        end(c, s)

# Another version than the session's.
for version, other, name in ((V12, V13, "TLSv1.2"), (V13, V12, "TLSv1.3")):
    mine, theirs = only(client(), version), server("direct.pem")
    c, s = run(mine, theirs)
    session = c.session
    end(c, s)
    del c, s
    mine.minimum_version, mine.maximum_version = V12, V13
    c, s = run(mine, theirs, session=session)
    show("both versions with a session of " + name, (c.version(), c.session_reused))
    end(c, s)
    only(mine, other)
    c, s = run(mine, theirs, session=session)
    show("without the version of a session of " + name, (c.version(), c.session_reused))
    end(c, s)

show("SSLSession()", outcome(ssl.SSLSession))
show("a server with a session", outcome(lambda: server("direct.pem").wrap_bio(ssl.MemoryBIO(), ssl.MemoryBIO(), server_side=True, session=session)))

context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
show("num_tickets of a server", type(context.num_tickets).__name__)
for number in (0, 1, 2, 5):
    context.num_tickets = number
    show("num_tickets set to %d" % number, context.num_tickets)
show("num_tickets set to -1", outcome(setattr, context, "num_tickets", -1))
show("num_tickets set to a str", outcome(setattr, context, "num_tickets", "x"))
show("num_tickets set to a float", outcome(setattr, context, "num_tickets", 1.5))
show("num_tickets of a client", outcome(setattr, client(), "num_tickets", 1))

for side, one in (("client", client()), ("server", server("direct.pem"))):
    stats = one.session_stats()
    show("session_stats of a new %s" % side, stats)
mine, theirs = only(client(), V13), only(server("direct.pem"), V13)
c, s = run(mine, theirs)
session = c.session
end(c, s)
end(*run(mine, theirs, session=session))
for side, one in (("client", mine), ("server", theirs)):
    stats = one.session_stats()
    for key in ("number", "connect", "connect_good", "connect_renegotiate", "accept", "accept_good", "accept_renegotiate", "hits",
                "misses", "timeouts", "cache_full"):
        show("session_stats of a %s, %s" % (side, key), stats[key])
