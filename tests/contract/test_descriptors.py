"""Descriptors (sections 2 and 5 of the contract, V12, V13): values by every type, their life, and their errors."""

from __future__ import annotations

import re
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

NO_ID = "0" * 64
ID = re.compile(r"[0-9a-f]{64}")
TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
_NUMBERS = count(1)

FITTING: dict[str, list[Any]] = {
    "string": ["a", "", " ", "Zoë 🦊", "a\nb", None],
    "text": ["a\nb\n", "", None],
    "int": [0, -1, 2**70, None],
    "integer": [1],
    "float": [0, 1, 1.5, -0.0, 1e300, 2**70, None],
    "number": [1, 0.5],
    "bool": [True, False, None],
    "boolean": [True],
    "enum": ["a", 1, None],
    "option": ["a"],
    "options": ["b"],
    "json": [0, "", [], {}, [None, {"a": [True]}], False, None],
    "any": [{"a": None}],
    "date": ["1815-12-10", "1815-12", "1815", "2024-02-29", "0001-01-01", "9999-12-31", None],
    "url": [
        "http://127.0.0.1:8787/ui?a=b#c",
        "https://пример.example/ä",
        "HTTPS://EXAMPLE.ORG",
        "http://[::1]/",
        "mailto:ada@example.org",
        "ftp://example.org/a",
        "file:///home/ada/a.png",
        "obsidian://open?vault=a",
        None,
    ],
}
UNFITTING: dict[str, list[Any]] = {
    "string": [1, True, ["a"], {}, 1.5],
    "text": [1, ["a"]],
    "int": ["1", 1.0, 1.5, True, False, [1], {}],
    "integer": ["1", True],
    "float": ["1.5", True, False, [1.5], {}],
    "number": [True, "1"],
    "bool": [0, 1, "true", "false", [], {}],
    "boolean": ["yes", 1],
    "enum": ["c", "A", "1", True, ["a"], ""],
    "option": ["c"],
    "options": ["c"],
    "date": [
        "",
        "1815-12-32",
        "2023-02-29",
        "1815-13",
        "0000",
        "1815-1-1",
        "18151210",
        "1815-12-10T00:00",
        " 1815",
        "١٨١٥",
        "-0044",
        "10.12.1815",
        1815,
        ["1815"],
    ],
    "url": [
        "",
        "example.org",
        "//example.org/a",
        "/a",
        "http://",
        "http:///a",
        "https:example.org",
        "http://a b/",
        "x:",
        "javascript:alert(1)",
        "JavaScript://%0aalert(1)",
        "java\nscript:alert(1)",
        " https://example.org",
        "data:,a",
        "vbscript:a",
        "blob:https://example.org/1",
        "http://a:port/",
        "http://[::1",
        'http://a"',
        "http:\\\\a",
        "mailto:a",
        5,
        "https://example.org/" + "a" * 8000,
    ],
    "entity": ["", "Ada", NO_ID, 5, ["a"]],
}
CASES = [(name, value) for name, values in FITTING.items() for value in values]
WRONG_CASES = [(name, value) for name, values in UNFITTING.items() for value in values]


class Field:
    """A definition of its own, and the values under it."""

    def __init__(self, api: Any, **facts: Any) -> None:
        self.api = api
        self.scope = f"scope-{next(_NUMBERS)}"
        body = {"scope": self.scope, "field_key": "key", "options": {"options": ["a", "b", 1]}, **facts}
        self.definition = api.data("POST", "/v1/admin/field-defs", json=body)

    def body(self, *value: Any) -> dict[str, Any]:
        return {"scope": self.scope, "field_key": "key", **({"value": value[0]} if value else {})}

    def path(self, entity_id: str | None = None) -> str:
        return f"/v1/entities/{entity_id or self.api.entity()['entity_id']}/descriptors"

    def describe(self, *value: Any, entity_id: str | None = None) -> dict[str, Any]:
        """A new descriptor, of a new entity unless one is given."""
        found: dict[str, Any] = self.api.data("POST", self.path(entity_id), json=self.body(*value))
        return found

    def refuse(self, *value: Any) -> list[str]:
        """The errors of a value that does not fit; nothing is stored."""
        path = self.path()
        details = self.api.error("POST", path, 422, "validation_error", json=self.body(*value))["details"]
        assert self.api.data("GET", path) == {"items": []}
        assert details.keys() == {"scope", "field_key", "field_type", "errors"}
        assert (details["scope"], details["field_key"]) == (self.scope, "key")
        assert details["field_type"] == self.definition["field_type"]
        errors: list[str] = details["errors"]
        assert errors
        return errors


