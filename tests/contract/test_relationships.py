"""Relationships (section 2 of the contract), and what we add: reading, changing, restoring, the graph."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import pytest

from faceforge_core.catalog import relationships as catalog

if TYPE_CHECKING:
    from collections.abc import Callable

NO_ID = "0" * 64
V0_1_9 = {"relationship_id", "src_entity_id", "dst_entity_id", "relationship_type", "fields", "created_at"}
USUAL = [
    *("child", "coworker", "family", "friend", "manager", "mentor"),
    *("parent", "partner", "sibling", "spouse", "student", "subordinate"),
]

Relate = "Callable[..., dict[str, Any]]"


@pytest.fixture
def relate(api) -> Relate:
    """Relates two entities."""

    def create(src: str, dst: str, relationship_type: str = "friend", **more: Any) -> dict[str, Any]:
        body = {"src_entity_id": src, "dst_entity_id": dst, "relationship_type": relationship_type, **more}
        made: dict[str, Any] = api.data("POST", "/v1/relationships", json=body)
        return made

    return create


@pytest.fixture
def people(api) -> Callable[[int], list[str]]:
    """The ids of new entities."""
    return lambda number: [api.entity(f"Person {n}")["entity_id"] for n in range(number)]


@pytest.fixture
def listed(api) -> Callable[..., list[str]]:
    """The ids in an entity's list, in its order."""

    def ask(entity_id: str, **query: Any) -> list[str]:
        page = api.data("GET", "/v1/relationships", params={"entity_id": entity_id, **query})
        return [item["relationship_id"] for item in page["items"]]

    return ask


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each look at the clock is a millisecond later, so that "newest" means something."""
    ticks = (f"2026-11-23T10:00:{n // 1000:02}.{n % 1000:03}Z" for n in itertools.count())
    monkeypatch.setattr(catalog, "now", lambda: next(ticks))


# --- What v0.1.9 did


def test_a_new_relationship_has_the_contracts_shape(relate, people, is_id, is_timestamp) -> None:
    ada, bob = people(2)
    made = relate(ada, bob, "created by", fields={"since": 1833, "deep": [{"a": None}]})
    assert set(made) == V0_1_9 | {"updated_at"}
    assert is_id(made["relationship_id"])
    assert is_timestamp(made["created_at"])
    assert made["updated_at"] == made["created_at"]
    assert (made["src_entity_id"], made["dst_entity_id"], made["relationship_type"]) == (ada, bob, "created by")
    assert made["fields"] == {"since": 1833, "deep": [{"a": None}]}


def test_fields_default_to_empty_and_the_type_is_trimmed(relate, people) -> None:
    made = relate(*people(2), "  best friend\t")
    assert (made["relationship_type"], made["fields"]) == ("best friend", {})


def test_both_ends_have_to_live(api, people) -> None:
    ada, gone = people(2)
    api.data("DELETE", f"/v1/entities/{gone}")
    for src, dst in ((ada, gone), (gone, ada), (ada, NO_ID), (NO_ID, ada), (ada, "")):
        body = {"src_entity_id": src, "dst_entity_id": dst, "relationship_type": "friend"}
        api.error("POST", "/v1/relationships", 404, "not_found", json=body)
    assert api.data("GET", "/v1/relationships", params={"entity_id": ada})["items"] == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"relationship_type": ""},
        {"relationship_type": " \n "},
        {"relationship_type": None},
        {"relationship_type": 5},
        {"relationship_type": "x" * 201},
        {"src_entity_id": None},
        {"dst_entity_id": 5},
        {"fields": []},
        {"fields": None},
    ],
    ids=str,
)
def test_anything_of_another_type_is_422_and_nothing_is_stored(api, people, wrong: dict[str, Any]) -> None:
    ada, bob = people(2)
    body = {"src_entity_id": ada, "dst_entity_id": bob, "relationship_type": "friend", **wrong}
    error = api.error("POST", "/v1/relationships", 422, "validation_error", json=body)
    assert next(iter(wrong)) in str(error["details"])
    assert api.data("GET", "/v1/relationships", params={"entity_id": ada})["total"] == 0


@pytest.mark.parametrize("missing", ["src_entity_id", "dst_entity_id", "relationship_type"])
def test_ends_and_type_are_required(api, people, missing: str) -> None:
    ada, bob = people(2)
    body = {"src_entity_id": ada, "dst_entity_id": bob, "relationship_type": "friend"}
    del body[missing]
    api.error("POST", "/v1/relationships", 422, "validation_error", json=body)


@pytest.mark.usefixtures("clock")
def test_an_entitys_list_has_both_directions_the_newest_first(api, relate, people, listed) -> None:
    ada, bob, eve = people(3)
    made = [relate(ada, bob), relate(eve, ada, "rival"), relate(ada, eve), relate(bob, eve)]
    about_ada = [one["relationship_id"] for one in reversed(made[:3])]
    assert listed(ada) == about_ada
    page = api.data("GET", "/v1/relationships", params={"entity_id": ada})
    assert page["items"] == list(reversed(made[:3]))
    assert (page["total"], page["next_cursor"]) == (3, None)


def test_a_list_without_parameters_has_them_all_as_v0_1_9_s_clients_expect(relate, people, listed) -> None:
    ada, *others = people(61)
    made = {relate(ada, one)["relationship_id"] for one in others}
    assert set(listed(ada)) == made


def test_the_list_needs_an_entity_that_lives(api, people) -> None:
    (gone,) = people(1)
    api.data("DELETE", f"/v1/entities/{gone}")
    api.error("GET", "/v1/relationships", 422, "validation_error")
    for unknown in (gone, NO_ID, "", "x"):
        api.error("GET", "/v1/relationships", 404, "not_found", params={"entity_id": unknown})


def test_self_relations_and_duplicates_are_allowed_and_each_is_listed_once(relate, people, listed) -> None:
    ada, bob = people(2)
    self_relation = relate(ada, ada, "rival")["relationship_id"]
    twins = {relate(ada, bob)["relationship_id"] for _ in range(2)}
    assert len(twins) == 2
    assert sorted(listed(ada)) == sorted([*twins, self_relation])


def test_deleting_is_soft(api, house, relate, people, listed, rows) -> None:
    ada, bob = people(2)
    made = relate(ada, bob)["relationship_id"]
    assert api.data("DELETE", f"/v1/relationships/{made}") == {"deleted": True}
    api.error("DELETE", f"/v1/relationships/{made}", 404, "not_found")
    api.error("GET", f"/v1/relationships/{made}", 404, "not_found")
    assert listed(ada) == listed(bob) == []
    (row,) = rows(house.home, "SELECT * FROM relationships WHERE relationship_id = ?", made)
    assert row["deleted_at"] is not None


def types_of(api: Any, **query: Any) -> list[str]:
    answer = api.data("GET", "/v1/relation-types", params=query)
    assert set(answer) == {"items"}
    return list(answer["items"])


def test_relation_types_are_those_in_use_and_the_usual_ones(fresh) -> None:
    assert types_of(fresh) == USUAL
    ada, bob = (fresh.entity()["entity_id"] for _ in range(2))
    for name in ("Pen Friend", "FRIEND", "ex", "zoo friend", "friendly rival"):
        body = {"src_entity_id": ada, "dst_entity_id": bob, "relationship_type": name}
        fresh.data("POST", "/v1/relationships", json=body)
    assert types_of(fresh, query="friend") == ["FRIEND", "friendly rival", "Pen Friend", "zoo friend"]
    assert types_of(fresh, query=" FRIEND", limit=2) == ["FRIEND", "friendly rival"]
    holding = ["FRIEND", "friendly rival", "mentor", "parent", "Pen Friend", "student", "zoo friend"]
    assert types_of(fresh, query="EN") == holding
    assert len(types_of(fresh, limit=200)) == len(USUAL) + 4
    assert len(types_of(fresh, limit=3)) == 3
    assert types_of(fresh, query="no such type") == []
    for limit in (0, 201, "x"):
        fresh.error("GET", "/v1/relation-types", 422, "validation_error", params={"limit": limit})


def test_up_to_twenty_types_are_suggested_by_default(fresh) -> None:
    ada = fresh.entity()["entity_id"]
    for n in range(15):
        body = {"src_entity_id": ada, "dst_entity_id": ada, "relationship_type": f"type {n}"}
        fresh.data("POST", "/v1/relationships", json=body)
    assert len(types_of(fresh)) == 20


# --- Hidden with an entity, and back with it


def test_deleting_an_entity_hides_its_relationships_and_restoring_it_brings_back_exactly_those(
    api, relate, people, listed
) -> None:
    ada, bob, eve = people(3)
    hidden, deleted, other = relate(ada, bob), relate(bob, ada), relate(ada, eve)
    api.data("DELETE", f"/v1/relationships/{deleted['relationship_id']}")
    api.data("DELETE", f"/v1/entities/{bob}")
    assert listed(ada) == [other["relationship_id"]]
    api.error("GET", f"/v1/relationships/{hidden['relationship_id']}", 404, "not_found")
    api.data("POST", f"/v1/entities/{bob}/restore")
    assert set(listed(ada)) == {hidden["relationship_id"], other["relationship_id"]}
    assert listed(bob) == [hidden["relationship_id"]]
    assert api.data("GET", f"/v1/relationships/{hidden['relationship_id']}") == hidden


# --- What is new


@pytest.mark.usefixtures("clock")
def test_a_list_is_filtered_by_type_and_direction(relate, people, listed) -> None:
    ada, bob = people(2)
    friend, rival = relate(ada, bob)["relationship_id"], relate(bob, ada, "Rival")["relationship_id"]
    assert listed(ada, direction="out") == listed(bob, direction="in") == [friend]
    assert listed(ada, direction="in") == listed(ada, type=" Rival ") == [rival]
    assert listed(ada, type="rival") == listed(ada, type="Rival", direction="out") == []
    assert listed(ada, type="") == [rival, friend]
    assert listed(ada, sort_order="asc") == [friend, rival]


def test_a_list_pages_by_offset_and_by_cursor(api, relate, people, listed) -> None:
    ada, *others = people(8)
    for one in others:
        relate(ada, one)
    whole = listed(ada)
    assert [*listed(ada, limit=3), *listed(ada, limit=3, offset=3), *listed(ada, limit=3, offset=6)] == whole
    walked: list[str] = []
    cursor = None
    while True:
        query = {"entity_id": ada, "limit": 3, **({"cursor": cursor} if cursor else {})}
        page = api.data("GET", "/v1/relationships", params=query)
        assert page["total"] == 7
        walked += [item["relationship_id"] for item in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert walked == whole
    assert api.data("GET", "/v1/relationships", params={"entity_id": ada, "total": "none"})["total"] is None
    api.error("GET", "/v1/relationships", 422, "validation_error", params={"entity_id": ada, "cursor": "x"})


@pytest.mark.parametrize(
    "query", [{"limit": 0}, {"limit": 10_001}, {"offset": -1}, {"direction": "up"}, {"sort_order": "up"}], ids=str
)
def test_a_list_outside_its_ranges_is_422(api, people, query: dict[str, Any]) -> None:
    params = {"entity_id": people(1)[0], **query}
    api.error("GET", "/v1/relationships", 422, "validation_error", params=params)


@pytest.mark.usefixtures("clock")
def test_a_patch_changes_type_and_fields_and_nothing_else(api, relate, people) -> None:
    ada, bob = people(2)
    made = relate(ada, bob, fields={"since": 1})
    path = f"/v1/relationships/{made['relationship_id']}"
    body = {"relationship_type": " rival ", "src_entity_id": bob, "fields": None}
    changed = api.data("PATCH", path, json=body)
    assert {**changed, "updated_at": None} == {**made, "relationship_type": "rival", "updated_at": None}
    assert changed["updated_at"] > made["updated_at"]
    assert api.data("PATCH", path, json={"fields": {"until": 2}})["fields"] == {"until": 2}
    assert api.data("GET", path)["relationship_type"] == "rival"
    for wrong in ({"relationship_type": " "}, {"fields": "x"}, []):
        api.error("PATCH", path, 422, "validation_error", json=wrong)
    api.error("PATCH", f"/v1/relationships/{NO_ID}", 404, "not_found", json={"fields": {}})


def test_one_in_the_trash_is_listed_there_and_comes_back(fresh) -> None:
    ada, bob = (fresh.entity()["entity_id"] for _ in range(2))
    body = {"src_entity_id": ada, "dst_entity_id": bob, "relationship_type": "friend"}
    made = fresh.data("POST", "/v1/relationships", json=body)
    path = f"/v1/relationships/{made['relationship_id']}"
    fresh.error("POST", f"{path}/restore", 404, "not_found")
    fresh.data("DELETE", path)
    page = fresh.data("GET", "/v1/trash/relationships")
    assert page["total"] == 1
    (trashed,) = page["items"]
    assert trashed.items() >= made.items()
    assert trashed["deleted_at"] >= made["created_at"]
    fresh.data("DELETE", f"/v1/entities/{bob}")
    refused = fresh.error("POST", f"{path}/restore", 409, "conflict")
    assert bob in refused["message"]
    fresh.data("POST", f"/v1/entities/{bob}/restore")
    assert fresh.data("POST", f"{path}/restore") == made
    assert fresh.data("GET", "/v1/trash/relationships")["items"] == []
    assert fresh.data("GET", path) == made


def test_a_graph_has_the_entities_around_one_and_what_relates_them(api, relate, people) -> None:
    ada, bob, eve, far = people(4)
    edges = [relate(ada, bob), relate(eve, ada), relate(bob, eve, "rival"), relate(eve, far)]
    graph = api.data("GET", f"/v1/entities/{ada}/graph")
    assert set(graph) == {"entity_id", "nodes", "edges", "truncated"}
    assert (graph["entity_id"], graph["truncated"]) == (ada, False)
    assert {node["entity_id"]: node["distance"] for node in graph["nodes"]} == {ada: 0, bob: 1, eve: 1}
    assert graph["nodes"][0] == {"entity_id": ada, "display_name": "Person 0", "distance": 0}
    by_id = {edge["relationship_id"]: edge for edge in graph["edges"]}
    assert by_id == {edge["relationship_id"]: edge for edge in edges[:3]}
    further = api.data("GET", f"/v1/entities/{ada}/graph", params={"depth": 2})
    assert [node["distance"] for node in further["nodes"]] == [0, 1, 1, 2]
    assert len(further["edges"]) == 4
    few = api.data("GET", f"/v1/entities/{ada}/graph", params={"depth": 3, "limit": 2})
    assert (len(few["nodes"]), few["truncated"]) == (2, True)
    friends = api.data("GET", f"/v1/entities/{bob}/graph", params={"depth": 3, "type": "rival"})
    assert [node["entity_id"] for node in friends["nodes"]] == [bob, eve]
    assert [edge["relationship_type"] for edge in friends["edges"]] == ["rival"]


def test_only_a_live_entity_has_a_graph_and_only_of_so_many_steps(api, people) -> None:
    ada, gone = people(2)
    api.data("DELETE", f"/v1/entities/{gone}")
    for unknown in (gone, NO_ID):
        api.error("GET", f"/v1/entities/{unknown}/graph", 404, "not_found")
    for query in ({"depth": 0}, {"depth": 4}, {"limit": 0}, {"limit": 1001}, {"depth": "x"}):
        api.error("GET", f"/v1/entities/{ada}/graph", 422, "validation_error", params=query)


# --- A home of v0.1.9


def test_relationships_of_an_old_home_are_answered_as_before(start_core, api_of, legacy_home, expected) -> None:
    api = api_of(start_core(legacy_home).client)
    for relationship_id, old in expected["relationships"].items():
        answer = api.data("GET", f"/v1/relationships/{relationship_id}")
        assert answer == {**old, "updated_at": old["created_at"]}
    for entity_id in expected["entities"]:
        wanted = [
            one["relationship_id"]
            for one in expected["relationships"].values()
            if entity_id in {one["src_entity_id"], one["dst_entity_id"]}
        ]
        page = api.data("GET", "/v1/relationships", params={"entity_id": entity_id})
        assert sorted(item["relationship_id"] for item in page["items"]) == sorted(wanted)
        assert [item["created_at"] for item in page["items"]] == sorted(
            (item["created_at"] for item in page["items"]), reverse=True
        )


def test_what_an_old_home_had_deleted_is_in_the_trash(start_core, api_of, legacy_home, expected) -> None:
    api = api_of(start_core(legacy_home).client)
    page = api.data("GET", "/v1/trash/relationships", params={"limit": 200})
    assert {item["relationship_id"] for item in page["items"]} == set(expected["deleted_relationships"])
    for item in page["items"]:
        api.error("GET", f"/v1/relationships/{item['relationship_id']}", 404, "not_found")
        if {item["src_entity_id"], item["dst_entity_id"]} <= expected["entities"].keys():
            restored = api.data("POST", f"/v1/relationships/{item['relationship_id']}/restore")
            assert restored == {name: value for name, value in item.items() if name != "deleted_at"}


def test_types_of_an_old_home_are_suggested_in_its_spelling(start_core, api_of, legacy_home, expected) -> None:
    api = api_of(start_core(legacy_home).client)
    in_use = {one["relationship_type"] for one in expected["relationships"].values()}
    assert {"Rival", "created by", "friend"} <= in_use
    wanted = sorted({name.casefold(): name for name in (*USUAL, *in_use)}.values(), key=str.casefold)
    assert types_of(api, limit=200) == wanted
    assert types_of(api, query="RIVAL") == ["Rival"]
