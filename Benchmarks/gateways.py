# Gatehouse. SPDX-License-Identifier: Apache-2.0
"""The figures of gateways: a lab plays the Security Center, and curl is the baseline."""

import collections
import contextlib
import json
import pathlib
import re
import signal
import socket
import statistics
import subprocess
import time
import urllib.request

import scene as programs

METHOD = "NagHstCtl.GetHostRuntimeInfo"
ARGUMENTS = {"pFilter": {"klhst-rt-TskInfo": {"type": "params", "value": {"klhst-ProductName": "KES"}}}}


class Lab:
    """A running gatehouse-lab."""

    def __init__(self, scene, name, *options):
        self.scene, self.folder = scene, scene.folder / name
        self.folder.mkdir()
        self.process = scene.start([scene.lab_program, "--directory", self.folder, *options],
                                   stdout=subprocess.PIPE, text=True)
        self.ready = json.loads(self.process.stdout.readline())
        self.services = self.ready["services"]
        self.center = self.services["securityCenter"]

    def control(self, method, target, body=None):
        request = urllib.request.Request(self.services["control"]["url"] + target, method=method,
                                         data=body.encode() if body else None)
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=20) as reply:
            text = reply.read()
        return json.loads(text) if text else None

    def open(self):
        return self.control("GET", "/ksc")

    def host(self, name):
        return next(host["id"] for host in self.center["hosts"] if host["name"] == name)

    def daemon(self, name, server="", pin=None):
        """A daemon with the lab's own configuration, and more of it for the server."""
        text = pathlib.Path(self.ready["configuration"]).read_text() + server
        return self.scene.daemon_with(name, text + "\nlimits: {gatewaysPerUid: 4096, requestsPerConnection: 1024}\n", pin)


class Caller:
    """One connection to a daemon, with as many requests in flight as its caller likes."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(120)
        self.socket.connect(str(path))
        self.lines = self.socket.makefile("rb")

    def all(self, method, parameters, at_once=32):
        """The results of one method with each of these params, in their order."""
        results, sent = [None] * len(parameters), 0
        for received in range(len(parameters)):
            while sent < len(parameters) and sent - received < at_once:
                message = {"jsonrpc": "2.0", "id": sent, "method": method, "params": parameters[sent]}
                self.socket.sendall(json.dumps(message).encode() + b"\n")
                sent += 1
            reply = json.loads(self.lines.readline())
            if "error" in reply:
                raise RuntimeError(f"{method}: {reply['error']}")
            results[reply["id"]] = reply["result"]
        return results

    def one(self, method, **parameters):
        return self.all(method, [parameters])[0]


class Curl:
    """A gateway to an agent that curl holds: opened by curl alone, call by call."""

    def __init__(self, lab, host):
        self.lab = lab
        self.base = ["curl", "-sS", "--fail", "--http1.1", "--noproxy", "*", "--cacert", lab.center["caFile"]]
        account = next(account for account in lab.center["accounts"] if account["user"] == "api")
        password = pathlib.Path(account["passwordFile"]).read_bytes()
        basic = f'KSCBasic user="{encoded(b"api")}", pass="{encoded(password)}", internal="1"'
        server = self.post("Session.StartSession", {}, f"Authorization: {basic}")["PxgRetVal"]
        carry = f"X-KSC-Session: {server}"
        location = self.post("CgwHelper.GetNagentLocation", {"wsHostName": host}, carry)["PxgRetVal"]
        key = self.post("GatewayConnection.PrepareGatewayConnection",
                        {"pLocations": [{"type": "params", "value": location}]}, carry)["wstrAuthKey"]
        self.session = self.post("Session.StartSession", {}, f"Authorization: KSCGW {key}")["PxgRetVal"]

    def url(self, method):
        return f"{self.lab.center['url']}/api/v1.0/{method}"

    def post(self, method, arguments, header):
        # The header goes in by a file: an argument would show it.
        output = subprocess.run([*self.base, "-H", "@-", "-H", "Content-Type: application/json", "-d",
                                 json.dumps(arguments), self.url(method)],
                                input=header, check=True, stdout=subprocess.PIPE, text=True).stdout
        return json.loads(output)

    def times(self, count):
        """Microseconds of each of so many equal calls over one kept connection, by curl's own clock."""
        transfers = "\n".join(f'url = "{self.url(METHOD)}"\noutput = "/dev/null"' for _ in range(count))
        configuration = self.lab.folder / "curl.conf"
        configuration.write_text(f'header = "X-KSC-Session: {self.session}"\n{transfers}\n')
        output = subprocess.run([*self.base, "-K", configuration, "-H", "Content-Type: application/json", "-d",
                                 json.dumps(ARGUMENTS), "-w", "%{num_connects} %{time_total}\n"],
                                check=True, stdout=subprocess.PIPE, text=True).stdout
        lines = [line.split() for line in output.splitlines()]
        if sum(int(connects) for connects, _ in lines) != 1:
            raise RuntimeError("curl did not keep its connection")
        return [float(total) * 1e6 for _, total in lines[1:]]

    def in_the_daemons_place(self):
        """A C program that answers whatever it is asked by sending that POST over its own kept connection."""
        path, headers, body = (self.lab.folder / name for name in ["floor.sock", "headers", "body"])
        headers.write_text(f"X-KSC-Session: {self.session}\nContent-Type: application/json\n")
        body.write_text(json.dumps(ARGUMENTS))
        scene = self.lab.scene
        return scene.listening([scene.tools / "floor", "call", path, self.lab.center["caFile"], self.url(METHOD), headers,
                                body], path)


