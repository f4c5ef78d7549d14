# Gatehouse. SPDX-License-Identifier: Apache-2.0
"""Stops one thread of a process, the first one, while the others go on (ptrace(2)), until the process ends."""

import ctypes
import os
import sys

SEIZE, INTERRUPT, WAIT_ALL = 0x4206, 0x4207, 0x40000000
libc = ctypes.CDLL(None, use_errno=True)
libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p]
libc.ptrace.restype = ctypes.c_long


def trace(request, process):
    if libc.ptrace(request, process, None, None) < 0:
        sys.exit(f"ptrace: {os.strerror(ctypes.get_errno())}")


process = int(sys.argv[1])
trace(SEIZE, process)
trace(INTERRUPT, process)
os.waitpid(process, WAIT_ALL)
print("stopped", flush=True)
# Whoever waits for the process hears of its end only once its tracer has.
while True:
    _, status = os.waitpid(process, WAIT_ALL)
    if os.WIFSIGNALED(status) or os.WIFEXITED(status):
        print(f"ended by signal {os.WTERMSIG(status)}" if os.WIFSIGNALED(status) else "ended", flush=True)
        break
