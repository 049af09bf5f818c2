"""Entities over the wire (section 2 of the contract), on a whole running Core."""

from __future__ import annotations

from itertools import count
from typing import Any

import pytest

KEYS = {"entity_id", "display_name", "aliases", "tags", "fields", "created_at", "updated_at"}
NO_ID = "0" * 64
_NUMBERS = count(1)


@pytest.fixture
def tag() -> str:
    """A tag that only this test's entities carry."""
    return f"tag-{next(_NUMBERS)}"


@pytest.fixture
def at_the_same_time(monkeypatch) -> None:
    """All that is created or changed happens in one millisecond."""
    monkeypatch.setattr("faceforge_core.catalog.entity_rows.now", lambda: "2026-11-23T12:00:00.000Z")


# --- Shape


def test_an_entity_has_these_fields_and_types(api) -> None:
    sent = {
        "display_name": "Ada Lovelace",
        "aliases": ["Countess"],
        "tags": ["math", "person"],
        "fields": {"born": 1815, "nested": {"x": [1, None, "é", 1.5, True]}},
    }
    entity = api.data("POST", "/v1/entities", json=sent)
    assert set(entity) >= KEYS
    assert {key: entity[key] for key in sent} == sent
    assert entity["created_at"] == entity["updated_at"]
    assert api.data("GET", f"/v1/entities/{entity['entity_id']}") == entity


def test_only_the_name_is_required_and_the_rest_starts_empty(api) -> None:
    entity = api.data("POST", "/v1/entities", json={"display_name": "x"})
    assert (entity["aliases"], entity["tags"], entity["fields"]) == ([], [], {})


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"display_name": ""},
        {"display_name": None},
        {"display_name": 5},
        {"display_name": "x", "aliases": "x"},
        {"display_name": "x", "aliases": [1]},
        {"display_name": "x", "tags": {"a": 1}},
        {"display_name": "x", "fields": []},
        [],
        "x",
        None,
    ],
)
def test_an_entity_of_another_shape_is_422(api, body: Any) -> None:
    details = api.error("POST", "/v1/entities", 422, "validation_error", json=body)["details"]
    assert isinstance(details, list)


def test_unknown_fields_of_a_request_are_ignored(api) -> None:
    entity = api.data("POST", "/v1/entities", json={"display_name": "x", "colour": "red", "entity_id": NO_ID})
    assert entity["entity_id"] != NO_ID
    assert "colour" not in entity
    path = f"/v1/entities/{entity['entity_id']}"
    changed = api.data("PATCH", path, json={"colour": "red", "created_at": "1999", "entity_id": NO_ID})
    assert {**changed, "updated_at": "", "revision": 0} == {**entity, "updated_at": "", "revision": 0}


def test_a_body_without_a_content_type_is_read_as_json(api) -> None:
    """Scripts for v0.1.9 could leave it out."""
    assert api.data("POST", "/v1/entities", content=b'{"display_name": "bare"}')["display_name"] == "bare"


# --- Changing


def test_a_patch_changes_only_the_keys_sent(api) -> None:
    entity = api.entity("Ada", aliases=["a"], tags=["t"], fields={"x": 1, "y": 2})
    path = f"/v1/entities/{entity['entity_id']}"
    changed = api.data("PATCH", path, json={"fields": {"z": 3}})
    assert changed["fields"] == {"z": 3}
    assert {key: changed[key] for key in KEYS - {"fields", "updated_at"}} == {
        key: entity[key] for key in KEYS - {"fields", "updated_at"}
    }
    assert api.data("PATCH", path, json={"tags": []})["tags"] == []
    assert api.data("PATCH", path, json={"display_name": "Ada L."})["display_name"] == "Ada L."
    now = api.data("GET", path)
    assert (now["display_name"], now["aliases"], now["tags"], now["fields"]) == ("Ada L.", ["a"], [], {"z": 3})
    assert now["created_at"] == entity["created_at"]
    assert now["updated_at"] >= entity["updated_at"]


