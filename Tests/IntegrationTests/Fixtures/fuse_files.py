#!/usr/bin/env python3
# Gatehouse. SPDX-License-Identifier: Apache-2.0
"""A file system whose files hang on one operation, for every process but the one that opened them.

usage: fuse_files.py FOLDER

It speaks the kernel's FUSE protocol itself (linux/fuse.h, version 7.31), so it needs no library, and it mounts with
mount(2), so it needs root. Files: `read`, `getattr` and `flush`, each of which hangs on what it is called like, `open`,
which hangs for whoever opens it, and `none`. Each holds SIZE bytes of `a`. It prints `ready`, then `hang NAME` for each request that begins to hang. A line
`resume` on standard input lets all that hangs go on, and nothing hangs from then on. It ends, and unmounts, with the end
of its standard input.
"""

import ctypes
import os
import select
import struct
import sys

SIZE = 300_000
NAMES = ["none", "read", "getattr", "flush", "open"]
LOOKUP, FORGET, GETATTR, OPEN, READ, RELEASE, FLUSH, INIT = 1, 2, 3, 14, 15, 18, 25, 26
OPENDIR, RELEASEDIR, INTERRUPT, DESTROY, BATCH_FORGET = 27, 29, 36, 38, 42
ENOENT, ENOSYS = 2, 38
DIRECT_IO = 1
DETACH = 2


def attributes(node):
    kind = 0o040755 if node == 1 else 0o100644
    return struct.pack("=6Q10I", node, SIZE, 0, 0, 0, 0, 0, 0, 0, kind, 1, 0, 0, 0, 4096, 0)


def process(thread):
    """The process that a thread belongs to."""
    try:
        with open(f"/proc/{thread}/status", encoding="ascii", errors="replace") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("Tgid:"))
    except (OSError, StopIteration):
        return thread


class Files:
    def __init__(self, folder):
        self.device = os.open("/dev/fuse", os.O_RDWR | os.O_CLOEXEC)
        self.folder = folder
        self.owners = {}
        self.next_handle = 1
        self.held = []
        self.hangs = True
        self.libc = ctypes.CDLL(None, use_errno=True)
        options = f"fd={self.device},rootmode=40000,user_id=0,group_id=0,allow_other"
        if self.libc.mount(b"gatehouse-test", folder.encode(), b"fuse", 6, options.encode()) != 0:
            sys.exit(f"mount: {os.strerror(ctypes.get_errno())}")

    def answer(self, unique, body=b"", error=0):
        try:
            os.write(self.device, struct.pack("=IiQ", 16 + len(body), -error, unique) + body)
        except OSError:
            pass  # whoever asked has gone

    def hold(self, name, node, thread, owner):
        """Whether a request hangs."""
        if not self.hangs or not 2 <= node < 2 + len(NAMES) or NAMES[node - 2] != name:
            return False
        return process(thread) != owner

    def handle(self, request):
        _, opcode, unique, node, _, _, thread, _ = struct.unpack_from("=IIQQIIII", request)
        body = request[40:]
        if opcode in (FORGET, BATCH_FORGET, INTERRUPT):
            return
        name = {READ: "read", GETATTR: "getattr", FLUSH: "flush", OPEN: "open"}.get(opcode, "")
        handle = struct.unpack_from("=Q", body)[0] if opcode in (READ, FLUSH) else None
        owner = self.owners.get(handle, self.owners.get(("node", node)))
        reply = self.reply(opcode, node, body, thread)
        if name and self.hold(name, node, thread, owner):
            self.held.append((unique, reply))
            print("hang", name, flush=True)
        else:
            self.answer(unique, *reply)

    def reply(self, opcode, node, body, thread):
        if opcode == INIT:
            return (struct.pack("=IIIIHHIIHHII32x", 7, 31, 0, 0, 64, 48, 1 << 17, 1, 0, 0, 0, 0)[:64],)
        if opcode == LOOKUP:
            name = body.rstrip(b"\0").decode(errors="replace")
            if name not in NAMES:
                return (b"", ENOENT)
            found = NAMES.index(name) + 2
            return (struct.pack("=4QII", found, 0, 0, 0, 0, 0) + attributes(found),)
        if opcode == GETATTR:
            return (struct.pack("=QII", 0, 0, 0) + attributes(node),)
        if opcode == OPEN:
            handle, self.next_handle = self.next_handle, self.next_handle + 1
            self.owners[handle] = self.owners["node", node] = process(thread)
            return (struct.pack("=QII", handle, DIRECT_IO, 0),)
        if opcode == OPENDIR:
            return (struct.pack("=QII", 0, 0, 0),)
        if opcode == READ:
            _, offset, size = struct.unpack_from("=QQI", body)
            return (b"a" * max(0, min(size, SIZE - offset)),)
        if opcode in (FLUSH, RELEASE, RELEASEDIR, DESTROY):
            return ()
        return (b"", ENOSYS)

    def resume(self):
        self.hangs = False
        for unique, reply in self.held:
            self.answer(unique, *reply)
        self.held = []

    def run(self):
        print("ready", flush=True)
        commands = b""
        while True:
            ready, _, _ = select.select([self.device, 0], [], [])
            if self.device in ready:
                try:
                    self.handle(os.read(self.device, 1 << 20))
                except OSError:
                    pass  # the request was interrupted before we had it
            if 0 in ready:
                chunk = os.read(0, 4096)
                if not chunk:
                    break
                commands += chunk
                if b"resume\n" in commands:
                    commands = b""
                    self.resume()
                    print("resumed", flush=True)

    def close(self):
        self.resume()
        self.libc.umount2(self.folder.encode(), DETACH)


files = Files(sys.argv[1])
try:
    files.run()
finally:
    files.close()
