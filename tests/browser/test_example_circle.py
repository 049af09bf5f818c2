"""The example `graph_panel` in a real browser: keys, pointer, boxes, and nothing that its policy refuses."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx
    from playwright.sync_api import Page

EXAMPLE = Path(__file__).parents[2] / "examples" / "graph_panel"


@pytest.fixture
def people(core: Any, api: httpx.Client, create: Callable[..., str]) -> dict[str, str]:
    """Three who are related, with the plugin enabled."""
    shutil.copytree(EXAMPLE, core.home / "plugins" / "graph_panel", ignore=shutil.ignore_patterns("__pycache__"))
    enabled = api.post("/v1/plugins/example.graph_panel/enable").json()["data"]
    assert enabled["state"] == "active", enabled["error"]
    ids = {name: create(name) for name in ("Ada", "Charles", "Mary")}
    for source, kind, destination in (("Ada", "friend", "Charles"), ("Mary", "mentor", "Ada")):
        ends = {"src_entity_id": ids[source], "dst_entity_id": ids[destination]}
        api.post("/v1/relationships", json={**ends, "relationship_type": kind}).raise_for_status()
    return ids


def test_names_are_reached_by_key_and_kinds_can_be_hidden(
    people: dict[str, str], open_page: Callable[..., Page]
) -> None:
    page = open_page("/ui/entities")
    page.get_by_role("link", name="Circle").click()
    drawing = page.get_by_role("group", name="Who is related to whom")
    lines = drawing.locator("path")
    expect(lines).to_have_count(2)

    page.get_by_role("checkbox", name="friend").focus()
    page.keyboard.press("Space")
    expect(drawing.locator("path[data-kind=friend]")).to_be_hidden()
    expect(drawing.locator("path[data-kind=mentor]")).to_be_visible()
    page.get_by_role("checkbox").last.focus()
    page.keyboard.press("Tab")
    expect(drawing.get_by_role("link", name="Ada")).to_be_focused()
    expect(drawing.locator("path.lit[data-kind=mentor]")).to_have_count(1)

    drawing.get_by_role("link", name="Charles").hover()
    expect(drawing.locator("path[data-kind=mentor]")).not_to_have_class("lit")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Ada")
