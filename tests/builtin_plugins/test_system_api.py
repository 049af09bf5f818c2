"""The running Core over HTTP, and the pages that explain its API."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import NoReturn

    from faceforge_core.testing import RunningCore

PAGES = ("/docs", "/redoc")


def test_health_needs_no_token_and_has_no_envelope(faceforge) -> None:
    del faceforge.client.headers["Authorization"]
    answer = faceforge.client.get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


def test_ping_is_exactly_what_clients_of_v019_expect(client) -> None:
    assert client.get("/v1/ping").json() == {"ok": True, "data": {"pong": True}, "error": None}


def test_system_info_says_where_things_lie_and_keeps_the_token(faceforge) -> None:
    answer = faceforge.client.get("/v1/system/info")
    data = answer.json()["data"]
    assert data["faceforge_home"] == str(faceforge.home)
    assert set(data["paths"]) == {"db_dir", "s3_dir", "assets_dir", "logs_dir", "config_dir", "plugins_dir", "tmp_dir"}
    assert data["paths"]["assets_dir"] == str(faceforge.home / "assets")
    assert faceforge.token not in answer.text


def test_the_root_leads_to_the_entities_without_a_token(faceforge) -> None:
    del faceforge.client.headers["Authorization"]
    answer = faceforge.client.get("/")
    assert (answer.status_code, answer.headers["location"]) == (302, "/ui/entities")


@pytest.mark.parametrize("path", PAGES)
def test_b16_the_documentation_names_no_other_host_and_runs_no_inline_script(faceforge, path: str) -> None:
    del faceforge.client.headers["Authorization"]
    answer = faceforge.client.get(path)
    assert answer.status_code == 200
    assert "://" not in answer.text
    assert not re.search(r"<script(?![^>]*\ssrc=)|\son\w+=|\sstyle=|<style", answer.text)
    policy = answer.headers["content-security-policy"]
    assert "unsafe" not in policy
    assert "img-src 'self' data:;" in policy
    for address in re.findall(r'(?:src|href)="(/[^"]+)"', answer.text):
        assert faceforge.client.get(address).status_code == 200, address


def test_b16_the_files_are_revalidated_and_nothing_else_of_the_package_is_sent(client) -> None:
    first = client.get("/docs/files/swagger-ui.css")
    again = client.get("/docs/files/swagger-ui.css", headers={"If-None-Match": first.headers["etag"]})
    assert (first.status_code, again.status_code, again.content) == (200, 304, b"")
    for name in ("favicon.png", "../core.py", "..%2fcore.py", "", "nothing"):
        assert client.get(f"/docs/files/{name}").status_code == 404


@pytest.mark.parametrize(("path", "shown"), [("/docs", "/v1/system/info"), ("/redoc", "What is running")])
def test_b15_b16_a_real_browser_shows_the_documentation_without_a_violation(
    faceforge: RunningCore, chromium: str | None, cannot_run: Callable[[str], NoReturn], path: str, shown: str
) -> None:
    address = faceforge.address
    from playwright.sync_api import sync_playwright

    if chromium is None:
        cannot_run("chromium is not installed")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page()
        page.set_default_timeout(60_000)
        troubles: list[str] = []
        page.on("console", lambda message: troubles.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on("requestfailed", lambda request: troubles.append(request.url))
        page.on(
            "request",
            lambda request: (
                None if address in request.url or request.url.startswith("data:") else troubles.append(request.url)
            ),
        )
        page.goto(address + path)
        page.get_by_text(shown).locator("visible=true").first.wait_for()
        page.wait_for_load_state("networkidle")
        browser.close()
    assert troubles == []
