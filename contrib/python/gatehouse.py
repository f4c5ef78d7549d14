#!/usr/bin/env python3
# Gatehouse. SPDX-License-Identifier: Apache-2.0
"""Ask the Gatehouse daemon of this host whether a file is clean.

One file, nothing but the standard library, Python 3.11 or later on Linux: copy it beside your program.

    import gatehouse

    with gatehouse.Client() as client:
        if client.scan_file("upload.pdf") == "clean":
            ...

Only a verdict that equals "clean" means that the file was scanned and nothing was found. Everything else, each
exception of this module and OSError included, means that nothing good is known about it. A verdict has no truth value:
`if client.scan_file(…):` raises TypeError, since it would be read in either sense.

The daemon is reached at the path given to Client, else at $GATEHOUSE_SOCKET, else at /run/gatehouse/rpc.sock.

From a shell: `python3 gatehouse.py scan FILE…`, `python3 gatehouse.py call METHOD [JSON]`.
"""

from __future__ import annotations

import argparse
import errno
import grp
import json
import os
import select
import shutil
import socket
import stat
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import IO, Any, Final, NoReturn, TypeAlias, cast

__all__ = [
    "Client",
    "ConnectionLost",
    "Engine",
    "GatehouseError",
    "ProtocolViolation",
    "RemoteError",
    "Threat",
    "Unreachable",
    "Verdict",
    "Violation",
]

STANDARD_SOCKET: Final = "/run/gatehouse/rpc.sock"
"""Where the daemon listens where nobody says otherwise."""

Progress: TypeAlias = Callable[[int, int | None], None]
"""Is told how many bytes went to the engine, and of how many (None where that is not known)."""

Source: TypeAlias = "str | os.PathLike[str] | bytes | bytearray | memoryview | IO[bytes] | IO[str]"
"""What can be scanned: a path, the content itself, or an open file."""

# The daemon keeps deadlines itself; this much longer is waited for one that hangs.
_PATIENCE: Final = 10.0
_LONGEST_REPLY: Final = 64 << 20


class GatehouseError(Exception):
    """Why there is no answer. Nothing is known about the file then."""


class Unreachable(GatehouseError):
    """Nobody can be asked: no socket, no listener, or no right to connect. Nothing was sent."""


class ConnectionLost(GatehouseError):
    """The connection ended, or stayed silent too long, before the answer came; what was done is unknown."""


class ProtocolViolation(GatehouseError):
    """The other side sent something that is no answer of a Gatehouse daemon."""


@dataclass(frozen=True)
class Violation:
    """One way in which params break the method's schema."""

    path: str
    """Where: a JSON Pointer from the top of params."""
    rule: str
    """The schema keyword that is broken."""
    message: str
    """What to write instead."""


class RemoteError(GatehouseError):
    """The daemon's error answer. `kind` is a stable word; schemas/errors.json lists all."""

    def __init__(self, error: Mapping[str, Any]) -> None:
        data = error.get("data")
        data = data if isinstance(data, dict) else {}
        self.raw: Final = error
        """The error object as it came."""
        self.code: Final[int] = error["code"]
        self.message: Final = str(error.get("message", ""))
        self.kind: Final = str(data.get("kind", "unknown"))
        self.retryable: Final = data.get("retryable") is True
        """Whether the same request may succeed later."""
        retry_after = data.get("retryAfterMs")
        self.retry_after_ms: Final[int | None] = retry_after if isinstance(retry_after, int) else None
        self.hint: Final[str | None] = _text(data.get("hint"))
        """What to do about it."""
        self.request_id: Final[str | None] = _text(data.get("requestId"))
        """The daemon's identifier of the request, which its log shows too."""
        self.outcome: Final[str | None] = _text(data.get("outcome"))
        """"unknown" where the request may have taken effect although it failed here."""
        upstream = data.get("upstream")
        self.upstream: Final[dict[str, Any] | None] = upstream if isinstance(upstream, dict) else None
        """What the upstream said: name, status, code, text, traceId."""
        violations = data.get("violations")
        self.violations: Final = [
            Violation(str(each.get("path", "")), str(each.get("rule", "")), str(each.get("message", "")))
            for each in (violations if isinstance(violations, list) else [])
            if isinstance(each, dict)
        ]
        """Every way in which the params break the method's schema."""
        super().__init__(f"{self.message} ({self.kind})")


@dataclass(frozen=True)
class Threat:
    """Something that the engine found; None is what it does not say."""

    name: str | None
    id: str | None
    category: str | None
    file: str | None
    disposition: str | None