@pytest.fixture
def field(api) -> Callable[..., Field]:
    """Defines a key in a scope of its own."""
    return lambda field_type="string", **facts: Field(api, field_type=field_type, **facts)


def path_of(descriptor: dict[str, Any]) -> str:
    return f"/v1/descriptors/{descriptor['descriptor_id']}"


# --- Creating, reading, changing


def test_a_descriptor_has_the_fields_of_v019(field) -> None:
    key = field()
    made = key.describe("x")
    assert made.keys() == {
        "descriptor_id",
        "entity_id",
        "scope",
        "field_key",
        "value",
        "created_at",
        "updated_at",
    }
    assert (made["scope"], made["field_key"], made["value"]) == (key.scope, "key", "x")
    assert ID.fullmatch(made["descriptor_id"])
    assert TIMESTAMP.fullmatch(made["created_at"])
    assert made["updated_at"] == made["created_at"]


def test_the_scope_is_descriptor_when_none_is_given(fresh) -> None:
    fresh.data("POST", "/v1/admin/field-defs", json={"field_key": "email", "field_type": "string"})
    path = f"/v1/entities/{fresh.entity()['entity_id']}/descriptors"
    assert fresh.data("POST", path, json={"field_key": "email", "value": "a"})["scope"] == "descriptor"


def test_an_entitys_descriptors_are_listed_by_scope_and_key(api) -> None:
    entity_id = api.entity()["entity_id"]
    fields = [Field(api, field_type="int") for _ in range(3)]
    made = [key.describe(number, entity_id=entity_id) for number, key in enumerate(reversed(fields))]
    other = Field(api, field_type="int").describe(5)
    listed = api.data("GET", f"/v1/entities/{entity_id}/descriptors")
    assert listed == {"items": sorted(made, key=lambda one: one["scope"])}
    assert other not in listed["items"]


def test_a_descriptor_reads_back_and_a_patch_replaces_its_value(api, field) -> None:
    made = field("json").describe({"a": [1, None]})
    assert api.data("GET", path_of(made)) == made
    changed = api.data("PATCH", path_of(made), json={"value": [2**70]})
    assert changed == {**made, "value": [2**70], "updated_at": changed["updated_at"]}
    assert changed["updated_at"] >= made["updated_at"]
    assert api.data("GET", path_of(made)) == changed
    assert api.data("PATCH", path_of(made), json={"value": None})["value"] is None


def test_a_patch_without_a_value_is_422(api, field) -> None:
    made = field().describe("a")
    for body in ({}, [], "a", {"val": 1}):
        api.error("PATCH", path_of(made), 422, "validation_error", json=body)
    assert api.data("GET", path_of(made)) == made


@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
def test_an_unknown_descriptor_is_404(api, method: str) -> None:
    options = {"json": {"value": 1}} if method == "PATCH" else {}
    api.error(method, f"/v1/descriptors/{NO_ID}", 404, "not_found", **options)
    api.error("POST", f"/v1/descriptors/{NO_ID}/restore", 404, "not_found")


def test_the_entity_has_to_live(api, field) -> None:
    key = field()
    api.error("GET", key.path(NO_ID), 404, "not_found")
    api.error("POST", key.path(NO_ID), 404, "not_found", json=key.body("a"))
    entity_id = api.entity()["entity_id"]
    api.data("DELETE", f"/v1/entities/{entity_id}")
    api.error("GET", key.path(entity_id), 404, "not_found")
    api.error("POST", key.path(entity_id), 404, "not_found", json=key.body("a"))


def test_a_second_value_under_a_key_is_409_naming_the_first(api, field) -> None:
    key = field()
    made = key.describe("a")
    error = api.error("POST", key.path(made["entity_id"]), 409, "conflict", json=key.body("b"))
    assert error["details"] == {"descriptor_id": made["descriptor_id"]}
    assert api.data("GET", key.path(made["entity_id"])) == {"items": [made]}


