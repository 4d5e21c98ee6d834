# A DTLS echo server: many clients at once on one UDP port, each with a socket of its own.
#
#   build/micropython examples/dtls_server.py PORT CERT KEY [CLIENT_CA]
#
# CERT holds the server's chain, leaf first. With CLIENT_CA a client must show a
# certificate that one of its certificates has signed. Try it with:
#
#   openssl s_client -dtls1_2 -connect localhost:PORT -CAfile ca.pem
import errno
import select
import socket
import ssl
import sys
import time

MSG_PEEK = getattr(socket, "MSG_PEEK", 2)
IDLE_S = 60  # UDP tells nobody that a client is gone


class Server:
    def __init__(self, port, context):
        self.address = socket.getaddrinfo("0.0.0.0", port)[0][-1]
        self.context = context
        self.poller = select.poll()
        self.clients = {}  # when each was last heard of
        self.open_door()

    def open_door(self):
        """The socket that strangers reach."""
        self.door = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.door.bind(self.address)
        self.door.setblocking(False)
        self.poller.register(self.door, select.POLLIN)

    def admit(self):
        """The door, with the first datagram still in it, becomes the client's own socket."""
        client = self.door
        address = client.recvfrom(1, MSG_PEEK)[1]
        self.poller.unregister(client)
        client.connect(address)
        self.open_door()
        ss = self.context.wrap_socket(client, server_side=True, do_handshake_on_connect=False)
        self.clients[ss] = time.time()
        self.poller.register(ss, select.POLLIN)

    def serve(self, ss):
        """One message back; the handshake goes on by itself until there is one."""
        try:
            message = ss.recv(2000)
        except OSError as error:
            if error.errno != errno.EAGAIN:  # which is: no message yet
                self.drop(ss, error)
            return
        if not message:
            self.drop(ss, "closed")
            return
        self.clients[ss] = time.time()
        ss.send(message)

    def drop(self, ss, why):
        print(ss.version(), why)
        self.poller.unregister(ss)
        del self.clients[ss]
        ss.close()

    def drop_idle(self):
        now = time.time()
        for ss in [ss for ss, heard in self.clients.items() if now - heard > IDLE_S]:
            self.drop(ss, "idle")

    def run(self):
        while True:
            for ready, _ in self.poller.poll(1000):
                if ready is self.door:
                    self.admit()
                else:
                    self.serve(ready)
            self.drop_idle()


def main(port, cert, key, client_ca=None):
    context = ssl.SSLContext(ssl.PROTOCOL_DTLS_SERVER)
    context.load_cert_chain(cert, key)
    if client_ca:
        context.load_verify_locations(client_ca)
        context.verify_mode = ssl.CERT_REQUIRED
    server = Server(int(port), context)
    print("listening on port", port)
    server.run()


main(*sys.argv[1:])
