# Runs on MicroPython, before a script that is a server: it makes a context and calls
# serve(), which prints "ready" and takes as many clients as come.  The harness sets HOST
# and PORT.
import socket


def serve(context, answer):
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind(socket.getaddrinfo(HOST, PORT)[0][-1])
    s.listen(5)
    listener = context.wrap_socket(s)
    print("ready")
    while True:
        try:
            ss = listener.accept()[0]
            ss.settimeout(10)
            answer(ss)
            ss.close()
        except OSError as error:
            print("failed", error)


def echo(ss):
    # One line goes back; where it begins a request of curl's, as an answer to that.
    line = ss.readline()
    if line.startswith(b"GET"):
        while ss.readline() != b"\r\n":
            pass
        ss.write(b"HTTP/1.0 200 OK\r\n\r\n")
    ss.write(line)
