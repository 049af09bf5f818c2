"""The list of entities: filters that are part of the address, columns, saved views, and changing many."""

from __future__ import annotations

import html
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

import pytest
from starlette.datastructures import QueryParams

from faceforge_builtins import ui_entities
from faceforge_builtins.ui_entities import selection
from faceforge_builtins.ui_entities.listing import PATH, Listing
from faceforge_builtins.ui_entities.views import MOST_VIEWS, SavedViews
from faceforge_sdk.errors import Conflict, InvalidInput, NotFound
from faceforge_sdk.testing import FakePluginDatabase

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.testclient import TestClient

    from faceforge_core.testing import RunningCore

    Create = Callable[..., str]


@pytest.fixture
def create(client: TestClient) -> Create:
    def make(name: str, **values: Any) -> str:
        answer = client.post("/v1/entities", json={"display_name": name, **values})
        return str(answer.raise_for_status().json()["data"]["entity_id"])

    return make


def names(page: Any) -> list[str]:
    return re.findall(r'<span class="card-name"[^>]*>([^<]+)</span>', page.text)


def listing(query: str) -> Listing:
    return Listing.from_address(QueryParams(query))


# --- Filters --------------------------------------------------------------------------------------------------------


def test_several_tags_narrow_the_list_and_each_chip_takes_its_own_back(client: TestClient, create: Create) -> None:
    create("Hedy", tags=["actor", "inventor"])
    create("Grace", tags=["inventor"])
    page = client.get(f"{PATH}?tag=inventor&tag=actor")
    assert names(page) == ["Hedy"]
    chips = re.findall(r'href="([^"]+)" aria-current="true" aria-label="(\w+): remove this filter"', page.text)
    assert [(html.unescape(address), tag) for address, tag in chips] == [
        (f"{PATH}?tag=actor", "inventor"),
        (f"{PATH}?tag=inventor", "actor"),
    ]


def test_the_filter_menu_becomes_a_plain_address(client: TestClient, create: Create) -> None:
    definition = {"field_key": "born", "field_type": "date", "label": "Born"}
    client.post("/v1/admin/field-defs", json=definition).raise_for_status()
    for name, born in (("Ada", "1815"), ("Grace", "1906")):
        draft = {"field_key": "born", "value": born}
        client.post(f"/v1/entities/{create(name)}/descriptors", json=draft).raise_for_status()
    create("Unknown")
    typed = {"tag": "", "what": "descriptor.born", "key": "", "how": "gte", "value": "1900", "after": "", "before": ""}
    answer = client.get(PATH, params=typed)
    assert answer.headers["location"] == f"{PATH}?descriptor.born.gte=1900"
    page = client.get(answer.headers["location"])
    assert names(page) == ["Grace"]
    assert "Born is at least 1900" in page.text
    unknown = client.get(PATH, params={**typed, "how": "unknown", "value": ""}).headers["location"]
    assert names(client.get(unknown)) == ["Unknown"]


def test_a_field_without_a_definition_is_found_by_its_name(client: TestClient, create: Create) -> None:
    create("Ada", fields={"shoe size": 38})
    create("Grace", fields={"shoe size": 40})
    answer = client.get(PATH, params={"what": "field.", "key": "shoe size", "how": "lt", "value": "39"})
    page = client.get(answer.headers["location"])
    assert names(page) == ["Ada"]
    assert "Shoe size is less than 39" in page.text


@pytest.mark.parametrize(
    ("field_type", "options", "stored", "typed"),
    [
        ("number", {}, 1.75, "1,75"),
        ("int", {}, 36, " 36 "),
        ("bool", {}, True, "yes"),
        ("enum", {"options": ["Brown", "brown-grey"]}, "Brown", "brown"),
        ("enum", {"options": ["blue", 3]}, 3, "3"),
        ("date", {}, "1815-12", "1815-12"),
        ("entity", {}, "HEDY", "hedy"),
    ],
)
def test_the_filter_menu_takes_values_as_people_write_them(
    client: TestClient, create: Create, field_type: str, options: dict[str, Any], stored: Any, typed: str
) -> None:
    definition = {"field_key": "known", "field_type": field_type, "options": options}
    client.post("/v1/admin/field-defs", json=definition).raise_for_status()
    hedy, ada = create("Hedy"), create("Ada")
    value = hedy if stored == "HEDY" else stored
    client.post(f"/v1/entities/{ada}/descriptors", json={"field_key": "known", "value": value}).raise_for_status()
    asked = client.get(PATH, params={"what": "descriptor.known", "how": "eq", "value": typed})
    page = client.get(asked.headers["location"])
    assert names(page) == ["Ada"]


def test_days_narrow_the_list(client: TestClient, create: Create) -> None:
    create("Ada")
    assert names(client.get(f"{PATH}?after=2020-01-01")) == ["Ada"]
    page = client.get(f"{PATH}?after=2020-01-01&before=2021-01-01")
    assert names(page) == []
    assert "Created before 2021-01-01" in page.text


