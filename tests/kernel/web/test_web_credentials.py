"""Who may come in: default-deny, one public list, one rule for credentials."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from fastapi import APIRouter, WebSocket
from fastapi.routing import iter_route_contexts

from faceforge_core.owned import Owned
from faceforge_core.web.public_paths import is_public
from faceforge_core.web.routes import build_app
from faceforge_sdk import Router

if TYPE_CHECKING:
    from collections.abc import Callable

TOKEN = "a-token-that-nobody-guesses"
BEARER = ("Authorization", f"Bearer {TOKEN}")
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


def test_a01_every_route_is_closed_but_the_public_list(door) -> None:
    paths = {context.path.replace("{", "").replace("}", "") for context in iter_route_contexts(door.live.routes)}
    closed = {path for path in paths if not is_public(path)} | {"/v1/nothing-here", "/ui", "/ui/plugins/x/y", "/v1"}
    assert len(closed) > 8
    for path in closed:
        for method in METHODS:
            answer = door.ask(method, path)
            assert (answer.status, answer.code) == (401, "unauthorized"), (method, path)
            assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize(
    "path", ["/", "/healthz", "/livez", "/readyz", "/openapi.json", "/docs", "/docs/x", "/redoc", "/ui/login"]
)
def test_a01_the_public_list_needs_no_credential(door, path: str) -> None:
    assert door.ask("GET", path).status in {200, 404}


@pytest.mark.parametrize(
    "path", ["/healthz/", "/docsx", "/ui/loginx", "/ui/login/", "/ui/static", "//healthz", "/UI/LOGIN", "/v1/healthz"]
)
def test_a01_what_merely_resembles_a_public_path_is_closed(door, path: str) -> None:
    assert door.ask("GET", path).status == 401


def test_a01_a_browser_on_a_page_is_sent_to_sign_in_and_back(door) -> None:
    answer = door.ask("GET", "/ui/entities?q=ad%20a&tag=x", [("Accept", "text/html,*/*;q=0.8")])
    assert answer.status == 303
    assert answer.headers["location"] == "/ui/login?next=/ui/entities%3Fq%3Dad%2520a%26tag%3Dx"


@pytest.mark.parametrize(
    ("method", "path", "accept"),
    [("GET", "/ui/entities", "*/*"), ("POST", "/ui/things", "text/html"), ("GET", "/v1/who", "text/html")],
)
def test_a01_everybody_else_gets_401(door, method: str, path: str, accept: str) -> None:
    assert door.ask(method, path, [("Accept", accept)]).status == 401


@pytest.mark.parametrize(
    "wrong",
    [TOKEN[:-1] + "X", TOKEN[:-1], TOKEN + " ", "", TOKEN + "x", TOKEN.upper(), "Bearer " + TOKEN],
)
@pytest.mark.parametrize("header", ["Authorization", "X-FaceForge-Token", "Cookie"])
def test_a04_a_token_that_is_almost_right_is_wrong(door, header: str, wrong: str) -> None:
    values = {"Authorization": f"Bearer {wrong}", "X-FaceForge-Token": wrong, "Cookie": f'ff_token="{wrong}"'}
    assert door.ask("GET", "/v1/who", [(header, values[header])]).status == 401


@pytest.mark.parametrize("header", ["Authorization", "X-FaceForge-Token", "Cookie"])
def test_a04_a_token_of_a_megabyte_is_refused_for_its_size(door, header: str) -> None:
    answer = door.ask("GET", "/v1/who", [(header, "Bearer " + "x" * 1_000_000)])
    assert (answer.status, answer.code) == (431, "client_error")


def test_a04_an_empty_install_token_lets_nobody_in(door) -> None:
    door.token = ""
    for value in ("", " "):
        assert door.ask("GET", "/v1/who", [("X-FaceForge-Token", value)]).status == 401


@pytest.mark.parametrize("header", ["Authorization", "X-FaceForge-Token", "Cookie"])
def test_a05_bytes_that_are_no_text_are_a_wrong_token(wire, header: str) -> None:
    prefix = {"Authorization": b"Bearer ", "X-FaceForge-Token": b"", "Cookie": b"ff_token="}[header]
    request = b"GET /v1/who HTTP/1.1\r\nHost: 127.0.0.1\r\n%s: %s\xe9\xff\r\nConnection: close\r\n\r\n"
    assert wire.status(request % (header.encode(), prefix)) == 401


def test_a06_a_stale_cookie_beside_a_good_token_passes(door) -> None:
    answer = door.ask("GET", "/v1/who", [BEARER, ("Cookie", "ff_token=stale")])
    assert answer.json == {"by": "token"}


def test_a06_any_wrong_explicit_credential_fails(door) -> None:
    door.sessions.add("good")
    good_header, bad_header = ("X-FaceForge-Token", TOKEN), ("X-FaceForge-Token", "wrong")
    bad_bearer, cookie = ("Authorization", "Bearer wrong"), ("Cookie", "ff_token=good")
    assert door.ask("GET", "/v1/who", [BEARER, good_header]).status == 200
    for headers in ([BEARER, bad_header], [bad_bearer, good_header], [bad_bearer, cookie], [bad_header, cookie]):
        assert door.ask("GET", "/v1/who", headers).status == 401


@pytest.mark.parametrize("header", ["Authorization", "X-FaceForge-Token", "Host"])
def test_a06_a_header_that_is_given_twice_is_no_request(wire, header: str) -> None:
    value = {"Authorization": f"Bearer {TOKEN}", "X-FaceForge-Token": TOKEN, "Host": "127.0.0.1"}[header]
    others = [] if header == "Host" else ["Host: 127.0.0.1"]
    lines = ["GET /v1/who HTTP/1.1", *others, f"{header}: {value}", f"{header}: {value}", "Connection: close", "", ""]
    assert wire.status("\r\n".join(lines).encode()) == 400


@pytest.mark.parametrize("value", [f"bearer {TOKEN}", f"BEARER {TOKEN}", f"Bearer   {TOKEN}"])
def test_a07_the_scheme_has_no_case_and_any_number_of_spaces(door, value: str) -> None:
    assert door.ask("GET", "/v1/who", [("authorization", value)]).status == 200


def test_another_scheme_is_none_of_our_credentials(door) -> None:
    door.sessions.add("good")
    basic = ("Authorization", "Basic eDp5")
    assert door.ask("GET", "/v1/who", [basic]).status == 401
    assert door.ask("GET", "/v1/who", [basic, ("Cookie", "ff_token=good")]).status == 200


@pytest.mark.parametrize("name", ["token", "access_token", "ff_token", "X-FaceForge-Token"])
def test_a08_a_token_in_the_address_never_counts(door, name: str) -> None:
    assert door.ask("GET", f"/v1/who?{name}={TOKEN}").status == 401


def test_the_cookie_may_hold_a_session_or_the_token_itself(door) -> None:
    door.sessions.add("good")
    for value in ("good", TOKEN):
        assert door.ask("GET", "/v1/who", [("Cookie", f"a=b; ff_token={value}; c=d")]).json == {"by": "cookie"}


def test_a_second_cookie_of_our_name_does_not_lock_out_the_right_one(door) -> None:
    door.sessions.add("good")
    for headers in (
        [("Cookie", "ff_token=tossed; ff_token=good")],
        [("Cookie", "ff_token=tossed"), ("Cookie", "ff_token=good")],
    ):
        assert door.ask("GET", "/v1/who", headers).status == 200


def test_a_rotated_token_counts_at_the_next_request(door) -> None:
    app = door.app
    assert door.ask("GET", "/v1/who", [BEARER], app=app).status == 200
    door.token = "another-token-entirely"
    assert door.ask("GET", "/v1/who", [BEARER], app=app).status == 401


@pytest.fixture
def websocket(door) -> Callable[..., list[str]]:
    router = APIRouter()

    @router.websocket("/talk")
    async def talk(websocket: WebSocket) -> None:
        await websocket.accept()
        await websocket.close()

    door.live.app = build_app([Owned("talker", Router(router))], {})

    def connect(*headers: tuple[bytes, bytes]) -> list[str]:
        scope = {
            "type": "websocket",
            "asgi": {"version": "3.0"},
            "scheme": "ws",
            "path": "/v1/plugins/talker/talk",
            "raw_path": b"/v1/plugins/talker/talk",
            "query_string": b"",
            "root_path": "",
            "headers": [(b"host", b"127.0.0.1:8787"), *headers],
            "subprotocols": [],
        }
        sent: list[str] = []

        async def receive() -> dict[str, str]:
            return {"type": "websocket.connect"}

        async def send(message: dict[str, str]) -> None:
            sent.append(message["type"])

        asyncio.run(door.app(scope, receive, send))
        return sent

    return connect


def test_a01_a_websocket_needs_a_credential_too(websocket) -> None:
    assert websocket() == ["websocket.close"]
    assert websocket((b"authorization", f"Bearer {TOKEN}".encode())) == ["websocket.accept", "websocket.close"]


def test_b05_a_websocket_from_another_origin_is_refused(websocket) -> None:
    cookie = (b"cookie", f"ff_token={TOKEN}".encode())
    assert websocket(cookie, (b"origin", b"http://127.0.0.1:3000")) == ["websocket.close"]
    assert websocket(cookie, (b"origin", b"http://127.0.0.1:8787"))[0] == "websocket.accept"
