# Tries what the stubs promise, on MicroPython: prints one line for each promise that is not kept.
# The promises come as JSON from the file named by the second argument.
import json
import socket
import ssl
import sys

from same import client, pair, server

THING = object()  # an argument that nothing accepts
COMPLAINTS = ("positional argument", "keyword argument", "argument required", "arguments, got")


def a_session():
    ends = pair(client(), server("direct.pem"))
    ends[1].write(b"after the ticket")
    ends[0].read(1)
    return ends[0].session


SESSION = a_session()
MAKERS = {
    "SSLContext": lambda: ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT),
    "SSLSocket": lambda: ssl.wrap_socket(socket.socket()),
    "SSLObject": lambda: client().wrap_bio(ssl.MemoryBIO(), ssl.MemoryBIO(), server_hostname="localhost"),
    "SSLSession": lambda: SESSION,
    "MemoryBIO": ssl.MemoryBIO,
    "SSLError": lambda: ssl.SSLError(1, ""),
}


def complains(kind, name, count, keywords=()):
    # Whether the number or the names of arguments are wrong.
    call = getattr(MAKERS[kind]() if kind else ssl, name)
    try:
        call(*[THING] * count, **{keyword: THING for keyword in keywords})
    except TypeError as error:
        return any([text in str(error) for text in COMPLAINTS])
    except Exception:
        pass
    return False


def faults(kind, name, required, positional_only, either, keyword_only, any_number):
    # What of a signature is not so.
    most = len(positional_only) + len(either)
    if required and not complains(kind, name, required - 1):
        yield "needs no %d arguments" % required
    if complains(kind, name, required):
        yield "wants more than %d arguments" % required
    if complains(kind, name, most):
        yield "does not take %d positional arguments" % most
    if not any_number and not complains(kind, name, most + 1):
        yield "takes more than %d positional arguments" % most
    if not complains(kind, name, required, ("nonsense",)):
        yield "takes any keyword"
    for place, word in enumerate(positional_only):
        if not complains(kind, name, place, [word]):
            yield "takes %s by keyword" % word
    for place, word in enumerate(either):
        place += len(positional_only)
        later = either[place + 1 - len(positional_only):required - len(positional_only)]
        if complains(kind, name, place, [word] + later):
            yield "does not take %s by keyword behind %d arguments" % (word, place)
        if not complains(kind, name, place + 1, [word] + later):
            yield "does not take %s as argument %d" % (word, place + 1)
    for word in keyword_only:
        if complains(kind, name, required, [word]):
            yield "does not take %s by keyword" % word


def check_type(name, kind):
    found = type(getattr(ssl, name)).__name__
    if found != kind:
        print("%s is %s, not %s" % (name, found, kind))


def check_attribute(kind, name, writable):
    thing = MAKERS[kind]()
    try:
        setattr(thing, name, getattr(thing, name))
        done = True
    except AttributeError:
        done = False
    except (TypeError, ValueError):  # not this value, or not here
        done = True
    if done != writable:
        print("%s.%s %s be set" % (kind, name, "can" if done else "cannot"))


def check_base(name, base):
    parent = getattr(ssl, base, None) or {"OSError": OSError, "ValueError": ValueError, "socket.socket": socket.socket}[base]
    if not issubclass(getattr(ssl, name), parent):
        print("%s is no %s" % (name, base))


with open(sys.argv[2]) as file:
    promises = json.load(file)
for call in promises["calls"]:
    for fault in faults(*call):
        print("%s %s" % (".".join([part for part in call[:2] if part]), fault))
for row in promises["constants"]:
    check_type(*row)
for row in promises["attributes"]:
    check_attribute(*row)
for row in promises["bases"]:
    check_base(*row)
for name, same in promises["aliases"]:
    if getattr(ssl, name) is not getattr(ssl, same):
        print("%s is not %s" % (name, same))