def test_null_in_a_patch_means_unchanged(api) -> None:
    entity = api.entity("Ada", aliases=["a"], tags=["t"], fields={"x": None})
    body = {"display_name": None, "aliases": None, "tags": None, "fields": None}
    changed = api.data("PATCH", f"/v1/entities/{entity['entity_id']}", json=body)
    assert {key: changed[key] for key in body} == {key: entity[key] for key in body}


@pytest.mark.parametrize("body", [{"display_name": ""}, {"tags": "x"}, {"fields": [1]}, []])
def test_a_wrong_patch_is_422_and_changes_nothing(api, body: Any) -> None:
    entity = api.entity()
    path = f"/v1/entities/{entity['entity_id']}"
    api.error("PATCH", path, 422, "validation_error", json=body)
    assert api.data("GET", path) == entity


def test_c06_of_two_clients_that_change_the_same_version_the_second_gets_412(api) -> None:
    entity = api.entity("Ada")
    path = f"/v1/entities/{entity['entity_id']}"
    version = api.ask("GET", path).headers["etag"]
    first = api.ask("PATCH", path, json={"display_name": "First"}, headers={"If-Match": version})
    assert first.status_code == 200
    assert first.headers["etag"] != version
    response = api.ask("PATCH", path, json={"display_name": "Second"}, headers={"If-Match": version})
    api.error_of(response, 412, "precondition_failed")
    assert api.data("GET", path)["display_name"] == "First"
    api.data("PATCH", path, json={"display_name": "Third"}, headers={"If-Match": first.headers["etag"]})
    api.data("PATCH", path, json={"display_name": "Fourth"}, headers={"If-Match": "*"})
    for foreign in ('"nonsense"', "x", '""'):
        headers = {"If-Match": foreign}
        api.error("PATCH", path, 412, "precondition_failed", json={"display_name": "x"}, headers=headers)


# --- Deleting


def test_a_deleted_entity_is_404_and_in_no_list(api, tag: str) -> None:
    kept, gone = api.entity("kept", tags=[tag]), api.entity("gone", tags=[tag])
    path = f"/v1/entities/{gone['entity_id']}"
    assert api.data("DELETE", path) == {"deleted": True}
    api.error("GET", path, 404, "not_found")
    api.error("PATCH", path, 404, "not_found", json={"display_name": "x"})
    api.error("DELETE", path, 404, "not_found")
    found = api.data("GET", "/v1/entities", params={"tag": tag})
    assert [item["entity_id"] for item in found["items"]] == [kept["entity_id"]]
    assert found["total"] == 1


def test_deleting_is_soft(api, house, rows) -> None:
    entity = api.entity("soft")
    api.data("DELETE", f"/v1/entities/{entity['entity_id']}")
    (row,) = rows(house.home, "SELECT * FROM entities WHERE entity_id = ?", entity["entity_id"])
    assert row["deleted_at"] is not None
    assert row["display_name"] == "soft"


def test_a_restored_entity_is_what_it_was(api, tag: str) -> None:
    entity = api.entity("back", aliases=["b"], tags=[tag], fields={"x": 1})
    path = f"/v1/entities/{entity['entity_id']}"
    api.data("DELETE", path)
    restored = api.data("POST", f"{path}/restore")
    assert {key: restored[key] for key in KEYS} == {key: entity[key] for key in KEYS}
    assert api.names(tag=tag) == ["back"]


# --- Lists


def test_a_list_has_items_total_limit_and_offset(fresh) -> None:
    assert fresh.data("GET", "/v1/entities").items() >= {"items": [], "total": 0, "limit": 50, "offset": 0}.items()
    entity = fresh.entity()
    page = fresh.data("GET", "/v1/entities", params={"limit": 7, "offset": 0})
    assert page["items"] == [entity]
    assert (page["total"], page["limit"], page["offset"]) == (1, 7, 0)


def test_fifty_come_by_default_and_two_hundred_at_most(api, tag: str) -> None:
    for number in range(51):
        api.entity(f"{number:03}", tags=[tag])
    page = api.data("GET", "/v1/entities", params={"tag": tag})
    assert (len(page["items"]), page["total"], page["limit"]) == (50, 51, 50)
    assert len(api.names(tag=tag, limit=200)) == 51
    assert len(api.names(tag=tag, limit=1)) == 1


