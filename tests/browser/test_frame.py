"""What surrounds every page: search, palette, keys, menu, running jobs; by mouse, by keyboard, on a phone."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Locator, Page, Route

    OpenPage = Callable[..., Page]
    Create = Callable[..., str]


ONE_MOMENT = "Object.defineProperty(Event.prototype, 'timeStamp', { get: () => 1 })"
"""Keys of a sequence follow each other in time, however slow the machine."""


def palette_of(page: Page) -> Locator:
    """The palette, opened by its key."""
    expect(page.locator("[data-keys] dl").first).to_be_attached()  # the scripts have run
    page.keyboard.press("Control+k")
    expect(page.get_by_role("combobox")).to_be_focused()
    return page.get_by_role("dialog")


def test_the_palette_leads_to_an_entity_by_keyboard_alone(open_page: OpenPage, create: Create) -> None:
    entity_id = create("Mary Somerville")
    page = open_page("/ui/overview")
    palette = palette_of(page)
    page.keyboard.type("somerv")
    option = palette.get_by_role("option", name="Mary Somerville")
    expect(option).to_have_attribute("aria-selected", "true")
    expect(page.get_by_role("combobox")).to_have_attribute(
        "aria-activedescendant", option.get_attribute("id") or "no id"
    )
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(f"/ui/entities/{entity_id}$"))


def test_the_palette_knows_pages_by_a_few_letters_and_arrows_choose(open_page: OpenPage, create: Create) -> None:
    create("Anybody")
    page = open_page("/ui/keys")
    palette = palette_of(page)
    options = palette.get_by_role("option")
    expect(options.first).to_have_text(re.compile("Overview"))
    page.keyboard.press("ArrowUp")
    expect(options.last).to_have_attribute("aria-selected", "true")
    page.keyboard.press("ArrowDown")
    expect(options.first).to_have_attribute("aria-selected", "true")
    page.keyboard.type("ovw")
    expect(palette.get_by_role("option", name="Settings")).to_have_count(0)
    expect(options.first).to_have_text(re.compile("Overview"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Overview")


def test_the_palette_does_what_the_page_offers_and_escape_returns_the_focus(open_page: OpenPage) -> None:
    page = open_page("/ui/keys")
    opener = page.get_by_role("button", name="Go to…")
    expect(page.locator("[data-keys] dl").first).to_be_attached()
    opener.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("combobox")).to_be_focused()
    page.keyboard.press("Escape")
    expect(opener).to_be_focused()
    palette = palette_of(page)
    page.keyboard.type("theme dark")
    palette.get_by_role("option", name="Theme: dark").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    expect(page).to_have_url(re.compile("/ui/keys$"))


def test_the_palette_says_when_nothing_fits_and_searches_on_request(open_page: OpenPage, create: Create) -> None:
    create("Anybody")
    page = open_page("/ui/keys")
    palette = palette_of(page)
    page.keyboard.type("zzqx")
    palette.get_by_role("option", name="Search entities for “zzqx”").click()
    expect(page.locator("#results")).to_contain_text("Nothing matches “zzqx”")


def test_the_palette_knows_the_pages_of_plugins_that_were_switched_on_meanwhile(
    open_page: OpenPage, core: Any, api: Any
) -> None:
    folder = core.home / "plugins" / "late"
    folder.mkdir(parents=True, exist_ok=True)
    manifest = {"id": "demo.late", "name": "Late", "api_version": 1, "entrypoints": {"python": "plugin"}}
    (folder / "plugin.json").write_text(json.dumps(manifest))
    (folder / "plugin.py").write_text(
        "from faceforge_sdk import NavItem, hookimpl\n\n\n@hookimpl\ndef register_nav_items(ctx):\n"
        '    return [NavItem("late", "Latecomers", "/ui/plugins/demo.late/")]\n'
    )
    page = open_page("/ui/keys")
    expect(page.get_by_role("link", name="Entities")).to_be_visible()
    api.post("/v1/plugins/demo.late/enable").raise_for_status()
    expect(palette_of(page).get_by_role("option", name="Latecomers")).to_be_visible()
    api.post("/v1/plugins/demo.late/disable").raise_for_status()
    page.keyboard.press("Escape")
    expect(palette_of(page).get_by_role("option", name="Latecomers")).to_have_count(0)


def test_keys_lead_to_pages_and_are_listed_on_request(open_page: OpenPage, create: Create) -> None:
    create("Anybody")
    page = open_page("/ui/overview")
    expect(page.locator("[data-keys] dl").first).to_be_attached()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_contain_text("Go to the entities")
    page.keyboard.press("Escape")
    page.evaluate(ONE_MOMENT)
    page.keyboard.type("ge")
    expect(page).to_have_url(re.compile("/ui/entities$"))
    expect(page.locator("[data-keys] dl").first).to_be_attached()
    page.keyboard.press("c")
    expect(page.get_by_role("dialog").get_by_label("Name")).to_be_focused()
    page.keyboard.type("ge?c/")
    expect(page.get_by_role("dialog").get_by_label("Name")).to_have_value("ge?c/")


def test_single_keys_can_be_switched_off(open_page: OpenPage) -> None:
    page = open_page("/ui/keys")
    page.locator("main").get_by_role("checkbox").uncheck()
    page.reload()
    expect(page.locator("main").get_by_role("checkbox")).not_to_be_checked()
    page.keyboard.type("?")
    palette = palette_of(page)  # keys with Ctrl still work, and what came before them did nothing
    expect(palette).to_have_count(1)


def test_slash_searches_where_the_page_does_and_everywhere_else_in_the_top_line(
    open_page: OpenPage, create: Create
) -> None:
    create("Dorothy Vaughan")
    page = open_page("/ui/entities")
    expect(page.get_by_role("searchbox")).to_have_count(1)
    page = open_page("/ui/keys")
    expect(page.locator("[data-keys] dl").first).to_be_attached()
    page.keyboard.press("/")
    page.keyboard.type("vaughan")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/ui/entities\?q=vaughan"))
    expect(page.locator(".card-name")).to_have_text("Dorothy Vaughan")


@pytest.mark.parametrize("scripts", [True, False])
def test_theme_and_language_are_chosen_with_and_without_scripts(open_page: OpenPage, scripts: bool) -> None:
    page = open_page("/ui/entities?view=table", java_script_enabled=scripts)
    for name, attribute, value in (("Dark", "data-theme", "dark"), ("Deutsch", "lang", "de")):
        page.locator("details.menu > summary").click()
        page.get_by_role("button", name=name, exact=True).click()
        expect(page.locator("html")).to_have_attribute(attribute, value)
    expect(page).to_have_url(re.compile(r"/ui/entities\?view=table$"))
    assert page.evaluate("getComputedStyle(document.documentElement).colorScheme") == "dark"


def test_the_menu_closes_by_escape_and_by_a_click_beside_it(open_page: OpenPage) -> None:
    page = open_page("/ui/keys")
    menu, summary = page.locator("details.menu"), page.locator("details.menu > summary")
    expect(page.locator("[data-keys] dl").first).to_be_attached()
    summary.press("Enter")
    expect(menu).to_have_attribute("open", "")
    page.keyboard.press("Tab")
    page.keyboard.press("Escape")
    expect(menu).not_to_have_attribute("open", "")
    expect(summary).to_be_focused()
    summary.click()
    page.locator("h1").click()
    expect(menu).not_to_have_attribute("open", "")


def test_on_a_phone_the_bar_is_at_the_bottom_and_the_menu_within_reach(open_page: OpenPage) -> None:
    page = open_page("/ui/keys", width=320, height=640, has_touch=True)
    bar = page.get_by_role("complementary").bounding_box()
    assert bar is not None
    assert (bar["x"], bar["width"], round(bar["y"] + bar["height"])) == (0, 320, 640)
    page.locator("details.menu > summary").tap()
    expect(page.get_by_role("button", name="Sign out")).to_be_in_viewport(ratio=1)
    expect(page.get_by_role("button", name="Deutsch")).to_be_in_viewport(ratio=1)


def test_running_jobs_show_as_a_ring_and_go_away_again(open_page: OpenPage, watch: Any) -> None:
    running: list[dict[str, Any]] = [{"progress_percent": 20.0}, {"progress_percent": None}]

    def answer(route: Route) -> None:
        route.fulfill(json={"ok": True, "data": {"items": running}})

    page = open_page("/ui/login", signed_in=True)
    page.route("**/v1/jobs?*", answer)
    page.goto("/ui/keys")
    ring = page.get_by_role("link", name="Running: 2 jobs, 10 %")
    expect(ring).to_be_visible()
    before = page.locator(".topline-search").bounding_box()
    running.clear()
    expect(ring).to_be_hidden()
    assert page.locator(".topline-search").bounding_box() == before
    assert watch.problems == []


def test_an_undo_is_offered_done_once_and_told(open_page: OpenPage) -> None:
    page = open_page("/ui/keys")
    page.evaluate(
        """async () => {
            const { notify, optimistically } = await import("/ui/static/faceforge.ui_shell/notices.js");
            window.undone = 0;
            const heading = document.querySelector("h1");
            await optimistically({
                apply: () => { const was = heading.textContent; heading.textContent = "Changed";
                               return () => { heading.textContent = was; }; },
                send: async () => { throw new Error("It was refused."); },
            });
            window.told = document.getElementById("notice").textContent;
            notify("Moved to the trash.", { undo: async () => { window.undone += 1; return "It is back."; } });
        }"""
    )
    assert page.evaluate("window.told") == "It was refused."
    expect(page.get_by_role("heading", level=1)).to_have_text("Keyboard shortcuts")
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("It is back.")).to_be_visible()
    expect(page.get_by_role("button", name="Undo")).to_have_count(0)
    assert page.evaluate("window.undone") == 1
