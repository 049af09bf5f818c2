"""Plugins by hand in a real browser: the switch, the search, settings with an error at the field, rows, raw JSON."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    import httpx
    from playwright.sync_api import Locator, Page

    OpenPage = Callable[..., Page]

NAV = """
from faceforge_sdk import NavItem, hookimpl


@hookimpl
def register_nav_items():
    return [NavItem("palette", "All colours", "/ui/plugins/demo.palette/")]
"""
SCHEMA = {
    "type": "object",
    "required": ["name"],
    "properties": {
        "name": {"type": "string", "title": "Name of the palette", "default": "Warm"},
        "count": {"type": "integer", "minimum": 1, "title": "Colours"},
        "tags": {"type": "array", "items": {"type": "string"}, "title": "Tags"},
        "servers": {"type": "array", "items": {"properties": {"on": {"type": "boolean"}, "url": {"type": "string"}}}},
        "odd": {"oneOf": [{"type": "string"}, {"type": "integer"}], "title": "Anything"},
    },
}


def write(plugins: Path, plugin_id: str, code: str | None = None, **facts: Any) -> None:
    folder = plugins / plugin_id
    folder.mkdir(parents=True)
    manifest = {"id": plugin_id, "name": plugin_id, "api_version": 1, **facts}
    if code is not None:
        manifest["entrypoints"] = {"python": "plugin"}
        (folder / "plugin.py").write_text(code)
    (folder / "plugin.json").write_text(json.dumps(manifest))


@pytest.fixture(scope="module")
def core(core_process: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """One Core for these tests, with a plugin that works, one with settings, and one that can't start."""
    home = tmp_path_factory.mktemp("plugins") / "home"
    write(home / "plugins", "demo.palette", NAV, name="Palette", permissions=["Reads all files"])
    write(home / "plugins", "demo.settings", name="Swatches", config_schema=SCHEMA)
    write(home / "plugins", "demo.broken", "import nothing_of_that_name", name="Broken wing")
    process = core_process(home, {}, ())
    yield process.wait_until_healthy()
    process.close()


@pytest.fixture(autouse=True)
def afresh(api: httpx.Client) -> None:
    """All of them off, without settings: the tests share a Core."""
    api.put("/v1/plugins/demo.settings/config", json={"config": {"name": "Warm"}}).raise_for_status()
    for name in ("palette", "settings", "broken"):
        api.post(f"/v1/plugins/demo.{name}/disable").raise_for_status()


@pytest.fixture
def provoked(watch: Any) -> None:
    """These pages answer 422 on purpose."""
    watch.expected.add(422)


def card(page: Page, name: str) -> Locator:
    return page.get_by_role("article").filter(has=page.get_by_role("heading", name=name, exact=True))


def config(api: httpx.Client) -> Any:
    return api.get("/v1/plugins/demo.settings/config").json()["data"]["config"]


def test_a_switch_acts_in_place_shows_what_is_new_and_can_be_undone(open_page: OpenPage, api: httpx.Client) -> None:
    page = open_page("/ui/plugins")
    palette = card(page, "Palette")
    expect(palette).to_contain_text("That is a promise, not a fence")
    switch = palette.get_by_role("switch")
    switch.focus()
    page.keyboard.press("Space")
    expect(switch).to_have_attribute("aria-checked", "true")
    expect(page.locator("#notice")).to_contain_text("“Palette” is on.")
    expect(switch).to_be_focused()
    expect(palette).to_contain_text("1 page")
    expect(page.locator("#navigation")).to_contain_text("All colours")
    switch.click()
    expect(page.locator("#notice")).to_contain_text("“Palette” is off.")
    expect(page.locator("#navigation")).not_to_contain_text("All colours")
    page.get_by_role("button", name="Undo").click()
    expect(switch).to_have_attribute("aria-checked", "true")
    expect(page.locator("#navigation")).to_contain_text("All colours")


def test_a_plugin_that_cannot_start_says_why_where_its_switch_is(open_page: OpenPage) -> None:
    page = open_page("/ui/plugins")
    broken = card(page, "Broken wing")
    broken.get_by_role("switch").click()
    expect(broken).to_contain_text("Does not work")
    expect(broken).to_contain_text("No module named 'nothing_of_that_name'")
    broken.get_by_text("Details for its author").click()
    expect(broken.locator("pre")).to_contain_text("Traceback (most recent call last)")


