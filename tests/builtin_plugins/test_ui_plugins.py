"""The pages of plugins over HTTP: what there is in words, the switch, a plugin's own pages and what breaks on them."""

from __future__ import annotations

import re
import shutil
from functools import partial
from html import unescape
from typing import TYPE_CHECKING

import pytest

from faceforge_builtins.ui_plugins.words import adds_of
from faceforge_core.plugins.activation import KINDS
from faceforge_sdk.models import Plugin
from faceforge_sdk.testing.house import FakeTexts

from .plugin_pages import HTML, PALETTE, card, page, put_plugin, said, words

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from starlette.testclient import TestClient

    from faceforge_core.testing import RunningCore

    Make = Callable[..., Path]

SCHEMA = {
    "type": "object",
    "required": ["name"],
    "properties": {"name": {"type": "string", "title": "Name of the palette"}},
}
PAGES = """
from fastapi import APIRouter
from fastapi.responses import HTMLResponse
from faceforge_sdk import EntityPanel, NavItem, Router, hookimpl


@hookimpl
def register_routers(ctx):
    router = APIRouter()

    @router.get("/")
    def start():
        return HTMLResponse("<p>My own page")

    @router.get("/settings")
    def settings():
        return HTMLResponse("<p>My own settings")

    @router.get("/raises")
    def raises():
        raise ValueError("no colours")

    @router.get("/exits")
    def exits():
        raise SystemExit(1)

    @router.get("/template")
    def template():
        return ctx.pages.render(None, "missing.html")

    return [Router(router, area="ui")]


@hookimpl
def register_entity_panels(ctx):
    def load(entity_id):
        raise ValueError("no swatches")

    return [EntityPanel("swatches", "Swatches", "swatches.html", load)]
"""
NAV = """
from faceforge_sdk import NavItem, hookimpl


@hookimpl
def register_nav_items():
    return [NavItem("palette", "All colours", "/ui/plugins/demo.palette/")]
"""


@pytest.fixture
def make(faceforge: RunningCore) -> Make:
    """``make("demo.palette", config_schema=SCHEMA, code=PAGES)``: see `put_plugin`."""
    return partial(put_plugin, faceforge)


@pytest.fixture
def palette(make: Make) -> str:
    """The address of the page of a plugin with settings."""
    make("demo.palette", config_schema=SCHEMA)
    return PALETTE


def names(html: str) -> list[str]:
    return [unescape(name) for name in re.findall(r"<h3><a [^>]*>([^<]*)</a></h3>", html)]


# --- The list


def test_yours_come_before_what_came_with_core(make: Make, client: TestClient) -> None:
    make("demo.palette")
    html = page(client, "/ui/plugins")
    assert names(html)[0] == "Palette"
    assert html.index("Your plugins") < html.index("Part of FaceForge") < html.index(">Assets API<")
    assert 'href="/ui/plugins" aria-current="page"' in html


def test_without_plugins_of_your_own_the_page_says_where_they_go(faceforge: RunningCore, client: TestClient) -> None:
    text = words(page(client, "/ui/plugins"))
    assert "You have added none yet." in text
    assert str(faceforge.kernel.home.plugins_dir) in text


def test_a_card_says_what_a_plugin_adds_and_asks_for_before_its_switch_is_pressed(
    make: Make, client: TestClient
) -> None:
    make("demo.palette", PAGES, description="Colours <b>of</b> pictures.", permissions=["Reads all files"])
    html = card(page(client, "/ui/plugins"), "demo.palette")
    assert "Colours <b>of</b> pictures." in said(client.get("/ui/plugins").text)
    assert "Asks for: Reads all files That is a promise, not a fence" in said(html)
    assert 'aria-checked="false"' in html
    assert 'aria-describedby="trust-plugin-demo.palette"' in html
    client.post(f"{PALETTE}/enable")
    html = card(page(client, "/ui/plugins"), "demo.palette")
    assert "pages · 1 tab of entities" in said(html) or "1 tab of entities" in said(html)
    assert "fence" not in html
    assert "Off" not in said(html)


def test_what_a_plugin_that_is_off_would_add_is_what_it_says(make: Make, client: TestClient) -> None:
    make("demo.palette", capabilities=["ui", "jobs", "frobnicate"])
    assert "pages · jobs · frobnicate" in said(card(page(client, "/ui/plugins"), "demo.palette"))


