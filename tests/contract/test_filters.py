"""The grammar of filters over HTTP, for entities and assets."""

from __future__ import annotations

from itertools import count
from typing import Any

import pytest

_NUMBERS = count(1)


@pytest.fixture
def tag() -> str:
    """A tag that only this test's entities carry."""
    return f"filter-{next(_NUMBERS)}"


def test_a_repeated_tag_means_all_of_them(api, tag: str) -> None:
    api.entity("both", tags=[tag, "x"])
    api.entity("one", tags=[tag])
    assert api.names(tag=[tag, "x"]) == ["both"]
    assert api.names(tag=[tag]) == ["one", "both"]


def test_any_tag_and_not_tag(api, tag: str) -> None:
    api.entity("red", tags=[tag, f"{tag}-red"])
    api.entity("blue", tags=[tag, f"{tag}-blue"])
    api.entity("plain", tags=[tag])
    assert api.names(any_tag=[f"{tag}-red", f"{tag}-blue"]) == ["blue", "red"]
    assert api.names(tag=tag, not_tag=[f"{tag}-red", f"{tag}-blue"]) == ["plain"]


def test_the_age_of_entities_is_bounded_on_both_sides(api, tag: str) -> None:
    first, second = api.entity("first", tags=[tag]), api.entity("second", tags=[tag])
    assert api.names(tag=tag, created_after=first["created_at"])[-1] == "first"
    assert api.names(tag=tag, created_before=first["created_at"]) == []
    assert api.names(tag=tag, created_after="2001", created_before="2002-05") == []
    assert (
        api.names(tag=tag, created_after="2020", created_before="9000-01-01T00:00:00Z", sort_order="asc")[0] == "first"
    )
    assert second["created_at"] >= first["created_at"]


@pytest.mark.parametrize(
    ("condition", "names"),
    [
        ({"field.age": "36"}, ["Ada", "list"]),
        ({"field.age.eq": "36.0"}, ["Ada", "list"]),
        ({"field.age.gt": "36"}, ["Grace"]),
        ({"field.age.gte": "36", "field.age.lt": "40"}, ["Ada", "list"]),
        ({"field.age.lte": "40"}, ["Ada", "list"]),
        ({"field.name.gte": "b"}, ["text"]),
        ({"field.born.gte": "1900", "field.born.lte": "1906"}, ["Grace"]),
        ({"field.born": "1906-12-09"}, ["Grace"]),
        ({"field.age.exists": "false"}, ["text"]),
        ({"field.age.exists": "true"}, ["Ada", "Grace", "list"]),
        ({"field.alive": "true"}, ["Ada"]),
        ({"field.nothing": "1"}, []),
        ({"field.nothing.exists": "false"}, ["Ada", "Grace", "list", "text"]),
        ({"field.age": "36", "q": "ada"}, ["Ada"]),
    ],
)
def test_values_of_fields_are_compared(api, tag: str, condition: dict[str, str], names: list[str]) -> None:
    api.entity("Ada", tags=[tag], fields={"age": 36, "born": "1815-12-10", "alive": True})
    api.entity("Grace", tags=[tag], fields={"age": 85, "born": "1906-12-09"})
    api.entity("text", tags=[tag], fields={"name": "berta"})
    api.entity("list", tags=[tag], fields={"age": [36, 5], "name": None})
    found = api.data(
        "GET", "/v1/entities", params={"tag": tag, "sort_by": "display_name", "sort_order": "asc", **condition}
    )
    assert [item["display_name"] for item in found["items"]] == names
    assert found["total"] == len(names)


def test_values_of_descriptors_are_compared_and_followed(api, tag: str) -> None:
    key = tag.replace("-", "_")
    api.data("POST", "/v1/admin/field-defs", json={"field_key": key, "field_type": "int"})
    ada, grace = api.entity("Ada", tags=[tag]), api.entity("Grace", tags=[tag])
    path = f"/v1/entities/{ada['entity_id']}/descriptors"
    height = api.data("POST", path, json={"field_key": key, "value": 170})
    assert api.names(**{f"descriptor.{key}.gte": 160}) == ["Ada"]
    assert api.names(**{f"field.{key}": 170}) == []
    assert api.names(**{"tag": tag, f"descriptor.{key}.exists": "false"}) == [grace["display_name"]]
    api.data("PATCH", f"/v1/descriptors/{height['descriptor_id']}", json={"value": 150})
    assert api.names(**{f"descriptor.{key}.gte": 160}) == []
    assert api.names(**{f"descriptor.{key}": 150}) == ["Ada"]
    api.data("DELETE", f"/v1/entities/{ada['entity_id']}")
    assert api.names(**{f"descriptor.{key}": 150}) == []
    api.data("POST", f"/v1/entities/{ada['entity_id']}/restore")
    assert api.names(**{f"descriptor.{key}": 150}) == ["Ada"]
    api.data("DELETE", f"/v1/descriptors/{height['descriptor_id']}")
    assert api.names(**{f"descriptor.{key}": 150}) == []