@pytest.mark.parametrize(
    "query",
    ["after=soon", "before=9999999", "field.=1", "descriptor.x.exists=perhaps", "field.a%00=1", "columns=shape,-"],
)
def test_conditions_that_make_no_sense_count_as_not_said(client: TestClient, query: str) -> None:
    assert not listing(query).filtered
    assert client.get(f"{PATH}?{query}").status_code == 200


def test_an_address_says_the_same_again() -> None:
    query = "view=table&q=a+b&tag=x&tag=y+z&after=2024&field.age.gte=3&field.age.lt=9&sort=name&columns=tags"
    address = listing(query).address()
    assert parse_qsl(address.partition("?")[2]) == parse_qsl(query)
    assert listing(address.partition("?")[2]) == listing(query)


# --- Columns --------------------------------------------------------------------------------------------------------


def test_the_columns_of_the_table_can_be_chosen(client: TestClient, create: Create) -> None:
    entity_id = create("Ada", aliases=["Countess"])
    upload = client.post("/v1/assets/upload", files={"file": ("a.txt", b"a", "text/plain")})
    client.post(f"/v1/entities/{entity_id}/assets/{upload.json()['data']['asset_id']}").raise_for_status()
    page = client.get(f"{PATH}?view=table").text
    assert re.search(r'<td class="column-assets">\s*1', page)
    assert "Countess" in page
    page = client.get(f"{PATH}?view=table&columns=-&column=created&column=tags").text
    assert re.findall(r'<th scope="col"[^>]* class="column-(\w+)"', page) == [
        "select",
        "portrait",
        "name",
        "tags",
        "created",
    ]
    assert listing("columns=-").address() == f"{PATH}?columns=-"


# --- Saved views ----------------------------------------------------------------------------------------------------


def test_a_view_is_saved_for_every_browser_and_comes_back_after_a_restart(
    client: TestClient, faceforge: RunningCore
) -> None:
    answer = client.post(f"{PATH}/views", data={"name": " Poets ", "query": "tag=poet&sort=name&cursor=old&evil=1"})
    assert answer.headers["location"] == f"{PATH}?tag=poet&sort=name&notice=view-saved"
    page = client.get(f"{PATH}?tag=poet&sort=name").text
    assert re.search(
        r'<a class="view" href="/ui/entities\?tag=poet&amp;sort=name"[^>]* aria-current="true">Poets<', page
    )
    faceforge.kernel.plugins.disable("faceforge.ui_entities")
    faceforge.kernel.plugins.enable("faceforge.ui_entities")
    assert ">Poets<" in client.get(PATH).text


def test_removing_a_view_can_be_undone(client: TestClient) -> None:
    client.post(f"{PATH}/views", data={"name": "Poets", "query": "tag=poet"})
    remove = re.search(rf'action="({PATH}/views/[0-9a-f]+)/delete"', client.get(f"{PATH}?tag=poet").text)
    assert remove
    answer = client.post(f"{remove[1]}/delete")
    page = client.get(answer.headers["location"]).text
    assert ">Poets<" not in page
    assert f'action="{remove[1]}/restore"' in page
    client.post(f"{remove[1]}/restore")
    assert ">Poets<" in client.get(PATH).text
    assert client.post(f"{PATH}/views/{'0' * 64}/restore").headers["location"].endswith("notice=not-restored")


def test_a_view_without_a_name_is_refused_at_its_field(client: TestClient) -> None:
    page = client.post(f"{PATH}/views", data={"name": " ", "query": "tag=poet"})
    assert (page.status_code, "Write a name." in page.text) == (422, True)
    assert 'value="tag=poet"' in page.text


@pytest.fixture
def views() -> SavedViews:
    database = FakePluginDatabase("faceforge.ui_entities")
    database.migrate(Path(ui_entities.__file__).parent / "migrations")
    return SavedViews(database)


def test_views_are_few_and_have_names(views: SavedViews) -> None:
    assert views.all() == []
    views.save("a", "q=1")
    views.save("a", "q=2")
    assert [(view.name, view.query) for view in views.all()] == [("a", "q=2")]
    for number in range(MOST_VIEWS - 1):
        views.save(str(number), "")
    with pytest.raises(Conflict):
        views.save("one too many", "")
    for name in ("", "x" * 101, "nul\0"):
        with pytest.raises(InvalidInput):
            views.save(name, "")
    with pytest.raises(NotFound):
        views.remove("0" * 64)
    assert [view.name for view in views.all()] == ["a", *map(str, range(MOST_VIEWS - 1))]


def test_the_latest_removed_views_can_be_brought_back_unless_their_name_is_taken(views: SavedViews) -> None:
    first = views.save("first", "")
    saved = [views.save(str(number), "") for number in range(25)]
    for view in [*saved, first]:
        views.remove(view.view_id)
    assert views.all() == []
    for view in (saved[-1], first):
        views.restore(view.view_id)
    assert [view.name for view in views.all()] == ["first", "24"]
    with pytest.raises(NotFound):
        views.restore(saved[0].view_id)
    views.save("23", "")
    with pytest.raises(Conflict):
        views.restore(saved[23].view_id)


