# Gatehouse. SPDX-License-Identifier: Apache-2.0
"""Callers that scan and ping without a pause while the service is restarted; each request has to have its answer.

A request is lost where its sending succeeded and no answer came. One that is answered `stopping`, or that cannot be sent
any more, is known not to have been done, and is sent again.
"""

import argparse
import hashlib
import json
import os
import socket
import subprocess
import sys
import threading
import time

PATH = "/run/gatehouse/rpc.sock"
# In parts, so that no file holds the test file.
EICAR = "".join(["X5O!P%@AP[4", "\\PZX54(P^)7CC)7}$", "EICAR-STANDARD-", "ANTIVIRUS-TEST-FILE!$H+H*"]).encode()


class Caller(threading.Thread):
    """One request after the other, over a new connection where one has ended."""

    def __init__(self, number, kinds):
        super().__init__(daemon=True)
        self.number, self.kinds = number, kinds
        self.answered = dict.fromkeys(kinds, 0)
        self.sent = self.stopping = self.refused = 0
        self.faults = []
        self.is_over = False
        self.waiting_for = None

    def run(self):
        while not self.is_over:
            with socket.socket(socket.AF_UNIX) as connection:
                connection.settimeout(30)
                connection.connect(PATH)
                lines = connection.makefile("rb")
                while not self.is_over and self.one(connection, lines):
                    pass

    def one(self, connection, lines):
        """One request; whether the connection takes another."""
        done = sum(self.answered.values())
        kind = self.kinds[done % len(self.kinds)]
        content = b"caller %d, scan %d\n" % (self.number, done)
        if kind == "infected":
            content = EICAR + b"\n" + content
        request = {"jsonrpc": "2.0", "id": self.sent, "method": "ping" if kind == "ping" else "scanFile"}
        self.waiting_for = f"{kind} {self.sent}"
        file = os.memfd_create("content")
        try:
            if kind == "ping":
                connection.sendall(json.dumps(request).encode() + b"\n")
            else:
                os.write(file, content)
                request["params"] = {"file": {"fd": 0}}
                socket.send_fds(connection, [json.dumps(request).encode() + b"\n"], [file])
        except (BrokenPipeError, ConnectionResetError):
            self.refused += 1
            return False
        finally:
            os.close(file)
        self.sent += 1
        try:
            line = lines.readline()
        except OSError as error:
            line = repr(error).encode()
        self.judge(kind, content, request["id"], line)
        return bool(line) and not self.faults

    def judge(self, kind, content, identifier, line):
        try:
            reply = json.loads(line)
        except ValueError:
            self.faults.append(f"{kind} {identifier} is lost: {line[:200]}")
            return
        if reply.get("id") == identifier and reply.get("error", {}).get("data", {}).get("kind") == "stopping":
            self.stopping += 1
            return
        result = reply.get("result", {})
        if kind == "ping":
            is_right = result.get("pong") is True
        else:
            wanted = hashlib.sha256(content).hexdigest()
            is_right = result.get("verdict") == kind and result.get("sha256") == wanted and not result.get("cached")
        if is_right and reply.get("id") == identifier:
            self.answered[kind] += 1
        else:
            self.faults.append(f"{kind} {identifier} is wrong: {line[:300]}")


def scans(callers):
    return sum(caller.answered.get(kind, 0) for caller in callers for kind in ("clean", "infected"))


def await_load(callers, more):
    """Until that many more scans have their verdicts, and every caller is there."""
    begin, end = scans(callers), time.monotonic() + 60
    while scans(callers) < begin + more:
        faults = [fault for caller in callers for fault in caller.faults]
        dead = [caller.waiting_for for caller in callers if not caller.is_alive()]
        if faults or dead or time.monotonic() > end:
            sys.exit(f"faults: {faults}, ended: {dead}, scans: {scans(callers) - begin}")
        time.sleep(0.01)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--restarts", type=int, required=True)
    options = parser.parse_args()
    kinds = [["clean"], ["infected"], ["clean", "infected"], ["clean", "infected"], ["ping"], ["ping"]]
    callers = [Caller(number, kinds[number]) for number in range(len(kinds))]
    for caller in callers:
        caller.start()
    for _ in range(options.restarts):
        await_load(callers, 50)
        subprocess.run(["systemctl", "restart", "gatehouse.service"], check=True)
    await_load(callers, 50)
    for caller in callers:
        caller.is_over = True
    for caller in callers:
        caller.join(40)
        if caller.is_alive():
            caller.faults.append(f"{caller.waiting_for} has no answer")
    faults = [fault for caller in callers for fault in caller.faults]
    counts = {kind: sum(caller.answered.get(kind, 0) for caller in callers) for kind in ("clean", "infected", "ping")}
    stopping, refused = sum(caller.stopping for caller in callers), sum(caller.refused for caller in callers)
    # What was sent is what was answered.
    sent = sum(caller.sent for caller in callers)
    if sent != sum(counts.values()) + stopping:
        faults.append(f"{sent} were sent, {counts} and {stopping} answered")
    print(f"figure: {options.restarts} restarts under load: {counts['clean']} clean, {counts['infected']} infected, "
          f"{counts['ping']} pings, {stopping} answered stopping, {refused} not taken, {len(faults)} lost or wrong")
    print(f"scans {counts['clean'] + counts['infected']}")
    sys.exit("\n".join(faults) if faults else 0)


main()
