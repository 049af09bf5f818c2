"""Signing in and out, error pages, and what every page of the UI keeps to."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import faceforge_builtins
from faceforge_builtins.ui_shell.local_paths import START_PAGE, local_page

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.testclient import TestClient

    from faceforge_core.testing import RunningCore

UI_PLUGINS = sorted(Path(faceforge_builtins.__file__).parent.glob("ui_*"))
HTML = {"Accept": "text/html"}
SHELL = '{% extends "faceforge.ui_shell/base.html" %}'
HOOKS = (Path(__file__).parents[2] / "sdk" / "HOOKS.md").read_text("utf-8")
PLUGIN = """
from fastapi import APIRouter, Request

from faceforge_sdk import NavItem, Router, hookimpl


@hookimpl
def register_nav_items(ctx):
    return [NavItem("demo.palettes", "Palettes", f"/ui/plugins/{ctx.plugin_id}/palettes")]


@hookimpl
def register_routers(ctx):
    router = APIRouter()

    @router.get("/palettes")
    def palettes(request: Request):
        return ctx.pages.render(request, "palettes.html", palettes=[])

    @router.get("/broken")
    def broken(request: Request):
        return ctx.pages.render(request, "broken.html")

    @router.get("/raises")
    def raises():
        raise RuntimeError("secret reason")

    return [Router(router, area="ui")]
