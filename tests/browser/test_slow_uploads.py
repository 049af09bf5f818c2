"""Files on their way, and what else is done on the page, while answers come late or not at all."""

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
    Drop = Callable[..., None]
    Hold = Callable[..., Any]

UPLOAD = "**/v1/assets/upload"


def text(name: str) -> tuple[str, str, bytes]:
    return name, "text/plain", name.encode()


def settled(page: Page) -> None:
    """What the page was given so far has come to its scripts: an answer that was asked for later has."""
    page.evaluate("() => fetch('/livez').then((answer) => answer.text())")
    page.evaluate("() => new Promise((resolve) => setTimeout(resolve))")


@pytest.fixture
def entity(create: Create, api: httpx.Client) -> Callable[..., str]:
    """Creates an entity with files and returns its id: ``entity("a.txt", "b.txt")``."""

    def make(*names: str) -> str:
        entity_id = create("Maria Sibylla Merian")
        for name in names:
            stored = api.post("/v1/assets/upload", files={"file": (name, f"{entity_id} {name}".encode(), "text/plain")})
            asset_id = stored.raise_for_status().json()["data"]["asset_id"]
            api.post(f"/v1/entities/{entity_id}/assets/{asset_id}").raise_for_status()
        return entity_id

    return make


def test_an_older_list_of_files_does_not_take_the_place_of_a_newer(
    open_page: OpenPage, drop_files: Drop, hold: Hold
) -> None:
    page = open_page("/ui/assets")
    lists = hold(page, re.compile(r"/ui/assets$"))
    drop_files(page, text("first.txt"))
    give_older = lists.answered()
    drop_files(page, text("second.txt"))
    lists.answered()()
    expect(page.get_by_role("link", name="second.txt")).to_be_visible()
    count = page.locator("#count").inner_text()
    give_older()
    settled(page)
    assert page.locator("#count").inner_text() == count


def test_what_was_removed_while_files_came_in_does_not_come_back(
    open_page: OpenPage, entity: Callable[..., str], drop_files: Drop, hold: Hold
) -> None:
    address = f"/ui/entities/{entity('old.txt')}?tab=attachments"
    page = open_page(address)
    names = page.locator(".attachment-name")
    panels = hold(page, f"**{address}")
    drop_files(page, text("removed or not.txt"))
    give_older = panels.answered()
    page.get_by_role("button", name="Remove old.txt from this entity").click()
    expect(names).to_have_text(["removed or not.txt"])
    panels.end()
    give_older()
    settled(page)
    expect(names).to_have_text(["removed or not.txt"])
    expect(page.locator("#uploads-summary")).to_have_text("1 file attached")


def test_a_file_that_came_in_stays_when_an_older_page_comes(
    open_page: OpenPage, entity: Callable[..., str], drop_files: Drop, late_removal: Callable[..., Any]
) -> None:
    page = open_page(f"/ui/entities/{entity('old.txt')}?tab=attachments")
    names = page.locator(".attachment-name")
    removal = late_removal(page)
    page.get_by_role("button", name="Remove old.txt from this entity").click()
    removal.await_made()
    drop_files(page, text("came in meanwhile.txt"))
    expect(names.filter(has_text="came in meanwhile.txt")).to_have_count(1)
    removal.let_go()
    expect(page.locator("#notice")).to_be_visible()
    expect(names).to_have_text(["came in meanwhile.txt"])


def test_a_form_that_was_asked_for_opens_though_a_file_came_in_before_it(
    open_page: OpenPage, entity: Callable[..., str], drop_files: Drop, hold: Hold
) -> None:
    page = open_page(f"/ui/entities/{entity()}")
    forms = hold(page, "**/fields*")
    page.get_by_role("link", name="Add fields").click()
    form = forms.next()
    drop_files(page, text("came in first.txt"))
    expect(page.locator("#panel").get_by_role("link", name="came in first.txt")).to_be_visible()
    form.continue_()
    expect(page.get_by_label("Name of field 1")).to_be_focused()


def test_the_next_file_does_not_wait_for_the_list(
    open_page: OpenPage, entity: Callable[..., str], drop_files: Drop, hold: Hold
) -> None:
    address = f"/ui/entities/{entity()}?tab=attachments"
    page = open_page(address)
    uploads, panels = hold(page, UPLOAD, "POST"), hold(page, f"**{address}")
    drop_files(page, text("one.txt"), text("two.txt"), text("three.txt"))
    first = uploads.next()
    uploads.next()
    first.continue_()
    panels.next()
    expect(page.locator(".upload-state").nth(2)).not_to_have_text("Waiting")