@dataclass(frozen=True)
class Engine:
    """Which engine gave the verdict."""

    profile: str
    kind: str
    definitions: str | None
    plaintext: bool


@dataclass(frozen=True, eq=False)
class Verdict:
    """The outcome of a scan. Compare it: `verdict == "clean"`. None is what the engine does not say."""

    verdict: str
    """clean, infected or notScanned."""
    reason: str | None
    """Why it was not scanned, as a word."""
    scan_status: str | None
    file_scanned: str | None
    file_status: str | None
    total_infections: int | None
    bytes_scanned: int | None
    total_files_scanned: int | None
    threats: tuple[Threat, ...]
    sha256: str | None
    size: int | None
    engine: Engine
    request_id: str
    trace_id: str | None
    elapsed_ms: int
    cached: bool
    raw: Mapping[str, Any] = field(repr=False)
    """The object as it came."""

    @property
    def is_clean(self) -> bool:
        """Whether it was scanned and nothing was found."""
        return self.verdict == "clean"

    def __eq__(self, other: object) -> bool:
        if isinstance(other, str):
            return self.verdict == other
        if isinstance(other, Verdict):
            return self.raw == other.raw
        return NotImplemented

    def __hash__(self) -> int:
        # Equal to the hash of the word that it equals.
        return hash(self.verdict)

    def __bool__(self) -> NoReturn:
        raise TypeError('a verdict is neither true nor false; write verdict == "clean"')

    def __str__(self) -> str:
        return self.verdict

    @classmethod
    def read(cls, result: object) -> Verdict:
        """Reads a result of scanFile or scanPath; what is incomplete or contradicts itself is no verdict."""
        members = _Members(result, "verdict")
        threats = members.objects("threats")
        engine = _Members(members.get("engine", dict), "engine")
        verdict = cls(
            verdict=members.get("verdict", str),
            reason=members.optional("reason", str),
            scan_status=members.optional("scanStatus", str),
            file_scanned=members.optional("fileScanned", str),
            file_status=members.optional("fileStatus", str),
            total_infections=members.optional("totalInfections", int),
            bytes_scanned=members.optional("bytesScanned", int),
            total_files_scanned=members.optional("totalFilesScanned", int),
            threats=tuple(
                Threat(*(each.optional(name, str) for name in ("name", "id", "category", "file", "disposition")))
                for each in threats
            ),
            sha256=members.optional("sha256", str),
            size=members.optional("size", int),
            engine=Engine(
                engine.get("profile", str),
                engine.get("kind", str),
                engine.optional("definitions", str),
                engine.get("plaintext", bool),
            ),
            request_id=members.get("requestId", str),
            trace_id=members.optional("traceId", str),
            elapsed_ms=members.get("elapsedMs", int),
            cached=members.get("cached", bool),
            raw=members.members,
        )
        if verdict.verdict not in ("clean", "infected", "notScanned"):
            raise ProtocolViolation(f"an unknown verdict: {verdict.verdict!r:.40}")
        if verdict.is_clean and (
            verdict.threats
            or verdict.total_infections
            or verdict.reason is not None
            or verdict.file_status not in (None, "CLEAN")
            or verdict.scan_status not in (None, "SCAN_SUCCESS")
        ):
            raise ProtocolViolation("a verdict that says clean and something else as well")
        return verdict


