"""Who may do what, on the whole running Core: every route closed, nothing changed by reading, no secret told."""

from __future__ import annotations

import json
import stat
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from fastapi.routing import iter_route_contexts

if TYPE_CHECKING:
    from collections.abc import Iterator

PUBLIC = {"/", "/healthz", "/livez", "/readyz", "/openapi.json", "/docs", "/redoc", "/ui/login"}
PUBLIC_FOLDERS = ("/docs/", "/redoc/", "/ui/static/")
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
PAGE = {"Accept": "text/html,application/xhtml+xml"}


@pytest.fixture
def nobody(house) -> Any:
    """The client without any credential."""
    authorization = house.client.headers.pop("Authorization")
    yield house.client
    house.client.cookies.clear()
    house.client.headers["Authorization"] = authorization


@pytest.fixture
def in_browser(house, nobody) -> dict[str, str]:
    """The headers of a browser that is signed in."""
    response = nobody.post("/ui/login", data={"token": house.token})
    assert response.status_code == 303
    nobody.cookies.clear()
    return {"Cookie": f"ff_token={response.cookies['ff_token']}"}


def routes_of(core: Any) -> Iterator[tuple[str, frozenset[str]]]:
    """Every path with its methods, as the app and as its description know them."""
    for context in iter_route_contexts(core.kernel.live.routes):
        yield context.path, frozenset(context.methods or ())
    for path, item in core.client.get("/openapi.json").json()["paths"].items():
        yield path, frozenset(method.upper() for method in item)


def is_public(path: str) -> bool:
    return path in PUBLIC or path.startswith(PUBLIC_FOLDERS)


# --- A01


def test_a01_every_route_of_the_running_app_is_closed_in_every_method(house, nobody, api) -> None:
    found = dict(routes_of(house))
    closed = sorted({path.replace("{", "").replace("}", "").replace(":path", "") for path in found})
    closed = [path for path in closed if not is_public(path)]
    assert len(closed) > 25
    for path in closed:
        for method in METHODS:
            response = nobody.request(method, path)
            assert response.status_code == 401, (method, path)
            if method != "HEAD":
                api.error_of(response, 401, "unauthorized")


def test_a01_the_public_list_is_exactly_this(house, nobody) -> None:
    found = {path for path, _ in routes_of(house)}
    assert {path for path in found if is_public(path)} <= {
        *PUBLIC,
        "/docs/files/{name}",
        "/ui/static/{plugin_id}/{path:path}",
    }
    for path in (
        "/healthz/",
        "/healthzx",
        "/docsx",
        "/ui/loginx",
        "/ui/static",
        "/UI/login",
        "/v1/%2e%2e/healthz",
    ):
        assert nobody.get(path).status_code in {401, 400, 404}, path
        assert nobody.post(path).status_code != 200, path


def test_a01_pages_send_a_browser_to_the_login_and_back(house, nobody) -> None:
    pages = {path for path, methods in routes_of(house) if path.startswith("/ui") and "GET" in methods}
    pages = {path.replace("{", "").replace("}", "") for path in pages if not is_public(path)}
    assert len(pages) > 4
    for path in pages:
        response = nobody.get(path, headers=PAGE)
        assert response.status_code == 303, path
        assert response.headers["location"].startswith("/ui/login?next=/ui"), path
        assert nobody.post(path, headers=PAGE).status_code == 401


# --- Browsers


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", None])
def test_b11_a_cookie_does_not_create_by_a_simple_request(house, nobody, in_browser, rows, content_type) -> None:
    before = rows(house.home, "SELECT count(*) AS n FROM entities")
    headers = in_browser | ({"Content-Type": content_type} if content_type else {})
    response = nobody.post("/v1/entities", content=b'{"display_name": "forged"}', headers=headers)
    assert response.status_code in {415, 422}
    assert rows(house.home, "SELECT count(*) AS n FROM entities") == before


@pytest.mark.parametrize(
    "where",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "http://127.0.0.1:3000"},
        {"Origin": "null"},
        {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"},
    ],
    ids=str,
)
def test_b12_an_upload_from_another_site_with_the_cookie_stores_nothing(
    house, nobody, api, in_browser, blobs, where: dict[str, str]
) -> None:
    before = blobs(house.home)
    files = {"file": ("a.txt", b"forged")}
    response = nobody.post("/v1/assets/upload", files=files, headers={**in_browser, **where})
    api.error_of(response, 403, "forbidden")
    assert blobs(house.home) == before


def test_b07_b08_programs_may_say_any_origin_and_a_cookie_alone_is_enough(house, nobody, in_browser) -> None:
    entity = {"display_name": "x"}
    bearer = {"Authorization": f"Bearer {house.token}", "Origin": "https://evil.example"}
    assert nobody.post("/v1/entities", json=entity, headers=bearer).status_code == 200
    assert nobody.post("/v1/entities", json=entity, headers=in_browser).status_code == 200
    own = {**in_browser, "Origin": "http://127.0.0.1:8787"}
    assert nobody.post("/v1/entities", json=entity, headers=own).status_code == 200
    both = {**bearer, **in_browser}
    assert nobody.post("/v1/entities", json=entity, headers=both).status_code == 403


def test_b01_other_host_names_are_403(api) -> None:
    for host in ("evil.example", "127.0.0.1.evil.example", "localhost.evil", "0.0.0.0", "169.254.1.1"):
        api.error("GET", "/v1/ping", 403, "forbidden", headers={"Host": host})
    for host in ("127.0.0.1:1", "localhost:8787", "LOCALHOST:99", "[::1]:1", "127.0.0.2:1"):
        api.data("GET", "/v1/ping", headers={"Host": host})


# --- B13