def encoded(data):
    import base64
    return base64.b64encode(data).decode()


def call_agent(scene, report, rounds):
    lab = Lab(scene, "lab")
    host = lab.host("MAIN-WS-1")
    daemon = lab.daemon("main")
    gateway = Caller(daemon.socket).one("prepareGateway", target={"agent": host})["gateway"]
    request = scene.request("callAgent", {"gateway": gateway, "method": METHOD, "arguments": ARGUMENTS})
    curl = Curl(lab, host)
    bare = curl.in_the_daemons_place()

    def measure(name, count):
        ours, theirs, floor = [], [], []
        for index in range(rounds + 1):
            sides = [lambda: ours.append(scene.tool("load", "rate", daemon.socket, request, 1, count)["p50_us"]),
                     lambda: theirs.append(statistics.median(curl.times(count))),
                     lambda: floor.append(scene.tool("load", "rate", bare.socket, request, 1, count)["p50_us"])]
            # Which of them comes first changes, so that a machine that slows down favours none.
            for side in sides if index % 2 else reversed(sides):
                side()
        report.compare("with a C program in the daemon's place", "µs", floor[1:], theirs[1:], "the same POST by curl")
        # The first round warms both up.
        return report.compare(name, "µs", ours[1:], theirs[1:], "the same POST by curl on a kept connection"), \
            statistics.median(own - other for own, other in zip(ours[1:], theirs[1:]))

    ratio, difference = measure("callAgent p50, a server on this machine", 1000)
    report.judge("callAgent over curl", ratio, 1.1)
    report.judge("µs that callAgent takes more than curl", difference, 300)
    lab.control("POST", "/fault", f"{METHOD}:latency=10")
    # No bar: what a caller feels whose server is not on its own machine.
    measure("the same, a server 10 ms away", 100)


def open_gateways(caller, hosts, binding="session"):
    parameters = [{"target": {"agent": host}, "binding": binding, "idleTimeoutSeconds": 3600} for host in hosts]
    return [gateway["gateway"] for gateway in caller.all("prepareGateway", parameters)]


def until(condition, seconds):
    begin = time.monotonic()
    while not condition():
        if time.monotonic() - begin > seconds:
            raise RuntimeError("waited in vain")
        time.sleep(0.02)
    return time.monotonic() - begin


def gateways(scene, report, rounds):
    count = 1000
    lab = Lab(scene, "lab", "--ksc-extra-hosts", str(count + 50))
    # So short that pings come while this waits; the lab keeps sessions longer.
    daemon = lab.daemon("main", "    sessionSeconds: 30\n")
    caller = Caller(daemon.socket)
    found = caller.one("findHosts", filter='(KLHST_WKS_DN="EXTRA-*")', limit=count + 50)["hosts"]
    hosts = [host["id"] for host in found]
    # The first ones fill the allocator's and libcurl's buffers.
    for handle in open_gateways(caller, hosts[count:]):
        caller.one("closeGateway", gateway=handle)
    worst_memory, worst_close, left = 0.0, 0.0, 0
    for _ in range(min(rounds, 3)):
        until(lambda: lab.open()["gateways"] == 0, 20)
        before = programs.anonymous_memory(daemon)
        begin = time.monotonic()
        handles = open_gateways(caller, hosts[:count])
        opening = time.monotonic() - begin
        if lab.open()["gateways"] != count:
            raise RuntimeError("not every gateway has a session of its own")
        memory = (programs.anonymous_memory(daemon) - before) / count
        begin = time.monotonic()
        caller.all("closeGateway", [{"gateway": handle} for handle in handles])
        until(lambda: lab.open()["gateways"] == 0, 60)
        closing = time.monotonic() - begin
        report.say(f"  1,000 gateways to 1,000 agents: {opening:.1f} s to open, {memory:.2f} KiB each, "
                   f"{closing:.2f} s until the last was ended on the server")
        worst_memory, worst_close = max(worst_memory, memory), max(worst_close, closing)
    open_gateways(caller, hosts[:count])
    keep_alive(lab, report, count)
    begin = time.monotonic()
    daemon.send_signal(signal.SIGTERM)
    status = daemon.wait(timeout=60)
    stopping = time.monotonic() - begin
    state = lab.open()
    left = state["gateways"] + state["sessions"] + state["gatewayKeys"]
    report.say(f"  the daemon stopped with 1,000 open: {stopping:.2f} s, exit status {status}, {left} sessions left")
    report.judge("KiB for an open gateway", worst_memory, 8)
    report.judge("seconds to close 1,000 gateways", worst_close, 5)
    report.judge("seconds to stop with 1,000 gateways", stopping, 5)
    report.judge("sessions left on the server", left + abs(status), 0)


def keep_alive(lab, report, count):
    """Watches two rounds of pings: each gateway has its own moment."""
    seen = lab.folder / "requests.jsonl"
    offset = seen.stat().st_size
    time.sleep(20)
    seconds = collections.Counter()
    with open(seen, "rb") as file:
        file.seek(offset)
        for line in file:
            if b"Session.Ping" in line:
                with contextlib.suppress(ValueError):
                    seconds[re.sub(r"[.Z].*", "", str(json.loads(line)["time"]))] += 1
    most = max(seconds.values(), default=0)
    report.say(f"  keep-alive: {sum(seconds.values())} pings in 20 s, at most {most} in one second")
    report.judge("share of the gateways that are pinged in the busiest second", most / count, 0.5)
