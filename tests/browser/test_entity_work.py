"""What people do with entities in a browser: facts, relationships, many at once, views, and the graph by keyboard."""

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


@pytest.fixture(scope="module")
def _definitions(core: Any) -> None:
    definitions = [
        {"field_key": "born", "field_type": "date", "label": "Born", "order": 1},
        {"field_key": "alive", "field_type": "bool", "label": "Alive", "order": 2},
        {"field_key": "languages", "field_type": "string", "label": "Languages", "multiple": True, "order": 3},
        {"field_key": "measures", "field_type": "json", "label": "Measures", "order": 4},
    ]
    client = core.client()
    for definition in definitions:
        client.post("/v1/admin/field-defs", json=definition).raise_for_status()


@pytest.mark.usefixtures("_definitions")
def test_a_person_gets_a_birth_date_and_a_sister_and_is_found_again(open_page: OpenPage, create: Create) -> None:
    create("Nadia Boulanger", tags=["composer"])
    page = open_page("/ui/entities")
    page.get_by_role("link", name="Create entity").first.click()
    page.get_by_role("dialog").get_by_label("Name").fill("Lili Boulanger")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Lili Boulanger")

    page.get_by_role("link", name="Born", exact=True).click()
    expect(page.get_by_label("Born")).to_be_focused()
    page.keyboard.type("1893-08-21")
    page.keyboard.press("Enter")
    expect(page.locator("#notice")).to_contain_text("Fact added.")
    expect(page.locator(".fact", has_text="Born")).to_contain_text("1893-08-21")
    expect(page.locator("form[data-inplace-form]")).to_have_count(0)

    page.get_by_role("link", name="Relationships", exact=True).click()
    page.get_by_role("link", name="Add a relationship").click()
    expect(page.get_by_label("Who", exact=True)).to_be_focused()
    page.keyboard.type("nadia")
    expect(page.get_by_role("option", name="Nadia Boulanger")).to_be_visible()
    page.keyboard.press("Enter")
    page.get_by_label("Relationship", exact=True).fill("sister")
    expect(page.get_by_text("Nadia Boulanger is sister of Lili Boulanger")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.locator(".relation")).to_contain_text("Nadia Boulanger is sister of Lili Boulanger")
    expect(page.locator("svg .graph-node")).to_have_count(2)

    page.get_by_role("link", name="Entities").last.click()
    page.locator("summary", has_text="Filter").click()
    page.get_by_label("Which fact").select_option(label="Born")
    page.get_by_label("How to compare").select_option(label="is less than")
    page.get_by_label("Value").fill("1900")
    page.get_by_role("button", name="Apply filter").click()
    expect(page).to_have_url(re.compile(r"\?descriptor\.born\.lt=1900$"))
    expect(page.get_by_role("link", name="Nadia Boulanger")).to_have_count(0)
    expect(page.get_by_role("link", name="Lili Boulanger")).to_be_visible()
    page.get_by_role("link", name="Born is less than 1900: remove this filter").click()
    expect(page.get_by_role("link", name="Nadia Boulanger")).to_be_visible()


@pytest.mark.usefixtures("_definitions")
def test_facts_are_edited_in_their_place_and_escape_leaves_them(
    open_page: OpenPage, create: Create, api: httpx.Client, watch: Any
) -> None:
    watch.expected.add(422)
    entity_id = create("Clara Schumann")
    api.post(f"/v1/entities/{entity_id}/descriptors", json={"field_key": "born", "value": "1819"}).raise_for_status()
    page = open_page(f"/ui/entities/{entity_id}")
    page.get_by_role("link", name="Edit Born").click()
    page.get_by_role("textbox", name="Born").fill("thrown away")
    page.keyboard.press("Escape")
    expect(page.get_by_role("link", name="Edit Born")).to_be_focused()
    page.get_by_role("link", name="Edit Born").click()
    page.get_by_role("textbox", name="Born").fill("1819-13")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("There is no such date as 1819-13.")
    page.get_by_role("textbox", name="Born").fill("1819-09-13")
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="Edit Born")).to_be_focused()
    expect(page.locator(".fact", has_text="Born")).to_contain_text("1819-09-13")

    page.get_by_role("button", name="Remove Born").click()
    expect(page.locator(".fact", has_text="Born")).to_have_count(0)
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".fact", has_text="Born")).to_contain_text("1819-09-13")


