"""The built-in types as functions, and types of a plugin that comes and goes."""

from __future__ import annotations

import json
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from faceforge_builtins import field_types
from faceforge_sdk import FieldRules, FieldType
from faceforge_sdk.models import EntityDraft
from faceforge_sdk.testing import fake_context

if TYPE_CHECKING:
    from collections.abc import Callable

CTX = fake_context()
TYPES: dict[str, FieldType] = {one.name: one for one in field_types.register_field_types(CTX)}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def errors(name: str, value: Any, **rules: Any) -> list[str]:
    given_rules = FieldRules(**{"required": False, "options": {}, "regex": None, **rules})
    return list(TYPES[name].check(value, given_rules))


@given(st.dates())
def test_every_day_of_the_calendar_is_a_date_and_so_are_its_month_and_year(day: date) -> None:
    text = day.isoformat()
    assert errors("date", text) == errors("date", text[:7]) == errors("date", text[:4]) == []


@given(st.integers(0, 9999), st.integers(0, 99), st.integers(0, 99))
def test_a_date_is_one_that_the_calendar_has(year: int, month: int, day: int) -> None:
    text = f"{year:04}-{month:02}-{day:02}"
    try:
        date.fromisoformat(text)
    except ValueError:
        assert errors("date", text)
    else:
        assert not errors("date", text)


@given(JSON.filter(lambda value: value is not None))
def test_each_scalar_is_of_exactly_the_types_that_say_so(value: Any) -> None:
    is_bool, is_int, is_text = isinstance(value, bool), isinstance(value, int), isinstance(value, str)
    assert (not errors("bool", value)) is is_bool
    assert (not errors("int", value)) is (is_int and not is_bool)
    assert (not errors("float", value)) is (isinstance(value, int | float) and not is_bool)
    assert (not errors("string", value)) is (not errors("text", value)) is is_text
    assert errors("json", value) == []


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_what_json_has_no_number_for_is_none(value: float) -> None:
    assert errors("float", value)


@pytest.mark.parametrize("name", ["int", "float"])
def test_numbers_stay_within_the_bounds_of_their_definition(name: str) -> None:
    bounds = {"options": {"min": 0, "max": 120}}
    assert errors(name, 0, **bounds) == errors(name, 120, **bounds) == errors(name, 10**400, options={"min": 1}) == []
    assert errors(name, -1, **bounds) == ["The value must be at least 0."]
    assert errors(name, 121, **bounds) == ["The value must be at most 120."]
    assert errors(name, 5, options={"min": "7", "max": None}) == []  # v0.1.9 took anything for an option


@pytest.mark.parametrize(
    ("options", "sound"), [({"min": 1}, True), ({"min": 2, "max": 1}, False), ({"max": "x"}, False)]
)
def test_bounds_of_a_definition_are_numbers_in_order(options: dict[str, Any], sound: bool) -> None:
    rules = FieldRules(required=False, options=options, regex=None)
    assert (not TYPES["int"].check_rules(rules)) is sound


@given(st.lists(st.text() | st.booleans() | st.integers(), min_size=1), JSON)
def test_a_choice_is_what_the_options_hold_as_json_compares_it(options: list[Any], value: Any) -> None:
    def plain(one: Any) -> str:
        return json.dumps(int(one) if isinstance(one, float) and one.is_integer() else one)

    held = plain(value) in {plain(option) for option in options}
    assert (not errors("enum", value, options={"options": options})) is held
    for option in options:
        assert errors("enum", option, options={"options": options}) == []


def test_a_refused_choice_is_told_what_there_is_but_not_without_end() -> None:
    options = {"options": [f"choice {number}" for number in range(1000)]}
    [error] = errors("enum", "none", options=options)
    assert error.endswith('"choice 19" or 980 others.')


@given(st.text())
def test_no_text_makes_an_address_check_fail_otherwise_than_with_a_sentence(text: str) -> None:
    for value in (text, f"https://{text}", f"javascript:{text}", f"x://{text}"):
        assert all(isinstance(sentence, str) for sentence in errors("url", value))
    assert errors("url", f"javascript:{text}")


def test_a_reference_is_looked_up_among_the_entities() -> None:
    ada = CTX.entities.create(EntityDraft(display_name="Ada"))
    assert errors("entity", ada.entity_id) == []
    assert errors("entity", "nobody") == ["There is no entity 'nobody'."]


# --- Types of a plugin, in a whole Core

COLOUR = """
from faceforge_sdk import FieldType, hookimpl

@hookimpl
def register_field_types(ctx):
    def check(value, rules):
        {check}
        return [] if str(value).startswith("#") else ["The value must be a colour."]

    return [FieldType("colour", check, lambda rules: [])]
"""


