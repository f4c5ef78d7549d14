#!/usr/bin/env python3
# Gatehouse. SPDX-License-Identifier: Apache-2.0
"""A Security Center whose file service answers as no other does: what it does is said by the file's name.

usage: file_server.py CERTIFICATE KEY

It prints its port and serves until its end. Each file has the 100,000 bytes of `DATA`.
"""

import hashlib
import json

import stand_in

DATA = b"".join(hashlib.sha256(bytes([index & 255, index >> 8])).digest() for index in range(3125))
SIZE = len(DATA)


class Handler(stand_in.Handler):
    def do_POST(self):
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        method = self.path.rsplit("/", 1)[-1]
        if method == "Session.StartSession":
            self.answer(200, json.dumps({"PxgRetVal": "AnySession"}).encode())
        elif method.startswith("GatewayConnection."):
            self.answer(200, json.dumps({"wstrAuthKey": "AnyKey"}).encode())
        else:
            self.answer(200, b"{}")

    def do_GET(self):
        name = self.path.rsplit("/", 1)[-1].replace("-", "_")
        getattr(self, name)(int(self.headers["Range"].split("=")[1].rstrip("-")))

    def answer(self, status, body=b"", length=None, **fields):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        for field, value in fields.items():
            self.send_header(field.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)
        if length is not None:
            self.close_connection = True

    def part(self, first, last, total, body=None, **fields):
        body = DATA[first:last + 1] if body is None else body
        self.answer(206, body, Content_Range=f"bytes {first}-{last}/{total}", **fields)

    def chunks(self, status, pieces, **fields):
        self.send_response(status)
        self.send_header("Transfer-Encoding", "chunked")
        for field, value in fields.items():
            self.send_header(field.replace("_", "-"), value)
        self.end_headers()
        for piece in pieces:
            self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
        self.wfile.write(b"0\r\n\r\n")

    # Files that come whole.

    def cut_then_whole(self, begin):
        self.answer(200, DATA if begin else DATA[:30000], length=SIZE)

    def cut_then_whole_in_chunks(self, begin):
        if begin:
            self.chunks(200, [DATA[:50000], DATA[50000:]])
        else:
            self.answer(200, DATA[:30000], length=SIZE)

    def no_total_once_more(self, begin):
        self.part(0, SIZE - 1, "*")

    def no_total_then_refusal(self, begin):
        if begin < SIZE:
            self.part(begin, min(begin + 39999, SIZE - 1), "*")
        else:
            self.answer(416)

    def no_total_then_nothing(self, begin):
        if begin < SIZE:
            self.part(begin, SIZE - 1, "*")
        else:
            self.answer(206)

    def no_total_then_whole(self, begin):
        if begin:
            self.answer(200, DATA)
        else:
            self.part(0, 49999, "*")

    def in_chunks(self, begin):
        self.chunks(200, [DATA[:1], DATA[1:]])

    def part_until_the_end(self, begin):
        self.send_response(206)
        self.send_header("Content-Range", f"bytes {begin}-{SIZE - 1}/{SIZE}")
        self.end_headers()
        self.wfile.write(DATA[begin:])
        self.close_connection = True

    # Files that do not.

    def no_range(self, begin):
        self.answer(206, DATA)

    def several_parts(self, begin):
        self.answer(206, b"--x\r\n\r\n" + DATA, Content_Type="multipart/byteranges; boundary=x")

    def elsewhere(self, begin):
        self.part(begin + 5, SIZE - 1, SIZE)

    def the_same_part_again(self, begin):
        self.part(0, 49, SIZE)

    def negative(self, begin):
        self.part(-5, 99, SIZE, DATA[:100])

    def negative_total(self, begin):
        self.part(0, 99, -SIZE, DATA[:100])

    def huge(self, begin):
        self.part(0, 10 ** 30, "*", DATA)

    def huge_that_ends(self, begin):
        self.part(begin, 2 ** 63 - 1, "*", DATA if begin == 0 else b"")

    def longer(self, begin):
        self.part(0, 99, 100, DATA)

    def endless(self, begin):
        def pieces():
            while True:
                yield DATA
        self.chunks(206, pieces(), Content_Range="bytes 0-99999/100000")

    def cut_and_cut(self, begin):
        self.answer(200, DATA[:30000], length=SIZE)

    def gzip(self, begin):
        self.answer(200, DATA, Content_Encoding="gzip")

    def redirect(self, begin):
        self.answer(302, Location="/FTDR/in-chunks")

    def slow(self, begin):
        self.answer(200, DATA[:50000], length=SIZE, Connection="keep-alive")
        self.connection.recv(1)

    # Uploads.

    def do_PUT(self):
        name = self.path.rsplit("/", 1)[-1]
        length = int(self.headers["Content-Length"])
        if name == "early-end":
            self.answer(201, length=0)
            return
        if name == "early":
            self.answer(201)
            self.rfile.read(length)
            return
        self.send_response_only(100)
        self.end_headers()
        self.rfile.read(length)
        self.answer(500 if name == "fails" else 201)

    def handle_expect_100(self):
        return True


stand_in.serve(Handler)
