# Gatehouse. SPDX-License-Identifier: Apache-2.0
"""Callers that come about when an idle daemon ends; each has to be answered."""

import argparse
import json
import random
import socket
import sys
import time

PATH = "/run/gatehouse/rpc.sock"
REQUEST = b'{"jsonrpc": "2.0", "id": 1, "method": "status"}\n'


def call(pause):
    """Asks once, after a pause between connecting and asking; the number of the process that answered."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(20)
        connection.connect(PATH)
        time.sleep(pause)
        connection.sendall(REQUEST)
        line = connection.makefile("rb").readline()
    return json.loads(line)["result"]["pid"]


def race(wanted):
    random.seed(20250101)
    activations = calls = 0
    process, begin, longest = None, time.monotonic(), 0.0
    # How long after the last answer the daemon ends is searched for: a caller that met the same process comes later the
    # next time, one that met another comes earlier. So most callers come close to the end.
    delay = 0.02
    while activations < wanted:
        before = time.monotonic()
        answered = call(random.choice([0, 0, 0, 0.003]))
        longest = max(longest, time.monotonic() - before)
        calls += 1
        if answered != process:
            activations += 1
            delay *= 0.93
        else:
            delay *= 1.05
        process = answered
        time.sleep(delay * random.uniform(0.9, 1.1))
    seconds = time.monotonic() - begin
    print(f"figure: {activations} activations, {calls} calls, none lost, in {seconds:.1f} s; the longest call took "
          f"{longest * 1000:.0f} ms")


def hold(seconds):
    """Stays connected and is answered by the same process at the end."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(20)
        connection.connect(PATH)
        lines = connection.makefile("rb")
        seen = set()
        for pause in (0, seconds):
            time.sleep(pause)
            connection.sendall(REQUEST)
            seen.add(json.loads(lines.readline())["result"]["pid"])
        sys.exit(len(seen) != 1)


parser = argparse.ArgumentParser()
parser.add_argument("--activations", type=int)
parser.add_argument("--hold", type=float)
options = parser.parse_args()
if options.hold:
    hold(options.hold)
race(options.activations)
