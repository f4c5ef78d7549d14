# Gatehouse. SPDX-License-Identifier: Apache-2.0
"""A TLS server on 127.0.0.1 for the transfer tests: what it does is said by the path of the request.

It makes its own certificates in the folder that is its argument, prints one JSON line when it is ready, and ends when
its standard input does.
"""

import hashlib
import json
import os
import socket
import ssl
import struct
import subprocess
import sys
import threading
import time
from urllib.parse import parse_qs, urlsplit

FOLDER = sys.argv[1]
LOCK = threading.Lock()
COUNTS = {}
STATE = {"connections": 0}
TOLD = threading.Event()


def openssl(*arguments, data=None):
    return subprocess.run(["openssl", *arguments], input=data, check=True, capture_output=True, cwd=FOLDER).stdout


def make_certificates():
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-sha256", "-days", "2"]
    for name in ("ca", "other"):
        openssl("req", "-x509", *key, "-subj", f"/CN=Gatehouse test {name}", "-keyout", f"{name}.key", "-out", f"{name}.pem")
    openssl("req", "-new", *key[:-2], "-subj", "/CN=localhost", "-keyout", "server.key", "-out", "server.csr")
    with open(os.path.join(FOLDER, "names"), "w", encoding="ascii") as names:
        names.write("subjectAltName=DNS:localhost,IP:127.0.0.1\n")
    openssl("x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2",
            "-sha256", "-extfile", "names", "-out", "server.pem")
    # As a Security Center's: signed by itself, for no host in particular.
    openssl("req", "-x509", *key, "-subj", "/CN=nobody", "-keyout", "self.key", "-out", "self.pem")


def pins(name):
    certificate = openssl("x509", "-in", f"{name}.pem", "-outform", "DER")
    public = openssl("x509", "-in", f"{name}.pem", "-noout", "-pubkey")
    key = openssl("pkey", "-pubin", "-outform", "DER", data=public)
    base64 = openssl("base64", "-A", data=hashlib.sha256(key).digest()).decode()
    return {"certificate": hashlib.sha256(certificate).hexdigest(), "publicKey": "sha256//" + base64}


class Connection:
    def __init__(self, stream):
        self.stream = stream
        self.rest = b""
        with LOCK:
            STATE["connections"] += 1
            self.number = STATE["connections"]

    def head(self):
        """The request line and the fields, or None at the end of the connection."""
        while b"\r\n\r\n" not in self.rest:
            data = self.stream.recv(65536)
            if not data:
                return None
            self.rest += data
        head, self.rest = self.rest.split(b"\r\n\r\n", 1)
        line, *fields = head.decode("latin-1").split("\r\n")
        return line.split(" "), [field.split(": ", 1) if ": " in field else [field.rstrip(":"), ""] for field in fields]

    def chunks(self, take):
        """A body in chunked coding; returns its length."""
        def fill(count):
            while len(self.rest) < count:
                data = self.stream.recv(65536)
                if not data:
                    raise ConnectionError("the body was cut")
                self.rest += data
        total = 0
        while True:
            while b"\r\n" not in self.rest:
                fill(len(self.rest) + 1)
            line, self.rest = self.rest.split(b"\r\n", 1)
            size = int(line, 16)
            fill(size + 2)
            take(self.rest[:size])
            self.rest = self.rest[size + 2:]
            total += size
            if size == 0:
                return total

    def body(self, length, take):
        buffer = bytearray(1 << 18)
        view = memoryview(buffer)
        first, self.rest = self.rest[:length], self.rest[length:]
        take(first)
        length -= len(first)
        while length > 0:
            count = self.stream.recv_into(view[:min(length, len(buffer))])
            if count == 0:
                raise ConnectionError("the body was cut")
            take(view[:count])
            length -= count

    def reply(self, status, body=b"", fields=(), length=None):
        lines = [f"HTTP/1.1 {status} Said", f"Content-Length: {len(body) if length is None else length}"]
        lines += fields
        self.stream.sendall("\r\n".join(lines).encode() + b"\r\n\r\n" + body)

    def reset(self):
        raw = self.stream.detach() if hasattr(self.stream, "detach") else self.stream.fileno()
        plain = socket.socket(fileno=raw)
        plain.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        plain.close()


