"""The example `manifest_only`: a plugin without a line of code."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

EXAMPLE = Path(__file__).parents[2] / "examples" / "manifest_only"
HTML = {"Accept": "text/html"}
LETTER = """
from fastapi import APIRouter, Request, Response

from faceforge_sdk import Router, hookimpl


@hookimpl
def register_routers(ctx):
    router = APIRouter()

    @router.get("/letter")
    def letter(request: Request) -> Response:
        settings = ctx.plugins.config("example.dutch").config
        return ctx.pages.render(request, "letter.html", owner=settings["owner"], show_mark=settings["show_mark"])

    return [Router(router, area="ui")]
"""


@pytest.fixture
def letter(tmp_path: Path) -> Path:
    """A plugin with code, whose page uses what the example brings."""
    folder = tmp_path / "letter"
    (folder / "templates").mkdir(parents=True)
    manifest = {"id": "test.letter", "name": "Letter", "api_version": 1, "entrypoints": {"python": "plugin"}}
    (folder / "plugin.json").write_text(json.dumps(manifest))
    (folder / "plugin.py").write_text(LETTER)
    page = '{% extends "faceforge.ui_shell/base.html" %}{% block content %}'
    page += '{% include "example.dutch/letterhead.html" %}{% endblock %}'
    (folder / "templates" / "letter.html").write_text(page)
    return folder


def test_it_is_active_and_has_no_code(install_plugin: Any) -> None:
    before = set(sys.modules)
    row = install_plugin(EXAMPLE)
    assert (row.state, row.contributions, row.error) == ("active", {}, None)
    assert not [name for name in set(sys.modules) - before if "faceforge_plugins" in name]
    assert not list(EXAMPLE.rglob("*.py"))


def test_core_speaks_its_language_while_it_is_enabled(client: Any, install_plugin: Any) -> None:
    dutch = {**HTML, "Accept-Language": "nl"}
    assert "Entiteiten" not in client.get("/ui/entities", headers=dutch).text

    install_plugin(EXAMPLE)
    page = client.get("/ui/entities", headers=dutch).text
    assert '<html lang="nl"' in page
    assert "Entiteiten zoeken" in page
    assert "Nederlands" in client.get("/ui/entities", headers=HTML).text

    client.post("/v1/plugins/example.dutch/disable")
    assert "Entiteiten" not in client.get("/ui/entities", headers=dutch).text


def test_its_files_are_served_while_it_is_enabled(client: Any, install_plugin: Any) -> None:
    address = "/ui/static/example.dutch/mark.svg"
    assert client.get(address).status_code == 404
    install_plugin(EXAMPLE)
    answer = client.get(address)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/svg+xml")
    client.post("/v1/plugins/example.dutch/disable")
    assert client.get(address).status_code == 404


def test_its_settings_are_checked_and_its_letterhead_serves_others(
    client: Any, install_plugin: Any, letter: Path
) -> None:
    install_plugin(EXAMPLE)
    install_plugin(letter)
    address = "/v1/plugins/example.dutch/config"
    assert client.put(address, json={"config": {"owner": 7}}).status_code == 422
    client.put(address, json={"config": {"owner": "Ada & Sons", "show_mark": True}})

    page = client.get("/ui/plugins/test.letter/letter", headers=HTML).text
    assert "The collection of Ada &amp; Sons" in page
    assert '<img src="/ui/static/example.dutch/mark.svg?v=' in page
    dutch = client.get("/ui/plugins/test.letter/letter", headers={**HTML, "Accept-Language": "nl"}).text
    assert "De verzameling van Ada &amp; Sons" in dutch
