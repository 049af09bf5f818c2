"""Field definitions and descriptors of a home that v0.1.9 wrote: answered as before, odd ones too, and usable."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

DEFINITIONS = "/v1/admin/field-defs"
MOMENT = "2025-01-02T03:04:05.678Z"


@pytest.fixture(scope="module")
def opened(start_shared_core, unpack_legacy_home, tmp_path_factory, api_of) -> Any:
    """Speaks to a Core that opened the home; only to be read."""
    return api_of(start_shared_core(unpack_legacy_home(tmp_path_factory.mktemp("fields"))).client)


@pytest.fixture
def open_with(start_core, api_of, legacy_home: Path) -> Callable[..., Any]:
    """Speaks to a Core that opened the home after v0.1.9 had also stored these: a definition, and a value if given."""

    def start(field_type: str, *value: Any, regex: str | None = None, **facts: Any) -> Any:
        columns = {
            "field_def_id": "d" * 64,
            "scope": "descriptor",
            "field_key": "odd",
            "field_type": field_type,
            "required": 0,
            "options_json": "{}",
            "regex": regex,
            "created_at": MOMENT,
            "updated_at": MOMENT,
            **facts,
        }
        with closing(sqlite3.connect(legacy_home / "db" / "core.sqlite3")) as connection, connection:
            insert(connection, "field_definitions", columns)
            (entity,) = connection.execute("SELECT min(entity_id) FROM entities WHERE deleted_at IS NULL").fetchone()
            for one in value:
                described = {"descriptor_id": "e" * 64, "entity_id": entity, "scope": "descriptor", "field_key": "odd"}
                moments = {"created_at": MOMENT, "updated_at": MOMENT}
                insert(connection, "descriptors", {**described, "value_json": json.dumps(one), **moments})
        return api_of(start_core(legacy_home).client)

    return start


def insert(connection: sqlite3.Connection, table: str, columns: dict[str, Any]) -> None:
    names = ", ".join(columns)
    marks = ", ".join("?" * len(columns))
    connection.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", tuple(columns.values()))


def odd(api: Any) -> Any:
    """The definition that `open_with` stored."""
    return api.data("GET", f"{DEFINITIONS}/{'d' * 64}")


def new_value(api: Any, value: Any) -> Any:
    """The response to a value for another entity under the key that `open_with` defined."""
    path = f"/v1/entities/{api.entity()['entity_id']}/descriptors"
    return api.ask("POST", path, json={"field_key": "odd", "value": value})


def test_every_definition_is_answered_as_before(opened, expected) -> None:
    listed = {one["field_def_id"]: one for one in opened.data("GET", DEFINITIONS)["items"]}
    assert listed.keys() == expected["field_defs"].keys()
    for field_def_id, definition in expected["field_defs"].items():
        answer = opened.data("GET", f"{DEFINITIONS}/{field_def_id}")
        assert answer == listed[field_def_id]
        assert answer.items() >= definition.items()
        assert answer["regex_error"] is None
    for field_def_id in expected["deleted_field_defs"]:
        opened.error("GET", f"{DEFINITIONS}/{field_def_id}", 404, "not_found")
    trashed = opened.data("GET", "/v1/trash/field-defs")["items"]
    assert [one["field_def_id"] for one in trashed] == expected["deleted_field_defs"]


def test_every_descriptor_is_answered_as_before(opened, expected) -> None:
    found = [
        one
        for entity_id in expected["entities"]
        for one in opened.data("GET", f"/v1/entities/{entity_id}/descriptors")["items"]
    ]
    assert {one["descriptor_id"]: one for one in found} == expected["descriptors"]
    for descriptor_id, descriptor in expected["descriptors"].items():
        assert opened.data("GET", f"/v1/descriptors/{descriptor_id}") == descriptor
    for descriptor_id in expected["deleted_descriptors"]:
        opened.error("GET", f"/v1/descriptors/{descriptor_id}", 404, "not_found")
    trashed = opened.data("GET", "/v1/trash/descriptors", params={"limit": 200})["items"]
    assert {one["descriptor_id"] for one in trashed} == set(expected["deleted_descriptors"])


def test_no_value_of_the_old_version_misfits_its_definition(start_core, api_of, legacy_home: Path, expected) -> None:
    api = api_of(start_core(legacy_home).client)
    checked = 0
    for field_def_id in expected["field_defs"]:
        change = api.data("PATCH", f"{DEFINITIONS}/{field_def_id}", json={}, params={"dry_run": "true"})
        assert (change["misfits"]["count"], change["misfits"]["complete"]) == (0, True)
        checked += change["misfits"]["checked"]
    assert checked == len(expected["descriptors"])


def test_v13_keys_that_the_old_version_blocked_for_ever_are_free(
    start_core, api_of, legacy_home: Path, expected, rows
) -> None:
    """Section 5, 1."""
    api = api_of(start_core(legacy_home).client)
    made = api.data("POST", DEFINITIONS, json={"field_key": "gone", "field_type": "string"})
    [deleted] = expected["deleted_field_defs"]
    error = api.error("POST", f"{DEFINITIONS}/{deleted}/restore", 409, "conflict")
    assert error["details"] == {"field_def_id": made["field_def_id"]}
    back = 0
    for row in rows(legacy_home, "SELECT * FROM descriptors WHERE deleted_at IS NOT NULL"):
        body = {"field_key": row["field_key"], "value": json.loads(row["value_json"])}
        api.data("POST", f"/v1/entities/{row['entity_id']}/descriptors", json=body)
        error = api.error("POST", f"/v1/descriptors/{row['descriptor_id']}/restore", 409, "conflict")
        api.data("DELETE", f"/v1/descriptors/{error['details']['descriptor_id']}")
        assert api.data("POST", f"/v1/descriptors/{row['descriptor_id']}/restore")["value"] == body["value"]
        back += 1
    assert back == len(expected["deleted_descriptors"])


@pytest.mark.parametrize(
    ("pattern", "reason"), [("(?=a)b", "(?="), (r"(a)\1", r"\1"), ("a" * 1001, "longer than 1000 characters")]
)
def test_an_old_pattern_that_re2_cannot_use_stays_reads_and_takes_no_new_value(
    open_with, api_of, pattern: str, reason: str
) -> None:
    """Section 5, 10; decision 8."""
    api = open_with("string", "old value", regex=pattern)
    definition = odd(api)
    assert definition["regex"] == pattern
    assert reason in definition["regex_error"]
    assert api.data("GET", f"/v1/descriptors/{'e' * 64}")["value"] == "old value"
    error = api.error_of(new_value(api, "a"), 422, "validation_error")
    assert reason in error["details"]["errors"][0]
    api.error("PATCH", f"/v1/descriptors/{'e' * 64}", 422, "validation_error", json={"value": "a"})
    path = f"{DEFINITIONS}/{'d' * 64}"
    assert api.data("PATCH", path, json={"label": "Odd", "regex": pattern})["regex_error"] == definition["regex_error"]
    mended = api.data("PATCH", path, json={"regex": "[a-z]+"})
    assert (mended["regex_error"], mended["misfits"]["count"]) == (None, 1)
    assert api.data_of(new_value(api, "a"))["value"] == "a"


def test_an_old_type_that_nobody_knows_stays_reads_and_takes_no_new_value(open_with) -> None:
    """Section 5, 14."""
    api = open_with("nonsense", {"any": "thing"})
    assert odd(api)["field_type"] == "nonsense"
    assert api.data("GET", f"/v1/descriptors/{'e' * 64}")["value"] == {"any": "thing"}
    error = api.error_of(new_value(api, 1), 422, "validation_error")
    assert error["details"]["errors"] == ["No active plugin knows the type 'nonsense', so that no value can be taken."]
    path = f"{DEFINITIONS}/{'d' * 64}"
    assert api.data("PATCH", path, json={"label": "Odd", "field_type": "nonsense"})["label"] == "Odd"
    api.data("PATCH", path, json={"field_type": "json"})
    assert api.data_of(new_value(api, 1))["value"] == 1


@pytest.mark.parametrize(("stored", "fits", "not_"), [(" INT ", 5, "5"), ("String", "a", 5), ("OPTIONS", "a", "c")])
def test_v12_old_types_in_odd_writing_work_and_stay_as_they_are(open_with, stored: str, fits: Any, not_: Any) -> None:
    api = open_with(stored, fits, options_json='{"options": ["a", "b"]}')
    assert odd(api)["field_type"] == stored
    assert api.data_of(new_value(api, fits))["value"] == fits
    assert api.error_of(new_value(api, not_), 422, "validation_error")["details"]["field_type"] == stored
    assert api.data("PATCH", f"/v1/descriptors/{'e' * 64}", json={"value": fits})["value"] == fits


def test_an_old_enum_without_options_takes_no_value_until_it_has_some(open_with) -> None:
    """Section 5, 14."""
    api = open_with("enum", "kept")
    assert api.data("GET", f"/v1/descriptors/{'e' * 64}")["value"] == "kept"
    error = api.error_of(new_value(api, "a"), 422, "validation_error")
    assert error["details"]["errors"] == ["The definition gives no options to choose from."]
    path = f"{DEFINITIONS}/{'d' * 64}"
    assert api.data("PATCH", path, json={"required": True})["misfits"]["count"] == 1
    api.data("PATCH", path, json={"options": {"options": ["a", "kept"]}})
    assert api.data_of(new_value(api, "a"))["value"] == "a"


def test_an_old_pattern_on_a_number_had_no_effect_and_has_none(open_with) -> None:
    api = open_with("int", 5, regex="(?=a)b")
    assert "(?=" in odd(api)["regex_error"]
    assert api.data_of(new_value(api, 6))["value"] == 6
