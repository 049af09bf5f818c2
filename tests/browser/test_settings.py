"""Settings by hand, in a real browser: fields and their order, a connection that fails, the trash, the token."""

from __future__ import annotations

import re
import socket
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx
    from playwright.sync_api import Page

    OpenPage = Callable[..., Page]


@pytest.fixture
def define(api: httpx.Client) -> Callable[..., str]:
    """Defines a field of a scope that only this test has."""

    def make(key: str, **facts: Any) -> str:
        answer = api.post("/v1/admin/field-defs", json={"field_key": key, "field_type": "string", **facts})
        return str(answer.raise_for_status().json()["data"]["field_def_id"])

    return make


def test_a_field_is_made_by_hand_and_asked_for_on_an_entity(open_page: OpenPage, create: Callable[..., str]) -> None:
    ada = create("Ada Lovelace")
    page = open_page("/ui/settings/fields")
    page.get_by_role("link", name="Add a field").click()
    page.get_by_label("Name").fill("Eye colour")
    page.wait_for_load_state()  # its scripts have run
    page.get_by_label("Type", exact=True).select_option(label="One of several words")
    page.get_by_label("Choice 1", exact=True).fill("brown")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Choice 2", exact=True)).to_be_focused()
    page.keyboard.type("blue")
    page.get_by_role("button", name="Add a choice").click()
    expect(page.get_by_label("Choice 3", exact=True)).to_be_focused()
    page.keyboard.type("none")
    page.get_by_role("button", name="Remove choice 3").click()
    expect(page.get_by_label("Choice 3", exact=True)).to_have_count(0)
    page.get_by_label("Help").fill("As in the passport.")
    page.get_by_role("button", name="Add field").last.click()
    expect(page.get_by_text("Field added.")).to_be_visible()
    expect(page.get_by_role("link", name="Eye colour")).to_be_visible()

    page.goto(f"/ui/entities/{ada}")
    page.get_by_text("Eye colour").first.wait_for()
    page.goto(f"/ui/entities/{ada}/facts/new?name=descriptor:eye_colour")
    expect(page.locator("main select").first).to_contain_text("blue")


def test_only_what_a_type_takes_is_asked_for_and_a_pattern_is_tried_while_it_is_typed(open_page: OpenPage) -> None:
    page = open_page("/ui/settings/fields/new")
    page.locator("summary", has_text="Further options").click()
    expect(page.get_by_label("Pattern")).to_be_visible()
    expect(page.get_by_label("Choice 1", exact=True)).to_be_hidden()
    page.get_by_label("Pattern").fill("[A-Z]{2}[0-9]+")
    page.get_by_label("Try it").fill("ab1")
    expect(page.get_by_text("This text does not fit.")).to_be_visible()
    page.get_by_label("Try it").fill("AB1")
    expect(page.get_by_text("This text fits.")).to_be_visible()
    page.get_by_label("Type", exact=True).select_option(label="Whole number")
    expect(page.get_by_label("Pattern")).to_be_hidden()
    expect(page.get_by_label("from", exact=True)).to_be_visible()


def test_fields_are_put_in_order_by_keyboard_and_by_dragging(open_page: OpenPage, define: Callable[..., str]) -> None:
    for order, key in enumerate(("one", "two", "three")):
        define(key, scope="sorted", order=order)
    page = open_page("/ui/settings/fields")
    group = page.get_by_role("region", name="Sorted")
    names = group.locator(".field-name")
    group.get_by_role("button", name="Move Three up").focus()
    with page.expect_response(re.compile("/order")):
        page.keyboard.press("Enter")
    expect(names).to_have_text(["One", "Three", "Two"])
    expect(group.get_by_role("button", name="Move Three up")).to_be_focused()
    with page.expect_response(re.compile("/order")):
        page.keyboard.press("Enter")
    expect(names).to_have_text(["Three", "One", "Two"])
    expect(group.get_by_role("button", name="Move Three down")).to_be_focused()
    expect(page.locator("#arranged")).to_have_text("Three is number 1 of 3.")
    with page.expect_response(re.compile("/order")):
        group.locator(".grip").last.drag_to(group.locator(".field-line").first, target_position={"x": 40, "y": 4})
    expect(names).to_have_text(["Two", "Three", "One"])
    page.reload()
    expect(names).to_have_text(["Two", "Three", "One"])


def test_of_two_orders_the_newer_stays_however_slow_the_older_is(
    open_page: OpenPage, define: Callable[..., str], api: httpx.Client, hold: Callable[..., Any]
) -> None:
    for order, key in enumerate(("red", "green", "blue")):
        define(key, scope="hasty", order=order)
    page = open_page("/ui/settings/fields")
    orders = hold(page, "**/order", "POST")
    page.get_by_role("region", name="Hasty").get_by_role("button", name="Move Blue up").focus()
    page.keyboard.press("Enter")
    older = orders.next()
    page.keyboard.press("Enter")
    expect(page.locator("#arranged")).to_have_text("Blue is number 1 of 3.")
    assert orders.count == 1, "the newer waits for the older"
    older.continue_()
    newer = orders.next()
    with page.expect_response(re.compile("/order")):
        newer.continue_()
    found = api.get("/v1/admin/field-defs", params={"scope": "hasty"}).json()["data"]["items"]
    assert [one["field_key"] for one in sorted(found, key=lambda one: one["order"])] == ["blue", "red", "green"]