class Client:
    """A connection to the daemon, made with the first call and made again when it has ended.

    Threads may share one: calls wait for each other. For calls at the same time make a client for each thread. It is for
    calls: what the daemon tells a subscriber between them is not read.
    An exception other than RemoteError, one of a progress callback included, hangs up, and so cancels the call.
    """

    def __init__(self, path: str | os.PathLike[str] | None = None) -> None:
        standard = os.environ.get("GATEHOUSE_SOCKET") or STANDARD_SOCKET
        self.path: Final = standard if path is None else os.fspath(path)
        """The daemon's socket."""
        self._lock: Final = threading.Lock()
        self._socket: socket.socket | None = None
        self._received = bytearray()
        self._last_id = 0

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Hangs up, once a call in flight has ended. A later call connects again."""
        with self._lock:
            self._hang_up()

    def scan_file(
        self,
        source: Source,
        *,
        name: str | None = None,
        profile: str | None = None,
        deadline: float | None = None,
        progress: Progress | None = None,
    ) -> Verdict:
        """Scans a path, a content, or an open file; returns the daemon's verdict.

        A regular file is scanned from its first byte, wherever its position is, and only its descriptor is passed.
        What is left in any other open file is copied to a temporary file first. `name` is what engine and log call it;
        `deadline` is in seconds, 120 where it is left out. A path that cannot be opened raises OSError.
        """
        params: dict[str, Any] = {"file": {"fd": 0}}
        label = name if name is not None else _name(source)
        if label is not None:
            params["name"] = label
        if profile is not None:
            params["profile"] = profile
        if progress is not None:
            params["progress"] = True
        file, is_ours = _open(source)
        try:
            result = self.call("scanFile", params, [file], deadline=deadline, progress=progress, patience=120.0)
        finally:
            if is_ours:
                os.close(file)
        return Verdict.read(result)

    def call(
        self,
        method: str,
        params: Mapping[str, Any] | None = None,
        fds: Sequence[int] = (),
        *,
        deadline: float | None = None,
        progress: Progress | None = None,
        patience: float = 120.0,
    ) -> Any:
        """Calls any method and returns its result; raises RemoteError for the daemon's error answer.

        The params name each descriptor of `fds` by its index. `deadline`, in seconds, goes to the daemon as deadlineMs;
        where neither has one, `patience` says how long the daemon's own default is. `progress` is told of progress, and
        is for methods that take `"progress": true`.
        """
        members = dict(params or {})
        if deadline is not None:
            if not 0.001 <= deadline <= 3600:
                raise ValueError("a deadline is 0.001 to 3600 seconds")
            members["deadlineMs"] = round(deadline * 1000)
        limit = members.get("deadlineMs", patience * 1000)
        seconds = (limit / 1000 if isinstance(limit, (int, float)) else patience) + _PATIENCE
        with self._lock:
            try:
                return self._exchange(method, members, fds, progress, time.monotonic() + seconds)
            except RemoteError:
                raise
            except BaseException:
                # What comes later on this connection would belong to a call that nobody waits for any more.
                self._hang_up()
                raise

    def _exchange(
        self, method: str, params: dict[str, Any], fds: Sequence[int], progress: Progress | None, end: float
    ) -> Any:
        self._last_id += 1
        request = {"jsonrpc": "2.0", "id": self._last_id, "method": method, "params": params}
        message = json.dumps(request, allow_nan=False).encode() + b"\n"
        connection = self._connect()
        try:
            connection.settimeout(max(0.001, end - time.monotonic()))
            # The descriptors go with the first bytes; a long message takes more than one call.
            sent = socket.send_fds(connection, [message], list(fds)) if fds else 0
            connection.sendall(memoryview(message)[sent:])
        except (BrokenPipeError, ConnectionResetError):
            # A daemon that refuses a message says why before it closes: that answer is worth reading.
            pass
        except TimeoutError:
            raise ConnectionLost("the daemon does not read") from None
        while True:
            reply = self._receive(connection, end)
            if "id" not in reply and "method" in reply:
                _tell(reply, self._last_id, progress)
            elif reply.get("id") == self._last_id and type(reply["id"]) is int:
                return _result(reply)
            elif reply.get("id") is None and "error" in reply:
                # It answers no request: the daemon closes after it.
                self._hang_up()
                _result(reply)
            else:
                raise ProtocolViolation("a reply to something that was not asked")

    def _receive(self, connection: socket.socket, end: float) -> dict[str, Any]:
        searched = 0
        while (line := self._received.find(b"\n", searched)) < 0:
            searched = len(self._received)
            if searched > _LONGEST_REPLY:
                raise ProtocolViolation("a reply without an end")
            remaining = end - time.monotonic()
            if remaining <= 0:
                raise ConnectionLost("the daemon stays silent")
            connection.settimeout(remaining)
            try:
                chunk = connection.recv(1 << 16)
            except TimeoutError:
                raise ConnectionLost("the daemon stays silent") from None
            except OSError as error:
                raise ConnectionLost(f"the connection broke: {error.strerror}") from None
            if not chunk:
                raise ConnectionLost("the daemon closed the connection")
            self._received += chunk
        text = bytes(self._received[:line])
        del self._received[: line + 1]
        try:
            reply = json.loads(text, object_pairs_hook=_unique)
        except (ValueError, RecursionError) as error:
            raise ProtocolViolation(f"a reply that is no JSON: {error}") from None
        if not isinstance(reply, dict) or reply.get("jsonrpc") != "2.0":
            raise ProtocolViolation("a reply that is no JSON-RPC 2.0")
        return reply

    def _connect(self) -> socket.socket:
        if self._socket is not None:
            # Between calls nothing comes: what is readable is the end, as when the daemon has stopped.
            poll = select.poll()
            poll.register(self._socket, select.POLLIN)
            if not poll.poll(0) and not self._received:
                return self._socket
            self._hang_up()
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
        try:
            connection.connect(self.path)
        except (OSError, ValueError) as error:
            connection.close()
            raise Unreachable(f"cannot reach the daemon at {self.path}: {_explain(error, self.path)}") from error
        self._socket = connection
        return connection

    def _hang_up(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None
        self._received.clear()


class _Members:
    """Reads an object of the daemon, whose members have the types that its schema says."""

    def __init__(self, value: object, what: str) -> None:
        if not isinstance(value, dict):
            raise ProtocolViolation(f"a {what} that is no object")
        self.members: dict[str, Any] = value
        self.what = what

    def get(self, name: str, kind: type[Any]) -> Any:
        value = self.members.get(name)
        # In Python a bool is an int; in JSON it is not.
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            raise ProtocolViolation(f"a {self.what} whose {name} is missing or wrong")
        return value

    def optional(self, name: str, kind: type[Any]) -> Any:
        if name not in self.members:
            raise ProtocolViolation(f"a {self.what} whose {name} is missing")
        return None if self.members[name] is None else self.get(name, kind)

    def objects(self, name: str) -> list[_Members]:
        return [_Members(each, name) for each in self.get(name, list)]


def _unique(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    members: dict[str, Any] = {}
    for name, value in pairs:
        if name in members:
            raise ValueError("a member stands twice")
        members[name] = value
    return members


def _result(reply: Mapping[str, Any]) -> Any:
    if "error" in reply:
        error = reply["error"]
        if not isinstance(error, dict) or type(error.get("code")) is not int:
            raise ProtocolViolation("an error that is none")
        raise RemoteError(error)
    if "result" not in reply:
        raise ProtocolViolation("a reply without a result")
    return reply["result"]


def _tell(notification: Mapping[str, Any], call: int, progress: Progress | None) -> None:
    params = notification.get("params")
    if progress is None or notification.get("method") != "progress" or not isinstance(params, dict):
        return
    done, total = params.get("done"), params.get("total")
    if params.get("id") == call and isinstance(done, int) and (total is None or isinstance(total, int)):
        progress(done, total)


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _name(source: Source) -> str | None:
    """The last part of a path, as the daemon takes names: 1 to 255 bytes of UTF-8 without control characters."""
    if isinstance(source, (str, os.PathLike)):
        path: object = os.fspath(source)
    else:
        path = getattr(source, "name", None)
    if not isinstance(path, str):
        return None
    last = path.rstrip("/").rpartition("/")[2]
    clean = "".join("_" if _is_control(each) or 0xD800 <= ord(each) < 0xE000 else each for each in last)
    name = clean.encode()[:255].decode(errors="ignore")
    return name if name not in ("", ".", "..") else None


def _is_control(each: str) -> bool:
    return ord(each) < 32 or 127 <= ord(each) < 160


def _open(source: Source) -> tuple[int, bool]:
    """A descriptor for what is to be scanned, and whether it has to be closed here."""
    if isinstance(source, (str, os.PathLike)):
        # A pipe or a device must not make us wait, or become our terminal; the daemon refuses them.
        return os.open(source, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC), True
    if isinstance(source, (bytes, bytearray, memoryview)):
        return _memory(source), True
    try:
        file = source.fileno()
    except (AttributeError, OSError):
        # A file in memory has none.
        return _copy(source), True
    if not stat.S_ISREG(os.fstat(file).st_mode):
        return _copy(getattr(source, "buffer", source)), True
    if source.writable():
        source.flush()
    return file, False


def _memory(content: bytes | bytearray | memoryview) -> int:
    """A file in memory that holds a content."""
    file = os.memfd_create("content")
    try:
        rest = memoryview(content).cast("B")
        while rest:
            rest = rest[os.write(file, rest) :]
    except BaseException:
        os.close(file)
        raise
    return file


def _copy(source: Any) -> int:
    with tempfile.TemporaryFile() as copy:
        shutil.copyfileobj(source, copy)
        copy.flush()
        return os.dup(copy.fileno())


def _explain(error: OSError | ValueError, path: str) -> str:
    if not isinstance(error, OSError) or error.errno is None:
        return str(error)
    match error.errno:
        case errno.ENOENT:
            return "there is no such socket; is gatehouse.socket started (systemctl status gatehouse.socket)?"
        case errno.ECONNREFUSED:
            return "nobody listens there any more; is gatehouse.socket started (systemctl status gatehouse.socket)?"
        case errno.EACCES | errno.EPERM:
            return f"permission denied{_group(path)}"
        case _:
            return error.strerror or str(error)


def _group(path: str) -> str:
    try:
        group = grp.getgrgid(os.stat(path).st_gid).gr_name
    except (OSError, KeyError):
        return ""
    return f"; members of group {group} may connect"


# From a shell.


def _visible(text: str) -> str:
    """A name as one line that cannot command a terminal."""
    shown = []
    for each in text:
        point = ord(each)
        is_turning = point in (0x61C, 0x200E, 0x200F, 0xFEFF) or 0x2028 <= point <= 0x202E or 0x2066 <= point <= 0x2069
        if each == "\\":
            shown.append("\\\\")
        elif _is_control(each) or is_turning or 0xD800 <= point < 0xE000:
            shown += [f"\\x{byte:02x}" for byte in os.fsencode(each) or each.encode(errors="replace")]
        else:
            shown.append(each)
    return "".join(shown)


def _say(text: str) -> None:
    print(f"gatehouse.py: {_visible(text)}", file=sys.stderr)


def _explain_error(error: RemoteError) -> None:
    _say(str(error))
    if error.hint:
        _say(f"hint: {error.hint}")


def _scan(client: Client, paths: Sequence[str], deadline: float | None, profile: str | None) -> int:
    """Prints a line for each file; the lines and the exit code are those of the program `gatehouse`."""
    infected = failed = False
    for path in paths:
        try:
            verdict = client.scan_file(path, deadline=deadline, profile=profile)
        except RemoteError as error:
            outcome = f"{error.kind} NOT SCANNED"
            _explain_error(error)
        except Unreachable as error:
            # Nobody can be asked about what follows either.
            _say(str(error))
            return 1 if infected else 3
        except OSError as error:
            outcome = "fileUnreadable NOT SCANNED"
            _say(f"{path}: {error.strerror}")
        except ProtocolViolation as error:
            outcome = "protocolViolation NOT SCANNED"
            _say(str(error))
        except ConnectionLost as error:
            outcome = "connectionLost NOT SCANNED"
            _say(str(error))
        else:
            if verdict == "clean":
                print(f"{_visible(path)}: OK", flush=True)
                continue
            if verdict == "infected":
                infected = True
                name = verdict.threats[0].name if verdict.threats else None
                outcome = f"{name or 'unknown'} FOUND"
            else:
                outcome = f"{verdict.reason or 'unknownAnswer'} NOT SCANNED"
        failed = True
        print(f"{_visible(path)}: {_visible(outcome)}", flush=True)
    return 1 if infected else 2 if failed else 0


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(64, f"{self.prog}: {message}\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command line; returns 0 all clean or done, 1 infected, 2 failed, 3 unreachable.

    Wrong usage exits with 64.
    """
    parser = _Parser(description="Ask the Gatehouse daemon of this host.")
    parser.add_argument("--socket", help="the daemon's socket (else $GATEHOUSE_SOCKET)")
    parser.add_argument("--timeout", type=float, metavar="SECONDS", help="give up a request after so long")
    commands = parser.add_subparsers(dest="command", required=True)
    scan = commands.add_parser("scan", help="scan files")
    scan.add_argument("--profile", help="the profile that scans")
    scan.add_argument("paths", nargs="+", metavar="FILE")
    call = commands.add_parser("call", help="call a method and print its result")
    call.add_argument("method")
    call.add_argument("params", nargs="?", default="{}", metavar="JSON")
    call.add_argument("--fd", action="append", default=[], metavar="FILE", help="a file to pass; may be repeated")
    options = parser.parse_args(arguments)
    if options.timeout is not None and not 0.001 <= options.timeout <= 3600:
        parser.error("--timeout must be between 0.001 and 3600 seconds")
    with Client(options.socket) as client:
        try:
            if options.command == "scan":
                return _scan(client, cast("list[str]", options.paths), options.timeout, options.profile)
            try:
                params = json.loads(options.params)
            except ValueError as error:
                parser.error(f"the parameters are not JSON: {error}")
            files = [os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY) for path in options.fd]
            print(json.dumps(client.call(options.method, params, files, deadline=options.timeout), indent=2))
            return 0
        except Unreachable as error:
            _say(str(error))
            return 3
        except RemoteError as error:
            print(json.dumps(error.raw, indent=2), file=sys.stderr)
            return 2
        except (GatehouseError, OSError) as error:
            _say(str(error))
            return 2


if __name__ == "__main__":
    sys.exit(main())
