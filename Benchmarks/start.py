# Gatehouse. SPDX-License-Identifier: Apache-2.0
"""What a daemon costs that is not there until somebody calls, and while it waits; clamd is the baseline."""

import pathlib
import shutil
import socket
import statistics
import time

import scene as programs


def resident_memory(process):
    """A process's resident memory in MB (proc(5), VmRSS), shared libraries included."""
    for line in pathlib.Path(f"/proc/{process}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024 / 1e6
    raise RuntimeError(f"process {process} has ended")


def await_listening(path):
    """systemd-socket-activate makes the path a moment before it listens."""
    until = time.monotonic() + 10
    while time.monotonic() < until:
        if any(line.endswith(f" {path}\n") and line.split()[3] == "00010000" for line in open("/proc/net/unix")):
            return
        time.sleep(0.002)
    raise RuntimeError(f"nobody listens at {path}")


def first_reply(scene, name, command, request, wanted, fdname="rpc"):
    """Starts a program by a first call, as systemd does; the milliseconds until its answer, and its memory then."""
    path = scene.folder / f"{name}.sock"
    log = open(scene.folder / f"{name}.log", "wb")
    process = scene.start(["systemd-socket-activate", f"--listen={path}", f"--fdname={fdname}", *command], stderr=log,
                          stdout=log)
    log.close()
    await_listening(path)
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(60)
        begin = time.perf_counter()
        connection.connect(str(path))
        connection.sendall(request)
        answer = connection.recv(4096)
        elapsed = (time.perf_counter() - begin) * 1e3
    if wanted not in answer:
        raise RuntimeError(f"{command[0]} answered {answer!r}")
    # systemd-socket-activate has become the program.
    time.sleep(0.5)
    memory = resident_memory(process.pid)
    scene.end(process)
    path.unlink(missing_ok=True)
    return elapsed, memory


def start(scene, report, rounds):
    clamd = shutil.which("clamd") or shutil.which("clamd", path="/usr/sbin")
    if not clamd or not shutil.which("systemd-socket-activate"):
        report.say("  clamd or systemd-socket-activate is not installed: nothing to compare with")
        report.missed.append("start")
        return
    database = scene.folder / "signatures"
    database.mkdir()
    (database / "one.hdb").write_text("00000000000000000000000000000000:1:Benchmark\n")
    theirs = scene.folder / "activated.conf"
    theirs.write_text(f"DatabaseDirectory {database}\nLocalSocket {scene.folder}/clamd-start.sock\nForeground yes\n")
    ours = scene.configuration("start", "https://localhost:9")
    daemon = [scene.programs / "gatehoused", "--config", ours, "--exit-on-idle", "60"]
    own, other = [], []
    for index in range(max(rounds, 3) + 1):
        pair = [
            first_reply(scene, "start", daemon, b'{"jsonrpc": "2.0", "id": 1, "method": "ping"}\n', b'"result"'),
            first_reply(scene, "clamd-start", [clamd, "--config-file", theirs], b"nPING\n", b"PONG"),
        ]
        # The first round reads the programs from the disk.
        if index > 0:
            own.append(pair[0])
            other.append(pair[1])
    ratio = report.compare("first call to first reply", "ms", [side[0] for side in own], [side[0] for side in other],
                           "clamd with one signature")
    report.compare("resident memory while idle", "MB", [side[1] for side in own], [side[1] for side in other], "clamd")
    report.judge("ms to the first reply", statistics.median(side[0] for side in own), 50)
    report.judge("time over clamd", ratio, 1)
    report.judge("MB of resident memory while idle", max(side[1] for side in own), 20)