def test_a_switch_that_fails_goes_back(open_page: OpenPage, watch: Any) -> None:
    watch.expected.add(0)
    page = open_page("/ui/plugins")
    page.route("**/ui/plugin-settings/**", lambda route: route.abort())
    switch = card(page, "Palette").get_by_role("switch")
    switch.click()
    expect(page.locator("#notice")).to_contain_text("FaceForge Core did not answer.")
    expect(switch).to_have_attribute("aria-checked", "false")


def test_searching_hides_what_does_not_fit_while_typing(open_page: OpenPage) -> None:
    page = open_page("/ui/plugins")
    page.wait_for_load_state("networkidle")
    page.keyboard.press("/")
    page.keyboard.type("swatch")
    expect(card(page, "Palette")).to_be_hidden()
    expect(card(page, "Swatches")).to_be_visible()
    expect(page).to_have_url(re.compile(r"\?q=swatch$"))
    page.keyboard.type("nobody")
    expect(page.get_by_text("There is no such plugin.")).to_be_visible()
    page.reload()
    expect(page.get_by_text("There is no such plugin.")).to_be_visible()


@pytest.mark.usefixtures("provoked")
def test_a_wrong_number_is_told_at_its_field_which_has_the_focus(open_page: OpenPage, api: httpx.Client) -> None:
    page = open_page("/ui/plugin-settings/demo.settings")
    page.get_by_label("Name of the palette").fill("Cold")
    page.get_by_label("Colours").fill("0")
    page.get_by_role("button", name="Save settings").click()
    field = page.get_by_label("Colours")
    expect(page.get_by_role("alert")).to_have_text("This has to be 1 or more.")
    expect(field).to_be_focused()
    expect(field).to_have_value("0")
    expect(page.get_by_label("Name of the palette")).to_have_value("Cold")
    field.fill("3")
    page.keyboard.press("Enter")
    expect(page.locator("#notice")).to_contain_text("Settings saved.")
    assert config(api) == {"name": "Cold", "count": 3}


def test_rows_come_and_go_without_leaving_the_page(open_page: OpenPage, api: httpx.Client) -> None:
    page = open_page("/ui/plugin-settings/demo.settings")
    page.wait_for_load_state("networkidle")
    page.evaluate("window.stayed = true")
    page.get_by_label("Name of the palette").fill("Typed before")
    add = page.get_by_role("button", name="Add an entry to Tags")
    add.click()
    expect(page.get_by_label("Tags, entry 1", exact=True)).to_be_focused()
    page.keyboard.type("sky")
    add.click()
    expect(page.get_by_label("Tags, entry 2", exact=True)).to_be_focused()
    page.keyboard.type("sea")
    page.get_by_role("button", name="Remove Tags, entry 1").click()
    expect(page.get_by_label("Tags, entry 1", exact=True)).to_have_value("sea")
    expect(add).to_be_focused()
    page.get_by_role("button", name="Add an entry to Servers").click()
    expect(page.get_by_role("switch", name="On", exact=True).last).to_be_focused()
    page.get_by_role("button", name="Remove Servers, entry 1").click()
    expect(page.get_by_role("button", name="Remove Servers, entry 1")).to_have_count(0)
    assert page.evaluate("window.stayed") is True
    page.get_by_role("button", name="Save settings").click()
    expect(page.locator("#notice")).to_contain_text("Settings saved.")
    assert config(api) == {"name": "Typed before", "tags": ["sea"]}


def test_what_is_typed_while_a_row_is_on_its_way_stays(
    open_page: OpenPage, api: httpx.Client, hold: Callable[..., Any]
) -> None:
    page = open_page("/ui/plugin-settings/demo.settings")
    sent = hold(page, "**/ui/plugin-settings/**", "POST")
    page.get_by_role("button", name="Add an entry to Tags").click()
    row = sent.next()
    page.get_by_label("Colours").fill("7")
    page.get_by_role("button", name="Save settings").click()  # counts for the form with the row
    row.continue_()
    saved = sent.next()
    assert {"%2Ftags%2F0=", "%2Fcount=7"} <= set((saved.request.post_data or "").split("&"))
    saved.continue_()
    expect(page.locator("#notice")).to_contain_text("Settings saved.")
    assert config(api) == {"name": "Warm", "count": 7}