@pytest.mark.usefixtures("_definitions")
def test_undoing_a_removal_leaves_what_is_being_typed(open_page: OpenPage, create: Create, api: httpx.Client) -> None:
    entity_id = create("Amy Beach")
    for key, value in (("born", "1867"), ("alive", False)):
        api.post(f"/v1/entities/{entity_id}/descriptors", json={"field_key": key, "value": value}).raise_for_status()
    page = open_page(f"/ui/entities/{entity_id}")
    page.get_by_role("button", name="Remove Alive").click()
    expect(page.locator(".fact", has_text="Alive")).to_have_count(0)
    page.get_by_role("link", name="Edit Born").click()
    page.get_by_role("textbox", name="Born").fill("1867-09-05")
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("#notice")).to_contain_text("Fact is back.")
    expect(page.locator(".fact", has_text="Alive")).to_be_visible()
    expect(page.get_by_role("textbox", name="Born")).to_have_value("1867-09-05")
    page.keyboard.press("Escape")


def test_focus_stays_at_what_was_changed(open_page: OpenPage, create: Create, api: httpx.Client) -> None:
    ids = [create(name, fields={"hands": "two"}) for name in ("Clara", "Robert")]
    relationship = {"src_entity_id": ids[0], "dst_entity_id": ids[1], "relationship_type": "wife"}
    api.post("/v1/relationships", json=relationship).raise_for_status()
    page = open_page(f"/ui/entities/{ids[0]}")
    page.get_by_role("link", name="Edit fields").click()
    page.get_by_label("Value of field 1").fill("both")
    page.get_by_role("button", name="Save fields").click()
    expect(page.get_by_role("heading", name="More fields")).to_be_focused()

    page.get_by_role("link", name="Relationships", exact=True).click()
    page.get_by_role("link", name="Edit: Clara is wife of Robert").click()
    page.get_by_label("Relationship", exact=True).fill("widow")
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="Edit: Clara is widow of Robert")).to_be_focused()


@pytest.mark.usefixtures("_definitions")
def test_switches_lists_and_json_have_controls_of_their_own(open_page: OpenPage, create: Create, watch: Any) -> None:
    watch.expected.add(422)
    page = open_page(f"/ui/entities/{create('Fanny Mendelssohn')}")
    page.get_by_role("link", name="Alive", exact=True).click()
    page.get_by_role("switch", name="Alive").check()
    page.get_by_role("button", name="Add fact").click()
    expect(page.locator(".fact", has_text="Alive")).to_contain_text("Yes")

    page.get_by_role("link", name="Languages", exact=True).click()
    page.get_by_label("Languages, entry 1").fill("German")
    page.get_by_role("button", name="Add an entry").click()
    expect(page.get_by_label("Languages, entry 2")).to_be_focused()
    page.keyboard.type("French")
    page.keyboard.press("Enter")
    expect(page.locator(".fact", has_text="Languages")).to_contain_text(re.compile(r"German\s*French"))

    page.get_by_role("link", name="Measures", exact=True).click()
    page.get_by_label("Measures").fill('{\n  "height": \n}')
    page.get_by_role("button", name="Add fact").click()
    expect(page.get_by_role("alert")).to_contain_text("Line 3, column 1")
    expect(page.get_by_label("Measures")).to_be_focused()
    expect(page.get_by_label("Measures")).to_have_js_property("selectionStart", 15)


def test_aliases_tags_and_free_fields_are_edited_in_their_place(open_page: OpenPage, create: Create) -> None:
    page = open_page(f"/ui/entities/{create('Ethel Smyth')}")
    page.get_by_role("link", name="Add tags").click()
    page.get_by_label("Tags").fill("composer, suffragette")
    page.get_by_role("button", name="Save changes").click()
    expect(page.locator("#identity .chip")).to_have_text(["composer", "suffragette"])
    page.get_by_role("link", name="Add fields").click()
    page.get_by_label("Name of field 1").fill("dogs")
    page.get_by_label("Kind of field 1").select_option("number")
    page.get_by_label("Value of field 1").fill("3")
    page.get_by_role("button", name="Add a field").click()
    expect(page.get_by_label("Name of field 2")).to_be_focused()
    page.keyboard.type("bicycle")
    page.get_by_label("Value of field 2").fill("yes, indeed")
    page.get_by_role("button", name="Save fields").click()
    expect(page.locator("#panel")).to_contain_text(re.compile(r"Dogs\s*3\s*Bicycle\s*yes, indeed"))


