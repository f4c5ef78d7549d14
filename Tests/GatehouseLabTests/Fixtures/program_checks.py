#!/usr/bin/env python3
# Gatehouse. SPDX-License-Identifier: Apache-2.0
"""Checks of the built lab that need its connections, its folder and its standard streams.

usage: program_checks.py PATH-OF-gatehouse-lab
"""

import http.client
import json
import os
import resource
import socket
import ssl
import stat
import subprocess
import sys
import tempfile
import threading
import time
import traceback
import urllib.parse

PROGRAM = sys.argv[1]


class Lab:
    def __init__(self, directory, *options):
        command = [PROGRAM, "--directory", directory, *options]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE)
        self.ready = json.loads(self.process.stdout.readline())
        self.services = self.ready["services"]
        self.context = ssl.create_default_context(cafile=self.ready["caFile"])
        self.center_context = ssl.create_default_context(cafile=self.services["securityCenter"]["caFile"])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.stdout.close()
        assert self.process.wait(20) == 0

    def secret(self, service, name):
        with open(self.services[service][name], encoding="utf-8") as file:
            return file.read()

    def connect(self, service):
        port = urllib.parse.urlsplit(self.services[service]["url"]).port
        connection = socket.create_connection(("127.0.0.1", port), 10)
        if service == "control":
            return connection
        context = self.center_context if service == "securityCenter" else self.context
        return context.wrap_socket(connection, server_hostname="localhost")

    def post(self, service, url, headers, body):
        parts = urllib.parse.urlsplit(url)
        connection = http.client.HTTPSConnection("localhost", parts.port, context=self.context, timeout=20)
        connection.request("POST", parts.path, body, headers)
        answer = json.loads(connection.getresponse().read())
        connection.close()
        return answer

    def scanning_headers(self):
        gicar = self.services["gicar"]
        form = {"grant_type": "client_credentials", "client_id": gicar["clientId"]}
        form["client_secret"] = self.secret("gicar", "clientSecretFile")
        token = self.post(
            "gicar",
            gicar["tokenUrl"],
            {"Content-Type": "application/x-www-form-urlencoded"},
            urllib.parse.urlencode(form),
        )
        headers = {"Authorization": "Bearer " + token["access_token"]}
        headers["X-IBM-Client-Id"] = self.secret("apiConnect", "clientIdFile")
        url = self.services["apiConnect"]["requestTokenUrl"] + "/authentication"
        headers["Authorization-SPE"] = "Bearer " + self.post("apiConnect", url, headers, None)["access_token"]
        return {**headers, "Content-Type": "multipart/form-data; boundary=b"}


def read_to_end(connection, seconds=8):
    connection.settimeout(seconds)
    received = b""
    while True:
        piece = connection.recv(65536)
        if not piece:
            return received
        received += piece


def http_details(lab):
    for service in ("gicar", "apiConnect", "securityCenter", "control"):
        with lab.connect(service) as connection:
            get = b"GET /x HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
            connection.sendall(b"HEAD /x HTTP/1.1\r\nHost: localhost\r\n\r\n" + get)
            received = read_to_end(connection)
        first, _, rest = received.partition(b"\r\n\r\n")
        assert rest.startswith(b"HTTP/1.1 40"), (service, first, rest[:60])
        assert rest.partition(b"\r\n\r\n")[2], "the answer to GET has a body"

    for fields in (b"", b"Host: a\r\nHost: b\r\n", b"Content-Length: 9\r\n"):
        with lab.connect("securityCenter") as connection:
            connection.sendall(b"POST /api/v1.0/login HTTP/1.1\r\n" + fields + b"\r\n")
            received = read_to_end(connection)
        assert received.startswith(b"HTTP/1.1 400 ") and b"Connection: close" in received, (fields, received)

    path = urllib.parse.urlsplit(lab.services["apiConnect"]["scanFileUrl"]).path + "/scan-file"
    upload = "POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Length: 30\r\nExpect: 100-continue\r\n\r\n" % path
    for pieces in ([], [b"x" * 30], [b"x" * 10] * 3):
        with lab.connect("apiConnect") as connection:
            connection.sendall(upload.encode())
            for piece in pieces:
                time.sleep(0.2 if len(pieces) > 1 else 0)
                connection.sendall(piece)
            received = read_to_end(connection)
        assert received.startswith(b"HTTP/1.1 401 ") and b"Connection: close" in received, received

    token = urllib.parse.urlsplit(lab.services["gicar"]["tokenUrl"]).path
    form = "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 3\r\n"
    with lab.connect("gicar") as connection:
        head = "POST %s HTTP/1.0\r\nConnection: keep-alive\r\nExpect: 100-continue\r\n%s\r\na=b" % (token, form)
        connection.sendall(head.encode())
        connection.settimeout(5)
        answer = http.client.HTTPResponse(connection)
        answer.begin()
        answer.read()
        assert answer.status == 400, answer.status
        assert answer.headers["Connection"] == "keep-alive"
        connection.sendall(("POST https://localhost%s HTTP/1.1\r\nHost: x\r\n%s\r\na=b" % (token, form)).encode())
        answer = http.client.HTTPResponse(connection)
        answer.begin()
        assert answer.status == 400 and b"grant_type" in answer.read(), answer.status


