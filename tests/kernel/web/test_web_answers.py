"""What every answer carries, and what goes wrong said in one shape."""

from __future__ import annotations

import asyncio
import errno
import json
import logging

import pytest
from fastapi import APIRouter, HTTPException

from faceforge_core.owned import Owned
from faceforge_core.web.envelope import INTERNAL_ERROR, STATUS, code_for, failure_refusal, json_bytes, refusal_of
from faceforge_core.web.routes import build_app
from faceforge_sdk import Router, errors
from faceforge_sdk.errors import Busy, FaceForgeError, InsufficientStorage, IntegrityError

BEARER = ("Authorization", "Bearer a-token-that-nobody-guesses")
PAGE = ("Accept", "text/html")
ALWAYS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; media-src 'self'; "
        "connect-src 'self'; font-src 'self'; manifest-src 'self'; form-action 'self'; frame-ancestors 'none'; "
        "base-uri 'none'; object-src 'none'"
    ),
}


def all_errors(kind: type[FaceForgeError] = FaceForgeError) -> set[type[FaceForgeError]]:
    return {kind, *(found for child in kind.__subclasses__() for found in all_errors(child))}


@pytest.mark.parametrize(
    ("method", "path", "host", "status"),
    [
        ("GET", "/ui/entities", "localhost", 200),
        ("GET", "/v1/who", "localhost", 200),
        ("GET", "/v1/nothing", "localhost", 404),
        ("GET", "/ui/nothing", "localhost", 404),
        ("PUT", "/v1/things", "localhost", 405),
        ("POST", "/v1/things", "localhost", 422),
        ("GET", "/v1/broken", "localhost", 500),
        ("GET", "/v1/exits", "localhost", 500),
        ("GET", "/v1/who/", "localhost", 307),
        ("GET", "/v1/who", "evil.example", 403),
        ("GET", "/v1/who", "a b", 400),
    ],
)
@pytest.mark.parametrize("accept", ["*/*", "text/html"])
def test_b15_b23_every_answer_carries_the_security_headers(door, method, path, host, status, accept) -> None:
    answer = door.ask(method, path, [BEARER, ("Accept", accept)], host=host)
    assert answer.status == status
    assert ALWAYS.items() <= answer.headers.items()
    names = [name for name, _ in answer.pairs]
    assert len(names) == len(set(names))


def test_b15_b23_so_do_refusals_of_the_guard(door) -> None:
    for headers in ([], [PAGE], [("X-Big", "x" * 70_000)]):
        answer = door.ask("GET", "/ui/entities", headers)
        assert answer.status in {303, 401, 431}
        assert ALWAYS.items() <= answer.headers.items()


def test_an_app_may_set_a_policy_of_its_own_and_keeps_the_rest(door) -> None:
    router = APIRouter()

    @router.get("/v1/file")
    async def file() -> None:
        raise HTTPException(404, headers={"Content-Security-Policy": "sandbox", "Cache-Control": "private"})

    door.live.app = build_app([Owned("faceforge.x", Router(router))], {})
    answer = door.ask("GET", "/v1/file", [BEARER])
    own = {"content-security-policy": "sandbox", "cache-control": "private"}
    assert (ALWAYS | own).items() <= answer.headers.items()


def test_b23_a_405_names_every_method_of_the_address(door) -> None:
    assert door.ask("DELETE", "/ui/login", [BEARER]).headers["allow"] == "GET, POST"
    assert door.ask("DELETE", "/v1/things", [BEARER]).headers["allow"] == "POST"


@pytest.mark.parametrize("path", ["/v1/broken", "/v1/exits"])
def test_an_unexpected_error_is_a_500_without_internals_and_once_in_the_log(door, caplog, path: str) -> None:
    with caplog.at_level(logging.ERROR):
        answer = door.ask("GET", path, [BEARER])
    assert (answer.status, answer.code) == (500, "internal_error")
    assert b"secret" not in answer.body
    assert [record.levelname for record in caplog.records] == ["ERROR"]
    assert caplog.records[0].exc_info is not None


@pytest.mark.parametrize(
    ("error", "traced"),
    [(InsufficientStorage("It is full."), False), (Busy("Later."), False), (IntegrityError("Gone."), True)],
)
def test_what_its_sentence_tells_in_full_has_no_traceback_in_the_log(
    door, caplog, error: FaceForgeError, *, traced: bool
) -> None:
    router = APIRouter()

    @router.get("/v1/refuses")
    async def refuse() -> None:
        raise error

    door.live.app = build_app([Owned("faceforge.x", Router(router))], {})
    with caplog.at_level(logging.ERROR):
        assert door.ask("GET", "/v1/refuses", [BEARER]).status >= 500
    (record,) = caplog.records
    assert record.getMessage() == f"GET /v1/refuses: {error}"
    assert bool(record.exc_info) is traced


