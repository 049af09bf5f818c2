"""Clients for load: plain sockets, so that the client is not what is measured."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import Any

import pytest


class RawClient:
    """One kept connection; asks, and says how it was answered."""

    def __init__(self, url: str, token: str) -> None:
        host, port = url.removeprefix("http://").split(":")
        self._host = host
        self._token = token
        self._socket = socket.create_connection((host, int(port)), timeout=60)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def ask(
        self, method: str, path: str, body: bytes = b"", content_type: str = "application/json"
    ) -> tuple[int, bytes]:
        """Status and body."""
        self.send(method, path, body, content_type)
        answer = bytearray()
        while b"\r\n\r\n" not in answer:
            answer += self._more()
        head, _, rest = bytes(answer).partition(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
        while len(rest) < length:
            rest += self._more()
        return int(head.split(b" ", 2)[1]), rest

    def send(self, method: str, path: str, body: bytes = b"", content_type: str = "application/json") -> None:
        """Ask without waiting for the answer."""
        head = f"{method} {path} HTTP/1.1\r\nHost: {self._host}\r\nAuthorization: Bearer {self._token}\r\n"
        if body:
            head += f"Content-Type: {content_type}\r\nContent-Length: {len(body)}\r\n"
        self._socket.sendall(head.encode() + b"\r\n" + body)

    def receive(self, size: int) -> bytes:
        """At most so many bytes of an answer."""
        return self._socket.recv(size)

    def json(self, method: str, path: str, value: Any = None) -> Any:
        """The data of a successful answer."""
        status, body = self.ask(method, path, b"" if value is None else json.dumps(value).encode())
        assert status == 200, body
        return json.loads(body)["data"]

    def upload(self, name: str, content: bytes) -> str:
        """Upload a file; its asset id."""
        head = f'--XX\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'.encode()
        status, body = self.ask(
            "POST", "/v1/assets/upload", head + content + b"\r\n--XX--\r\n", "multipart/form-data; boundary=XX"
        )
        assert status == 200, body
        return str(json.loads(body)["data"]["asset_id"])

    def close(self) -> None:
        self._socket.close()

    def _more(self) -> bytes:
        received = self._socket.recv(65536)
        if not received:
            raise ConnectionError("The server closed the connection.")
        return received


@pytest.fixture
def raw_client() -> Any:
    """Opens `RawClient`s for a Core process; closed at the end."""
    opened: list[RawClient] = []

    def connect(core: Any) -> RawClient:
        opened.append(RawClient(core.url, core.token))
        return opened[-1]

    yield connect
    for client in opened:
        client.close()


@pytest.fixture
def resident_mb() -> Any:
    """The resident memory of a process in MB; NaN where the system does not tell."""

    def read(pid: int) -> float:
        status = Path(f"/proc/{pid}/status")
        if not status.exists():
            return float("nan")
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmRSS"))
        return int(line.split()[1]) / 1024

    return read