def test_what_built_ins_add_is_counted(client: TestClient) -> None:
    html = page(client, "/ui/plugins")
    assert "1 page · 3 tabs of entities" in said(card(html, "faceforge.ui_entities"))
    assert "1 job · a storage place · a check" in said(card(html, "faceforge.storage_fs"))


def test_essential_plugins_and_this_one_say_why_they_have_no_switch(client: TestClient) -> None:
    html = page(client, "/ui/plugins")
    assert "Always on" in card(html, "faceforge.ui_shell")
    assert "FaceForge needs it, so it is always on." in card(html, "faceforge.ui_shell")
    assert "It makes this page" in card(html, "faceforge.ui_plugins")
    assert 'role="switch"' not in card(html, "faceforge.ui_shell") + card(html, "faceforge.ui_plugins")


def test_an_error_is_a_sentence_and_its_traceback_is_folded(make: Make, client: TestClient) -> None:
    make("demo.palette", "raise ValueError('no <colours>')")
    client.post(f"{PALETTE}/enable")
    html = client.get("/ui/plugins").text
    found = card(html, "demo.palette")
    assert "Does not work" in found
    assert "ValueError: no &lt;colours&gt;" in found
    assert "<details>" in found
    assert "Traceback (most recent call last)" in found.partition("<details>")[2]
    assert 'data-copy="Traceback' in found


def test_a_plugin_that_is_gone_says_what_is_kept(
    make: Make, client: TestClient, faceforge: RunningCore, palette: str
) -> None:
    faceforge.kernel.plugins.configure("demo.palette", {"name": "Warm"})
    shutil.rmtree(faceforge.kernel.home.plugins_dir / "demo.palette")
    found = card(page(client, "/ui/plugins"), "demo.palette")
    assert "Its files are gone. Its settings and data are kept" in said(found)
    assert 'role="switch"' not in found
    assert '"name": "Warm"' in page(client, palette)


def test_manifests_that_cannot_be_used_are_listed_with_the_reason(faceforge: RunningCore, client: TestClient) -> None:
    folder = faceforge.kernel.home.plugins_dir / "mess"
    folder.mkdir()
    (folder / "plugin.json").write_text("{nope")
    text = words(page(client, "/ui/plugins"))
    assert "Not valid JSON" in text
    assert str(folder / "plugin.json") in text


def test_search_and_filters_are_part_of_the_address(make: Make, client: TestClient) -> None:
    make("demo.palette", description="Swatches")
    assert names(page(client, "/ui/plugins?q=SWATCH")) == ["Palette"]
    assert names(page(client, "/ui/plugins?q=swatch&show=off")) == ["Palette"]
    assert names(page(client, "/ui/plugins?show=off")) == ["Palette"]
    assert "Palette" not in names(page(client, "/ui/plugins?show=on"))
    assert names(page(client, "/ui/plugins?show=problems")) == []
    nothing = page(client, "/ui/plugins?q=nobody")
    assert "There is no such plugin." in words(nothing)
    assert 'href="/ui/plugins?q=nobody&show=on"' in nothing
    assert names(page(client, "/ui/plugins?show=nonsense")) == names(page(client, "/ui/plugins"))


def test_an_odd_name_is_text_and_an_odd_id_an_address(make: Make, client: TestClient, faceforge: RunningCore) -> None:
    make("My Plugin?", name='<script>alert("1")</script>', config_schema=SCHEMA)
    assert "<script>alert" not in client.get("/ui/plugins").text
    [address] = set(re.findall(r'href="(/ui/plugin-settings/My[^"]*)"', client.get("/ui/plugins").text))
    assert "Name of the palette" in page(client, address)
    assert client.post(f"{address}/enable").status_code == 303
    assert faceforge.kernel.plugins.get("My Plugin?").enabled


# --- The switch


def test_the_switch_is_a_form_whose_answer_says_what_became_of_it_and_can_be_undone(
    palette: str, client: TestClient, faceforge: RunningCore
) -> None:
    faceforge.kernel.plugins.configure("demo.palette", {"name": "Warm"})
    on = client.post(f"{palette}/enable", data={"from": "list"}, headers=HTML)
    assert (on.status_code, on.headers["location"]) == (303, "/ui/plugins?notice=on&plugin=demo.palette")
    html = page(client, on.headers["location"])
    assert "“Palette” is on." in html
    assert 'aria-checked="true"' in card(html, "demo.palette")
    off = client.post(f"{palette}/disable", data={"from": "page"}, headers=HTML)
    assert off.headers["location"] == f"{palette}?notice=off&plugin=demo.palette"
    html = page(client, off.headers["location"])
    assert "“Palette” is off." in html
    assert f'action="{palette}/enable"' in html.partition('id="notice"')[2]
    assert not faceforge.kernel.plugins.get("demo.palette").enabled