@pytest.fixture
def colour_plugin(faceforge: Any) -> Callable[[str], str]:
    """Enables a plugin with the type ``colour``, whose check does this first; returns its id."""

    def enable(check: str = "pass") -> str:
        folder = faceforge.kernel.home.plugins_dir / "colours"
        folder.mkdir()
        manifest = {"id": "demo.colours", "name": "Colours", "api_version": 1, "entrypoints": {"python": "plugin"}}
        (folder / "plugin.json").write_text(json.dumps(manifest))
        (folder / "plugin.py").write_text(COLOUR.format(check=check))
        assert faceforge.kernel.plugins.enable("demo.colours").state == "active"
        return "demo.colours"

    return enable


@pytest.fixture
def describe(client: Any) -> Callable[[Any], Any]:
    """The response to a value of a new entity under the key ``eyes``."""

    def post(value: Any) -> Any:
        entity_id = client.post("/v1/entities", json={"display_name": "Ada"}).json()["data"]["entity_id"]
        body = {"field_key": "eyes", "value": value}
        return client.post(f"/v1/entities/{entity_id}/descriptors", json=body)

    return post


def define(client: Any) -> Any:
    return client.post("/v1/admin/field-defs", json={"field_key": "eyes", "field_type": "colour"})


def names_of_types(client: Any) -> list[str]:
    return [one["name"] for one in client.get("/v1/admin/field-types").json()["data"]["items"]]


def errors_of(answer: Any) -> Any:
    assert answer.status_code == 422, answer.text
    return answer.json()["error"]["details"]["errors"]


def test_values_outlive_the_plugin_that_knows_their_type(client: Any, colour_plugin: Any, describe: Any) -> None:
    assert define(client).status_code == 422
    plugin_id = colour_plugin()
    definition = define(client).json()["data"]
    descriptor = describe("#1e90ff").json()["data"]
    assert errors_of(describe("blue")) == ["The value must be a colour."]
    path, listed = (
        f"/v1/descriptors/{descriptor['descriptor_id']}",
        f"/v1/entities/{descriptor['entity_id']}/descriptors",
    )

    client.post(f"/v1/plugins/{plugin_id}/disable")
    assert client.get(path).json()["data"] == descriptor
    assert client.get(listed).json()["data"]["items"] == [descriptor]
    told = "No active plugin knows the type 'colour', so that no value can be taken."
    assert errors_of(describe("#ff0000")) == errors_of(client.patch(path, json={"value": "#ff0000"})) == [told]
    definition_path = f"/v1/admin/field-defs/{definition['field_def_id']}"
    assert client.patch(definition_path, json={"label": "Eyes"}).json()["data"]["misfits"]["count"] == 1
    assert "colour" not in names_of_types(client)

    client.post(f"/v1/plugins/{plugin_id}/enable")
    assert client.patch(path, json={"value": "#ff0000"}).json()["data"]["value"] == "#ff0000"
    assert client.patch(definition_path, json={}).json()["data"]["misfits"]["count"] == 0


@pytest.mark.parametrize(
    "check", ["1 / 0", "raise SystemExit", "return 5", "def f(): return f()\n        f()"], ids=str
)
def test_p07_a_type_that_fails_refuses_values_and_ends_as_the_plugins_error(
    client: Any, faceforge: Any, colour_plugin: Any, describe: Any, check: str
) -> None:
    plugin_id = colour_plugin(check)
    define(client)
    for _ in range(3):
        [error] = errors_of(describe("#1e90ff"))
        assert plugin_id in error
    faceforge.wait_for(lambda: "colour" not in names_of_types(client))
    assert faceforge.kernel.plugins.get(plugin_id).state == "error"
    assert errors_of(describe("#1e90ff")) == [
        "No active plugin knows the type 'colour', so that no value can be taken."
    ]
    assert client.get("/v1/admin/field-defs").status_code == 200


def test_p07_a_type_that_hangs_is_given_up_after_two_seconds(client: Any, colour_plugin: Any, describe: Any) -> None:
    colour_plugin("import time; time.sleep(30)")
    define(client)
    [error] = errors_of(describe("#1e90ff"))
    assert "no answer within 2 s" in error


def test_a_type_that_writes_through_the_services_while_it_checks_holds_nobody_up(
    client: Any, colour_plugin: Any, describe: Any
) -> None:
    colour_plugin(
        "from faceforge_sdk.models import EntityDraft; ctx.entities.create(EntityDraft(display_name='Checked'))"
    )
    define(client)
    assert describe("#1e90ff").status_code == 200
    names = [one["display_name"] for one in client.get("/v1/entities").json()["data"]["items"]]
    assert "Checked" in names