@pytest.mark.parametrize(
    "error",
    [MemoryError(), OSError(errno.EMFILE, "x"), OSError(errno.ENOMEM, "x"), RuntimeError("can't start new thread")],
    ids=repr,
)
def test_r09_what_the_computer_has_too_little_of_is_busy_and_anything_else_our_own_fault(error: BaseException) -> None:
    refusal = failure_refusal(error)
    assert (refusal.status, refusal.code) == (503, "busy")
    assert "Retry-After" in dict(refusal.headers)
    for other in (RuntimeError("x"), OSError(errno.ENOENT, "x"), KeyError("x")):
        assert failure_refusal(other) is INTERNAL_ERROR


def test_a_person_gets_a_page_and_a_program_the_envelope(door) -> None:
    page = door.ask("GET", "/ui/nothing", [BEARER, PAGE])
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert b"There is nothing at this address." in page.body
    assert door.ask("GET", "/ui/nothing", [BEARER]).code == "not_found"
    assert door.ask("GET", "/v1/nothing", [BEARER, PAGE]).code == "not_found"


def test_every_error_of_the_sdk_has_its_status_and_code() -> None:
    abstract = {kind for kind in all_errors() if kind.__name__.startswith("_")}
    assert {kind for kind in all_errors() if kind.__module__ == "faceforge_sdk.errors"} - abstract == set(STATUS)
    table = {
        line.split()[-3].strip("├└─ "): (int(line.split()[-2]), line.split()[-1])
        for line in (errors.__doc__ or "").splitlines()
        if "──" in line
    }
    assert table == {kind.__name__: value for kind, value in STATUS.items() if kind is not FaceForgeError}


def test_a_subclass_of_a_plugin_is_told_as_its_parent() -> None:
    class NoSuchPalette(errors.NotFound):
        pass

    refusal = refusal_of(NoSuchPalette("No palette.", details={"id": 1}))
    assert (refusal.status, refusal.code, refusal.message, refusal.details) == (
        404,
        "not_found",
        "No palette.",
        {"id": 1},
    )


def test_errors_bring_the_headers_that_go_with_them() -> None:
    assert ("Content-Range", "bytes */100") in refusal_of(errors.RangeNotSatisfiable(100)).headers
    for kind in (errors.Busy, errors.TooManyRequests, errors.StorageUnavailable):
        assert refusal_of(kind("Later.", retry_after=7)).headers == (("Retry-After", "7"),)


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (400, "client_error"),
        (404, "not_found"),
        (405, "client_error"),
        (418, "client_error"),
        (429, "rate_limited"),
        (500, "server_error"),
        (501, "server_error"),
        (503, "busy"),
    ],
)
def test_a_bare_status_has_a_code(status: int, code: str) -> None:
    assert code_for(status) == code


def test_details_name_what_is_wrong_without_the_value(door) -> None:
    body = json.dumps({"name": {"password": "hunter2"}, "value": "x" * 100_000}).encode()
    answer = door.ask("POST", "/v1/things", [BEARER, ("Content-Type", "application/json")], body)
    assert (answer.status, answer.code) == (422, "validation_error")
    assert answer.json["error"]["details"] == [
        {"type": "string_type", "loc": ["body", "name"], "msg": "Input should be a valid string"}
    ]
    assert "body.name" in answer.json["error"]["message"]
    assert b"hunter2" not in answer.body


def test_anything_becomes_json() -> None:
    ring: list[object] = []
    ring.append(ring)
    for value in ("\ud800", float("nan"), {1: object()}, ring, {"a": {2, 3}}, b"\xff"):
        json.loads(json_bytes(value))


def test_too_many_at_once_are_told_to_come_back_and_health_still_answers(door) -> None:
    door.limits(concurrent_requests=2)

    async def crowd() -> None:
        door.gate = asyncio.Event()
        app = door.app
        inside = [asyncio.create_task(door.asking("GET", "/v1/slow", [BEARER], app=app)) for _ in range(2)]
        await asyncio.sleep(0)
        refused = await door.asking("GET", "/v1/who", [BEARER], app=app)
        assert (refused.status, refused.code) == (503, "busy")
        assert refused.headers["retry-after"] == "1"
        assert (await door.asking("GET", "/healthz", app=app)).status == 200
        door.gate.set()
        assert [answer.status for answer in await asyncio.gather(*inside)] == [200, 200]
        assert (await door.asking("GET", "/v1/who", [BEARER], app=app)).status == 200

    asyncio.run(crowd())
