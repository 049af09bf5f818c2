"""Field definitions (sections 2 and 5 of the contract, V10 to V13)."""

from __future__ import annotations

import re
import time
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

PATH = "/v1/admin/field-defs"
NO_ID = "0" * 64
TYPES_OF_V019 = (
    "string",
    "int",
    "integer",
    "float",
    "number",
    "bool",
    "boolean",
    "enum",
    "option",
    "options",
    "json",
    "any",
)
TYPES = (*TYPES_OF_V019, "date", "text", "url", "entity")
FIELDS_OF_V019 = {
    "field_def_id",
    "scope",
    "field_key",
    "field_type",
    "required",
    "options",
    "regex",
    "created_at",
    "updated_at",
}
ID = re.compile(r"[0-9a-f]{64}")
TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
_NUMBERS = count(1)


@pytest.fixture
def scope() -> str:
    """A scope of this test's own."""
    return f"scope-{next(_NUMBERS)}"


@pytest.fixture
def define(api, scope: str) -> Callable[..., dict[str, Any]]:
    """Defines a field in `scope`."""

    def make(field_key: str = "key", field_type: str = "string", **facts: Any) -> dict[str, Any]:
        body = {"scope": scope, "field_key": field_key, "field_type": field_type, **facts}
        found: dict[str, Any] = api.data("POST", PATH, json=body)
        return found

    return make


@pytest.fixture
def refused(api, scope: str) -> Callable[..., dict[str, Any]]:
    """The ``error`` of a definition that is refused, after which nothing is defined in `scope`."""

    def ask(field_type: str = "string", **facts: Any) -> dict[str, Any]:
        body = {"scope": scope, "field_key": "key", "field_type": field_type, **facts}
        error: dict[str, Any] = api.error("POST", PATH, 422, "validation_error", json=body)
        assert api.data("GET", PATH, params={"scope": scope}) == {"items": []}
        return error

    return ask


def path_of(definition: dict[str, Any]) -> str:
    return f"{PATH}/{definition['field_def_id']}"


# --- Creating, reading, listing


def test_a_definition_has_the_fields_of_v019_and_ours(define, scope: str) -> None:
    made = define("email", regex=r"[^@\s]+@[^@\s]+", required=True, options={"note": [1, {"a": None}]})
    assert made.keys() > FIELDS_OF_V019
    assert {name: made[name] for name in ("scope", "field_key", "field_type", "required", "options", "regex")} == {
        "scope": scope,
        "field_key": "email",
        "field_type": "string",
        "required": True,
        "options": {"note": [1, {"a": None}]},
        "regex": r"[^@\s]+@[^@\s]+",
    }
    assert ID.fullmatch(made["field_def_id"])
    assert TIMESTAMP.fullmatch(made["created_at"])
    assert made["updated_at"] == made["created_at"]


def test_what_is_left_out_has_the_defaults_of_v019(fresh) -> None:
    made = fresh.data("POST", PATH, json={"field_key": "key", "field_type": "string"})
    assert (made["scope"], made["required"], made["options"], made["regex"]) == ("descriptor", False, {}, None)


def test_a_definition_reads_back_as_it_was_made(api, define) -> None:
    made = define(label="Key", help="What it is", order=-3, default="a", multiple=False, enforced=True)
    assert api.data("GET", path_of(made)) == made


def test_the_list_is_sorted_by_scope_and_key_by_code_point(fresh) -> None:
    pairs = [("b", "z"), ("a", "é"), ("a", "Z"), ("a", "a"), ("a", "\U0001f98a"), ("B", "a"), ("a", "\uff5e")]
    for scope, key in pairs:
        fresh.data("POST", PATH, json={"scope": scope, "field_key": key, "field_type": "string"})
    listed = fresh.data("GET", PATH)
    assert listed.keys() == {"items"}
    assert [(one["scope"], one["field_key"]) for one in listed["items"]] == sorted(pairs)
    assert [one["field_key"] for one in fresh.data("GET", PATH, params={"scope": "b"})["items"]] == ["z"]
    assert fresh.data("GET", PATH, params={"scope": ""}) == listed
    assert fresh.data("GET", PATH, params={"scope": "none"}) == {"items": []}


