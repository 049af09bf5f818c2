"""What people do before a slow Core has answered: the last thing they asked for counts, and nothing typed is lost."""

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
    Hold = Callable[..., Any]


@pytest.fixture(scope="module")
def _people(core: Any) -> None:
    client = core.client()
    for name, tags in {
        "Hedy Lamarr": ["actor"],
        "Hedy Epstein": [],
        "Mae West": ["actor"],
        "Anna": [],
        "Annabel": [],
    }.items():
        client.post("/v1/entities", json={"display_name": name, "tags": tags}).raise_for_status()


@pytest.mark.usefixtures("_people")
def test_a_filter_chosen_before_the_search_has_answered_is_one_of_what_was_searched(
    open_page: OpenPage, hold: Hold
) -> None:
    page = open_page("/ui/entities")
    search = hold(page, re.compile(r"\?q=hedy$"))
    page.get_by_role("searchbox").fill("hedy")
    search.next()
    page.locator("#tags").get_by_role("link", name="actor").click()
    expect(page).to_have_url(re.compile(r"\?q=hedy&tag=actor$"))
    expect(page.locator(".card-name")).to_have_text(["Hedy Lamarr"])
    expect(page.get_by_role("searchbox")).to_have_value("hedy")


@pytest.mark.usefixtures("_people")
def test_what_is_typed_while_a_filter_is_on_its_way_stays_and_is_searched_within_it(
    open_page: OpenPage, hold: Hold
) -> None:
    page = open_page("/ui/entities")
    filtered = hold(page, re.compile(r"\?tag=actor$"))
    page.locator("#tags").get_by_role("link", name="actor").click()
    filtered.next()
    page.get_by_role("searchbox").fill("hedy")
    expect(page).to_have_url(re.compile(r"\?q=hedy&tag=actor$"))
    expect(page.locator(".card-name")).to_have_text(["Hedy Lamarr"])
    expect(page.get_by_role("searchbox")).to_have_value("hedy")
    expect(page.get_by_role("searchbox")).to_be_focused()


@pytest.mark.usefixtures("_people")
def test_whoever_opens_a_card_before_the_search_has_answered_comes_back_to_the_search(
    open_page: OpenPage, hold: Hold
) -> None:
    page = open_page("/ui/entities")
    searches = re.compile(r"\?q=hedy$")
    search = hold(page, searches)
    page.get_by_role("searchbox").fill("hedy")
    search.next()
    page.get_by_role("link", name="Mae West").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Mae West")
    page.unroute(searches)
    expect(page.get_by_role("link", name="Entities").last).to_have_attribute("href", searches)
    page.go_back()
    expect(page).to_have_url(searches)
    expect(page.get_by_role("searchbox")).to_have_value("hedy")
    expect(page.locator(".card")).to_have_count(2)


@pytest.mark.usefixtures("_people")
def test_enter_takes_no_suggestion_that_no_longer_fits(open_page: OpenPage, api: httpx.Client, hold: Hold) -> None:
    stored = api.post("/v1/assets/upload", files={"file": ("a.txt", b"a slow answer", "text/plain")})
    page = open_page(f"/ui/assets/{stored.raise_for_status().json()['data']['asset_id']}")
    who = page.get_by_role("combobox", name="Attach to an entity")
    who.fill("anna")
    expect(page.get_by_role("option").first).to_have_text("Anna")
    hold(page, "**/v1/entities?*")
    page.keyboard.type("bel")
    page.keyboard.press("Enter")
    expect(page.locator(".owner")).to_contain_text("Annabel")


def test_a_form_that_is_being_filled_in_outlives_the_answer_to_another(
    open_page: OpenPage, create: Callable[..., str], api: httpx.Client
) -> None:
    ids = [create(name) for name in ("Marie", "Pierre")]
    draft = {"src_entity_id": ids[1], "dst_entity_id": ids[0], "relationship_type": "friend"}
    api.post("/v1/relationships", json=draft).raise_for_status()
    page = open_page(f"/ui/entities/{ids[0]}?tab=relationships")
    page.get_by_role("link", name="Add a relationship").click()
    page.get_by_label("Who", exact=True).fill("Irène")
    page.locator(".relation").get_by_role("button", name="Remove").click()
    expect(page.locator(".relation")).to_have_count(0)
    expect(page.get_by_label("Who", exact=True)).to_have_value("Irène")


def test_of_two_answers_the_one_that_comes_last_does_not_bring_back_what_the_other_removed(
    open_page: OpenPage, create: Callable[..., str], api: httpx.Client, late_removal: Callable[..., Any]
) -> None:
    sent = api.post("/v1/assets/upload", files={"file": ("two of them.txt", b"of Ada and Grace")})
    asset_id = sent.raise_for_status().json()["data"]["asset_id"]
    for name in ("Ada", "Grace"):
        api.post(f"/v1/entities/{create(name)}/assets/{asset_id}", json={}).raise_for_status()
    page = open_page(f"/ui/assets/{asset_id}")
    expect(page.locator(".owner")).to_have_count(2)
    removal = late_removal(page)
    page.get_by_role("button", name="Remove from Ada").click()
    removal.await_made()
    page.get_by_role("button", name="Remove from Grace").click()
    expect(page.locator(".owner")).to_have_count(0)
    page.evaluate("() => document.getElementById('notice').remove()")
    removal.let_go()
    expect(page.locator("#notice")).to_be_visible()
    expect(page.locator(".owner")).to_have_count(0)


PRESS = """() => {
    let sent = 0;
    const count = (event) => {
        sent += !event.defaultPrevented;
        event.preventDefault();
    };
    addEventListener("submit", count);
    for (const _ of "two") document.querySelector("main form .primary").click();
    removeEventListener("submit", count);
    return sent;
}"""


def test_a_form_is_sent_once_however_often_its_button_is_pressed(open_page: OpenPage) -> None:
    page = open_page("/ui/entities/new")
    page.get_by_label("Name").fill("Once")
    assert page.evaluate(PRESS) == 1
    page.get_by_label("Name").fill("Something else")
    assert page.evaluate(PRESS) == 1
