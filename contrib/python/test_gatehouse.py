#!/usr/bin/env python3
# Gatehouse. SPDX-License-Identifier: Apache-2.0
"""Tests of gatehouse.py, against a daemon at $GATEHOUSE_SOCKET and against servers that misbehave.

Requests that break a schema on purpose go to $GATEHOUSE_WRONG_SOCKET, where it is set.
"""

from __future__ import annotations

import contextlib
import copy
import io
import json
import os
import pathlib
import socket
import subprocess
import sys
import tempfile
import threading
import unittest
from collections.abc import Callable, Iterator
from typing import Any

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import gatehouse  # noqa: E402

EICAR = b"".join([b"X5O!P%@AP[4\\PZX54(P^)", b"7CC)7}$EICAR-STANDARD-", b"ANTIVIRUS-TEST-FILE!$H+H*"])
WRONG = os.environ.get("GATEHOUSE_WRONG_SOCKET") or None
CLEAN: dict[str, Any] = {
    "verdict": "clean", "reason": None, "scanStatus": "SCAN_SUCCESS", "fileScanned": "a", "fileStatus": "CLEAN",
    "totalInfections": 0, "bytesScanned": 1, "totalFilesScanned": 1, "threats": [], "sha256": None, "size": 1,
    "engine": {"profile": "p", "kind": "spe", "definitions": None, "plaintext": False},
    "requestId": "r", "traceId": None, "elapsedMs": 1, "cached": False,
}  # fmt: skip

Script = Callable[[socket.socket, dict[str, Any]], None]


def send(connection: socket.socket, message: object) -> None:
    connection.sendall(json.dumps(message).encode() + b"\n")


def result(value: object) -> Script:
    """Answers each request with a result."""
    return lambda connection, request: send(connection, {"jsonrpc": "2.0", "id": request["id"], "result": value})


def raw(content: bytes) -> Script:
    """Sends bytes for each request, and closes."""

    def script(connection: socket.socket, request: dict[str, Any]) -> None:
        connection.sendall(content.replace(b"ID", str(request["id"]).encode()))
        connection.shutdown(socket.SHUT_RDWR)

    return script


@contextlib.contextmanager
def server(script: Script) -> Iterator[str]:
    """A daemon whose answers a test writes."""
    with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX) as listener:
        path = os.path.join(folder, "s")
        listener.bind(path)
        listener.listen()

        def serve(connection: socket.socket) -> None:
            with connection, contextlib.suppress(OSError):
                while True:
                    content, files, _, _ = socket.recv_fds(connection, 1 << 20, 16)
                    for file in files:
                        os.close(file)
                    if not content:
                        return
                    for line in content.splitlines():
                        script(connection, json.loads(line))

        def accept() -> None:
            with contextlib.suppress(OSError):
                while True:
                    connection, _ = listener.accept()
                    threading.Thread(target=serve, args=(connection,), daemon=True).start()

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        try:
            yield path
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()


