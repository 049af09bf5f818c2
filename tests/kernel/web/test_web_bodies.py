"""What a client may send: JSON that can be kept, and no more bytes than the limits allow."""

from __future__ import annotations

import json
import socket
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

BEARER = ("Authorization", "Bearer a-token-that-nobody-guesses")
JSON = ("Content-Type", "application/json")
MIB = 1024 * 1024


def thing(value: str) -> bytes:
    return b'{"name": "Ada", "value": ' + value.encode() + b"}"


@pytest.mark.parametrize("depth", [64, 300, 1000, 5000, 500_000])
@pytest.mark.parametrize("brackets", ["[]", "{}"])
def test_v01_deep_nesting_is_refused_and_nothing_is_stored(door, depth: int, brackets: str) -> None:
    opening = "[" if brackets == "[]" else '{"a":'
    body = thing((opening * depth + "1" + brackets[1] * depth)[: MIB - 100])
    answer = door.ask("POST", "/v1/things", [BEARER, JSON], body)
    assert (answer.status, answer.code) == (422, "validation_error")
    assert answer.json["error"]["details"][0]["loc"] == ["body"]
    assert door.things == []


def test_v01_the_deepest_allowed_nesting_is_kept(door) -> None:
    assert door.ask("POST", "/v1/things", [BEARER, JSON], thing("[" * 63 + "]" * 63)).status == 200
    door.limits(json_depth=3)
    assert door.ask("POST", "/v1/things", [BEARER, JSON], thing("[[]]")).status == 200
    assert door.ask("POST", "/v1/things", [BEARER, JSON], thing("[[[]]]")).status == 422


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity", "1e999", "9" * 5000])
def test_v02_numbers_that_are_none_are_refused(door, value: str) -> None:
    answer = door.ask("POST", "/v1/things", [BEARER, JSON], thing(value))
    assert (answer.status, answer.code) == (422, "validation_error")
    assert door.things == []


@pytest.mark.parametrize("value", ["1.0", "-0", "-0.0", str(2**63), str(2**64), "0.1", "1e-7"])
def test_v02_odd_numbers_come_back_exactly(door, value: str) -> None:
    answer = door.ask("POST", "/v1/things", [BEARER, JSON], thing(value))
    assert repr(answer.json["data"]["value"]) == repr(json.loads(value))


@pytest.mark.parametrize("value", [r'"\ud800"', r'"\udc00x"', r'"\u0000"', r'{"\ud800": 1}', r'["a\u0000b"]'])
def test_v03_text_that_cannot_be_stored_is_refused(door, value: str) -> None:
    answer = door.ask("POST", "/v1/things", [BEARER, JSON], thing(value))
    assert (answer.status, answer.code) == (422, "validation_error")
    assert door.things == []


@pytest.mark.parametrize("value", ['"\u202e"', '"😀"', r'"\ud83d\ude00"'])
def test_v03_odd_text_comes_back_exactly(door, value: str) -> None:
    answer = door.ask("POST", "/v1/things", [BEARER, JSON], thing(value))
    assert answer.json["data"]["value"] == json.loads(value)


@pytest.mark.parametrize("spelling", [b"application/json\xa0", b"application/json\x85", b"Application/X+JSON\x1f; a=b"])
def test_whatever_fastapi_takes_for_json_is_checked_as_json(door, spelling: bytes) -> None:
    answer = door.ask("POST", "/v1/things", [BEARER, ("Content-Type", spelling)], thing("NaN"))
    assert (answer.status, answer.code) == (422, "validation_error")
    assert door.things == []


def test_two_content_types_are_no_request_lest_one_body_be_read_in_two_ways(door) -> None:
    for first, second in (("application/json", "text/plain"), ("text/plain", "application/json")):
        headers = [BEARER, ("Content-Type", first), ("Content-Type", second)]
        answer = door.ask("POST", "/v1/things", headers, thing("NaN"))
        assert (answer.status, answer.code) == (400, "client_error")
    assert door.things == []


@pytest.mark.parametrize("body", [b"{", b"\xff", b"{} {}", b"\xef\xbb\xbf{}", "{}".encode("utf-16")])
def test_what_is_no_json_is_refused_with_the_place(door, body: bytes) -> None:
    answer = door.ask("POST", "/v1/things", [BEARER, ("Content-Type", "application/vnd.x+json; charset=x")], body)
    assert answer.status == 422
    assert answer.json["error"]["details"][0]["type"] == "json_invalid"


def test_a_client_that_shows_its_token_may_leave_out_the_content_type(door) -> None:
    assert door.ask("POST", "/v1/things", [BEARER], b'{"name": "Ada"}').status == 200
    assert door.ask("POST", "/v1/things", [BEARER], b'{"name": NaN}').status == 422


