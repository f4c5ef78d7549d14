#!/usr/bin/env python3
# Gatehouse. SPDX-License-Identifier: Apache-2.0
"""Connects to a Unix socket as another user and hands the connections on.

usage: connect_as.py UID COUNT SOCKET COLLECTOR

COLLECTOR is a Unix socket too; each connection goes there with one byte (SCM_RIGHTS).
"""

import os
import socket
import sys

user, count, path, collector = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4]
with socket.socket(socket.AF_UNIX) as target:
    target.connect(collector)
    os.setgroups([])
    os.setgid(user)
    os.setuid(user)
    for _ in range(count):
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(path)
            socket.send_fds(target, [b"c"], [connection.fileno()])
    # Until the last one is taken the connections are in flight.
    target.recv(1)