class AgainstTheDaemon(unittest.TestCase):
    def setUp(self) -> None:
        self.client = self.enterContext(gatehouse.Client())
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))

    def file(self, content: bytes, name: str = "f") -> pathlib.Path:
        path = self.folder / name
        path.write_bytes(content)
        return path

    def test_a_path_is_judged(self) -> None:
        clean = self.client.scan_file(self.file(b"hello\n"))
        self.assertEqual(clean, "clean")
        self.assertTrue(clean.is_clean)
        self.assertEqual((clean.size, clean.file_scanned, clean.threats, clean.engine.kind), (6, "f", (), "spe"))
        infected = self.client.scan_file(str(self.file(EICAR, "bad.pdf")))
        self.assertEqual(infected, "infected")
        self.assertNotEqual(infected, "clean")
        self.assertEqual(infected.threats[0].name, "EICAR Test String")
        self.assertEqual(infected.file_scanned, "bad.pdf")

    def test_everything_that_holds_bytes_is_judged(self) -> None:
        path = self.file(b"x" * 10 + EICAR)
        with open(path, "rb") as binary, open(path) as text, open(path, "r+b") as both:
            binary.seek(20)
            sources: list[gatehouse.Source] = [binary, text, both]
            for source in sources:
                self.assertEqual(self.client.scan_file(source), "infected")
            self.assertEqual(binary.tell(), 20)
        infected: list[gatehouse.Source] = [EICAR, bytearray(EICAR), memoryview(EICAR), io.BytesIO(EICAR)]
        for content in infected:
            self.assertEqual(self.client.scan_file(content), "infected")
        clean: list[gatehouse.Source] = [b"", b"hello", io.BytesIO(b""), bytearray(5_000_000)]
        for content in clean:
            self.assertEqual(self.client.scan_file(content), "clean")

    def test_what_was_written_and_not_flushed_is_judged(self) -> None:
        with tempfile.TemporaryFile() as file:
            file.write(EICAR)
            self.assertEqual(self.client.scan_file(file), "infected")

    def test_a_pipe_that_is_open_is_copied(self) -> None:
        reader, writer = os.pipe()
        os.write(writer, EICAR)
        os.close(writer)
        with open(reader, "rb") as file:
            self.assertEqual(self.client.scan_file(file), "infected")

    def test_what_cannot_be_opened_raises(self) -> None:
        with self.assertRaises(FileNotFoundError):
            self.client.scan_file(self.folder / "none")
        os.mkfifo(self.folder / "pipe")
        paths: list[gatehouse.Source] = [self.folder, self.folder / "pipe", "/dev/null"]
        for path in paths:
            with self.assertRaises(gatehouse.RemoteError) as caught:
                self.client.scan_file(path)
            self.assertEqual(caught.exception.kind, "fileRefused")

    def test_names_are_made_to_fit(self) -> None:
        names = {b"a\nb": "a_b", b"\xff\xfe": "__", "ñ".encode() * 127: "ñ" * 127, b"x" * 255: "x" * 255}
        for name, expected in names.items():
            path = os.fsdecode(os.fsencode(self.folder) + b"/" + name)
            with open(path, "wb") as file:
                file.write(b"hello")
            self.assertEqual(self.client.scan_file(path).file_scanned, expected)
        self.assertEqual(self.client.scan_file(b"x", name="other.txt").file_scanned, "other.txt")

    def test_progress_is_told(self) -> None:
        told: list[tuple[int, int | None]] = []
        self.client.scan_file(bytes(1_000_000), progress=lambda done, total: told.append((done, total)))
        self.assertEqual(told[-1], (1_000_000, 1_000_000))

    def test_an_exception_of_the_callback_hangs_up_and_the_next_call_goes_on(self) -> None:
        def fail(done: int, total: int | None) -> None:
            raise KeyError(done)

        with self.assertRaises(KeyError):
            self.client.scan_file(bytes(1_000_000), progress=fail)
        self.assertEqual(self.client.scan_file(b"hello"), "clean")

    def test_any_method_can_be_called(self) -> None:
        self.assertTrue(self.client.call("ping")["pong"])
        self.assertIn("version", self.client.call("status"))
        with open(self.file(EICAR)) as file:
            answer = self.client.call("scanFile", {"file": {"fd": 0}}, [file.fileno()], deadline=30)
        self.assertEqual(gatehouse.Verdict.read(answer), "infected")

    def test_an_error_says_everything(self) -> None:
        with gatehouse.Client(WRONG) as client:
            with self.assertRaises(gatehouse.RemoteError) as caught:
                client.call("ping", {"a": 1})
            self.assertTrue(client.call("ping")["pong"])
        error = caught.exception
        self.assertEqual((error.kind, error.code, error.retryable), ("invalidParams", -32602, False))
        self.assertEqual([(each.path, each.rule) for each in error.violations], [("/a", "additionalProperties")])
        self.assertTrue(error.hint and error.request_id and error.message)
        self.assertIsNone(error.retry_after_ms)

    def test_an_unknown_profile_is_an_error_and_no_verdict(self) -> None:
        with self.assertRaises(gatehouse.RemoteError) as caught:
            self.client.scan_file(b"hello", profile="none")
        self.assertEqual(caught.exception.kind, "unknownProfile")

    def test_threads_may_share_a_client(self) -> None:
        outcomes: list[str] = []

        def scan(content: bytes) -> None:
            outcomes.append(str(self.client.scan_file(content)))

        threads = [threading.Thread(target=scan, args=(EICAR if index % 2 else b"x",)) for index in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(sorted(outcomes), ["clean"] * 4 + ["infected"] * 4)

    def test_a_closed_client_connects_again_and_leaves_no_descriptor(self) -> None:
        self.client.scan_file(b"x")
        before = len(os.listdir("/proc/self/fd"))
        for _ in range(3):
            self.client.close()
            self.client.scan_file(b"x")
            self.client.scan_file(self.file(b"x"))
        self.assertEqual(len(os.listdir("/proc/self/fd")), before)

    def run_program(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        program = [sys.executable, gatehouse.__file__, *arguments]
        return subprocess.run(program, capture_output=True, text=True, timeout=60, check=False)

    def test_the_program_prints_lines_and_ends_like_gatehouse(self) -> None:
        good, bad = str(self.file(b"hello", "good")), str(self.file(EICAR, "ba\nd"))
        outcome = self.run_program("scan", good)
        self.assertEqual((outcome.returncode, outcome.stdout), (0, f"{good}: OK\n"))
        outcome = self.run_program("scan", good, bad, str(self.folder))
        shown = bad.replace("\n", "\\x0a")
        lines = [f"{good}: OK", f"{shown}: EICAR Test String FOUND", f"{self.folder}: fileRefused NOT SCANNED"]
        self.assertEqual((outcome.returncode, outcome.stdout.splitlines()), (1, lines))
        self.assertEqual(self.run_program("scan", str(self.folder / "none")).returncode, 2)
        self.assertEqual(self.run_program("--socket", "/nowhere", "scan", good).returncode, 3)
        self.assertEqual(self.run_program("scan").returncode, 64)
        outcome = self.run_program("call", "scanFile", '{"file": {"fd": 0}}', "--fd", bad)
        self.assertEqual(json.loads(outcome.stdout)["verdict"], "infected")


class AgainstAnybody(unittest.TestCase):
    def test_a_verdict_has_no_truth_value(self) -> None:
        verdict = gatehouse.Verdict.read(CLEAN)
        with self.assertRaises(TypeError):
            bool(verdict)
        with self.assertRaises(TypeError):
            _ = 1 if verdict else 2
        self.assertIn(verdict, {"clean"})
        self.assertEqual(verdict, gatehouse.Verdict.read(copy.deepcopy(CLEAN)))
        self.assertNotEqual(verdict, "infected")
        self.assertNotEqual(verdict, None)
        self.assertEqual(f"{verdict}", "clean")

    def test_a_verdict_that_is_incomplete_or_contradicts_itself_is_none(self) -> None:
        threat = {"name": "x", "id": None, "category": None, "file": None, "disposition": None}
        broken: list[object] = [None, True, "clean", [], {}, {"verdict": "clean"}]
        broken += [{name: value for name, value in CLEAN.items() if name != left_out} for left_out in CLEAN]
        broken += [CLEAN | {"verdict": word} for word in ("Clean", "CLEAN", "pure", "", True, None, 1)]
        broken += [CLEAN | {"threats": [threat]}, CLEAN | {"totalInfections": 1}, CLEAN | {"reason": "encrypted"}]
        broken += [CLEAN | {"fileStatus": "INFECTED"}, CLEAN | {"scanStatus": "SCAN_FAILURE"}]
        broken += [CLEAN | {"threats": [{}]}, CLEAN | {"totalInfections": True}, CLEAN | {"engine": None}]
        for value in broken:
            with self.subTest(value=value), server(result(value)) as path:
                with self.assertRaises(gatehouse.ProtocolViolation):
                    gatehouse.Client(path).scan_file(b"x")

    def test_an_answer_that_is_none_is_no_verdict(self) -> None:
        good = json.dumps({"jsonrpc": "2.0", "id": 77, "result": CLEAN}).encode()
        lost = [b"", good, good[:-1] + b',"x"', b"\xff"]
        wrong = [
            b"rubbish\n", b"[]\n", b"null\n", good + b"\n", b'{"jsonrpc":"2.0","id":ID}\n', b"[" * 100_000 + b"\n",
            good.replace(b"77", b"true") + b"\n", good.replace(b"77", b"ID").replace(b"2.0", b"1.0") + b"\n",
            good.replace(b"77", b"ID").replace(b"{", b'{"result":1,', 1) + b"\n",
            b'{"jsonrpc":"2.0","id":ID,"error":1}\n', b'{"jsonrpc":"2.0","id":ID,"error":{"code":"x"}}\n',
        ]  # fmt: skip
        for answers, kind in ((lost, gatehouse.ConnectionLost), (wrong, gatehouse.ProtocolViolation)):
            for answer in answers:
                with self.subTest(answer=answer[:60]), server(raw(answer)) as path:
                    with self.assertRaises(kind):
                        gatehouse.Client(path).scan_file(b"x")

    def test_an_error_wins_over_a_result(self) -> None:
        error = {"code": -32003, "message": "m", "data": {"kind": "busy", "retryable": True, "retryAfterMs": 5}}
        answer = {"jsonrpc": "2.0", "id": 1, "result": CLEAN, "error": error}
        with server(lambda connection, request: send(connection, answer)) as path:
            with self.assertRaises(gatehouse.RemoteError) as caught:
                gatehouse.Client(path).scan_file(b"x")
        self.assertEqual((caught.exception.kind, caught.exception.retry_after_ms), ("busy", 5))
        self.assertTrue(caught.exception.retryable)

    def test_the_last_word_of_a_daemon_that_closes_is_told(self) -> None:
        error = b'{"code":-32006,"message":"m","data":{"kind":"limitExceeded"}}'
        last = raw(b'{"jsonrpc":"2.0","id":null,"error":%s}\n' % error)
        with server(last) as path, self.assertRaises(gatehouse.RemoteError) as caught:
            gatehouse.Client(path).scan_file(b"x")
        self.assertEqual(caught.exception.kind, "limitExceeded")

    def test_a_connection_that_ended_between_calls_is_made_again(self) -> None:
        def once(connection: socket.socket, request: dict[str, Any]) -> None:
            result(CLEAN)(connection, request)
            connection.shutdown(socket.SHUT_RDWR)

        with server(once) as path, gatehouse.Client(path) as client:
            for _ in range(3):
                self.assertEqual(client.scan_file(b"x"), "clean")
                # The server closes after its answer; the client may see the answer first.
                while client._socket is not None and client._socket.recv(1, socket.MSG_PEEK):
                    pass

    def test_silence_ends_after_the_deadline_and_patience(self) -> None:
        self.addCleanup(setattr, gatehouse, "_PATIENCE", gatehouse._PATIENCE)
        setattr(gatehouse, "_PATIENCE", 0.05)
        with server(lambda connection, request: None) as path, self.assertRaises(gatehouse.ConnectionLost):
            gatehouse.Client(path).scan_file(b"x", deadline=0.01)

    def test_an_answer_that_comes_late_is_not_taken_for_the_next_one(self) -> None:
        asked: dict[socket.socket, list[int]] = {}

        def script(connection: socket.socket, request: dict[str, Any]) -> None:
            ids = asked.setdefault(connection, [])
            ids.append(request["id"])
            if request["id"] > 1:
                for each in ids:
                    send(connection, {"jsonrpc": "2.0", "id": each, "result": each})

        self.addCleanup(setattr, gatehouse, "_PATIENCE", gatehouse._PATIENCE)
        with server(script) as path, gatehouse.Client(path) as client:
            setattr(gatehouse, "_PATIENCE", 0.05)
            with self.assertRaises(gatehouse.ConnectionLost):
                client.call("m", deadline=0.01)
            setattr(gatehouse, "_PATIENCE", 10.0)
            self.assertEqual(client.call("m"), 2)

    def test_a_deadline_that_is_none_is_refused(self) -> None:
        for deadline in (0, -1, 3601, float("nan")):
            with self.assertRaises(ValueError):
                gatehouse.Client("/nowhere").call("ping", deadline=deadline)

    def test_a_daemon_that_is_not_there_cannot_be_reached(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            for path in (folder + "/none", folder, "", "/" + "x" * 200):
                with self.assertRaises(gatehouse.Unreachable):
                    gatehouse.Client(path).scan_file(b"x")


if __name__ == "__main__":
    unittest.main()
