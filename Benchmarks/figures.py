# Gatehouse. SPDX-License-Identifier: Apache-2.0
"""Measures the daemon and the command line beside a baseline in the same run; contrib/bench builds what this needs.

Rounds alternate, so that both sides see the same machine, and what is judged is the median over the rounds of the ratio
between the two sides of one round.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import threading
import time

import engines
import gateways
import scene as programs
import start

PIN = min(os.sched_getaffinity(0))
OTHER = max(os.sched_getaffinity(0))


class Report:
    """Prints figures and remembers whether all bars were reached."""

    def __init__(self):
        self.missed = []

    def say(self, text):
        print(text, flush=True)

    def judge(self, name, value, bar, at_most=True):
        reached = value <= bar if at_most else value >= bar
        word = "PASS" if reached else "MISS"
        sign = "at most" if at_most else "at least"
        self.say(f"  {word}  {name}: {value:.3g} (bar: {sign} {bar:g})")
        if not reached:
            self.missed.append(name)

    def compare(self, name, unit, ours, theirs, baseline):
        """Prints both sides; returns the median of the ratios round by round."""
        ratios = [own / other for own, other in zip(ours, theirs)]
        self.say(f"  {name}: {statistics.median(ours):.4g} {unit}, {baseline}: {statistics.median(theirs):.4g} {unit}; "
                 f"ratio {statistics.median(ratios):.3f} ({min(ratios):.3f} to {max(ratios):.3f}, {len(ratios)} rounds)")
        return statistics.median(ratios)


def scan_once(scene, daemon):
    """Makes the daemon fetch its tokens: a status without them would be a shorter answer than usual."""
    path = scene.folder / "small"
    path.write_bytes(b"nothing\n")
    programs.time_of([scene.programs / "gatehouse", "scan", "--socket", daemon.socket, path])


def token_status(scene, report, rounds):
    server = scene.discard()
    request = scene.request("tokenStatus", {"profile": "main"}, 200)
    daemon = scene.daemon("main", server.url, pin=PIN)
    verbose = scene.daemon("verbose", server.url, pin=PIN, log_level="debug")
    scan_once(scene, daemon)
    scan_once(scene, verbose)
    first = scene.tool("load", "rate", daemon.socket, request, 1, 10000, pin=PIN)
    scene.tool("load", "rate", verbose.socket, request, 1, 10000, pin=PIN)
    report.say(f"  200 bytes to the daemon, {first['reply_bytes']:.0f} back; all on processor {PIN}")
    echo = scene.echo("echo", int(first["reply_bytes"]), pin=PIN)
    one, many = [], []
    for _ in range(rounds):
        sides = [daemon, echo, verbose]
        one.append([scene.tool("load", "rate", side.socket, request, 1, 20000, pin=PIN) for side in sides])
        many.append([scene.tool("load", "rate", side.socket, request, 64, 40000, pin=PIN) for side in sides])
    echo_p50 = [sides[1]["p50_us"] for sides in one]
    echo_rate = [sides[1]["rate"] for sides in many]
    latency = report.compare("tokenStatus p50", "µs", [sides[0]["p50_us"] for sides in one], echo_p50, "C echo")
    report.compare("tokenStatus p99", "µs", [sides[0]["p99_us"] for sides in one],
                   [sides[1]["p99_us"] for sides in one], "C echo")
    rate = report.compare("64 connections", "/s", [sides[0]["rate"] for sides in many], echo_rate, "C echo")
    report.compare("p50, every call written to the audit", "µs", [sides[2]["p50_us"] for sides in one], echo_p50,
                   "C echo")
    report.compare("64 connections, every call written", "/s", [sides[2]["rate"] for sides in many], echo_rate,
                   "C echo")
    report.judge("tokenStatus p50 over C echo", latency, 2)
    report.judge("rate at 64 connections over C echo", rate, 0.45, at_most=False)


def validation(scene, report, rounds):
    command = [scene.programs / "validation-benchmark"]
    runs = [json.loads(subprocess.run(command, check=True, capture_output=True).stdout) for _ in range(rounds)]
    report.say(f"  a callAgent request of {runs[0]['bytes']} bytes")
    checks = [run["check_us"] for run in runs]
    report.compare("checking it", "µs", checks, [run["read_us"] for run in runs], "reading the same text")
    report.judge("µs to check it", statistics.median(checks), 20)


class HighWater:
    """The most anonymous memory that a process had meanwhile, in KiB."""

    def __init__(self, process):
        self.process, self.most, self.ended = process, 0, threading.Event()
        self.thread = threading.Thread(target=self.watch)

    def watch(self):
        while not self.ended.wait(0.02):
            self.most = max(self.most, programs.anonymous_memory(self.process))

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.ended.set()
        self.thread.join()


def time_beside(command, other, environment):
    """Seconds until both of two programs that start together have ended."""
    begin = time.perf_counter()
    beside = threading.Thread(target=programs.time_of, args=(other, environment))
    beside.start()
    programs.time_of(command, environment)
    beside.join()
    return time.perf_counter() - begin


def scan_file(scene, report, rounds):
    size = 1 << 30
    path = scene.folder / "large"
    block = os.urandom(1 << 20)
    with open(path, "wb") as file:
        for _ in range(size >> 20):
            file.write(block)
    server = scene.discard()
    daemon = scene.daemon("main", server.url)
    scan = [scene.programs / "gatehouse", "scan", "--socket", daemon.socket, path]
    environment = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    curl = ["curl", "-sS", "--fail", "--http1.1", "--cacert", scene.authority, "-F", f"file=@{path}",
            f"{server.url}/scan/scan-file"]
    ceiling = ["upload", scene.authority, server.port, size]
    # The first uploads fill the page cache, and the allocator's and libcurl's buffers.
    for _ in range(2):
        programs.time_of(scan)
        programs.time_of(curl, environment)
    before = programs.anonymous_memory(daemon)
    bare = [scene.tools / "floor", "upload", scene.authority, f"{server.url}/scan/scan-file", path]
    ours, theirs, hashing, most, floor = [], [], [], [], []
    with HighWater(daemon) as memory:
        for _ in range(rounds):
            ours.append((size >> 20) / programs.time_of(scan))
            theirs.append((size >> 20) / programs.time_of(curl, environment))
            hashing.append((size >> 20) / time_beside(curl, ["openssl", "dgst", "-sha256", path], environment))
            most.append((size >> 20) / scene.tool(*ceiling)["seconds"])
            floor.append((size >> 20) / programs.time_of(bare))
    report.say(f"  the server's ceiling, by a client that reads no file: {statistics.median(most):.0f} MiB/s")
    ratio = report.compare("gatehouse scan of 1 GiB", "MiB/s", ours, theirs, "curl -F")
    report.judge("speed over curl -F", ratio, 0.9, at_most=False)
    # No bar: a verdict names the SHA-256 of what was scanned, which curl does not compute.
    report.compare("the same", "MiB/s", ours, hashing, "curl -F beside openssl dgst -sha256 of the same file")
    report.compare("a C program that reads and hashes on one thread and sends on another", "MiB/s", floor, theirs, "curl -F")
    growth = (memory.most - before) / 1024
    report.say(f"  the daemon's anonymous memory: {before / 1024:.1f} MiB before, {memory.most / 1024:.1f} MiB at most")
    report.judge("growth of anonymous memory, MiB", growth, 16)


def one_renewal(scene, report, rounds):
    # The delay lets all callers come while the first renewal is under way; the baseline is what one caller costs.
    server = scene.discard(token_delay=500)
    request = scene.request("scanFile", {"file": {"content": "AAAA"}})
    worst = 0
    for index in range(rounds):
        daemon = scene.daemon(f"burst{index}", server.url)
        before = scene.counts(server)
        result = scene.tool("load", "burst", daemon.socket, request, 1000)
        after = scene.counts(server)
        asked = {name: after[name] - before[name] for name in after}
        report.say(f"  1,000 callers: {result['answered']:.0f} answered in {result['ms']:.0f} ms; "
                   f"asked upstream: {asked['token']} for a token, {asked['authentication']} for authentication, "
                   f"{asked['refresh']} to refresh, {asked['scan']} scans")
        off = abs(asked["token"] - 1) + abs(asked["authentication"] - 1) + asked["refresh"] + abs(asked["scan"] - 1000)
        worst = max(worst, off + result["failed"])
        scene.end(daemon)
    report.judge("requests too many or too few", worst, 0)


def ping(scene, report, rounds):
    if not shutil.which("clamdscan"):
        report.say("  clamdscan is not installed: nothing to compare with")
        report.missed.append("ping")
        return
    configuration = scene.clamd()
    daemon = scene.daemon("main")
    ours = [scene.programs / "gatehouse", "ping", "--socket", daemon.socket]
    theirs = ["clamdscan", f"--config-file={configuration}", "--ping", "1"]
    own, other = [], []
    for index in range(rounds * 10):
        pair = [programs.time_of(ours) * 1e3, programs.time_of(theirs) * 1e3]
        if index > 1:
            own.append(pair[0])
            other.append(pair[1])
    ratio = report.compare("gatehouse ping, start to exit", "ms", own, other, "clamdscan --ping 1")
    report.say(f"  fastest of all: {min(own):.2f} ms, clamdscan {min(other):.2f} ms")
    report.judge("time over clamdscan --ping 1", ratio, 1)


def idle(scene, report, rounds):
    connections = 10000
    worst = 0.0
    for index in range(min(rounds, 3)):
        sides = [scene.daemon(f"idle{index}"), scene.echo(f"echo{index}", 200)]
        growth = []
        for side in sides:
            warm = scene.waiting_tool("load", "idle", side.socket, 16)
            scene.end(warm)
            before = programs.anonymous_memory(side)
            load = scene.waiting_tool("load", "idle", side.socket, connections)
            # The last of them may still wait to be accepted.
            until, previous = time.monotonic() + 10, -1
            while time.monotonic() < until and previous != (previous := len(os.listdir(f"/proc/{side.pid}/fd"))):
                time.sleep(0.3)
            if previous < connections:
                raise RuntimeError(f"only {previous} connections were accepted")
            growth.append((programs.anonymous_memory(side) - before) / connections)
            scene.end(load)
            scene.end(side)
        report.say(f"  10,000 idle connections: {growth[0]:.2f} KiB each, C echo {growth[1]:.2f} KiB")
        worst = max(worst, growth[0])
    report.judge("KiB for an idle connection", worst, 4)


def fairness(scene, report, rounds):
    server = scene.discard()
    request = scene.request("tokenStatus", {"profile": "main"}, 200)
    daemon = scene.daemon("main", server.url, pin=PIN)
    scan_once(scene, daemon)

    def measure():
        return scene.tool("load", "rate", daemon.socket, request, 1, 20000, pin=PIN)["p99_us"]

    measure()
    with_them, without = [], []
    for index in range(max(rounds, 20)):
        # Which of the two comes first changes, so that a machine that slows down favours neither.
        for hostile in [False, True] if index % 2 else [True, False]:
            if hostile:
                load = scene.waiting_tool("load", "hostile", daemon.socket, request, pin=OTHER)
                with_them.append(measure())
                scene.end(load)
            else:
                without.append(measure())
    ratio = report.compare("another's p99 beside half a message and a caller that never reads", "µs", with_them,
                           without, "without them")
    report.judge("p99 with and without them", ratio, 1.15)


FIGURES = {
    "tokenStatus": (token_status, "tokenStatus over a kept connection, against a C epoll server"),
    "validation": (validation, "checking a callAgent request of 2 KiB, beside reading it"),
    "scanFile": (scan_file, "scanFile of 1 GiB by descriptor, against curl"),
    "clamdScan": (engines.clamd_scan, "2,000 small files with clamd, against clamdscan"),
    "large": (lambda *parts: engines.large(*parts, HighWater), "10 GiB in one run"),
    "oneRenewal": (one_renewal, "1,000 callers of a daemon without tokens: one renewal"),
    "ping": (ping, "gatehouse ping, against clamdscan --ping 1"),
    "start": (start.start, "a daemon that its first caller starts, against clamd"),
    "idle": (idle, "memory of 10,000 idle connections"),
    "fairness": (fairness, "half a message and a caller that never reads, beside another caller"),
    "callAgent": (gateways.call_agent, "callAgent on an open gateway, against curl"),
    "gateways": (gateways.gateways, "1,000 gateways open at once"),
}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--programs", required=True)
    parser.add_argument("--tools", required=True)
    parser.add_argument("--lab", default="")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("figures", nargs="*")
    options = parser.parse_args()
    report = Report()
    for name in options.figures or FIGURES:
        measure, title = FIGURES[name]
        report.say(f"{name}: {title} (load {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors)")
        with programs.Scene(options.programs, options.tools, options.lab) as scene:
            measure(scene, report, max(options.rounds, 1))
    if report.missed:
        report.say(f"missed: {'; '.join(report.missed)}")
    return 1 if report.missed else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (OSError, RuntimeError, subprocess.SubprocessError) as error:
        print(f"bench: {error}", file=sys.stderr)
        sys.exit(2)