@pytest.mark.parametrize(
    "query",
    [
        {"limit": "0"},
        {"limit": "201"},
        {"limit": "-1"},
        {"limit": "x"},
        {"limit": "1.5"},
        {"limit": "1e3"},
        {"limit": "٣"},
        {"limit": ""},
        {"limit": str(2**63)},
        {"offset": "-1"},
        {"offset": "x"},
        {"offset": "1e3"},
        {"offset": "٣"},
        {"offset": str(2**63)},
        {"offset": "9" * 5000},
        {"sort_by": "nonsense"},
        {"sort_by": "entity_id"},
        {"sort_by": "created_at;drop table"},
        {"sort_by": ""},
        {"sort_order": "up"},
        {"sort_order": "DESC"},
    ],
    ids=str,
)
def test_v06_v08_outside_the_bounds_is_422(api, query: dict[str, str]) -> None:
    details = api.error("GET", "/v1/entities", 422, "validation_error", params=query)["details"]
    assert details[0]["loc"] == ["query", *query]
    assert api.data("GET", "/v1/entities", params={"limit": "1"})["limit"] == 1


def test_the_largest_offset_is_an_empty_page(api, tag: str) -> None:
    api.entity(tags=[tag])
    page = api.data("GET", "/v1/entities", params={"tag": tag, "offset": str(2**63 - 1)})
    assert (page["items"], page["total"]) == ([], 1)


def test_the_newest_comes_first_by_default(api, tag: str) -> None:
    for name in ("first", "second", "third"):
        api.entity(name, tags=[tag])
    by_age = api.data("GET", "/v1/entities", params={"tag": tag})["items"]
    assert [item["created_at"] for item in by_age] == sorted((item["created_at"] for item in by_age), reverse=True)
    oldest_first = api.data("GET", "/v1/entities", params={"tag": tag, "sort_order": "asc"})["items"]
    assert [item["created_at"] for item in oldest_first] == sorted(item["created_at"] for item in by_age)


@pytest.mark.usefixtures("at_the_same_time")
@pytest.mark.parametrize("sort_by", ["created_at", "updated_at", "display_name"])
@pytest.mark.parametrize("sort_order", ["asc", "desc"])
@pytest.mark.parametrize("filtered", ["tag", "q", "tag and q"])
def test_ties_go_by_id_ascending_in_both_orders(api, tag: str, sort_by: str, sort_order: str, filtered: str) -> None:
    ids = sorted(api.entity("same", tags=[tag], fields={"word": f"w{tag}w"})["entity_id"] for _ in range(7))
    query = {"sort_by": sort_by, "sort_order": sort_order}
    query |= {"tag": tag} if "tag" in filtered else {}
    query |= {"q": f"w{tag}w"} if "q" in filtered else {}
    found = [item["entity_id"] for item in api.data("GET", "/v1/entities", params=query)["items"]]
    assert found == ids


@pytest.mark.usefixtures("at_the_same_time")
@pytest.mark.parametrize("sort_by", ["created_at", "updated_at", "display_name"])
def test_ties_go_by_id_ascending_in_the_whole_list_too(fresh, sort_by: str) -> None:
    ids = sorted(fresh.entity("same")["entity_id"] for _ in range(7))
    for order in ("asc", "desc"):
        query = {"sort_by": sort_by, "sort_order": order}
        assert [item["entity_id"] for item in fresh.data("GET", "/v1/entities", params=query)["items"]] == ids


@pytest.mark.parametrize("filtered", [True, False])
def test_names_sort_by_code_point(fresh, filtered: bool) -> None:
    names = ["Zoë", "ada", "Ada", "éclair", "Zoe", "李小龙", "🦊 Fox", "_", "10", "9", "ﬀ"]
    for name in names:
        fresh.entity(name, tags=["x"])
    query = {"sort_by": "display_name", "limit": "200", **({"tag": "x"} if filtered else {})}
    assert fresh.names(**query, sort_order="asc") == sorted(names)
    assert fresh.names(**query, sort_order="desc") == sorted(names, reverse=True)