def test_a_notice_that_is_not_so_is_not_shown(palette: str, client: TestClient) -> None:
    for query in (
        "notice=on&plugin=demo.palette",
        "notice=on&plugin=nobody",
        "notice=x&plugin=demo.palette",
        "notice=removed&plugin=demo.palette",
    ):
        assert 'id="notice"' not in page(client, f"/ui/plugins?{query}")


def test_an_essential_plugin_cannot_be_switched_off_by_hand_either(client: TestClient) -> None:
    answer = client.post("/ui/plugin-settings/faceforge.ui_shell/disable", headers=HTML)
    assert answer.status_code == 409
    assert "essential" in words(answer.text)


def test_nobody_who_is_not_signed_in_switches_anything(
    palette: str, client: TestClient, faceforge: RunningCore
) -> None:
    del client.headers["Authorization"]
    assert client.post(f"{palette}/enable", headers=HTML).status_code == 401
    assert not faceforge.kernel.plugins.get("demo.palette").enabled


# --- A plugin's own pages keep their addresses


def test_a_plugins_own_pages_stand_under_its_id_and_ours_elsewhere(make: Make, client: TestClient) -> None:
    make("demo.palette", PAGES)
    client.post(f"{PALETTE}/enable")
    assert client.get("/ui/plugins/demo.palette/").text == "<p>My own page"
    assert client.get("/ui/plugins/demo.palette/settings").text == "<p>My own settings"
    assert 'href="/ui/plugins/demo.palette/"' in card(page(client, "/ui/plugins"), "demo.palette")
    client.post(f"{PALETTE}/disable")
    assert 'href="/ui/plugins/demo.palette/"' not in card(page(client, "/ui/plugins"), "demo.palette")


def test_a_plugin_with_an_entry_in_the_side_bar_is_linked_by_its_title(make: Make, client: TestClient) -> None:
    make("demo.palette", NAV)
    client.post(f"{PALETTE}/enable")
    assert "All colours</a>" in card(page(client, "/ui/plugins"), "demo.palette")


@pytest.mark.parametrize("path", ["raises", "exits", "template"])
def test_a_plugins_page_that_breaks_is_a_card_in_the_shell_that_names_the_plugin(
    make: Make, client: TestClient, path: str
) -> None:
    make("demo.palette", PAGES)
    client.post(f"{PALETTE}/enable")
    html = page(client, f"/ui/plugins/demo.palette/{path}", 500)
    assert 'id="navigation"' in html
    assert "A plugin failed The plugin demo.palette could not make this page." in words(html)
    assert f'href="{PALETTE}"' in html
    assert "no colours" not in html
    assert names(page(client, "/ui/plugins"))


def test_a_missing_page_of_a_plugin_is_not_its_failure(make: Make, client: TestClient) -> None:
    make("demo.palette", PAGES)
    client.post(f"{PALETTE}/enable")
    assert "A plugin failed" not in page(client, "/ui/plugins/demo.palette/nothing", 404)


def test_a_panel_that_breaks_is_a_card_on_the_entitys_page(make: Make, client: TestClient) -> None:
    make("demo.palette", PAGES)
    client.post(f"{PALETTE}/enable")
    created = client.post("/v1/entities", json={"display_name": "Ada"}).json()["data"]["entity_id"]
    html = page(client, f"/ui/entities/{created}?tab=swatches")
    assert "Ada" in html
    assert "demo.palette" in words(html)
    assert "no swatches" not in html


def test_the_pages_speak_german(palette: str, client: TestClient) -> None:
    answer = client.get("/ui/plugins", headers=HTML | {"Accept-Language": "de"})
    assert "Eigene Plugins" in answer.text
    assert client.get(palette, headers=HTML | {"Accept-Language": "de"}).status_code == 200


@pytest.mark.parametrize("kind", [kind.__name__ for kind in KINDS.values()])
def test_whatever_a_plugin_contributes_is_told_in_words(kind: str) -> None:
    for number in (1, 5):
        plugin = Plugin.model_construct(contributions={kind: number}, capabilities=[])
        [told] = adds_of(plugin, FakeTexts(), ["v1"])
        assert kind not in told
        assert told.islower() or "S3" in told or "API" in told
