#!/usr/bin/env python3
# Gatehouse. SPDX-License-Identifier: Apache-2.0
"""A scan operation of the Antivirus API that answers when it has seen the beginning of a file, and takes the rest then.

usage: hasty_server.py CERTIFICATE KEY

It prints its port and serves until its end. A file that begins with `bad` is infected, one that begins
with `big` too large, every other one clean.
"""

import json

import stand_in


class Handler(stand_in.Handler):
    def do_POST(self):
        length = int(self.headers["Content-Length"])
        beginning = self.rfile.read(min(length, 4096))
        content = beginning.partition(b"\r\n\r\n")[2]
        is_bad = content.startswith(b"bad")
        word = "INFECTED_UNREPAIRED" if is_bad else "FILE_SIZE_TOO_LARGE" if content.startswith(b"big") else "CLEAN"
        self.answer(200, json.dumps({
            "scanStatus": "SCAN_SUCCESS", "fileStatus": word,
            "totalInfections": int(is_bad), "bytesScanned": -1, "totalFilesScanned": 1,
        }))
        length -= len(beginning)
        while length > 0:
            piece = self.rfile.read(min(length, 1 << 18))
            if not piece:
                break
            length -= len(piece)


stand_in.serve(Handler)