def test_updated_at_sorts_by_the_last_change(api, tag: str, monkeypatch) -> None:
    moments = iter(f"2026-11-23T12:00:00.{number:03}Z" for number in range(100))
    monkeypatch.setattr("faceforge_core.catalog.entity_rows.now", lambda: next(moments))
    first = api.entity("first", tags=[tag])
    api.entity("second", tags=[tag])
    api.data("PATCH", f"/v1/entities/{first['entity_id']}", json={"fields": {"x": 1}})
    assert api.names(tag=tag, sort_by="updated_at") == ["first", "second"]
    assert api.names(tag=tag, sort_by="created_at") == ["second", "first"]


def test_pages_by_offset_join_up_to_the_whole_list(api, tag: str) -> None:
    for number in range(11):
        api.entity(f"{number:02}", tags=[tag])
    for sort_by in ("created_at", "updated_at", "display_name"):
        whole = api.names(tag=tag, sort_by=sort_by)
        parts = [
            name for offset in range(0, 12, 4) for name in api.names(tag=tag, sort_by=sort_by, limit=4, offset=offset)
        ]
        assert parts == whole
        assert len(whole) == 11


def test_the_total_counts_all_that_match_on_any_page(api, tag: str) -> None:
    for number in range(5):
        api.entity(f"{number}", tags=[tag])
    for query in ({"limit": "2"}, {"offset": "4"}, {"offset": "99"}, {"sort_by": "display_name"}):
        assert api.data("GET", "/v1/entities", params={"tag": tag, **query})["total"] == 5


# --- Search


@pytest.mark.parametrize("query", ["love", "LOVELACE", "countess", "mathemat", "analytical", "engine_key", "1815", "é"])
def test_q_finds_parts_of_names_aliases_tags_fields_and_field_keys(api, tag: str, query: str) -> None:
    api.entity(
        "Ada Lovelace",
        aliases=["The Countess"],
        tags=["Mathematics", tag],
        fields={"engine_key": {"deep": ["Analytical", "café"]}, "born": 1815},
    )
    api.entity("Somebody else", tags=[tag])
    assert api.names(tag=tag, q=query) == ["Ada Lovelace"]
    assert api.names(tag=tag, q=f"  {query}\t") == ["Ada Lovelace"]


def test_q_is_one_substring_and_not_several_words(api, tag: str) -> None:
    api.entity("Ada Lovelace", tags=[tag])
    assert api.names(tag=tag, q="Lovelace Ada") == []
    assert api.names(tag=tag, q="da Love") == ["Ada Lovelace"]


def test_an_empty_or_blank_q_or_tag_filters_nothing(api, tag: str) -> None:
    api.entity("one", tags=[tag])
    for query in ({"q": ""}, {"q": "   "}):
        assert api.names(tag=tag, **query) == ["one"]
    assert api.data("GET", "/v1/entities", params={"tag": " "})["total"] >= 1


def test_a_tag_is_trimmed_and_exact(api, tag: str) -> None:
    api.entity("lower", tags=[tag])
    api.entity("upper", tags=[tag.upper()])
    api.entity("longer", tags=[tag + "x"])
    assert api.names(tag=f"  {tag} ") == ["lower"]
    assert api.names(tag=tag.upper()) == ["upper"]
    assert api.names(tag=tag[1:]) == []


def test_q_and_tag_both_have_to_match(api, tag: str) -> None:
    api.entity("Ada", tags=[tag])
    api.entity("Grace", tags=[tag])
    api.entity("Ada", tags=[])
    found = api.data("GET", "/v1/entities", params={"tag": tag, "q": "ada"})
    assert [item["display_name"] for item in found["items"]] == ["Ada"]
    assert found["total"] == 1


def test_a_change_is_found_at_once_and_what_was_is_not(api, tag: str) -> None:
    entity = api.entity("Before", tags=[tag])
    api.data("PATCH", f"/v1/entities/{entity['entity_id']}", json={"display_name": "After"})
    assert api.names(tag=tag, q="before") == []
    assert api.names(tag=tag, q="after") == ["After"]