def test_b13_no_get_and_no_head_changes_a_row(fresh, faceforge, dump) -> None:
    faceforge.kernel.plugins.disable("faceforge.ingest")  # it reads what came in while we look
    gone = fresh.entity("gone")
    fresh.data("DELETE", f"/v1/entities/{gone['entity_id']}")
    ids = {**fresh.one_of_everything(), "name": "redoc.standalone.js", "path": "base.css"}
    session = faceforge.client.post("/ui/login", data={"token": faceforge.token}).cookies["ff_token"]
    addresses = [
        path.replace(":path", "").format(**ids) + ("?follow=false" if path.endswith("/events") else "")  # or never ends
        for path, methods in routes_of(faceforge)
        if methods & {"GET", "HEAD"}
    ]
    addresses += ["/v1/entities?q=x&tag=x", "/v1/entities?sort_by=display_name", f"/v1/entities/{gone['entity_id']}"]
    before = settled(faceforge, dump)
    assert len(before["entities"]) == 2
    for address in addresses:
        for method in ("GET", "HEAD"):
            for headers in ({}, PAGE, {"Cookie": f"ff_token={session}"}):
                response = fresh.ask(method, address, headers=headers)
                assert response.status_code < 500, (method, address)
    assert settled(faceforge, dump) == before


def settled(core: Any, dump: Any) -> dict[str, Any]:
    """All rows, once nothing is under way; how far a handler of events has read says nothing about users' things."""
    core.wait_for(lambda: all(row[2] not in {"queued", "running"} for row in dump(core.home)["jobs"]))
    return {name: rows for name, rows in dump(core.home).items() if name != "event_cursors"}


# --- A11, A13, A16: files and secrets of a real process


@pytest.fixture
def used_core(start_process, api_of, tmp_path: Path) -> Any:
    """A real Core, started by a shell that lets everybody read, and used a little."""
    program = "import os, sys; os.umask(0); os.execv(sys.executable, [sys.executable, *sys.argv[2:]])"
    core = start_process(tmp_path / "home", under=(sys.executable, "-c", program))
    api = api_of(core.client())
    entity, asset = api.entity("Ada"), api.upload(b"x" * 3_000_000, meta={"n": 1})
    api.data("POST", f"/v1/entities/{entity['entity_id']}/assets/{asset['asset_id']}")
    folder = core.home / "plugins" / "demo"
    folder.mkdir()
    (folder / "plugin.json").write_text('{"id": "demo", "name": "Demo"}')
    api.data("POST", "/v1/plugins/demo/enable")
    api.client.post("/ui/login", data={"token": core.token})
    api.client.cookies.clear()
    return core


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no modes; the user's profile folder protects the home")
def test_a11_under_umask_000_everything_is_for_its_owner_alone(used_core) -> None:
    home = used_core.home

    def modes(folder: Path) -> dict[str, int]:
        return {str(path.relative_to(home)): stat.S_IMODE(path.lstat().st_mode) for path in folder.rglob("*")}

    found = modes(home)
    assert {"db/core.sqlite3", "db/core.sqlite3-wal", "config/core.json", "logs/core.log"} <= set(found)
    assert sum(name.startswith("assets/files/") for name in found) == 2
    assert stat.S_IMODE(home.stat().st_mode) == 0o700
    own = {name: mode for name, mode in found.items() if not name.startswith("plugins/demo")}
    assert {name: oct(mode) for name, mode in own.items() if mode & 0o077} == {}
    assert used_core.stop() == 0
    own = {name: mode for name, mode in modes(home).items() if not name.startswith("plugins/demo")}
    assert {name: oct(mode) for name, mode in own.items() if mode & 0o077} == {}


def test_a13_the_token_is_in_no_log_no_answer_and_no_command_line(used_core, api_of, rows) -> None:
    """I7."""
    token, home = used_core.token, used_core.home
    api = api_of(used_core.client())
    answers = [
        api.ask("GET", path, headers=headers)
        for path in ("/v1/system/info", "/v1/plugins", "/openapi.json", "/docs", "/ui/entities", "/ui/login", "/v1/no")
        for headers in ({}, PAGE)
    ]
    answers += [
        api.ask("GET", f"/v1/ping?token={token}", headers={"X-FaceForge-Token": f"{token}x"}),
        api.ask("GET", f"/v1/{token}"),
        api.ask("POST", "/v1/entities", json={"display_name": {"secret": token}}),
        api.ask("PUT", f"/v1/plugins/{token[:10]}/config", json={"config": 5}),
        api.ask("POST", "/ui/login", data={"token": f"{token}x", "next": "/ui/entities"}),
        api.ask("POST", "/ui/login", data={"token": token}),
    ]
    for answer in answers:
        assert token not in answer.text, answer.request.url
        assert token not in str(answer.headers), answer.request.url
    if Path("/proc").is_dir():
        for name in ("cmdline", "environ"):
            assert token.encode() not in Path(f"/proc/{used_core.pid}/{name}").read_bytes()
    assert token not in json.dumps(rows(home, "SELECT * FROM job_logs"))
    assert used_core.stop() == 0
    assert token not in used_core.output()
    holders = [path for path in home.rglob("*") if path.is_file() and token.encode() in path.read_bytes()]
    assert [path.relative_to(home).as_posix() for path in holders] == ["config/core.json"]


def test_a13_a_500_tells_no_secret(house, api, monkeypatch) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise RuntimeError(f"failed with {house.token}")

    monkeypatch.setattr("faceforge_core.plugins.service.PluginService.list", fail)
    response = api.ask("GET", "/v1/plugins")
    assert response.status_code == 500
    assert house.token not in response.text
    assert "failed with" in (house.home / "logs" / "core.log").read_text()
    assert house.token not in (house.home / "logs" / "core.log").read_text()
