"""The same promises, kept by the whole of Core: its real routes, its real sign-in, its real database."""

from __future__ import annotations

import re
import sqlite3

import pytest
from fastapi.routing import iter_route_contexts

from faceforge_core.app import warn_of_reach
from faceforge_core.web.public_paths import is_public

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
PAGE = {"Accept": "text/html,application/xhtml+xml"}


@pytest.fixture
def stranger(faceforge):
    """A client of `faceforge` that shows no credential."""
    del faceforge.client.headers["Authorization"]
    return faceforge.client


def addresses(faceforge) -> list[str]:
    """Every route's path, its parameters filled with an id that nothing has; streams only as far as there is news."""
    found = {context.path for context in iter_route_contexts(faceforge.kernel.live.routes)}
    filled = sorted(re.sub(r"\{[^}]+\}", "f" * 64, path) for path in found)
    return [f"{path}?follow=false" if path.endswith("/events") else path for path in filled]


def sign_in(client, token: str, **headers: str):
    return client.post("/ui/login", data={"token": token, "next": "/ui/entities"}, headers=headers)


def dump(faceforge) -> list[str]:
    connection = sqlite3.connect(f"file:{faceforge.kernel.home.database}?mode=ro", uri=True)
    try:
        return list(connection.iterdump())
    finally:
        connection.close()


def test_a01_every_route_of_core_is_closed_but_the_public_list(faceforge, stranger) -> None:
    closed = [path for path in addresses(faceforge) if not is_public(path)]
    assert len(closed) > 15
    for path in closed:
        for method in METHODS:
            assert stranger.request(method, path).status_code == 401, (method, path)
        page = stranger.get(path, headers=PAGE)
        assert page.status_code == (303 if path.startswith("/ui") else 401), path


def test_b13_no_get_changes_anything(faceforge) -> None:
    faceforge.settle()
    before = dump(faceforge)
    for path in addresses(faceforge):
        for method in ("GET", "HEAD"):
            answer = faceforge.client.request(method, path, headers=PAGE)
            assert answer.status_code < 500, (method, path, answer.text)
    assert dump(faceforge) == before


def test_b15_b23_every_page_and_error_of_core_carries_the_headers(faceforge) -> None:
    for path in addresses(faceforge):
        for method in ("GET", "DELETE"):
            answer = faceforge.client.request(method, path, headers=PAGE)
            assert "default-src 'none'" in answer.headers["content-security-policy"], path
            assert "unsafe-inline" not in answer.headers["content-security-policy"], path
            assert answer.headers["x-content-type-options"] == "nosniff"
            assert answer.headers["referrer-policy"] == "no-referrer"
            if answer.status_code == 405:
                assert answer.headers["allow"], path


def test_b21_a_browser_gets_a_revocable_session_and_never_the_token(faceforge, stranger) -> None:
    answer = sign_in(stranger, faceforge.token)
    assert answer.status_code == 303
    cookie = answer.headers["set-cookie"]
    name, value = cookie.partition(";")[0].split("=", 1)
    assert name == "ff_token"
    assert faceforge.token not in cookie
    parts = {part.strip().lower() for part in cookie.split(";")[1:]}
    assert {"httponly", "samesite=lax", "path=/"} <= parts
    assert "secure" not in parts
    age = next(int(part.split("=")[1]) for part in parts if part.startswith("max-age="))
    assert 0 < age <= 30 * 24 * 3600
    assert len(value) >= 43
    stranger.cookies.clear()
    assert stranger.get("/v1/ping", headers={"Cookie": f"ff_token={faceforge.token}"}).status_code == 200


def test_b21_over_https_the_cookie_stays_there(faceforge, stranger) -> None:
    answer = stranger.post("https://127.0.0.1:8787/ui/login", data={"token": faceforge.token})
    assert "secure" in answer.headers["set-cookie"].lower()