def one_lab_at_a_time(lab):
    before = lab.secret("gicar", "clientSecretFile")
    second = run("--directory", lab.ready["directory"])
    assert second.returncode == 1 and b"another lab uses" in second.stderr, second
    assert lab.secret("gicar", "clientSecretFile") == before
    lab.scanning_headers()


def run(*arguments, **options):
    try:
        return subprocess.run([PROGRAM, *arguments], capture_output=True, timeout=10, **options)
    except subprocess.TimeoutExpired as error:
        raise AssertionError("it runs") from error


def odd_starts(folder):
    for name in (b"new\nline", b"back\\slash", b"no\xff\xfetext"):
        ended = run("--directory", folder.encode() + b"/" + name)
        assert ended.returncode == 1 and b"UTF-8 without control characters" in ended.stderr, ended
    assert os.listdir(folder) == [], os.listdir(folder)
    for path in ("", "/" + "x" * 107):
        ended = run("--directory", folder + "/lab", "--clamd", path)
        assert ended.returncode == 64 and b"--clamd" in ended.stderr, ended
    ended = run("--directory", folder + "/lab", preexec_fn=lambda: os.close(1))
    assert ended.returncode == 1 and b"standard output is closed" in ended.stderr, ended

    def no_growth():
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))

    ended = run("--directory", folder + "/lab", preexec_fn=no_growth)
    assert ended.returncode == 1 and b"cannot write" in ended.stderr, ended
    for name in ("tls", "credentials"):
        os.makedirs(folder + "/lab/" + name, exist_ok=True)
        os.chmod(folder + "/lab/" + name, 0o777)
    with Lab(folder + "/lab"):
        for name in ("tls", "credentials"):
            assert stat.S_IMODE(os.stat(folder + "/lab/" + name).st_mode) == 0o700, name


class PlayedClamd:
    """Says what it is told to, when it has read all or, where that is so, only the beginning."""

    def __init__(self, path):
        self.reply, self.is_early = b"", False
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.bind(path)
        self.socket.listen()
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            connection, _ = self.socket.accept()
            with connection:
                received = connection.recv(100)
                while not self.is_early and not received.endswith(b"\0\0\0\0"):
                    received = received[-4:] + connection.recv(65536)
                connection.sendall(self.reply)


def clamd_replies(folder):
    clamd = PlayedClamd(folder + "/clamd")
    with Lab(folder + "/lab", "--clamd", folder + "/clamd") as lab:
        headers = lab.scanning_headers()
        url = lab.services["apiConnect"]["scanFileUrl"] + "/scan-file"
        form = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n%s\r\n--b--\r\n'
        for reply, is_early, size, status in (
            (b"stream: OK\0", False, 10, "CLEAN"),
            (b"stream: OK\0", False, 3_000_000, "CLEAN"),
            (b"stream: OK\0stream: A FOUND\0", False, 10, "INTERNAL_SERVER_ERROR"),
            (b"stream: OK\0 ", False, 10, "INTERNAL_SERVER_ERROR"),
            (b"stream: OK", False, 10, "INTERNAL_SERVER_ERROR"),
            (b"stream: OK\0", True, 3_000_000, "INTERNAL_SERVER_ERROR"),
            (b"stream: A FOUND\0", True, 3_000_000, "INFECTED_UNREPAIRED"),
            (b"INSTREAM size limit exceeded. ERROR\0", True, 3_000_000, "FILE_SIZE_TOO_LARGE"),
        ):
            clamd.reply, clamd.is_early = reply, is_early
            answer = lab.post("apiConnect", url, headers, form % (b"x" * size))
            assert answer["fileStatus"] == status, (reply, is_early, size, answer)


def main():
    failures = 0
    with tempfile.TemporaryDirectory(prefix="lab.") as folder:
        checks = [odd_starts, clamd_replies]
        with Lab(folder + "/shared") as lab:
            for check in (http_details, one_lab_at_a_time):
                failures += attempt(check, lab)
        for check in checks:
            os.mkdir(folder + "/" + check.__name__)
            failures += attempt(check, folder + "/" + check.__name__)
    sys.exit(1 if failures else 0)


def attempt(check, argument):
    try:
        check(argument)
        return 0
    except Exception:  # pylint: disable=broad-except
        print("FAILED:", check.__name__)
        traceback.print_exc()
        return 1


main()