def serve(connection):
    cut_next = None
    while True:
        request = connection.head()
        if request is None:
            return
        (method, target, _), fields = request
        address = urlsplit(target)
        query = {name: values[0] for name, values in parse_qs(address.query).items()}
        path = address.path
        with LOCK:
            key = query.get("id", path)
            COUNTS[key] = COUNTS.get(key, 0) + 1
        named = {name.lower(): value for name, value in fields}
        length = int(named.get("content-length", "0"))

        if cut_next == "head":
            return connection.reset()
        if path == "/early":
            connection.reply(413, b"too large", ["Connection: close"])
            connection.stream.unwrap()
            return
        if path == "/hasty":
            # Says that all is well, and takes the body then.
            connection.reply(200, b"well")
            connection.body(length, lambda piece: None)
            continue
        if path == "/hang":
            connection.body(length, lambda piece: None)
            while connection.stream.recv(65536):
                pass
            return
        if path == "/told":
            # Answers when another connection tells it to, and reads no body.
            TOLD.wait(30)
            connection.reply(413, b"too large", ["Connection: close"])
            connection.stream.unwrap()
            return
        if path == "/tell":
            TOLD.set()
            connection.reply(200)
            continue
        if path == "/stall":
            while True:
                time.sleep(3600)

        kept = bytearray()
        digest = hashlib.sha256()
        keep_body = path == "/echo"
        if path == "/sink":
            connection.body(length, lambda piece: None)
        else:
            def take(piece):
                digest.update(piece)
                if keep_body:
                    kept.extend(piece)
            if named.get("transfer-encoding") == "chunked":
                length = connection.chunks(take)
            else:
                connection.body(length, take)
        if cut_next is not None:
            return connection.reset() if cut_next == "reset" else connection.stream.close()

        if path == "/echo":
            prefix = bytes(kept).split(b"\r\n\r\n", 1)
            part = prefix[1].rsplit(b"\r\n--", 1)[0] if len(prefix) == 2 else b""
            body = json.dumps({
                "method": method, "target": target, "fields": fields, "length": length,
                "body": kept[:4096].decode("latin-1"), "partLength": len(part),
                "partSha256": hashlib.sha256(part).hexdigest(), "connection": connection.number,
            }).encode()
            connection.reply(200, body, ["Content-Type: application/json", "X-One:  1 ", "x-one: 2"])
        elif path in ("/sink", "/hash"):
            connection.reply(200, digest.hexdigest().encode())
        elif path == "/count":
            with LOCK:
                connection.reply(200, str(COUNTS.get(query["of"], 0)).encode())
        elif path == "/status":
            connection.reply(int(query["code"]), b"said")
        elif path == "/redirect":
            connection.reply(302, b"", ["Location: /echo"])
        elif path == "/big":
            connection.reply(200, b"x" * int(query["bytes"]))
        elif path == "/content":
            # A file or a part of it, with the fields that are asked for.
            size = int(query["bytes"])
            fields = [value for name, value in (field.split("=", 1) for field in address.query.split("&")) if name == "field"]
            connection.reply(int(query["status"]), bytes(index % 251 for index in range(size)),
                             [field.replace("+", " ") for field in fields])
        elif path == "/cut":
            connection.reply(200, b"0123456789", length=100)
            return connection.stream.unwrap()
        elif path == "/cut-head":
            connection.stream.sendall(b"HTTP/1.1 200 OK\r\nContent-Le")
            return connection.reset()
        elif path == "/cut-head-raw":
            head = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"
            connection.stream.sendall(head[: int(query["bytes"])])
            os.close(connection.stream.detach())
            return
        elif path == "/cut-chunk":
            connection.stream.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n")
            return connection.stream.unwrap()
        elif path == "/cut-raw":
            # No length, and an end without TLS's own: nobody can know whether it is whole.
            connection.stream.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhello")
            os.close(connection.stream.detach())
            return
        elif path == "/close-after":
            # The end of a connection that the reply does not announce.
            connection.reply(200, b"kept")
            return connection.stream.unwrap()
        elif path == "/nothing":
            return connection.stream.unwrap()
        elif path == "/garbage":
            connection.stream.sendall(b"SSH-2.0-nothing of the kind\r\n\r\n")
            return
        elif path == "/fields":
            connection.reply(200, b"", [f"X-{number}: " + "x" * int(query.get("length", "1"))
                                         for number in range(int(query["number"]))])
        elif path == "/endless-head":
            connection.stream.sendall(b"HTTP/1.1 200 OK\r\n")
            while True:
                connection.stream.sendall(b"X-Long: " + b"x" * 1000 + b"\r\n")
        elif path == "/endless-interim":
            while True:
                connection.stream.sendall(b"HTTP/1.1 103 Early\r\nX-Early: 1\r\n\r\n")
        elif path == "/interim":
            connection.stream.sendall(b"HTTP/1.1 103 Early\r\nX-Early: 1\r\n\r\n")
            connection.reply(200, b"late", ["X-Late: 1"])
        elif path == "/cut-next":
            cut_next = query["how"]
            connection.reply(200, b"kept")
        else:
            connection.reply(404)


def converse(raw, context):
    try:
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with context.wrap_socket(raw, server_side=True) as stream:
            serve(Connection(stream))
    except (OSError, ValueError):
        pass


def listen(name):
    listener = socket.create_server(("127.0.0.1", 0), backlog=128)
    if name:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(os.path.join(FOLDER, f"{name}.pem"), os.path.join(FOLDER, f"{name}.key"))

        def accept():
            while True:
                raw, _ = listener.accept()
                threading.Thread(target=converse, args=(raw, context), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
    else:
        STATE["silent"] = listener
    return listener.getsockname()[1]


make_certificates()
print(json.dumps({
    "port": listen("server"), "selfSignedPort": listen("self"), "silentPort": listen(None), "folder": FOLDER,
    "authorityHash": openssl("x509", "-in", "ca.pem", "-noout", "-hash").decode().strip(), "server": pins("server"),
    "selfSigned": pins("self"),
}), flush=True)
sys.stdin.read()
os._exit(0)
