# Gatehouse. SPDX-License-Identifier: Apache-2.0
"""The programs that a figure needs, in a short temporary folder: each is started, awaited and ended here."""

import json
import os
import pathlib
import shutil
import signal
import ssl
import subprocess
import tempfile
import time
import urllib.request

CONFIGURATION = """\
credentialsDirectory: {folder}/credentials
profiles:
  main:
    engine: spe
    urls: {{token: "{url}/token", requestToken: "{url}/spe", scanFile: "{url}/scan"}}
    clientId: benchmark
    clientSecret: secret
    apiClientId: api-client
    tls: {{caFile: {folder}/ca.pem}}
limits: {{connections: 20000, connectionsPerUid: 20000, requestsPerUid: 4096}}
"""


class Scene:
    """A folder with certificates and configuration, and everything that runs in it."""

    def __init__(self, programs, tools, lab=""):
        self.lab_program = pathlib.Path(lab)
        self.programs, self.tools = pathlib.Path(programs), pathlib.Path(tools)
        # The path of a socket holds 107 bytes, so the folder of TMPDIR may be too long.
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="gatehouse-bench-", dir="/tmp"))
        self.running = []
        self.authority = self.folder / "ca.pem"
        self.make_certificate()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process in reversed(self.running):
            end(process)
        shutil.rmtree(self.folder, ignore_errors=True)

    def make_certificate(self):
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
             "-addext", "subjectAltName=DNS:localhost", "-keyout", self.folder / "key.pem", "-out", self.authority],
            check=True, stderr=subprocess.DEVNULL)

    def start(self, command, pin=None, **options):
        if pin is not None:
            command = ["taskset", "-c", str(pin), *command]
        process = subprocess.Popen([str(part) for part in command], **options)
        self.running.append(process)
        return process

    def end(self, process):
        self.running.remove(process)
        end(process)

    def tool(self, *arguments, pin=None):
        """Runs a tool to its end and returns what it printed, a dictionary of numbers."""
        command = [self.tools / arguments[0], *arguments[1:]]
        if pin is not None:
            command = ["taskset", "-c", str(pin), *command]
        output = subprocess.run([str(part) for part in command], check=True, stdout=subprocess.PIPE, text=True,
                                timeout=600).stdout
        return {name: float(value) for name, value in (part.split("=") for part in output.split())}

    def waiting_tool(self, *arguments, pin=None):
        """Starts a tool that says "ready" and ends with its input."""
        process = self.start([self.tools / arguments[0], *arguments[1:]], pin=pin, stdin=subprocess.PIPE,
                             stdout=subprocess.PIPE, text=True)
        if process.stdout.readline() != "ready\n":
            raise RuntimeError(f"{arguments[0]} is not ready")
        return process

    def discard(self, token_delay=0):
        """The server that everything is uploaded to."""
        process = self.start([self.tools / "discard", self.authority, self.folder / "key.pem", str(token_delay)],
                             stdout=subprocess.PIPE, text=True)
        process.port = int(process.stdout.readline())
        process.url = f"https://localhost:{process.port}"
        return process

    def counts(self, server):
        """How often the server was asked for what."""
        context = ssl.create_default_context(cafile=self.authority)
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context))
        with opener.open(f"{server.url}/counts", timeout=10) as reply:
            return json.load(reply)

    def daemon(self, name, url="https://localhost:9", pin=None, log_level="notice"):
        """A daemon with a profile that names that server."""
        return self.started(name, self.configuration(name, url), pin, log_level)

    def configuration(self, name, url):
        """The file that configures a profile that names that server."""
        credentials = self.folder / "credentials"
        credentials.mkdir(mode=0o700, exist_ok=True)
        for credential in ["secret", "api-client"]:
            path = credentials / credential
            path.write_text("benchmark")
            path.chmod(0o600)
        return self.configuration_with(name, CONFIGURATION.format(folder=self.folder, url=url))

    def daemon_with(self, name, text, pin=None, log_level="notice"):
        """A daemon with that configuration."""
        return self.started(name, self.configuration_with(name, text), pin, log_level)

    def configuration_with(self, name, text):
        """A file with that configuration."""
        configuration = self.folder / f"{name}.yaml"
        configuration.write_text(text)
        configuration.chmod(0o600)
        return configuration

    def started(self, name, configuration, pin, log_level):
        """A daemon that listens."""
        log = open(self.folder / f"{name}.log", "wb")
        path = self.folder / f"{name}.sock"
        process = self.start([self.programs / "gatehoused", "--config", configuration, "--listen", path,
                              "--log-level", log_level], pin=pin, stderr=log)
        log.close()
        process.socket = path
        self.await_socket(process, path)
        return process

    def echo(self, name, reply_bytes, pin=None):
        """The baseline of the socket's figures."""
        path = self.folder / f"{name}.sock"
        return self.listening([self.tools / "echo", path, str(reply_bytes)], path, pin)

    def listening(self, command, path, pin=None):
        """A program that listens at that socket."""
        process = self.start(command, pin=pin)
        process.socket = path
        self.await_socket(process, path)
        return process

    def clamd(self):
        """A clamd with one signature; returns the configuration that clamdscan wants."""
        database = self.folder / "database"
        database.mkdir()
        (database / "one.hdb").write_text("00000000000000000000000000000000:1:Benchmark\n")
        configuration = self.folder / "clamd.conf"
        path = self.folder / "clamd.sock"
        configuration.write_text(f"DatabaseDirectory {database}\nLocalSocket {path}\nForeground yes\n")
        program = shutil.which("clamd") or "/usr/sbin/clamd"
        process = self.start([program, "--config-file", configuration], stdout=subprocess.DEVNULL)
        self.await_socket(process, path, seconds=60)
        return configuration

    def await_socket(self, process, path, seconds=10):
        until = time.monotonic() + seconds
        while not path.exists():
            if process.poll() is not None or time.monotonic() > until:
                raise RuntimeError(f"{process.args[0]} does not listen at {path}")
            time.sleep(0.01)

    def request(self, method, parameters, size=0):
        """A file with one request, padded with spaces inside the object to a size with its LF."""
        text = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": parameters})[:-1]
        path = self.folder / f"{method}.request"
        path.write_text(text.ljust(size - 2) + "}\n")
        return path


