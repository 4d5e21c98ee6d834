import socket
import ssl
s = socket.socket()
ss = ssl.wrap_socket(s)
ss.connect(socket.getaddrinfo('www.google.com', 443)[0][-1])
ses = ssl.save_session(ss)
ss.close()
ss = ssl.wrap_socket(s, saved_session=ses)
ss.connect(socket.getaddrinfo('www.google.com', 443)[0][-1])