def test_a_key_without_a_definition_is_422_with_scope_and_key(api, field) -> None:
    key = field()
    for body in ({**key.body("a"), "field_key": "other"}, {**key.body("a"), "scope": "elsewhere"}):
        error = api.error("POST", key.path(), 422, "validation_error", json=body)
        assert error["details"] == {"scope": body["scope"], "field_key": body["field_key"]}


def test_without_its_definition_a_value_is_read_and_deleted_but_not_written(api, field) -> None:
    key = field()
    made = key.describe("a")
    api.data("DELETE", f"/v1/admin/field-defs/{key.definition['field_def_id']}")
    assert api.data("GET", path_of(made)) == made
    error = api.error("PATCH", path_of(made), 422, "validation_error", json={"value": "b"})
    assert error["details"] == {"scope": key.scope, "field_key": "key"}
    assert api.data("GET", key.path(made["entity_id"])) == {"items": [made]}
    api.data("DELETE", path_of(made))
    assert api.data("POST", f"{path_of(made)}/restore") == made


# --- Which values fit


@pytest.mark.parametrize(("field_type", "value"), CASES, ids=repr)
def test_a_value_that_fits_its_type_is_kept_exactly(api, field, field_type: str, value: Any) -> None:
    made = field(field_type).describe(value)
    assert repr(made["value"]) == repr(value)
    assert api.data("GET", path_of(made)) == made
    assert api.data("PATCH", path_of(made), json={"value": value})["value"] == value


@pytest.mark.parametrize(("field_type", "value"), WRONG_CASES, ids=lambda one: repr(one)[:40])
def test_v12_a_value_of_another_type_is_422(api, field, field_type: str, value: Any) -> None:
    key = field(field_type)
    errors = key.refuse(value)
    made = key.describe(None)
    error = api.error("PATCH", path_of(made), 422, "validation_error", json={"value": value})
    assert error["details"]["errors"] == errors
    assert api.data("GET", path_of(made)) == made


def test_a_reference_names_an_entity_that_lives_when_it_is_written(api, field) -> None:
    key, ada = field("entity"), api.entity("Ada")["entity_id"]
    made = key.describe(ada)
    assert made["value"] == ada
    api.data("DELETE", f"/v1/entities/{ada}")
    assert api.data("GET", path_of(made)) == made
    assert ada in key.refuse(ada)[0]


@pytest.mark.parametrize("field_type", ["string", "int", "float", "bool", "enum", "json", "date", "url", "entity"])
def test_v12_null_and_a_missing_value_are_422_where_a_value_is_required(field, field_type: str) -> None:
    key = field(field_type, required=True)
    assert key.refuse(None) == key.refuse() == ["A value is required."]


@pytest.mark.parametrize("field_type", ["string", "text"])
def test_a_required_text_is_not_empty(field, field_type: str) -> None:
    key = field(field_type, required=True)
    assert key.refuse("") == ["The text must not be empty."]
    key.describe(" ")


@pytest.mark.parametrize("value", [0, False, [], {}, ""])
def test_what_is_false_is_a_value_all_the_same(field, value: Any) -> None:
    assert field("json", required=True).describe(value)["value"] == value


@pytest.mark.parametrize("field_type", ["string", "text"])
def test_a_pattern_has_to_match_the_whole_text(field, field_type: str) -> None:
    key = field(field_type, regex="a|ab?")
    for value in ("a", "ab", None):
        key.describe(value)
    for value in ("", "b", "abb", "ab\n", " a", "A"):
        assert key.refuse(value) == ["The text does not match the pattern a|ab?."]


def test_a_pattern_holds_for_addresses_too(field) -> None:
    key = field("url", regex="https://.*")
    key.describe("https://example.org")
    assert key.refuse("http://example.org") == ["The text does not match the pattern https://.*."]


def test_a_missing_value_takes_the_default_and_null_does_not(field) -> None:
    key = field("int", default=5)
    assert key.describe()["value"] == 5
    assert key.describe(None)["value"] is None
    assert field("int").describe()["value"] is None


def test_several_values_are_a_list_of_which_each_has_to_fit(api, field) -> None:
    key = field("int", multiple=True, default=[7])
    assert key.describe()["value"] == [7]
    for value in ([], [1], [1, 1, 2], None):
        assert key.describe(value)["value"] == value
    assert key.refuse(5) == ["The value must be a list."]
    assert key.refuse([1, "2", None, True]) == [
        "Item 2: The value must be a whole number.",
        "Item 3: The value is null.",
        "Item 4: The value must be a whole number.",
    ]
    assert len(key.refuse(["x"] * 10_000)) == 20
    assert field("int", multiple=True, required=True).refuse([]) == ["At least one value is required."]
    assert field("string", multiple=True, regex="[a-z]+").describe(["a", "b"])["value"] == ["a", "b"]