def test_two_switches_in_a_row_are_both_on_in_the_end(open_page: OpenPage, hold: Callable[..., Any]) -> None:
    page = open_page("/ui/plugins")
    sent = hold(page, "**/enable", "POST")
    switches = [card(page, name).get_by_role("switch") for name in ("Palette", "Swatches")]
    for switch in switches:
        switch.click()
        expect(switch).to_have_attribute("aria-checked", "true")
    for _ in switches:
        sent.next().continue_()
    expect(page.locator("#notice")).to_contain_text("“Swatches” is on.")
    for switch in switches:
        expect(switch).not_to_have_attribute("aria-busy", "true")
        expect(switch).to_have_attribute("aria-checked", "true")


def test_a_search_goes_on_from_an_address_that_was_one(open_page: OpenPage) -> None:
    page = open_page("/ui/plugins?q=swatch")
    expect(card(page, "Palette")).to_have_count(0)
    page.evaluate("window.stayed = true")
    page.get_by_role("searchbox").last.fill("palet")
    expect(card(page, "Palette")).to_be_visible()
    expect(card(page, "Swatches")).to_be_hidden()
    expect(page).to_have_url(re.compile(r"\?q=palet$"))
    assert page.evaluate("window.stayed") is True


@pytest.mark.usefixtures("provoked")
def test_json_that_is_wrong_has_the_caret_where_it_is_wrong(open_page: OpenPage, api: httpx.Client) -> None:
    page = open_page("/ui/plugin-settings/demo.settings")
    page.get_by_role("link", name="JSON").click()
    field = page.get_by_label("All settings as JSON")
    field.fill('{\n  "name" "Cold"\n}')
    page.get_by_role("button", name="Save settings").click()
    expect(page.get_by_role("alert")).to_have_text("Line 2, column 10: a colon is missing.")
    expect(field).to_be_focused()
    expect(field).to_have_js_property("selectionStart", 11)
    field.fill('{"name": "Cold", "odd": 7}')
    page.get_by_role("button", name="Save settings").click()
    expect(page.locator("#notice")).to_contain_text("Settings saved.")
    assert config(api) == {"name": "Cold", "odd": 7}
    page.get_by_role("link", name="Form", exact=True).click()
    expect(page.get_by_label("Anything")).to_have_value("7")


def test_a_folder_plugin_is_removed_only_after_a_named_question(open_page: OpenPage) -> None:
    page = open_page("/ui/plugin-settings/demo.settings")
    page.wait_for_load_state("networkidle")
    page.get_by_role("link", name="Remove plugin").click()
    question = page.get_by_role("dialog")
    expect(question).to_contain_text("Remove “Swatches” and its 1 file? Its data and settings stay.")
    expect(question.get_by_role("button", name="Keep it")).to_be_focused()
    page.keyboard.press("Escape")
    expect(question).to_be_hidden()


def test_without_scripts_the_switch_and_the_form_work(open_page: OpenPage, api: httpx.Client) -> None:
    page = open_page("/ui/plugins", java_script_enabled=False)
    card(page, "Palette").get_by_role("switch").click()
    expect(page.locator("#notice")).to_contain_text("“Palette” is on.")
    page.goto("/ui/plugin-settings/demo.settings")
    page.get_by_role("button", name="Add an entry to Tags").click()
    page.get_by_label("Tags, entry 1", exact=True).fill("sky")
    page.get_by_role("button", name="Save settings").click()
    expect(page.locator("#notice")).to_contain_text("Settings saved.")
    assert config(api) == {"name": "Warm", "tags": ["sky"]}


@pytest.mark.parametrize("path", ["/ui/plugins", "/ui/plugin-settings/demo.settings", "/ui/plugin-install"])
def test_nothing_runs_out_of_a_narrow_page(open_page: OpenPage, path: str) -> None:
    page = open_page(path, width=320)
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


@pytest.mark.usefixtures("provoked")
def test_dropping_a_file_that_is_no_plugin_says_so(open_page: OpenPage, drop_files: Callable[..., None]) -> None:
    page = open_page("/ui/plugins")
    page.wait_for_load_state("networkidle")
    drop_files(page, ("notes.zip", "application/zip", b"no archive"))
    expect(page.get_by_role("heading", name="Install a plugin")).to_be_visible()
    expect(page.get_by_role("alert")).not_to_be_empty()
    expect(page.get_by_label("ZIP or wheel")).to_have_attribute("aria-invalid", "true")
