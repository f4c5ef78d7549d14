# Gatehouse. SPDX-License-Identifier: Apache-2.0
"""TLS on a port of 127.0.0.1 before a server on a Unix socket: tls_front.py CERTIFICATE KEY SOCKET END.

Passes bytes in both directions and prints its port when it listens. When the server closes, it ends TLS as it should
(END is `close`), or drops the connection without a word (`drop`).
"""

import os
import selectors
import socket
import ssl
import struct
import sys
import threading

CERTIFICATE, KEY, PATH, END = sys.argv[1:]


def reset(stream):
    plain = socket.socket(fileno=stream.detach())
    plain.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    plain.close()


def finish(stream):
    if END == "drop":
        return os.close(stream.detach())
    stream.settimeout(1)
    stream.unwrap()


def converse(raw):
    server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        # Anew for each connection: a server may get another certificate.
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.load_cert_chain(CERTIFICATE, KEY)
        stream = context.wrap_socket(raw, server_side=True)
    except OSError:
        return
    try:
        server.connect(PATH)
        with selectors.DefaultSelector() as selector:
            selector.register(stream, selectors.EVENT_READ)
            selector.register(server, selectors.EVENT_READ)
            while True:
                ready = [key.fileobj for key, _ in selector.select()]
                if stream in ready:
                    data = stream.recv(65536)
                    if not data:
                        return
                    while stream.pending():
                        data += stream.recv(65536)
                    try:
                        server.sendall(data)
                    except OSError:
                        # As a server that stops in the midst of what it is sent.
                        return reset(stream)
                if server in ready:
                    data = server.recv(65536)
                    if not data:
                        return finish(stream)
                    stream.sendall(data)
    except (OSError, ValueError):
        pass
    finally:
        stream.close()
        server.close()


listener = socket.create_server(("127.0.0.1", 0), backlog=128)
print(listener.getsockname()[1], flush=True)
while True:
    connection, _ = listener.accept()
    threading.Thread(target=converse, args=(connection,), daemon=True).start()