@pytest.mark.parametrize("chunked", [False, True])
def test_v05_a_json_body_of_exactly_the_limit_passes_and_one_byte_more_does_not(door, chunked: bool) -> None:
    body = b'{"name": "' + b"x" * (MIB - 12) + b'"}'
    assert len(body) == MIB
    pieces = [body[:1000], body[1000:]] if chunked else body
    assert door.ask("POST", "/v1/things", [BEARER, JSON], pieces).status == 200
    more = [*pieces, b" "] if chunked else body + b" "
    answer = door.ask("POST", "/v1/things", [BEARER, JSON], more)
    assert (answer.status, answer.code) == (413, "payload_too_large")
    assert answer.headers["connection"] == "close"
    assert len(door.things) == 1


def test_v05_a_form_is_bounded_like_json(door) -> None:
    door.limits(json_bytes=100)
    for body in (b"x" * 101, [b"x" * 60, b"x" * 41]):
        assert door.ask("POST", "/v1/things", [BEARER, ("Content-Type", "text/plain")], body).status == 413


@pytest.mark.parametrize("chunked", [False, True])
def test_v05_a_body_without_end_does_not_fill_the_memory(wire, chunked: bool) -> None:
    head = b"POST /v1/things HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: %s\r\nContent-Type: application/json\r\n"
    size = 64 * MIB
    before = _resident()
    if chunked:
        piece = b"%x\r\n%s\r\n" % (MIB, b" " * MIB)
        pieces = [head % BEARER[1].encode() + b"Transfer-Encoding: chunked\r\n\r\n", *[piece] * 64, b"0\r\n\r\n"]
    else:
        pieces = [head % BEARER[1].encode() + b"Content-Length: %d\r\n\r\n" % size, *[b" " * MIB] * 64]
    answer = wire.talk(*pieces)
    assert answer.startswith(b"HTTP/1.1 413")
    assert b'"payload_too_large"' in answer
    assert _resident() - before < 20 * MIB


def test_v05_a_client_that_waits_for_leave_is_refused_at_once(wire) -> None:
    head = (
        b"POST /v1/things HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: %s\r\n"
        b"Expect: 100-continue\r\nContent-Length: 9999999\r\n\r\n"
    )
    assert wire.status(head % BEARER[1].encode()) == 413


@pytest.mark.parametrize("chunked", [False, True])
def test_r02_an_upload_is_bounded_by_its_own_limit(door, chunked: bool) -> None:
    door.limits(upload_bytes=2 * MIB, json_bytes=1000)
    body = b"x" * 2 * MIB
    assert door.ask("POST", "/v1/upload", [BEARER], [body] if chunked else body).json["data"] == 2 * MIB
    answer = door.ask("POST", "/v1/upload", [BEARER], [body, b"x"] if chunked else body + b"x")
    assert (answer.status, answer.code) == (413, "payload_too_large")
    assert door.received == 2 * MIB  # what came within the limit; the early refusal reads nothing more


def test_r02_without_a_limit_an_upload_may_be_of_any_size_and_kind(door) -> None:
    for kind in ("application/json", "application/octet-stream"):
        assert door.ask("POST", "/v1/upload", [BEARER, ("Content-Type", kind)], b"{" * 3 * MIB).status == 200


@pytest.mark.parametrize("length", ["x", "-1", "1e3", "9" * 30])
def test_a_content_length_that_is_no_size_is_refused(door, length: str) -> None:
    headers = [BEARER, JSON, ("Content-Length", length)]
    assert door.ask("POST", "/v1/things", headers).status in {400, 413}


def _resident() -> int:
    if sys.platform != "linux":
        return 0
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


@pytest.mark.parametrize("path", ["/v1/upload", "/v1/things"])
@pytest.mark.parametrize("length", [b"Content-Length: 100", b"Transfer-Encoding: chunked"])
def test_r04_a_body_that_stands_still_is_given_up_and_leaves_its_place(
    wire, monkeypatch: pytest.MonkeyPatch, path: str, length: bytes
) -> None:
    monkeypatch.setattr("faceforge_core.web.request_bodies.IDLE_SECONDS", 0.2)
    monkeypatch.setattr("faceforge_core.web.request_bodies._LINGER_SECONDS", 0.2)
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: {BEARER[1]}\r\nContent-Type: application/json\r\n"
    )
    answer = wire.talk(head.encode() + length + b"\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 408")
    assert b'"client_error"' in answer


def test_r04_a_body_that_comes_slowly_and_steadily_is_read(wire, monkeypatch: pytest.MonkeyPatch) -> None:
    def sent_slowly(pause: float) -> bytes:
        head = f"POST /v1/upload HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: {BEARER[1]}\r\nConnection: close\r\n"
        with socket.create_connection(("127.0.0.1", wire.port), timeout=60) as connection:
            connection.sendall(head.encode() + b"Content-Length: 8\r\n\r\n")
            with suppress(ConnectionError):  # given up
                for _ in range(8):
                    time.sleep(pause)
                    connection.sendall(b"x")
            return b"".join(iter(lambda: connection.recv(65_536), b""))

    for idle in (1.5, 6.0, 24.0):  # a busy machine stands still for a while itself
        monkeypatch.setattr("faceforge_core.web.request_bodies.IDLE_SECONDS", idle)
        answer = sent_slowly(idle / 6)
        if answer.startswith(b"HTTP/1.1 200"):
            break
    assert answer.startswith(b"HTTP/1.1 200")