"""


def sign_in(client: TestClient, token: str, wanted: str = "") -> Any:
    return client.post("/ui/login", data={"token": token, "next": wanted}, headers={"Authorization": ""})


@pytest.mark.parametrize(
    "wanted",
    [
        "https://e",
        "//e",
        "/\\e",
        "/%09/e",
        "javascript:1",
        "/ui/x\r\nSet-Cookie:a=b",
        "/ui//e",
        "/ui/..//e",
        "/ui/%2e%2e/v1/entities",
        "/ui/\\e",
        "/ui/%5ce",
        "/ui/\te",
        "/uikit",
        "/v1/entities",
        "/ui/login",
        "/ui/logout",
        "/ui/" + "a" * 3000,
        "",
    ],
)
def test_after_signing_in_nobody_is_led_elsewhere(client: TestClient, faceforge: RunningCore, wanted: str) -> None:
    """B14"""
    assert local_page(wanted) == START_PAGE
    answer = sign_in(client, faceforge.token, wanted)
    assert (answer.status_code, answer.headers["location"]) == (303, START_PAGE)
    page = client.get("/ui/login", params={"next": wanted})
    assert re.findall(r'name="next" value="([^"]*)"', page.text) == [START_PAGE]


@pytest.mark.parametrize("wanted", ["/ui/entities", "/ui/entities?q=a&view=table", "/ui/plugins/palette/"])
def test_a_page_of_the_ui_is_reached_after_signing_in(wanted: str) -> None:
    assert local_page(wanted) == wanted


def test_the_cookie_is_out_of_reach_of_scripts_and_is_not_the_token(client: TestClient, faceforge: RunningCore) -> None:
    """B21"""
    cookie = sign_in(client, f"  {faceforge.token}\n").headers["set-cookie"]
    name, *attributes = cookie.split("; ")
    assert name.startswith("ff_token=")
    assert faceforge.token not in cookie
    assert {attribute.lower() for attribute in attributes} >= {"httponly", "samesite=lax", "path=/", "max-age=2592000"}
    assert "secure" not in cookie.lower()


def test_over_https_the_cookie_stays_there(client: TestClient, faceforge: RunningCore) -> None:
    """B21"""
    client.base_url = client.base_url.copy_with(scheme="https")
    assert "secure" in sign_in(client, faceforge.token).headers["set-cookie"].lower().split("; ")


def test_wrong_tokens_are_refused_with_a_sentence_and_then_for_a_while(client: TestClient) -> None:
    answers = [sign_in(client, "wrong") for _ in range(11)]
    assert [answer.status_code for answer in answers] == [401] * 10 + [429]
    assert "not the access token" in answers[0].text
    assert "set-cookie" not in answers[0].headers
    assert 0 < int(answers[-1].headers["retry-after"]) <= 60
    assert f"Wait {answers[-1].headers['retry-after']} second" in answers[-1].text


@pytest.mark.parametrize("charset", ["undefined", "unicode_escape", "utf-8"])
@pytest.mark.parametrize("path", ["/ui/login", "/ui/entities"])
def test_p06_a_form_in_an_encoding_that_gives_no_text_is_refused(client: TestClient, path: str, charset: str) -> None:
    parts = "".join(
        f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n\\ud800\r\n' for name in ("token", "display_name")
    )
    kind = {"Content-Type": f"multipart/form-data; boundary=b; charset={charset}"}
    answer = client.post(path, content=f"{parts}--b--\r\n", headers=kind)
    expected = {"/ui/login": 401, "/ui/entities": 303}[path] if charset == "utf-8" else 422
    assert answer.status_code == expected


def test_a_form_that_is_cut_off_or_malformed_is_refused(client: TestClient) -> None:
    kind = {"Content-Type": "multipart/form-data; boundary=b"}
    for body in (b"--b\r\nno header", b"--c--", b"--b\r\nContent-Disposition: x\r\n\r\n"):
        assert 400 <= client.post("/ui/login", content=body, headers=kind).status_code < 500


def test_signing_out_clears_the_cookie_and_the_session(client: TestClient, faceforge: RunningCore) -> None:
    """A15"""
    sign_in(client, faceforge.token)
    client.headers.pop("Authorization")
    session = client.cookies["ff_token"]
    assert client.get("/ui/entities").status_code == 200
    answer = client.post("/ui/logout")
    assert (answer.status_code, answer.headers["location"]) == (303, "/ui/login")
    client.cookies.set("ff_token", session)
    assert client.get("/ui/entities").status_code == 401


def test_the_ui_begins_with_the_overview(client: TestClient) -> None:
    assert client.get("/ui", follow_redirects=True).url.path == "/ui/overview"


@pytest.mark.parametrize(("path", "status"), [("/ui/entities/nobody", 404), ("/ui/nothing", 404)])
def test_errors_are_pages_in_the_shell(client: TestClient, path: str, status: int) -> None:
    page = client.get(path, headers=HTML)
    assert page.status_code == status
    assert f'<p class="error-status">{status}</p>' in page.text
    assert 'aria-label="Main"' in page.text


@pytest.fixture
def plugin_pages(faceforge: RunningCore, tmp_path: Path) -> str:
    """A plugin with pages, as HOOKS.md describes them; the address they begin with."""
    folder = tmp_path / "palettes"
    files = {
        "plugin.json": '{"id": "demo.palettes", "name": "P", "api_version": 1, "entrypoints": {"python": "plugin"}}',
        "plugin.py": PLUGIN,
        "templates/palettes.html": re.findall(r"```html\n(.*?)```", HOOKS, re.DOTALL)[-1],
        "templates/broken.html": SHELL + "{% block content %}{{ nobody }}{% endblock %}",
        "static/palettes.css": "",
        "static/palettes.js": "",
    }
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content, "utf-8")
    faceforge.install_plugin(folder)
    return "/ui/plugins/demo.palettes"


def test_a_plugins_page_stands_in_the_shell(client: TestClient, plugin_pages: str) -> None:
    page = client.get(f"{plugin_pages}/palettes", headers=HTML)
    assert page.status_code == 200
    assert "<h1>Palettes</h1>" in page.text
    entries = re.findall(r'<a class="sidebar-entry" href="([^"]+)" aria-current="page">', page.text)
    assert set(entries) == {f"{plugin_pages}/palettes"}  # twice: in the side bar, and in the menu of a phone
    for address in re.findall(r'(?:href|src)="(/ui/static/demo[^"]+)"', page.text):
        assert client.get(address).status_code == 200


@pytest.mark.parametrize("name", ["raises", "broken"])
def test_a_plugins_page_that_fails_is_an_error_in_the_shell(client: TestClient, plugin_pages: str, name: str) -> None:
    page = client.get(f"{plugin_pages}/{name}", headers=HTML)
    assert page.status_code == 500
    assert '<p class="error-status">500</p>' in page.text
    assert 'aria-label="Main"' in page.text
    assert f'href="{plugin_pages}/palettes"' in page.text
    assert "secret reason" not in page.text


# --- Language, theme and keys ---------------------------------------------------------------------------------------


def test_a_reader_chooses_theme_and_language_and_stays_on_the_page(client: TestClient) -> None:
    page = client.get("/ui/entities", params={"q": "ada"}, headers=HTML).text
    assert 'name="next" value="/ui/entities?q=ada"' in page
    assert re.findall(r'aria-current="true">([^<]+)</button>', page) == ["System", "Browser"]
    form = {"next": "/ui/entities?q=ada", "theme": "dark", "language": "de"}
    answer = client.post("/ui/preferences", data=form)
    assert (answer.status_code, answer.headers["location"]) == (303, "/ui/entities?q=ada")
    page = client.get("/ui/entities", headers=HTML).text
    assert '<html lang="de" data-theme="dark">' in page
    assert re.findall(r'aria-current="true">([^<]+)</button>', page) == ["Dunkel", "Deutsch"]


def test_languages_are_called_what_their_speakers_call_them(client: TestClient) -> None:
    page = client.get("/ui/keys", headers={**HTML, "Accept-Language": "de"}).text
    assert re.findall(r'name="language" value="(\w*)"[^>]*>([^<]+)<', page) == [
        ("", "Browser"),
        ("en", "English"),
        ("de", "Deutsch"),
    ]


def test_errors_have_a_title_in_the_readers_language(client: TestClient) -> None:
    page = client.get("/ui/nothing", headers={**HTML, "Accept-Language": "de"})
    assert "<h1>Nicht gefunden</h1>" in page.text


def test_what_is_wrong_with_a_token_is_told_in_the_readers_language(client: TestClient) -> None:
    form = {"token": "wrong", "next": ""}
    answer = client.post("/ui/login", data=form, headers={"Accept-Language": "de", "Authorization": ""})
    assert "Das ist nicht das Zugangstoken." in answer.text


def test_one_entry_of_the_side_bar_is_the_page_one_is_on(client: TestClient) -> None:
    for path, wanted in (("/ui/entities", "/ui/entities"), ("/ui/entities/trash", "/ui/entities"), ("/ui/keys", None)):
        page = client.get(path, headers=HTML).text
        current = re.findall(r'href="([^"]+)" aria-current="page"', page)
        assert set(current) == ({wanted} if wanted else set())


def ui_files(*endings: str) -> Iterator[Path]:
    return (path for folder in UI_PLUGINS for path in sorted(folder.rglob("*")) if path.suffix in endings)


def test_templates_hold_no_inline_script_or_style_and_never_switch_escaping_off() -> None:
    """B15, B20"""
    bad = re.compile(
        r"\|\s*safe\b|autoescape|<style|\sstyle=|\son\w+=|<script(?![^>]*\s(?:src=|type=.application/json))|javascript:",
        re.IGNORECASE,
    )
    found = [
        f"{path.name}: {match[0]}" for path in ui_files(".html") for match in bad.finditer(path.read_text("utf-8"))
    ]
    assert found == []


def test_scripts_never_make_markup_out_of_text() -> None:
    """B20; where a picture stands while it is zoomed is numbers alone."""
    bad = re.compile(
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function"
        r"|\.style\b(?!\.transform\b)|cssText"
    )
    found = [f"{path.name}: {match[0]}" for path in ui_files(".js") for match in bad.finditer(path.read_text("utf-8"))]
    assert found == []


def test_every_static_file_that_a_template_names_is_there() -> None:
    for folder in UI_PLUGINS:
        for template in folder.glob("templates/*.html"):
            for name in re.findall(r"static\('([\w.]+)'\)", template.read_text("utf-8")):
                assert (folder / "static" / name).is_file(), f"{template.name} names {name}"


def test_every_icon_that_is_named_stands_on_the_sheet() -> None:
    sheet = (UI_PLUGINS[0].parent / "ui_shell" / "static" / "icons.svg").read_text("utf-8")
    drawn = set(re.findall(r'<symbol id="([\w-]+)"', sheet))
    named = {name for path in ui_files(".html") for name in re.findall(r'icon\("([\w-]+)"\)', path.read_text("utf-8"))}
    assert named <= drawn
