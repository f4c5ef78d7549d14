# Gatehouse. SPDX-License-Identifier: Apache-2.0
"""Runs a program on a terminal of its own and types ^C once it shows a line: interrupt.py PROGRAM ARGUMENT...

Prints, as JSON, what came after the ^C and which signal ended the program.
"""

import json
import os
import pty
import signal
import sys

process, terminal = pty.fork()
if process == 0:
    os.environ["TERM"] = "xterm"
    # Whoever runs the tests may ignore or block it, which programs inherit.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
    os.execv(sys.argv[1], sys.argv[1:])
shown = b""
while b"\x1b[K" not in shown:
    shown += os.read(terminal, 4096)
os.write(terminal, b"\x03")
while True:
    try:
        data = os.read(terminal, 4096)
    except OSError:
        data = b""
    if not data:
        break
    shown += data
status = os.waitpid(process, 0)[1]
print(json.dumps({"after": shown[shown.rindex(b"^C"):].decode(), "signal": os.WTERMSIG(status)}))