# --- Trash


def test_v13_a_deleted_descriptor_frees_its_key(api, field) -> None:
    """Section 5, 1."""
    key, entity_id = field(), api.entity()["entity_id"]
    for _ in range(3):
        made = key.describe("a", entity_id=entity_id)
        assert api.data("DELETE", path_of(made)) == {"deleted": True}
        api.error("GET", path_of(made), 404, "not_found")
        api.error("PATCH", path_of(made), 404, "not_found", json={"value": "b"})
        api.error("DELETE", path_of(made), 404, "not_found")
    assert api.data("GET", key.path(entity_id)) == {"items": []}


def test_restoring_brings_it_back_unchanged_unless_the_key_is_taken(api, field) -> None:
    key = field()
    made = key.describe("a")
    api.data("DELETE", path_of(made))
    assert api.data("POST", f"{path_of(made)}/restore") == made
    api.error("POST", f"{path_of(made)}/restore", 404, "not_found")
    api.data("DELETE", path_of(made))
    holder = key.describe("b", entity_id=made["entity_id"])
    error = api.error("POST", f"{path_of(made)}/restore", 409, "conflict")
    assert error["details"] == {"descriptor_id": holder["descriptor_id"]}
    assert holder["descriptor_id"] in error["message"]


def test_a_trashed_entity_hides_its_descriptors_and_brings_back_exactly_those(api, field) -> None:
    entity_id = api.entity()["entity_id"]
    kept, removed = (field().describe("a", entity_id=entity_id) for _ in range(2))
    api.data("DELETE", path_of(removed))
    api.data("DELETE", f"/v1/entities/{entity_id}")
    for method, options in (("GET", {}), ("PATCH", {"json": {"value": "b"}}), ("DELETE", {})):
        api.error(method, path_of(kept), 404, "not_found", **options)
    error = api.error("POST", f"{path_of(removed)}/restore", 409, "conflict")
    assert error["details"] == {"entity_id": entity_id}
    api.error("POST", f"{path_of(kept)}/restore", 404, "not_found")  # hidden with its entity, and in no trash itself
    api.data("POST", f"/v1/entities/{entity_id}/restore")
    assert api.data("GET", f"/v1/entities/{entity_id}/descriptors") == {"items": [kept]}
    assert api.data("GET", path_of(kept)) == kept
    api.error("GET", path_of(removed), 404, "not_found")
    assert api.data("POST", f"{path_of(removed)}/restore") == removed


def test_the_trash_lists_what_was_deleted_latest_first(fresh) -> None:
    key = Field(fresh, field_type="int")
    made = [key.describe(number) for number in range(5)]
    for descriptor in made:
        fresh.data("DELETE", path_of(descriptor))
    page = fresh.data("GET", "/v1/trash/descriptors", params={"limit": 2})
    assert page["total"] == 5
    seen = page["items"]
    while page["next_cursor"]:
        page = fresh.data("GET", "/v1/trash/descriptors", params={"limit": 2, "cursor": page["next_cursor"]})
        seen += page["items"]
    moments = [one.pop("deleted_at") for one in seen]
    assert moments == sorted(moments, reverse=True)
    assert sorted(seen, key=lambda one: one["value"]) == made


def test_every_change_is_told(house, api, field, rows) -> None:
    key = field()
    made = key.describe("a")
    api.data("PATCH", path_of(made), json={"value": "b"})
    api.data("DELETE", path_of(made))
    api.data("POST", f"{path_of(made)}/restore")
    events = rows(house.home, "SELECT * FROM events WHERE subject = ? ORDER BY event_seq", made["descriptor_id"])
    assert [one["type"] for one in events] == [
        "descriptor.created",
        "descriptor.updated",
        "descriptor.deleted",
        "descriptor.restored",
    ]
    payload = f'{{"entity_id":"{made["entity_id"]}","scope":"{key.scope}","field_key":"key"}}'
    assert {one["payload_json"] for one in events} == {payload}
