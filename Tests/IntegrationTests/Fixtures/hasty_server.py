#!/usr/bin/env python3
# Gatehouse. SPDX-License-Identifier: Apache-2.0
"""A scan operation of the Antivirus API that answers when it has seen the beginning of a file, and takes the rest then.

usage: hasty_server.py CERTIFICATE KEY

It prints its port and serves until its end. A file that begins with `bad` is infected, one that begins
with `big` too large, every other one clean.
"""

import http.server
import json
import ssl
import sys


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        length = int(self.headers["Content-Length"])
        beginning = self.rfile.read(min(length, 4096))
        content = beginning.partition(b"\r\n\r\n")[2]
        is_bad = content.startswith(b"bad")
        word = "INFECTED_UNREPAIRED" if is_bad else "FILE_SIZE_TOO_LARGE" if content.startswith(b"big") else "CLEAN"
        body = json.dumps({
            "scanStatus": "SCAN_SUCCESS", "fileStatus": word,
            "totalInfections": int(is_bad), "bytesScanned": -1, "totalFilesScanned": 1,
        }).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        length -= len(beginning)
        while length > 0:
            piece = self.rfile.read(min(length, 1 << 18))
            if not piece:
                break
            length -= len(piece)

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(sys.argv[1], sys.argv[2])
server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
print(server.server_port, flush=True)
server.serve_forever()