def test_files_that_wait_go_on_when_one_fails_and_one_is_canceled(
    open_page: OpenPage, entity: Callable[..., str], drop_files: Drop, hold: Hold, watch: Any, api: httpx.Client
) -> None:
    watch.expected.add(500)
    entity_id = entity()
    page = open_page(f"/ui/entities/{entity_id}?tab=attachments")
    uploads = hold(page, UPLOAD, "POST")
    drop_files(page, *(text(f"{name}.txt") for name in ("one", "two", "waits")))
    uploads.next().fulfill(status=500, body="nothing that could be read")
    failed = page.locator(".upload.failed .upload-name").inner_text()  # either of the two that went at once
    give_canceled = uploads.answered()
    canceled = "two.txt" if failed == "one.txt" else "one.txt"
    page.locator(".upload", has_text=canceled).get_by_role("button", name="Cancel").click()
    give_canceled()
    uploads.end()
    uploads.next().continue_()
    expect(page.locator("#uploads-summary")).to_have_text("1 of 2 files could not be attached")
    page.get_by_role("button", name="Try again").dblclick()
    expect(page.locator("#uploads-summary")).to_have_text("2 files attached")
    names = page.locator(".attachment-name")
    expect(names).to_have_count(2)
    assert sorted(names.all_text_contents()) == sorted([failed, "waits.txt"])
    assert api.get(f"/v1/entities/{entity_id}/assets").json()["data"]["total"] == 2


def test_a_double_click_cancels_one_file(
    open_page: OpenPage, entity: Callable[..., str], drop_files: Drop, hold: Hold
) -> None:
    page = open_page(f"/ui/entities/{entity()}")
    hold(page, UPLOAD, "POST")
    drop_files(page, *(text(f"{name}.txt") for name in ("one", "two", "three")))
    page.locator(".upload", has_text="two.txt").get_by_role("button", name="Cancel").dblclick()
    expect(page.locator(".upload-name")).to_have_text(["one.txt", "three.txt"])


def test_a_file_that_had_come_in_when_it_was_canceled_is_shown(
    open_page: OpenPage, drop_files: Drop, hold: Hold
) -> None:
    page = open_page("/ui/assets")
    uploads = hold(page, UPLOAD, "POST")
    drop_files(page, text("in already.txt"))
    uploads.answered()
    page.locator(".upload").get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("link", name="in already.txt")).to_be_visible()


def test_whoever_leaves_while_files_are_under_way_is_asked(
    open_page: OpenPage, entity: Callable[..., str], drop_files: Drop, hold: Hold
) -> None:
    page = open_page(f"/ui/entities/{entity()}?tab=attachments")
    asked: list[str] = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    uploads = hold(page, UPLOAD, "POST")
    drop_files(page, text("under way.txt"))
    upload = uploads.next()
    page.get_by_role("link", name="Relationships", exact=True).click()
    upload.continue_()
    expect(page.locator(".attachment-name")).to_have_text(["under way.txt"])
    assert asked == ["beforeunload"]
    page.get_by_role("link", name="Relationships", exact=True).click()
    expect(page).to_have_url(re.compile("tab=relationships"))
    assert asked == ["beforeunload"]


@pytest.fixture
def related(create: Create, api: httpx.Client) -> str:
    """Somebody with a friend, who has a friend, and a rival."""
    ids = {name: create(name) for name in ("Middle", "Friend", "Far", "Rival")}
    for one, kind, other in (("Friend", "friend", "Middle"), ("Far", "friend", "Friend"), ("Rival", "rival", "Middle")):
        draft = {"src_entity_id": ids[one], "dst_entity_id": ids[other], "relationship_type": kind}
        api.post("/v1/relationships", json=draft).raise_for_status()
    return ids["Middle"]


def test_a_graph_asked_for_before_somebody_was_removed_does_not_bring_them_back(
    open_page: OpenPage, related: str, hold: Hold
) -> None:
    page = open_page(f"/ui/entities/{related}?tab=relationships")
    expect(page.locator(".graph-node")).to_have_count(3)
    graphs = hold(page, "**/graph?depth=2")
    page.get_by_role("link", name="Two steps").click()
    give_older = graphs.answered()
    page.locator(".relation", has_text="Rival").get_by_role("button", name="Remove").click()
    expect(page.locator(".graph-node")).to_have_count(2)
    graphs.end()
    give_older()
    expect(page.locator(".graph-node")).to_have_count(3)
    expect(page.get_by_role("link", name="Far (friend)")).to_be_visible()
    expect(page.get_by_role("link", name="Rival (rival)")).to_have_count(0)


def test_the_reach_of_a_graph_is_the_one_asked_for_last_and_a_face_leads_on_before_it_has_come(
    open_page: OpenPage, related: str, hold: Hold
) -> None:
    page = open_page(f"/ui/entities/{related}/graph?depth=1")
    graphs = hold(page, re.compile(r"/graph\?depth=\d$"))
    page.get_by_role("link", name="Two steps").click()
    give_older = graphs.answered()
    page.get_by_role("link", name="One step").click()
    graphs.answered()()
    expect(page.get_by_role("link", name="One step")).to_be_focused()
    give_older()
    settled(page)
    assert page.locator(".graph-node").count() == 3
    page.get_by_role("link", name="Two steps").click()
    graphs.next()
    page.get_by_role("link", name="Friend (friend)").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Friend")
    expect(page.locator(".graph-node")).to_have_count(3)
