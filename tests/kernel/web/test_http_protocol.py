"""Requests that can't be read, or not now: both are said in the envelope, and each for what it is."""

from __future__ import annotations

import json
import socket
from typing import TYPE_CHECKING, Any, NoReturn

import pytest

from faceforge_core.web.http_protocol import HttpProtocol

if TYPE_CHECKING:
    from tests.kernel.web.conftest import Wire

PLAIN = b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n"


def read(answer: bytes) -> tuple[int, dict[str, str], Any]:
    """Status, headers and error."""
    head, _, body = answer.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    headers = dict(line.lower().split(": ", 1) for line in lines)
    assert headers["content-type"] == "application/json"
    assert int(headers["content-length"]) == len(body)
    assert headers["connection"] == "close"
    envelope = json.loads(body)
    assert (envelope["ok"], envelope["data"]) == (False, None)
    return int(first.split(" ")[1]), headers, envelope["error"]


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 a TLS hello\r\n\r\n",
        b"what is this\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nno colon\r\n\r\n",
        PLAIN + b"Content-Length: many\r\n\r\n",
    ],
)
def test_what_is_no_http_is_said_to_be_none(wire: Wire, request_bytes: bytes) -> None:
    status, headers, error = read(wire.talk(request_bytes))
    assert (status, error["code"]) == (400, "client_error")
    assert error["message"] == "The request is not valid HTTP/1.1."
    assert "retry-after" not in headers
    assert wire.status(PLAIN + b"Connection: close\r\n\r\n") == 200


@pytest.mark.parametrize("wire", [HttpProtocol], ids=["usual"], indirect=True)
@pytest.mark.parametrize("step", ["on_header", "on_headers_complete", "on_body"])
def test_r09_a_request_for_which_there_is_no_memory_is_asked_for_again(
    wire: Wire, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    pytest.importorskip("httptools")

    def none_left(*_: object) -> NoReturn:
        raise MemoryError

    asked = PLAIN + b"Content-Length: 3\r\n\r\nabc"
    with monkeypatch.context() as without:
        without.setattr(HttpProtocol, step, none_left)
        status, headers, error = read(wire.talk(asked))
    assert (status, error["code"], headers["retry-after"]) == (503, "busy", "5")
    assert wire.status(PLAIN + b"Connection: close\r\n\r\n") == 200


def test_an_answer_that_has_begun_is_broken_off(wire: Wire, bearer: Any) -> None:
    head = "GET /v1/endless HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n"
    head += "".join(f"{name}: {value}\r\n" for name, value in bearer)
    with socket.create_connection(("127.0.0.1", wire.port), timeout=60) as connection:
        connection.sendall(head.encode() + b"\r\n")
        got = connection.recv(65536)
        assert got.startswith(b"HTTP/1.1 200")
        connection.sendall(b"no length of a chunk\r\n")
        while more := connection.recv(65536):
            got += more
    assert got.count(b"HTTP/1.1") == 1
    assert b"error" not in got