def test_the_same_scope_and_key_twice_is_409_naming_the_holder(api, define, scope: str) -> None:
    holder = define()
    body = {"scope": scope, "field_key": "key", "field_type": "int"}
    error = api.error("POST", PATH, 409, "conflict", json=body)
    assert error["details"] == {"field_def_id": holder["field_def_id"]}
    api.data("POST", PATH, json={**body, "scope": f"{scope}-other"})
    api.data("POST", PATH, json={**body, "field_key": "Key"})


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"field_key": "key"},
        {"field_type": "string"},
        {"field_key": "", "field_type": "string"},
        {"field_key": "key", "field_type": ""},
        {"field_key": "key", "field_type": "string", "scope": " "},
        {"field_key": "key", "field_type": "string", "options": []},
        {"field_key": "key", "field_type": "string", "regex": 5},
        {"field_key": "key", "field_type": "string", "order": 2**31},
        {"field_key": 5, "field_type": "string"},
    ],
    ids=str,
)
def test_a_body_that_is_no_definition_is_422_with_a_list_of_what_is_wrong(api, body: Any) -> None:
    error = api.error("POST", PATH, 422, "validation_error", json=body)
    assert isinstance(error["details"], list)


@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
def test_an_unknown_definition_is_404(api, method: str) -> None:
    api.error(method, f"{PATH}/{NO_ID}", 404, "not_found", **({"json": {}} if method == "PATCH" else {}))
    api.error("POST", f"{PATH}/{NO_ID}/restore", 404, "not_found")


# --- Types, options and patterns


@pytest.mark.parametrize("name", TYPES)
@pytest.mark.parametrize("written", [str, str.upper, " {} ".format], ids=["as it is", "in capitals", "with spaces"])
def test_v12_every_type_is_known_trimmed_and_in_any_case_and_stays_as_sent(define, name: str, written) -> None:
    made = define(field_type=written(name), options={"options": ["a"]})
    assert made["field_type"] == written(name)


@pytest.mark.parametrize("name", ["nonsense", "str", " ", "int eger", "ınteger"])
def test_v12_an_unknown_type_is_422_and_the_sentence_names_it(refused, name: str) -> None:
    """Section 5, 14."""
    error = refused(name)
    assert [one["loc"] for one in error["details"]] == [["body", "field_type"]]
    assert repr(name.strip()) in error["message"]


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"options": []},
        {"options": "ab"},
        {"options": None},
        {"options": [None]},
        {"options": [["a"]]},
        {"o": ["a"]},
    ],
    ids=str,
)
@pytest.mark.parametrize("name", ["enum", "Option", "options"])
def test_v12_an_enum_without_options_is_422(refused, name: str, options: dict[str, Any]) -> None:
    """Section 5, 14."""
    assert [one["loc"] for one in refused(name, options=options)["details"]] == [["body", "options"]]


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        ("(", "missing )"),
        ("(?=a)b", "(?="),
        (r"(a)\1", r"\1"),
        ("a{1,5000}", "{1,5000}"),
        ("a" * 10_000, "longer than 1000 characters"),
        ("a" * 1001, "longer than 1000 characters"),
    ],
)
@pytest.mark.parametrize("field_type", ["string", "int"])
def test_v11_a_pattern_that_re2_cannot_use_is_422_with_the_reason(
    refused, field_type: str, pattern: str, reason: str
) -> None:
    """Section 5, 10 and 14."""
    error = refused(field_type, regex=pattern)
    assert [one["loc"] for one in error["details"]] == [["body", "regex"]]
    assert reason in error["details"][0]["msg"]
    assert reason in error["message"]


def test_v11_a_pattern_at_the_limit_is_taken(define) -> None:
    assert define(regex="a" * 1000)["regex"] == "a" * 1000


def test_v10_a_hostile_pattern_is_answered_at_once(api, define, scope: str) -> None:
    """Section 5, 10."""
    define("evil", regex="(a+)+$")
    path = f"/v1/entities/{api.entity()['entity_id']}/descriptors"
    body = {"scope": scope, "field_key": "evil", "value": "a" * 5000 + "!"}
    began = time.monotonic()
    api.error("POST", path, 422, "validation_error", json=body)
    assert time.monotonic() - began < 60, "who tries every way through it takes years"
    api.data("POST", path, json={**body, "value": "a" * 5000})


def test_a_pattern_on_a_type_that_has_none_is_stored_and_without_effect_as_in_v019(api, define, scope: str) -> None:
    assert define("age", "int", regex="[a-z]+")["regex"] == "[a-z]+"
    body = {"scope": scope, "field_key": "age", "value": 5}
    assert api.data("POST", f"/v1/entities/{api.entity()['entity_id']}/descriptors", json=body)["value"] == 5


@pytest.mark.parametrize("field_type", ["date", "entity"])
def test_types_that_v019_did_not_know_refuse_a_pattern_that_would_have_no_effect(refused, field_type: str) -> None:
    assert "regex" in refused(field_type, regex="[a-z]+")["message"]