def test_a_deleted_field_comes_back_by_undo(open_page: OpenPage, define: Callable[..., str]) -> None:
    define("short_lived", scope="passing")
    page = open_page("/ui/settings/fields")
    page.get_by_role("button", name="Delete Short lived").click()
    expect(page.get_by_text("Field moved to the trash.")).to_be_visible()
    expect(page.get_by_role("link", name="Short lived")).to_have_count(0)
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("link", name="Short lived")).to_be_visible()


def test_a_connection_to_nobody_is_told_in_a_sentence_and_nothing_typed_is_lost(
    open_page: OpenPage, api: httpx.Client
) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{nobody.getsockname()[1]}"
        page = open_page("/ui/settings/storage")
        page.get_by_label("Address").fill(url)
        page.get_by_label("Secret key").fill("a-secret")
        page.get_by_role("button", name="Test connection").click()
        expect(page.get_by_text(f"Nobody answers at {url}.")).to_be_visible()
        expect(page.get_by_role("button", name="Test connection")).to_be_enabled()
        expect(page.get_by_label("Secret key")).to_have_value("a-secret")
    [s3] = [one for one in api.get("/v1/plugins").json()["data"]["items"] if one["plugin_id"] == "faceforge.storage_s3"]
    assert s3["config"]["endpoint_url"] is None


def test_rules_come_and_go_without_a_reload(open_page: OpenPage) -> None:
    page = open_page("/ui/settings/storage")
    page.get_by_role("button", name="Add a rule").click()
    expect(page.get_by_label("Kind of rule 1")).to_be_focused()
    page.keyboard.type("video")
    page.get_by_role("button", name="Add a rule").click()
    page.get_by_label("Kind of rule 2").fill("scan")
    page.get_by_role("button", name="Remove rule 1").click()
    expect(page.get_by_label("Kind of rule 1")).to_have_value("scan")
    page.get_by_role("button", name="Save rules").click()
    expect(page.get_by_text("Saved. It counts for files that come in from now on.")).to_be_visible()
    expect(page.get_by_label("Kind of rule 1")).to_have_value("scan")


def test_what_was_deleted_is_restored_from_the_trash(
    open_page: OpenPage, create: Callable[..., str], api: httpx.Client
) -> None:
    ids = [create(name) for name in ("Gone One", "Gone Two", "Gone Three")]
    for one in ids:
        api.delete(f"/v1/entities/{one}").raise_for_status()
    page = open_page("/ui/settings/trash?kind=entities")
    page.get_by_role("button", name="Restore Gone Two").click()
    expect(page.get_by_text("1 thing is back.")).to_be_visible()
    page.get_by_label("All on this page").check()
    expect(page.get_by_label("Choose Gone One")).to_be_checked()
    page.get_by_role("button", name="Restore chosen").click()
    expect(page.get_by_text("2 things are back.")).to_be_visible()
    expect(page.get_by_text("Gone One")).to_have_count(0)
    assert [api.get(f"/v1/entities/{one}").status_code for one in ids] == [200, 200, 200]


def test_the_token_is_shown_on_demand_and_other_browsers_are_signed_out(
    open_page: OpenPage, core: Any, watch: Any
) -> None:
    watch.expected.add(401)  # to the other, should it ask for running jobs before it is left
    other = open_page("/ui/entities")
    page = open_page("/ui/settings/access")
    assert core.token not in page.content()
    page.get_by_role("button", name="Show token").click()
    expect(page.get_by_role("textbox", name="Access token")).to_have_value(core.token)
    page.get_by_role("link", name="Hide").click()
    expect(page.get_by_role("button", name="Show token")).to_be_visible()
    page.get_by_role("button", name="Sign out all others").click()
    expect(page.get_by_text("signed out.")).to_be_visible()
    other.goto("/ui/entities")
    expect(other).to_have_url(re.compile("/ui/login"))


@pytest.mark.parametrize("width", [320, 390])
def test_nothing_is_wider_than_a_phone(open_page: OpenPage, define: Callable[..., str], width: int) -> None:
    define(f"long_{width}", label="Donaudampfschifffahrtsgesellschaftskapitän" * 4, scope="long")
    page = open_page("/ui/settings", width=width)
    page.get_by_role("link", name="Fields").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Fields")
    for path in ("", "/fields", "/fields/new", "/storage", "/tools", "/access", "/trash", "/check"):
        page.goto(f"/ui/settings{path}")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