def test_a15_a_copied_cookie_is_worthless_after_signing_out(faceforge, stranger) -> None:
    copied = sign_in(stranger, faceforge.token).headers["set-cookie"].partition(";")[0]
    stranger.cookies.clear()
    assert stranger.get("/v1/ping", headers={"Cookie": copied}).status_code == 200
    assert stranger.post("/ui/logout", headers={"Cookie": copied}).status_code == 303
    stranger.cookies.clear()
    assert stranger.get("/v1/ping", headers={"Cookie": copied}).status_code == 401


def test_a16_a_rotated_token_ends_the_old_one_and_every_session(faceforge, stranger) -> None:
    old = faceforge.token
    cookie = sign_in(stranger, old).headers["set-cookie"].partition(";")[0]
    stranger.cookies.clear()
    new = faceforge.kernel.config.rotate_token()
    assert stranger.get("/v1/ping", headers={"Authorization": f"Bearer {old}"}).status_code == 401
    assert stranger.get("/v1/ping", headers={"Cookie": cookie}).status_code == 401
    assert stranger.get("/v1/ping", headers={"Authorization": f"Bearer {new}"}).status_code == 200


def test_a10_too_many_wrong_tokens_lock_the_sign_in_and_never_the_api(faceforge, stranger) -> None:
    for number in range(10):
        assert sign_in(stranger, "wrong", **{"X-Forwarded-For": f"10.0.0.{number}"}).status_code == 401
    locked = sign_in(stranger, faceforge.token, **{"X-Forwarded-For": "10.9.9.9"})
    assert locked.status_code == 429
    assert 0 < int(locked.headers["retry-after"]) <= 60
    assert stranger.get("/v1/ping", headers={"Authorization": f"Bearer {faceforge.token}"}).status_code == 200


def test_b10_another_site_cannot_sign_a_browser_in(faceforge, stranger) -> None:
    assert sign_in(stranger, faceforge.token, **{"Sec-Fetch-Site": "cross-site"}).status_code == 403


@pytest.mark.parametrize(
    "wanted",
    ["https://e", "//e", "/\\e", "/%09/e", "javascript:1", "/ui/x\r\nSet-Cookie:a=b", "/v1/entities", "/ui//e"],
)
def test_b14_signing_in_leads_to_a_page_of_ours(faceforge, stranger, wanted: str) -> None:
    answer = stranger.post("/ui/login", data={"token": faceforge.token, "next": wanted})
    assert answer.status_code == 303
    assert re.fullmatch(r"/ui/[a-z]+", answer.headers["location"])
    assert "a=b" not in answer.headers["set-cookie"]


def test_b12_an_upload_from_another_site_leaves_no_blob(faceforge, stranger) -> None:
    cookie = sign_in(stranger, faceforge.token).headers["set-cookie"].partition(";")[0]
    stranger.cookies.clear()
    headers = {"Cookie": cookie, "Sec-Fetch-Site": "cross-site"}
    answer = stranger.post("/v1/assets/upload", headers=headers, files={"file": ("a.txt", b"bytes")})
    assert answer.status_code == 403
    assert not [path for path in (faceforge.home / "assets").rglob("*") if path.is_file() and path.name != ".ff-home"]
    own = {"Cookie": cookie, "Sec-Fetch-Site": "same-origin"}
    assert stranger.post("/v1/assets/upload", headers=own, files={"file": ("a.txt", b"bytes")}).status_code == 200


def test_the_shells_error_page_is_what_a_person_sees(faceforge) -> None:
    answer = faceforge.client.get("/ui/entities/" + "f" * 64, headers=PAGE)
    assert answer.status_code == 404
    assert "/ui/static/faceforge.ui_shell/" in answer.text
    assert '"ok"' not in answer.text


@pytest.mark.parametrize(
    ("host", "warned"), [("0.0.0.0", True), ("192.168.1.5", True), ("127.0.0.1", False), ("::1", False)]
)
def test_a18_listening_on_the_network_is_warned_of(faceforge, host: str, warned: bool) -> None:
    warn_of_reach(faceforge.kernel, host)
    told = faceforge.client.get("/v1/system/info").json()["data"]["warnings"]
    log = (faceforge.kernel.home.logs_dir / "core.log").read_text()
    for place in ("\n".join(told), log):
        assert (f"Core listens on {host}: other computers" in place) is warned