def test_an_empty_pattern_is_none(api, define) -> None:
    made = define(regex="")
    assert made["regex"] is None
    api.data("PATCH", path_of(made), json={"regex": "[a-z]+"})
    assert api.data("PATCH", path_of(made), json={"regex": ""})["regex"] is None


@pytest.mark.parametrize(
    ("field_type", "default", "more"),
    [
        ("int", "5", {}),
        ("int", True, {}),
        ("string", "B", {"regex": "[a-z]+"}),
        ("string", "", {"required": True}),
        ("enum", "c", {"options": {"options": ["a", "b"]}}),
        ("int", 5, {"multiple": True}),
        ("int", [5, "6"], {"multiple": True}),
        ("date", "2023-02-29", {}),
        ("entity", NO_ID, {}),
    ],
)
def test_a_default_has_to_fit_its_own_definition(refused, field_type: str, default: Any, more: Any) -> None:
    assert [one["loc"] for one in refused(field_type, default=default, **more)["details"]] == [["body", "default"]]


def test_forms_are_told_the_types_their_aliases_and_controls(api) -> None:
    types = {one["name"]: one for one in api.data("GET", "/v1/admin/field-types")["items"]}
    assert {name: types[name]["widget"] for name in types} == {
        "string": "text",
        "text": "multiline",
        "int": "number",
        "float": "number",
        "bool": "switch",
        "enum": "choice",
        "date": "date",
        "url": "url",
        "entity": "entity",
        "json": "json",
    }
    assert types["enum"]["aliases"] == ["option", "options"]


# --- Changing


def test_a_patch_changes_what_it_names_and_null_changes_nothing(api, define) -> None:
    made = define(regex="[a-z]+", label="Key", default="a", options={"a": 1})
    changed = api.data("PATCH", path_of(made), json={"required": True, "regex": None, "options": None, "default": None})
    assert changed.pop("misfits")["count"] == 0
    assert changed == {**made, "required": True, "updated_at": changed["updated_at"]}
    assert api.data("GET", path_of(made)) == changed


def test_a_patch_of_every_field_at_once(api, define) -> None:
    made = define()
    facts = {
        "field_key": "renamed",
        "field_type": "enum",
        "required": True,
        "options": {"options": [1, "b"]},
        "regex": "x",
        "label": "Label",
        "help": "Help",
        "order": 7,
        "default": [1],
        "multiple": True,
        "enforced": True,
    }
    changed = api.data("PATCH", path_of(made), json={**facts, "scope": "ignored", "unknown": 1})
    assert changed.items() > facts.items()
    assert (changed["scope"], changed["field_def_id"]) == (made["scope"], made["field_def_id"])


def test_clear_empties_what_null_cannot(api, define) -> None:
    made = define(regex="[a-z]+", label="Key", help="Help", default="a")
    changed = api.data("PATCH", path_of(made), json={"clear": ["regex", "label", "help", "default"]})
    assert (changed["regex"], changed["label"], changed["help"], changed["default"]) == (None, None, None, None)
    for body in ({"clear": ["required"]}, {"clear": ["label"], "label": "New"}, {"clear": "label"}):
        api.error("PATCH", path_of(made), 422, "validation_error", json=body)


@pytest.mark.parametrize(
    "patch",
    [
        {"field_type": "nonsense"},
        {"field_type": "enum"},
        {"regex": "("},
        {"default": 5},
        {"multiple": True},
        {"options": []},
        {"order": "first"},
    ],
    ids=str,
)
def test_a_patch_is_held_to_the_same_rules_and_changes_nothing_when_refused(api, define, patch: Any) -> None:
    made = define(default="a")
    api.error("PATCH", path_of(made), 422, "validation_error", json=patch)
    assert api.data("GET", path_of(made)) == made


def test_a_key_is_renamed_only_to_one_that_is_free_and_only_while_no_value_stands_under_it(
    api, define, scope: str
) -> None:
    made, other = define("a"), define("b")
    error = api.error("PATCH", path_of(made), 409, "conflict", json={"field_key": "b"})
    assert error["details"] == {"field_def_id": other["field_def_id"]}
    assert api.data("PATCH", path_of(made), json={"field_key": "c"})["field_key"] == "c"
    body = {"scope": scope, "field_key": "c", "value": "x"}
    descriptor = api.data("POST", f"/v1/entities/{api.entity()['entity_id']}/descriptors", json=body)
    error = api.error("PATCH", path_of(made), 409, "conflict", json={"field_key": "d"})
    assert error["details"] == {"scope": scope, "field_key": "c"}
    api.data("DELETE", f"/v1/descriptors/{descriptor['descriptor_id']}")
    assert api.data("PATCH", path_of(made), json={"field_key": "d"})["field_key"] == "d"


