"""A client that costs little itself: kept connections, prepared requests, bytes that are dropped in the kernel."""

from __future__ import annotations

import hashlib
import json
import socket
import statistics
import sys
import threading
import time
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_BLOCK = 1 << 20
_WITHIN = 600.0


class Connection:
    """One kept connection that sends prepared requests."""

    def __init__(self, port: int, status: bytes = b" 20") -> None:
        self._status = status
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=_WITHIN)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def ask(self, request: bytes) -> bytes:
        """The body of the answer. Raises `RuntimeError` for another status."""
        self._socket.sendall(request)
        answer = bytearray()
        while b"\r\n\r\n" not in answer:
            answer += self._more()
        head, _, rest = bytes(answer).partition(b"\r\n\r\n")
        _, named, after = head.lower().partition(b"content-length:")
        body = self._counted(int(after.partition(b"\r\n")[0]), rest) if named else self._chunked(rest)
        if self._status not in head[:16]:
            raise RuntimeError((head[:200] + b"\n" + body[:500]).decode(errors="replace"))
        return body

    def _counted(self, length: int, begun: bytes) -> bytes:
        body = bytearray(begun)
        while len(body) < length:
            body += self._more()
        return bytes(body)

    def _chunked(self, begun: bytes) -> bytes:
        body, rest = bytearray(), bytearray(begun)
        while True:
            while b"\r\n" not in rest:
                rest += self._more()
            size, _, following = bytes(rest).partition(b"\r\n")
            length = int(size, 16)
            rest = bytearray(following)
            while len(rest) < length + 2:
                rest += self._more()
            if not length:
                return bytes(body)
            body += rest[:length]
            del rest[: length + 2]

    def _more(self) -> bytes:
        received = self._socket.recv(65536)
        if not received:
            raise ConnectionError("The connection was closed amid an answer.")
        return received

    def close(self) -> None:
        """Hang up."""
        self._socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def request(method: str, path: str, token: str = "", body: bytes = b"") -> bytes:
    """A request as it goes over the wire."""
    head = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
    if token:
        head += f"Authorization: Bearer {token}\r\n"
    if body or method in {"POST", "PUT"}:
        head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    return head.encode() + b"\r\n" + body


def p50(ask: Callable[[], object], times: int, seconds: float = 1.0) -> float:
    """Median milliseconds of so many calls, or of as many as there is time for, after some that warm up."""
    _timed(ask, times // 10, seconds / 5)
    return statistics.median(_timed(ask, times, seconds)) * 1000


def _timed(ask: Callable[[], object], times: int, seconds: float) -> list[float]:
    taken: list[float] = []
    deadline = time.perf_counter() + seconds
    while len(taken) < 2 or (len(taken) < times and time.perf_counter() < deadline):
        began = time.perf_counter()
        ask()
        taken.append(time.perf_counter() - began)
    return taken


def rate(port: int, message: Callable[[int], bytes], clients: int, count: int) -> float:
    """Answers per second to so many clients that share `count` requests; each is asked for by its number."""
    numbers = iter(range(count))
    gate = threading.Lock()
    failures: list[BaseException] = []

    def work() -> None:
        try:
            with Connection(port) as connection:
                while not failures:
                    with gate:
                        number = next(numbers, None)
                    if number is None:
                        return
                    connection.ask(message(number))
        except BaseException as error:
            failures.append(error)
            raise

    threads = [threading.Thread(target=work) for _ in range(clients)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise RuntimeError("A client failed.") from failures[0]
    return count / (time.perf_counter() - began)


def multipart(token: str, size: int, kind: str = "") -> tuple[bytes, bytes, bytes]:
    """What goes before the body of an upload to Core, and what before and after the file in it."""
    before = b'--XX\r\nContent-Disposition: form-data; name="file"; filename="a.bin"\r\n\r\n'
    after = b"\r\n--XX--\r\n"
    head = (
        f"POST /v1/assets/upload{kind and f'?kind={kind}'} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        f"Authorization: Bearer {token}\r\nContent-Type: multipart/form-data; boundary=XX\r\n"
        f"Content-Length: {len(before) + size + len(after)}\r\n\r\n"
    )
    return head.encode(), before, after


def send(port: int, file: Path, head: bytes, before: bytes = b"", after: bytes = b"") -> tuple[float, bytes]:
    """Seconds to upload a file between two parts of a body, and the answer."""
    with Connection(port) as connection, file.open("rb") as source:
        began = time.perf_counter()
        connection._socket.sendall(head + before)
        connection._socket.sendfile(source)
        answer = connection.ask(after)
        return time.perf_counter() - began, answer


def upload(port: int, token: str, file: Path, kind: str = "") -> tuple[float, dict[str, Any]]:
    """Seconds to upload a file to Core, and the asset it became."""
    seconds, answer = send(port, file, *multipart(token, file.stat().st_size, kind))
    return seconds, json.loads(answer)["data"]


def fetch(port: int, message: bytes, size: int) -> float:
    """Seconds until so many bytes have arrived; they are dropped in the kernel."""
    sink = bytearray(_BLOCK)
    flags = socket.MSG_TRUNC if sys.platform == "linux" else 0
    with socket.create_connection(("127.0.0.1", port), timeout=_WITHIN) as connection:
        began = time.perf_counter()
        connection.sendall(message)
        left = size - len(_body_begun(connection))
        while left > 0:
            received = connection.recv_into(sink, len(sink), flags)
            if not received:
                raise RuntimeError("The answer was cut off.")
            left -= received
        return time.perf_counter() - began


def digest(port: int, message: bytes, size: int) -> str:
    """The SHA-256 of a body of so many bytes."""
    with socket.create_connection(("127.0.0.1", port), timeout=_WITHIN) as connection:
        connection.sendall(message)
        piece = _body_begun(connection)
        found, left = hashlib.sha256(piece), size - len(piece)
        while left > 0 and (piece := connection.recv(_BLOCK)):
            found.update(piece)
            left -= len(piece)
    return found.hexdigest()


def _body_begun(connection: socket.socket) -> bytes:
    answer = bytearray()
    while b"\r\n\r\n" not in answer:
        received = connection.recv(4096)
        if not received:
            raise RuntimeError("There was no answer.")
        answer += received
    head, _, body = bytes(answer).partition(b"\r\n\r\n")
    if b" 20" not in head[:16]:
        raise RuntimeError(bytes(answer[:500]).decode(errors="replace"))
    return body
