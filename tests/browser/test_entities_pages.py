"""Finding, editing and deleting entities: with a mouse, by keyboard alone, and without scripts."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx
    from playwright.sync_api import Page

    OpenPage = Callable[..., Page]
    Create = Callable[..., str]


def expect_query(page: Page, query: str) -> None:
    """The list is the one asked for: its address is written with it, and not before."""
    expect(page).to_have_url(re.compile(rf"/ui/entities\?{re.escape(query)}$"))


def names(page: Page) -> list[str]:
    return page.locator(".card-name").all_text_contents()


def test_search_and_tag_live_in_the_address_through_reload_and_back(open_page: OpenPage, create: Create) -> None:
    create("Hedy Lamarr", tags=["inventor", "actor"])
    create("Hedy Epstein", tags=["speaker"])
    create("Radia Perlman", tags=["inventor"])
    page = open_page("/ui/entities")
    page.keyboard.press("/")
    page.keyboard.type("hedy")
    expect_query(page, "q=hedy")
    expect(page.locator(".card")).to_have_count(2)

    page.locator("#tags").get_by_role("link", name="inventor").click()
    expect_query(page, "q=hedy&tag=inventor")
    expect(page.locator(".card")).to_have_count(1)
    page.reload()
    expect(page.locator(".card-name")).to_have_text(["Hedy Lamarr"])
    expect(page.get_by_role("searchbox")).to_have_value("hedy")

    page.get_by_role("link", name="Hedy Lamarr").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Hedy Lamarr")
    back = page.get_by_role("link", name="Entities").last
    expect(back).to_have_attribute("href", re.compile(r"\?q=hedy&tag=inventor$"))
    back.click()
    expect_query(page, "q=hedy&tag=inventor")
    expect(page.locator(".card")).to_have_count(1)
    page.get_by_role("link", name="inventor: remove this filter").click()
    expect(page.locator(".card")).to_have_count(2)
    page.go_back()
    expect(page.locator(".card")).to_have_count(1)

    page.get_by_role("searchbox").fill("nobody of that name")
    expect(page.locator("#results")).to_contain_text("Nothing matches “nobody of that name”")


def test_the_table_sorts_by_its_headings(open_page: OpenPage, create: Create) -> None:
    for name in ("Tabitha", "Tadeo", "Tabea"):
        create(name, tags=["table-test"], aliases=[f"The {name}"])
    page = open_page("/ui/entities?tag=table-test")
    page.get_by_role("link", name="Table", exact=True).click()
    rows = page.locator("tbody th")
    expect(rows).to_have_text(["Tabea", "Tadeo", "Tabitha"])
    page.get_by_role("columnheader", name="Name").get_by_role("link").click()
    expect(rows).to_have_text(["Tabea", "Tabitha", "Tadeo"])
    expect(page.get_by_role("columnheader", name="Name")).to_have_attribute("aria-sort", "ascending")
    expect_query(page, "view=table&tag=table-test&sort=name")
    page.get_by_role("columnheader", name="Name").get_by_role("link").click()
    expect(rows).to_have_text(["Tadeo", "Tabitha", "Tabea"])
    expect(page.get_by_role("cell", name="The Tadeo")).to_be_visible()


def test_scrolling_brings_more_and_back_returns_to_the_place(open_page: OpenPage, create: Create) -> None:
    for number in range(130):
        create(f"Crowd {number:03}", tags=["crowd"])
    page = open_page("/ui/entities?tag=crowd&sort=name")
    expect(page.locator("#count")).to_contain_text("130")
    cards = page.locator(".card")
    expect(cards).to_have_count(60)
    page.mouse.wheel(0, 100_000)
    expect(cards).not_to_have_count(60)
    page.keyboard.press("End")
    expect(cards).to_have_count(130)
    assert names(page) == [f"Crowd {number:03}" for number in range(130)]

    page.get_by_role("link", name="Crowd 111").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Crowd 111")
    page.go_back()
    expect(cards).to_have_count(130)
    expect(page.get_by_role("link", name="Crowd 111")).to_be_in_viewport()


def test_an_entity_can_be_created_by_keyboard_alone_with_the_focus_always_in_sight(
    open_page: OpenPage, api: httpx.Client
) -> None:
    page = open_page("/ui/entities")
    seen = []
    for _ in range(30):
        page.keyboard.press("Tab")
        focus = page.evaluate(
            """() => {
                const focused = document.activeElement, style = getComputedStyle(focused);
                return [focused.innerText.trim(), style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2];
            }"""
        )
        seen.append(focus)
        if focus[0] == "Create entity":
            break
    assert seen[0][0] == "Skip to content"
    assert seen[-1][0] == "Create entity"
    assert all(visible for _, visible in seen), seen

    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog").get_by_label("Name")).to_be_focused()
    page.keyboard.type("Katherine Johnson")
    page.keyboard.press("Tab")
    page.keyboard.type("Kathy, Creola")
    page.keyboard.press("Tab")
    page.keyboard.type("nasa")
    page.keyboard.press("Enter")
    page.keyboard.type("wrong")
    page.keyboard.press("Enter")
    page.keyboard.press("Backspace")
    page.keyboard.press("Enter")  # with nothing typed, Enter sends the form
    expect(page.get_by_role("heading", level=1)).to_have_text("Katherine Johnson")
    stored = api.get(f"/v1/entities/{page.url.rpartition('/')[2].partition('?')[0]}").json()["data"]
    assert (stored["aliases"], stored["tags"]) == (["Kathy", "Creola"], ["nasa"])


def test_escape_leaves_a_dialog_and_the_focus_returns(open_page: OpenPage) -> None:
    page = open_page("/ui/entities")
    opener = page.get_by_role("link", name="Create entity").first
    opener.press("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(opener).to_be_focused()


def test_a_name_is_edited_in_place(open_page: OpenPage, create: Create) -> None:
    page = open_page(f"/ui/entities/{create('Misspeled', aliases=['kept'], tags=['kept too'])}")
    page.get_by_role("link", name="Rename").click()
    page.get_by_label("Name", exact=True).fill("thrown away")
    page.keyboard.press("Escape")
    expect(page.get_by_role("heading", level=1)).to_have_text("Misspeled")
    page.get_by_role("link", name="Rename").click()
    page.get_by_label("Name", exact=True).fill("Spelled")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Spelled")
    expect(page.locator(".entity-id")).to_contain_text("kept too")


def test_what_somebody_else_saved_meanwhile_is_shown_beside_what_was_typed(
    open_page: OpenPage, create: Create, api: httpx.Client, watch: Any
) -> None:
    watch.expected.add(409)
    entity_id = create("Before", tags=["one"])
    page = open_page(f"/ui/entities/{entity_id}/edit")
    api.patch(f"/v1/entities/{entity_id}", json={"display_name": "Theirs"}).raise_for_status()
    page.get_by_label("Name").fill("Mine")
    page.get_by_role("button", name="Save changes").click()

    expect(page.get_by_role("alert")).to_contain_text("This entity was changed meanwhile")
    expect(page.get_by_label("Name")).to_have_value("Mine")
    expect(page.locator(".stored")).to_have_text(re.compile("Saved meanwhile\\s+Theirs"))
    assert api.get(f"/v1/entities/{entity_id}").json()["data"]["display_name"] == "Theirs"

    page.get_by_role("button", name="Save changes").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Mine")


def test_deleting_is_undone_from_the_notice_and_from_the_trash(open_page: OpenPage, create: Create) -> None:
    page = open_page(f"/ui/entities/{create('Deleted by mistake')}")
    page.get_by_role("button", name="Move to trash").click()
    expect(page.get_by_role("status").filter(has_text="Entity moved to the trash.")).to_be_visible()
    expect(page.get_by_role("link", name="Deleted by mistake")).to_have_count(0)
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Deleted by mistake")

    page.get_by_role("button", name="Move to trash").click()
    expect(page.locator("#notice")).to_contain_text("Entity moved to the trash.")
    page.get_by_role("link", name="Trash").click()
    page.get_by_role("button", name="Restore Deleted by mistake").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Deleted by mistake")
    expect(page).not_to_have_url(re.compile("notice"))  # a reload does not say it again


def test_a_home_without_entities_says_what_to_do(
    start_process: Callable[..., Any], open_page: OpenPage
) -> None:  # in this order: the page is closed before the Core that it asks
    empty = start_process()
    page = open_page(f"{empty.url}/ui/login?next=/ui/entities", signed_in=False)
    page.get_by_label("Access token").fill(empty.token)
    page.get_by_role("button", name="Sign in").click()
    expect(page.locator("#results")).to_contain_text("No entities yet.")
    page.wait_for_load_state()  # its scripts have run
    page.locator("#results").get_by_role("link", name="Create entity").click()
    expect(page.get_by_role("dialog")).to_be_visible()


@pytest.mark.parametrize("width", [320, 1280])
def test_everything_but_uploading_works_without_scripts(open_page: OpenPage, width: int) -> None:
    page = open_page("/ui/entities", width=width, java_script_enabled=False)
    page.get_by_role("link", name="Create entity").first.click()
    page.get_by_label("Name").fill(f"Plain {width}")
    page.get_by_label("Tags").fill("paper\nPencil, sharp")
    page.get_by_role("button", name="Create entity").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Plain {width}")
    assert page.locator("ul.chips > li > a.chip[href*='?tag=']").all_inner_texts() == ["paper", "Pencil, sharp"]

    page.get_by_role("link", name="Edit", exact=True).click()
    page.get_by_label("Aliases").fill("Simple")
    page.get_by_role("button", name="Save changes").click()
    expect(page.locator(".entity-aliases")).to_contain_text("Simple")
    page.get_by_role("link", name="Attachments", exact=True).click()
    expect(page.locator("#panel")).to_contain_text("No files are attached.")

    page.goto("/ui/entities")
    page.get_by_role("searchbox").fill(f"plain {width}")
    page.get_by_role("button", name="Search").click()
    expect(page.locator(".card-name")).to_have_text([f"Plain {width}"])
    page.get_by_role("link", name=f"Plain {width}").click()
    page.get_by_role("button", name="Move to trash").click()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Plain {width}")
    page.locator("summary", has_text="More").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()
