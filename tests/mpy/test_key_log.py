# The secrets of connections in a file; what reads them is in tests/interop.
# peers: tls12 tls13
from ends import *

if not hasattr(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), "keylog_filename"):
    print("skip - keylog_filename: not in this build")
    sys.exit()

PATH = "/tmp/ussl-keys-%d" % time.ticks_us()


def client(path=PATH):
    ctx = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    ctx.load_verify_locations(pki("root-ecdsa.pem"))
    ctx.session_cache_size = 0
    ctx.keylog_filename = path
    return ctx


def visit(ctx, peer):
    ss = ctx.wrap_socket(socket.socket(), server_hostname="localhost")
    ss.connect(getattr(peers, peer))
    exchange(ss)
    ss.close()


def descriptors():
    return len(os.listdir("/proc/self/fd"))


def lines():
    with open(PATH) as file:
        return [line.rstrip("\n").split(" ") for line in file]


def with_file(function):
    def run():
        try:
            function()
        finally:
            try:
                os.remove(PATH)
            except OSError:
                pass
    case(function.__name__, run)


@with_file
def lines_of_each_version():
    ctx = client()
    equal(ctx.keylog_filename, PATH)
    equal(lines(), [])
    visit(ctx, "tls12")
    equal([(words[0], len(words[1]), len(words[2])) for words in lines()], [("CLIENT_RANDOM", 64, 96)])
    visit(ctx, "tls13")
    equal(sorted([words[0] for words in lines()][1:]), [
        "CLIENT_HANDSHAKE_TRAFFIC_SECRET", "CLIENT_TRAFFIC_SECRET_0", "SERVER_HANDSHAKE_TRAFFIC_SECRET",
        "SERVER_TRAFFIC_SECRET_0"])
    equal(len(set([words[1] for words in lines()])), 2)


@with_file
def appends():
    visit(client(), "tls12")
    first = lines()
    others = [client(), client()]
    for ctx in others:
        visit(ctx, "tls12")
    equal(lines()[:1], first)
    equal(len(lines()), 3)


@with_file
def taken_back():
    ctx = client()
    ctx.keylog_filename = None
    equal(ctx.keylog_filename, None)
    visit(ctx, "tls13")
    equal(lines(), [])


@test
def nothing_by_default():
    equal(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).keylog_filename, None)
    equal(ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).keylog_filename, None)
    equal(ssl.create_default_context().keylog_filename, None)


@test
def wrong_paths():
    ctx = client(None)
    for path, errno in (("/nowhere/keys", 2), ("/", 21)):
        error = raises(OSError, setattr, ctx, "keylog_filename", path, contains=path, errno=errno)
        true(not isinstance(error, ssl.SSLError))
        equal(ctx.keylog_filename, None)
    for wrong in (5, [], 1.5):
        raises(TypeError, setattr, ctx, "keylog_filename", wrong)


@with_file
def a_wrong_path_leaves_the_old():
    ctx = client()
    raises(OSError, setattr, ctx, "keylog_filename", "/nowhere/keys")
    equal(ctx.keylog_filename, PATH)
    visit(ctx, "tls12")
    equal(len(lines()), 1)


@with_file
def not_while_in_use():
    ctx = client()
    ss = ctx.wrap_socket(socket.socket(), server_hostname="localhost")
    ss.connect(peers.tls12)
    before = descriptors()
    for value in (None, PATH):
        raises(ValueError, setattr, ctx, "keylog_filename", value, contains="in use")
    equal(descriptors(), before)
    ss.close()


@with_file
def of_the_context_that_sni_callback_chose():
    first, chosen = [ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER) for _ in range(2)]
    for ctx in (first, chosen):
        ctx.load_cert_chain(pki("server-ecdsa.chain.pem"), pki("server-ecdsa.key"))
    chosen.keylog_filename = PATH

    def choose(sslobj, name, context):
        sslobj.context = chosen

    first.sni_callback = choose
    Ends(client(None), first).good()
    equal(len(lines()), 4)


@with_file
def programs_that_it_starts_do_not_get_the_file():
    ctx = client()
    true(os.system("ls -l /proc/self/fd | grep -q " + PATH), "the file is open in another program")
    ctx.__del__()


@with_file
def closes_its_files():
    before = descriptors()
    for _ in range(5):
        ctx = client()
        ctx.keylog_filename = PATH
        ctx.__del__()
    equal(descriptors(), before)
    ctx = client()
    ctx.keylog_filename = None
    equal(descriptors(), before)


@with_file
def the_environment():
    os.putenv("SSLKEYLOGFILE", PATH)
    try:
        for purpose in (ssl.Purpose.SERVER_AUTH, ssl.Purpose.CLIENT_AUTH):
            equal(ssl.create_default_context(purpose).keylog_filename, PATH)
        equal(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).keylog_filename, None)
        visit(ssl.create_default_context(cafile=pki("root-ecdsa.pem")), "tls12")
        equal(len(lines()), 1)
        os.putenv("SSLKEYLOGFILE", "/nowhere/keys")
        raises(OSError, ssl.create_default_context, contains="/nowhere/keys")
        os.putenv("SSLKEYLOGFILE", "")
        equal(ssl.create_default_context().keylog_filename, None)
    finally:
        os.unsetenv("SSLKEYLOGFILE")


run()