def test_changed_fields_are_found_by_their_new_values_only(api, tag: str) -> None:
    entity = api.entity("Ada", tags=[tag], fields={"eye": "blue", "age": 36})
    api.data("PATCH", f"/v1/entities/{entity['entity_id']}", json={"fields": {"eye": "green"}})
    assert api.names(**{"tag": tag, "field.eye": "blue"}) == []
    assert api.names(**{"tag": tag, "field.age": "36"}) == []
    assert api.names(**{"tag": tag, "field.eye": "green"}) == ["Ada"]


@pytest.mark.parametrize("sort_by", ["created_at", "updated_at", "display_name"])
@pytest.mark.parametrize("sort_order", ["asc", "desc"])
def test_filtered_lists_page_by_cursor(api, tag: str, sort_by: str, sort_order: str) -> None:
    for number in range(7):
        api.entity(f"E{number % 3}", tags=[tag], fields={"n": number})
    query = {"tag": tag, "field.n.gte": "0", "sort_by": sort_by, "sort_order": sort_order}
    whole = [item["entity_id"] for item in api.data("GET", "/v1/entities", params=query)["items"]]
    pages: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = api.data("GET", "/v1/entities", params={**query, **cursor, "limit": 2})
        pages += [item["entity_id"] for item in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert pages == whole
    assert len(whole) == 7


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ({"created_after": "yesterday"}, "created_after"),
        ({"created_before": "2024-13-01"}, "created_before"),
        ({"field.": "x"}, "field."),
        ({"field.age.exists": "perhaps"}, "field.age.exists"),
        ({"descriptor.x": "y" * 2001}, "descriptor.x"),
        ({f"field.k{number}": "1" for number in range(21)}, "20 conditions"),
        ({"tag": [str(number) for number in range(21)]}, "tag"),
    ],
)
def test_a_filter_that_makes_no_sense_is_a_422_that_names_it(api, query: dict[str, Any], named: str) -> None:
    error = api.error("GET", "/v1/entities", 422, "validation_error", params=query)
    assert named in str(error)


def test_parameters_that_nobody_knows_are_ignored_as_v019_did(api, tag: str) -> None:
    api.entity("Ada", tags=[tag])
    assert api.names(tag=tag, nonsense="1", fields="x") == ["Ada"]


# --- External ids


def test_an_entity_is_found_by_what_another_system_calls_it(api, tag: str) -> None:
    entity = api.entity("Ada", external_ids={"wiki": f"Q-{tag}:1"})
    assert entity["external_ids"] == {"wiki": f"Q-{tag}:1"}
    assert api.names(external_id=f"wiki:Q-{tag}:1") == ["Ada"]
    assert api.names(external_id=f"other:Q-{tag}:1") == []
    assert api.names(external_id="nonsense") == []


def test_an_external_id_belongs_to_one_entity(api, tag: str) -> None:
    first = api.entity("first", external_ids={"wiki": tag})
    body = {"display_name": "second", "external_ids": {"wiki": tag}}
    error = api.error("POST", "/v1/entities", 409, "conflict", json=body)
    assert error["details"]["entity_id"] == first["entity_id"]
    second = api.entity("second")
    path = f"/v1/entities/{second['entity_id']}"
    api.error("PATCH", path, 409, "conflict", json={"external_ids": {"wiki": tag}})
    api.data("PATCH", f"/v1/entities/{first['entity_id']}", json={"external_ids": {}})
    assert api.data("PATCH", path, json={"external_ids": {"wiki": tag}})["external_ids"] == {"wiki": tag}


# --- Assets


def test_assets_are_filtered_by_kind_type_age_and_whether_they_belong_to_somebody(api, tag: str) -> None:
    loose = api.upload(content_type="image/png", kind=tag)
    linked = api.upload(content_type="image/png", kind=tag)
    entity = api.entity()
    api.data("POST", f"/v1/entities/{entity['entity_id']}/assets/{linked['asset_id']}")

    def found(**query: str) -> set[str]:
        page = api.data("GET", "/v1/assets", params={"kind": tag, **query})
        assert page["total"] == len(page["items"])
        return {item["asset_id"] for item in page["items"]}

    both = {loose["asset_id"], linked["asset_id"]}
    assert found(mime_type="image/*") == both
    assert found(linked="true") == {linked["asset_id"]}
    assert found(linked="false") == {loose["asset_id"]}
    assert found(created_after=loose["created_at"]) == both
    assert found(created_before=loose["created_at"]) == set()
    api.data("DELETE", f"/v1/entities/{entity['entity_id']}")
    assert found(linked="false") == both
