# Gatehouse. SPDX-License-Identifier: Apache-2.0
"""Scans of many small files with clamd, and of ten gibibytes in one run."""

import os
import shutil
import subprocess

import scene as programs


def eicar():
    """The test file's bytes in hexadecimal, put together so that no file holds them."""
    parts = ["X5O!P%@AP[4\\PZX54(P^)7CC)7}", "$EICAR-STANDARD-ANTI", "VIRUS-TEST-FILE!$H+H*"]
    return "".join(parts).encode().hex()


def clamd(scene, *more):
    """A clamd that passes the daemon's test files; returns its configuration and its socket."""
    database, temporary = scene.folder / "signatures", scene.folder / "temporary"
    database.mkdir()
    temporary.mkdir()
    (database / "one.ndb").write_text(f"Eicar-Test-Signature:0:0:{eicar()}\n")
    configuration, path = scene.folder / "engine.conf", scene.folder / "engine.sock"
    lines = [f"DatabaseDirectory {database}", f"TemporaryDirectory {temporary}", f"LocalSocket {path}",
             "Foreground yes", "AlertEncrypted yes", "AlertExceedsMax yes", *more]
    configuration.write_text("\n".join(lines) + "\n")
    program = shutil.which("clamd") or "/usr/sbin/clamd"
    process = scene.start([program, "--config-file", configuration], stdout=subprocess.DEVNULL)
    scene.await_socket(process, path, seconds=60)
    return configuration, path


def daemon_with_clamd(scene, path):
    return scene.daemon_with("local", f"profiles:\n  main: {{engine: clamd, socket: {path}}}\n")


def clamd_scan(scene, report, rounds):
    if not shutil.which("clamdscan"):
        report.say("  clamdscan is not installed: nothing to compare with")
        report.missed.append("clamdScan")
        return
    count = 2000
    configuration, path = clamd(scene)
    files = scene.folder / "files"
    files.mkdir()
    for index in range(count):
        (files / str(index)).write_bytes(os.urandom(4096))
    daemon = daemon_with_clamd(scene, path)
    bare = scene.listening([scene.tools / "floor", "scan", scene.folder / "floor.sock", path], scene.folder / "floor.sock")
    ours = [scene.programs / "gatehouse", "scan", "--socket", daemon.socket, "-r", "-j", "16", files]
    # No bar: the same command line, with a C program in the daemon's place.
    floor = [bare.socket if part == daemon.socket else part for part in ours]
    theirs = ["clamdscan", f"--config-file={configuration}", "--fdpass", "--multiscan", files]
    for command in [ours, theirs, floor]:
        programs.time_of(command)
    own, other, least = [], [], []
    for _ in range(rounds):
        own.append(count / programs.time_of(ours))
        other.append(count / programs.time_of(theirs))
        least.append(count / programs.time_of(floor))
    ratio = report.compare("2,000 files of 4 KiB by gatehouse scan -j 16", "files/s", own, other,
                           "clamdscan --fdpass --multiscan")
    report.compare("with a C program in the daemon's place", "files/s", least, other, "clamdscan --fdpass --multiscan")
    report.judge("files a second over clamdscan", ratio, 1, at_most=False)


def large(scene, report, _rounds, high_water):
    """Ten links to one sparse file: once through the daemon to a server, once read by clamd."""
    folder = scene.folder / "large"
    folder.mkdir()
    with open(folder / "0", "wb") as file:
        file.truncate(1 << 30)
    for index in range(1, 10):
        os.link(folder / "0", folder / str(index))
    server = scene.discard()
    _, path = clamd(scene, "MaxFileSize 1100M", "MaxScanSize 1100M", "DisableCache yes")
    sides = [("through the daemon", scene.daemon("main", server.url)), ("by clamd", daemon_with_clamd(scene, path))]
    for name, daemon in sides:
        scan = [scene.programs / "gatehouse", "scan", "--timeout", "600", "--socket", daemon.socket]
        programs.time_of(scan + [folder / "0"])
        before = programs.anonymous_memory(daemon)
        with high_water(daemon) as memory:
            seconds = programs.time_of(scan + ["-r", "-j", "2", folder])
        growth = (memory.most - before) / 1024
        report.say(f"  10 GiB {name}: {seconds:.0f} s, {before / 1024:.1f} MiB before, "
                   f"{memory.most / 1024:.1f} MiB at most")
        report.judge(f"growth of anonymous memory {name}, MiB", growth, 16)
