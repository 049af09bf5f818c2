"""Pages and the static files beside them."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from fastapi import APIRouter, Request, Response
from jinja2 import TemplateError, UndefinedError
from starlette.testclient import TestClient

from faceforge_core.owned import Owned
from faceforge_core.web.filters import human_bytes, moment
from faceforge_core.web.pages import PageSet, PluginPages
from faceforge_core.web.routes import build_app
from faceforge_core.web.texts import Languages
from faceforge_sdk import NavItem, Router

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SHELL, MINE = "faceforge.ui_shell", "mine"

ENGLISH = Languages(()).named("en")


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str, str], Path]:
    """Writes ``plugin/templates/page.html`` or ``plugin/static/file``."""

    def write(path: str, text: str) -> Path:
        target = tmp_path / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
        return target

    write(f"{SHELL}/static/shell.css", "body {}")
    write(f"{MINE}/static/mine.js", "export {};")
    return write


@pytest.fixture
def serve(tmp_path: Path, write: Callable[[str, str], Path]) -> Callable[..., TestClient]:
    """A client of an app whose ``/ui/page`` renders ``page.html`` of the plugin ``mine``."""

    def serve(**values: object) -> TestClient:
        router = APIRouter()

        @router.get("/page")
        def page(request: Request) -> Response:
            return PluginPages(MINE).render(request, "page.html", status_code=203, **values)

        folders = {kind: {p: tmp_path / p / kind for p in (SHELL, MINE)} for kind in ("templates", "static")}
        pages = PageSet(folders["templates"], folders["static"], [NavItem("x", "Ex", "/ui/x")], version="9.9")
        owned = Owned(MINE, Router(router, area="ui"))
        return TestClient(build_app([owned], folders["static"], pages=pages), base_url="http://127.0.0.1")

    return serve


PAGE = f"/ui/plugins/{MINE}/page"


def test_a_page_extends_the_shell_and_each_template_finds_its_own_files(serve, write) -> None:
    write(f"{SHELL}/templates/base.html", "{{ static('shell.css') }} {% block body %}{% endblock %} {{ version }}")
    write(
        f"{MINE}/templates/page.html",
        f"{{% extends '{SHELL}/base.html' %}}{{% block body %}}{{{{ static('mine.js') }}}} "
        f"{{{{ static('{SHELL}/shell.css') }}}} {{% include 'parts/row.html' %}}{{% endblock %}}",
    )
    write(
        f"{MINE}/templates/parts/row.html", "{% for item in nav %}{{ item.title }}{% endfor %} {{ request.url.path }}"
    )
    answer = serve().get(PAGE)
    assert answer.status_code == 203
    own, mine, shell, title, path, version = answer.text.split()
    assert own == shell
    assert own.startswith(f"/ui/static/{SHELL}/shell.css?v=")
    assert mine.startswith(f"/ui/static/{MINE}/mine.js?v=")
    assert (title, path, version) == ("Ex", PAGE, "9.9")


@pytest.mark.parametrize("place", ["<p>{{ v }}</p>", '<p title="{{ v }}">', "{% set w = v %}{{ w }}", "{{ v ~ v }}"])
def test_b20_every_value_is_escaped(serve, write, place: str) -> None:
    write(f"{MINE}/templates/page.html", place)
    text = serve(v='"><img src=x onerror=1>').get(PAGE).text
    assert "<img" not in text
    assert "&#34;&gt;&lt;img src=x onerror=1&gt;" in text


def test_b20_a_template_cannot_switch_escaping_off_for_a_value(serve, write) -> None:
    write(f"{MINE}/templates/page.html", "{{ v|safe }}")
    with pytest.raises(TemplateError, match="safe"):
        serve(v="x").get(PAGE)


def test_a_name_that_is_not_there_is_an_error_and_no_gap(serve, write) -> None:
    write(f"{MINE}/templates/page.html", "{{ nothing }}")
    with pytest.raises(UndefinedError):
        serve().get(PAGE)


@pytest.mark.parametrize("name", ["\ud800", "a\udfffb", "\u202eevil", "😀", "\x00", "é" * 5000])
def test_odd_characters_never_break_a_page(serve, write, name: str) -> None:
    write(f"{MINE}/templates/page.html", "<p>{{ v }}</p>")
    answer = serve(v=name).get(PAGE)
    shown = "".join("\ufffd" if "\ud800" <= c <= "\udfff" else c for c in name)
    assert answer.content.decode() == f"<p>{shown}</p>"


def test_an_error_under_ui_is_the_shells_page(serve, write) -> None:
    write(f"{SHELL}/templates/error.html", "shell: {{ status }} {{ title }} {{ message }}")
    answer = serve().get("/ui/nothing", headers={"Accept": "text/html"})
    assert (answer.status_code, answer.text) == (404, "shell: 404 Not found There is nothing at this address.")


@pytest.mark.parametrize("template", ["{{ nothing }}", "{% broken"])
def test_an_error_page_that_fails_leaves_a_plain_one(serve, write, template: str) -> None:
    write(f"{SHELL}/templates/error.html", template)
    answer = serve().get("/ui/nothing", headers={"Accept": "text/html"})
    assert answer.status_code == 404
    assert "<p>There is nothing at this address.</p>" in answer.text


@pytest.mark.parametrize(
    ("size", "shown"),
    [
        (0, "0 bytes"),
        (1, "1 byte"),
        (999, "999 bytes"),
        (1000, "1 kB"),
        (3_400_000_000, "3.4 GB"),
        (119_600_000, "120 MB"),
        (999_499, "999 kB"),
        (999_950, "1 MB"),
        (10**19, "10,000 PB"),
    ],
)
def test_sizes_are_said_as_people_say_them(size: int, shown: str) -> None:
    assert human_bytes(size, ENGLISH) == shown


@pytest.mark.parametrize(
    ("hours", "shown"), [(0, "today 12:00"), (24, "yesterday 12:00"), (72, "12 Jun 12:00"), (24 * 365, "16 Jun 2025")]
)
def test_times_are_told_from_now(hours: int, shown: str) -> None:
    here = datetime(2026, 6, 15, 12, 0).astimezone()
    at = datetime.fromtimestamp(here.timestamp() - hours * 3600, UTC)
    text = at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    html = moment(text, ENGLISH, here)
    assert f'datetime="{text}"' in html
    assert html.endswith(f">{shown.replace('16 Jun', '15 Jun')}</time>")


def test_what_is_no_time_is_shown_as_it_is() -> None:
    assert str(moment("<yesterday>", ENGLISH)) == "&lt;yesterday&gt;"
    assert str(moment(None, ENGLISH)) == ""


def test_a_static_file_is_sent_with_the_right_type_and_revalidated(serve, write) -> None:
    types = {
        "a.js": "text/javascript; charset=utf-8",
        "a.mjs": "text/javascript; charset=utf-8",
        "a.svg": "image/svg+xml",
        "a.css": "text/css; charset=utf-8",
        "a.woff2": "font/woff2",
        "A.PNG": "image/png",
        "a.html": "application/octet-stream",
    }
    client = serve()
    for name, media_type in types.items():
        write(f"{MINE}/static/deep/{name}", "content")
        address = f"/ui/static/{MINE}/deep/{name}"
        answer = client.get(address)
        assert (answer.status_code, answer.headers["content-type"]) == (200, media_type)
        assert answer.headers["cache-control"] == "no-cache"
        etag = answer.headers["etag"]
        again = client.get(address, headers={"If-None-Match": f'"other", W/{etag}'})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", etag)
        assert client.head(address).headers["content-length"] == "7"
        assert client.post(address).status_code == 405


def test_only_the_version_that_is_there_may_be_kept_for_ever(serve, write, tmp_path) -> None:
    file = write(f"{MINE}/static/a.js", "1")
    write(f"{MINE}/templates/page.html", "{{ static('a.js') }}")
    client = serve()
    address = client.get(PAGE).text
    assert "immutable" in client.get(address).headers["cache-control"]
    file.write_text("22")
    assert client.get(address).headers["cache-control"] == "no-cache"
    assert client.get(PAGE).text != address


@pytest.mark.parametrize(
    "path",
    [
        "",
        ".",
        "..",
        "../templates/page.html",
        "%2e%2e/templates/page.html",
        "..%2ftemplates%2fpage.html",
        "deep",
        "deep/",
        "deep//a.js",
        "nothing.js",
        "%00",
        "..%5ctemplates%5cpage.html",
        "C:/x",
        "a.js::$DATA",
        "x" * 5000,
    ],
)
def test_nothing_outside_the_folder_and_no_folder_is_sent(serve, write, path: str) -> None:
    write(f"{MINE}/static/deep/a.js", "x")
    write(f"{MINE}/templates/page.html", "private")
    assert serve().get(f"/ui/static/{MINE}/{path}").status_code == 404
    assert serve().get(f"/ui/static/unknown/{path}").status_code == 404


@pytest.mark.skipif(os.name == "nt", reason="links need a privilege there")
def test_a_link_leads_nowhere_outside(serve, write, tmp_path: Path) -> None:
    secret = write("secret.txt", "secret")
    inside = write(f"{MINE}/static/real.js", "fine")
    (inside.parent / "out.js").symlink_to(secret)
    (inside.parent / "folder").symlink_to(tmp_path)
    (inside.parent / "ring").symlink_to("ring")
    (inside.parent / "in.js").symlink_to(inside)
    os.mkfifo(inside.parent / "pipe.js")
    client = serve()
    for name in ("out.js", "folder/secret.txt", "ring", "pipe.js"):
        assert client.get(f"/ui/static/{MINE}/{name}").status_code == 404
    assert client.get(f"/ui/static/{MINE}/in.js").text == "fine"