# --- Many at once ---------------------------------------------------------------------------------------------------


def tags(client: TestClient) -> dict[str, list[str]]:
    items = client.get("/v1/entities").json()["data"]["items"]
    return {item["display_name"]: item["tags"] for item in items}


def test_chosen_entities_get_and_lose_tags(client: TestClient, create: Create) -> None:
    ada, grace, _ = create("Ada", tags=["old"]), create("Grace"), create("Hedy")
    wish = {"id": [ada, grace], "tag": "poet, math", "query": "q=a"}
    answer = client.post(f"{PATH}/bulk", data={**wish, "action": "tag"})
    assert answer.headers["location"].startswith(f"{PATH}?q=a&notice=tagged&undo=")
    assert tags(client) == {"Ada": ["old", "poet", "math"], "Grace": ["poet", "math"], "Hedy": []}
    client.post(f"{PATH}/bulk", data={"ids": f"{ada} {grace}", "tag": "poet", "action": "untag"})
    assert tags(client) == {"Ada": ["old", "math"], "Grace": ["math"], "Hedy": []}


def test_tags_of_many_come_back_as_they_were_unless_somebody_changed_them_meanwhile(
    client: TestClient, create: Create
) -> None:
    ids = [create("Ada", tags=["poet", "countess"]), create("Byron", tags=["lord", "poet"]), create("Anne")]

    def tags() -> list[list[str]]:
        return [client.get(f"/v1/entities/{one}").json()["data"]["tags"] for one in ids]

    def untag() -> str:
        answer = client.post(f"{PATH}/bulk", data={"id": ids, "action": "untag", "tag": "poet"})
        undo = re.search(rf'action="({PATH}/bulk/tags/[0-9a-f]+/undo)"', client.get(answer.headers["location"]).text)
        assert undo
        return undo[1]

    undo = untag()
    assert tags() == [["countess"], ["lord"], []]
    assert client.post(undo).headers["location"] == f"{PATH}?notice=tags-back"
    assert tags() == [["poet", "countess"], ["lord", "poet"], []]

    undo = untag()
    client.patch(f"/v1/entities/{ids[1]}", json={"tags": ["baron"]})
    assert client.post(undo).headers["location"] == f"{PATH}?notice=tags-partly-back"
    assert tags() == [["poet", "countess"], ["baron"], []]
    assert client.post(undo).headers["location"] == f"{PATH}?notice=not-restored"


def test_moving_many_to_the_trash_is_undone_at_once(client: TestClient, create: Create) -> None:
    ids = [create(name) for name in ("Ada", "Grace", "Hedy")]
    answer = client.post(f"{PATH}/bulk", data={"id": ids[:2], "action": "trash"})
    assert list(tags(client)) == ["Hedy"]
    page = client.get(answer.headers["location"]).text
    undo = re.search(rf'action="({PATH}/bulk/[0-9a-f]+/undo)"', page)
    assert undo
    assert client.post(undo[1]).headers["location"] == f"{PATH}?notice=many-restored"
    assert sorted(tags(client)) == ["Ada", "Grace", "Hedy"]
    assert client.post(undo[1]).headers["location"] == f"{PATH}?notice=not-restored"


def test_all_of_a_list_means_what_its_filters_find(
    client: TestClient, create: Create, faceforge: RunningCore, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("Ada", "Grace"):
        create(name, tags=["code"])
    create("Hedy")
    client.post(f"{PATH}/bulk", data={"all": "1", "query": "tag=code", "tag": "first", "action": "tag"})
    assert tags(client) == {"Ada": ["code", "first"], "Grace": ["code", "first"], "Hedy": []}

    monkeypatch.setattr(selection, "AT_ONCE", 1)
    answer = client.post(f"{PATH}/bulk", data={"all": "1", "query": "tag=code", "tag": "first", "action": "untag"})
    assert answer.headers["location"].endswith("notice=queued")
    wanted = {"Ada": ["code"], "Grace": ["code"], "Hedy": []}
    assert faceforge.wait_for(lambda: tags(client) == wanted)


@pytest.mark.parametrize(
    ("wish", "notice"),
    [
        ({"action": "trash"}, "nothing-chosen"),
        ({"action": "tag", "id": "0" * 64, "tag": " , "}, "no-tag"),
        ({"action": "tag", "id": "0" * 64, "tag": "\0"}, "no-tag"),
        ({"action": "tag", "id": "0" * 64, "tag": "x"}, "tagged"),
    ],
)
def test_a_wish_that_lacks_something_says_what(client: TestClient, wish: dict[str, str], notice: str) -> None:
    answer = client.post(f"{PATH}/bulk", data=wish)
    assert answer.headers["location"] == f"{PATH}?notice={notice}"


def test_the_way_back_from_the_bar_leads_nowhere_else(client: TestClient) -> None:
    answer = client.post(f"{PATH}/bulk", data={"query": "//evil.example/?q=x&next=http://evil.example"})
    assert answer.headers["location"].startswith(f"{PATH}?")