def test_a_change_tells_which_values_no_longer_fit_and_leaves_them_alone(api, define, scope: str) -> None:
    made = define("age", "json")
    described = [
        api.data(
            "POST",
            f"/v1/entities/{api.entity()['entity_id']}/descriptors",
            json={"scope": scope, "field_key": "age", "value": value},
        )
        for value in (36, "36", None, [36])
    ]
    dry = api.data("PATCH", path_of(made), json={"field_type": "int"}, params={"dry_run": True})
    assert api.data("GET", path_of(made)) == made
    changed = api.data("PATCH", path_of(made), json={"field_type": "int"})
    assert changed["misfits"] == dry["misfits"]
    assert (changed["misfits"]["checked"], changed["misfits"]["count"], changed["misfits"]["complete"]) == (4, 2, True)
    assert {one["descriptor_id"]: one["errors"] for one in changed["misfits"]["items"]} == {
        described[1]["descriptor_id"]: ["The value must be a whole number."],
        described[3]["descriptor_id"]: ["The value must be a whole number."],
    }
    for descriptor in described:
        assert api.data("GET", f"/v1/descriptors/{descriptor['descriptor_id']}") == descriptor


# --- Trash


def test_a_deleted_definition_is_gone_from_reads_and_lists_and_lies_in_the_trash(api, define, scope: str) -> None:
    made = define()
    assert api.data("DELETE", path_of(made)) == {"deleted": True}
    api.error("GET", path_of(made), 404, "not_found")
    api.error("PATCH", path_of(made), 404, "not_found", json={"required": True})
    api.error("DELETE", path_of(made), 404, "not_found")
    assert api.data("GET", PATH, params={"scope": scope}) == {"items": []}
    [trashed] = [
        one
        for one in api.data("GET", "/v1/trash/field-defs", params={"limit": 200})["items"]
        if one["field_def_id"] == made["field_def_id"]
    ]
    assert trashed == {**made, "deleted_at": trashed["deleted_at"]}


def test_v13_a_deleted_definition_frees_its_key(api, define) -> None:
    """Section 5, 1."""
    for _ in range(3):
        api.data("DELETE", path_of(define()))
    define()


def test_restoring_brings_it_back_unless_the_key_is_taken(api, define) -> None:
    made = define()
    api.data("DELETE", path_of(made))
    assert api.data("POST", f"{path_of(made)}/restore") == made
    assert api.data("GET", path_of(made)) == made
    api.error("POST", f"{path_of(made)}/restore", 404, "not_found")
    api.data("DELETE", path_of(made))
    holder = define(field_type="int")
    error = api.error("POST", f"{path_of(made)}/restore", 409, "conflict")
    assert error["details"] == {"field_def_id": holder["field_def_id"]}
    assert holder["field_def_id"] in error["message"]


def test_the_trash_is_paged_latest_deletion_first(fresh) -> None:
    made = []
    for key in "abcde":
        made.append(fresh.data("POST", PATH, json={"field_key": key, "field_type": "string"}))
        fresh.data("DELETE", path_of(made[-1]))
    page = fresh.data("GET", "/v1/trash/field-defs", params={"limit": 2})
    assert (page["total"], page["limit"], page["offset"]) == (5, 2, 0)
    seen = page["items"]
    while page["next_cursor"]:
        page = fresh.data("GET", "/v1/trash/field-defs", params={"limit": 2, "cursor": page["next_cursor"]})
        seen += page["items"]
    assert sorted(one["field_key"] for one in seen) == list("abcde")
    moments = [one["deleted_at"] for one in seen]
    assert moments == sorted(moments, reverse=True)
    fresh.error("GET", "/v1/trash/field-defs", 422, "validation_error", params={"cursor": "nonsense"})


def test_every_change_is_told(house, api, define, rows, scope: str) -> None:
    made = define()
    api.data("PATCH", path_of(made), json={"required": True, "label": None})
    api.data("PATCH", path_of(made), json={"required": False}, params={"dry_run": "true"})
    api.data("DELETE", path_of(made))
    api.data("POST", f"{path_of(made)}/restore")
    events = rows(house.home, "SELECT * FROM events WHERE subject = ? ORDER BY event_seq", made["field_def_id"])
    key = f'"scope":"{scope}","field_key":"key"'
    assert [(one["type"], one["payload_json"]) for one in events] == [
        ("field_def.created", f"{{{key}}}"),
        ("field_def.updated", f'{{{key},"changed":["required"]}}'),
        ("field_def.deleted", f"{{{key}}}"),
        ("field_def.restored", f"{{{key}}}"),
    ]