def test_many_are_chosen_by_click_shift_and_key_and_tagged_together(
    open_page: OpenPage, create: Create, api: httpx.Client
) -> None:
    for number in range(5):
        create(f"Choir {number}", tags=["choir"])
    page = open_page("/ui/entities?tag=choir&sort=name")
    bar = page.locator("#bulk")
    expect(bar).to_be_hidden()
    page.get_by_label("Select Choir 1").check()
    page.get_by_label("Select Choir 3").click(modifiers=["Shift"])
    expect(bar).to_contain_text("3 selected")
    page.keyboard.press("Escape")
    expect(bar).to_be_hidden()
    page.keyboard.press("Control+a")
    expect(bar).to_contain_text("5 selected")
    page.get_by_label("Select Choir 4").uncheck()
    bar.get_by_role("button", name="Add tag").click()
    expect(bar.get_by_label("Tags, separated by commas")).to_be_focused()
    bar.get_by_label("All 5 of this list").check()
    expect(bar.locator("[data-selected]")).to_have_text("All 5 of this list")
    bar.get_by_label("All 5 of this list").uncheck()
    expect(bar).to_contain_text("4 selected")
    bar.get_by_label("Tags, separated by commas").fill("alto")
    bar.get_by_role("button", name="Add tag").click()
    expect(page.locator("#notice")).to_contain_text("Tags changed.")
    tagged = api.get("/v1/entities?tag=alto&sort_by=display_name&sort_order=asc").json()["data"]["items"]
    assert [item["display_name"] for item in tagged] == [f"Choir {number}" for number in range(4)]

    page.wait_for_load_state()  # the page with the notice is another one: its scripts have run
    page.keyboard.press("Control+a")
    bar.get_by_role("button", name="Move to trash").click()
    expect(page.locator(".card")).to_have_count(0)
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("#notice")).to_contain_text("Entities restored.")
    assert api.get("/v1/entities?tag=choir").json()["data"]["total"] == 5


def test_a_view_is_saved_found_again_and_removed(open_page: OpenPage, create: Create) -> None:
    create("Hildegard", tags=["abbess"])
    page = open_page("/ui/entities")
    page.locator("#tags").get_by_role("link", name="abbess").click()
    expect(page).to_have_url(re.compile(r"\?tag=abbess$"))
    page.get_by_role("link", name="Save this view").click()
    page.get_by_role("dialog").get_by_label("Name of the view").fill("Abbesses")
    page.keyboard.press("Enter")
    expect(page.locator("#notice")).to_contain_text("View saved.")

    other = open_page("/ui/entities")
    other.get_by_role("link", name="Abbesses").click()
    expect(other.locator(".card-name")).to_have_text(["Hildegard"])
    expect(other.get_by_role("link", name="Abbesses")).to_have_attribute("aria-current", "true")
    other.get_by_role("button", name="Remove the view Abbesses").click()
    expect(other.get_by_role("link", name="Abbesses")).to_have_count(0)


def test_the_graph_is_walked_by_keyboard(open_page: OpenPage, create: Create, api: httpx.Client) -> None:
    ids = {name: create(name) for name in ("Middle", "Above", "Right", "Below", "Far")}
    for other in ("Below", "Right", "Above"):  # the newest stands first, above the middle
        draft = {"src_entity_id": ids[other], "dst_entity_id": ids["Middle"], "relationship_type": "friend"}
        api.post("/v1/relationships", json=draft).raise_for_status()
    draft = {"src_entity_id": ids["Far"], "dst_entity_id": ids["Above"], "relationship_type": "friend"}
    api.post("/v1/relationships", json=draft).raise_for_status()
    page = open_page(f"/ui/entities/{ids['Middle']}?tab=relationships")
    node = page.locator(".graph-node")
    expect(node).to_have_count(4)
    node.first.focus()
    page.keyboard.press("ArrowUp")
    expect(page.get_by_role("link", name="Above (friend)")).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(node.first).to_be_focused()

    page.get_by_role("link", name="Two steps").press("Enter")
    expect(node).to_have_count(5)
    expect(page.get_by_role("link", name="Two steps")).to_be_focused()
    page.get_by_role("link", name="Far (friend)").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Far")
    expect(page.get_by_role("link", name="Relationships", exact=True)).to_have_attribute("aria-current", "page")


@pytest.mark.usefixtures("_definitions")
@pytest.mark.parametrize("width", [320, 1280])
def test_facts_relationships_and_many_work_without_scripts(open_page: OpenPage, create: Create, width: int) -> None:
    one, _ = create(f"Maria {width}"), create(f"Wolfgang {width}")
    page = open_page(f"/ui/entities/{one}", width=width, java_script_enabled=False)
    page.get_by_role("link", name="Born", exact=True).click()
    page.get_by_label("Born").fill("1751")
    page.get_by_role("button", name="Add fact").click()
    expect(page.locator(".fact", has_text="Born")).to_contain_text("1751")

    page.get_by_role("link", name="Relationships", exact=True).click()
    page.get_by_role("link", name="Add a relationship").click()
    page.get_by_label("Who", exact=True).fill(f"wolfgang {width}")
    page.get_by_label("Relationship", exact=True).fill("brother")
    page.get_by_role("button", name="Add relationship").click()
    expect(page.locator(".relation")).to_contain_text(f"Wolfgang {width} is brother of Maria {width}")

    page.goto(f"/ui/entities?q={width}")
    page.get_by_label(f"Select Maria {width}").check()
    page.get_by_label("Tags, separated by commas").fill("mozart")
    page.get_by_role("button", name="Add tag").click()
    expect(page.locator(".card", has_text=f"Maria {width}")).to_contain_text("mozart")