def end(process):
    """Ends a program: by the end of its input where it waits for that, else by a signal."""
    if process.stdin:
        process.stdin.close()
    else:
        process.send_signal(signal.SIGTERM)
    try:
        process.wait(timeout=20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def anonymous_memory(process):
    """A process's anonymous memory in KiB (proc(5), RssAnon)."""
    for line in pathlib.Path(f"/proc/{process.pid}/status").read_text().splitlines():
        if line.startswith("RssAnon:"):
            return int(line.split()[1])
    raise RuntimeError(f"{process.args[0]} has ended")


def time_of(command, environment=None):
    """Seconds from start to exit; the program must succeed."""
    with open(os.devnull, "r+b") as quiet, tempfile.TemporaryFile() as complaints:
        files = [(os.POSIX_SPAWN_DUP2, quiet.fileno(), 0), (os.POSIX_SPAWN_DUP2, quiet.fileno(), 1),
                 (os.POSIX_SPAWN_DUP2, complaints.fileno(), 2)]
        command = [str(part) for part in command]
        begin = time.perf_counter()
        child = os.posix_spawnp(command[0], command, environment or os.environ, file_actions=files)
        _, status = os.waitpid(child, 0)
        elapsed = time.perf_counter() - begin
        if status != 0:
            complaints.seek(0)
            said = complaints.read().decode(errors="replace")
            raise RuntimeError(f"{command[0]} failed with {os.waitstatus_to_exitcode(status)}: {said}")
        return elapsed
