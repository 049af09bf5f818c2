"""Forms made of schemas, without pages: what each kind of value becomes, and that what nobody touched stays."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.datastructures import FormData

from faceforge_builtins.ui_plugins.fields import Field, Place, shown
from faceforge_builtins.ui_plugins.findings import findings_of, refused
from faceforge_builtins.ui_plugins.parts import ABSENT, parts_of
from faceforge_builtins.ui_plugins.posted import Reading
from faceforge_core.plugins.schemas import problems
from faceforge_sdk.errors import InvalidInput
from faceforge_sdk.testing.house import FakeTexts

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Sent = list[tuple[str, str]]


def schema(*required: str, **properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(required)}


def form_of(schema: Mapping[str, Any], config: Any, secrets: Iterable[str] = ()) -> Field:
    return shown(parts_of(schema), config, Place(), list(secrets))


def sent_by(field: Field) -> Sent:
    """What a browser sends for a form that nobody touched."""
    sent: Sent = [("as-json", field.name)] if field.as_json else []
    if field.kind == "switch":
        return [(field.name, "false"), *([(field.name, "true")] if field.text == "true" else [])]
    if field.kind in {"list", "map"}:
        sent += [(f"rows:{field.name}", ""), *((f"rows:{field.name}", str(number)) for number in field.rows)]
        sent += [(f"key:{row.name}", row.row_key) for row in field.fields if field.kind == "map"]
    elif field.kind not in {"group", "fixed"}:
        # HTML sends line ends as CRLF.
        sent.append((field.name, field.text.replace("\n", "\r\n")))
    return sent + [pair for one in field.fields for pair in sent_by(one)]


def read(
    schema: Mapping[str, Any], config: Any, *more: tuple[str, str], secrets: Iterable[str] = (), **typed: str
) -> Field:
    """The form after typing: ``read(schema, config, name="text")``; `more` are sent as they are."""
    before = sent_by(form_of(schema, config, secrets))
    changed = {f"/{name}": text for name, text in typed.items()}
    sent = [pair for pair in before if pair[0] not in changed] + [*changed.items(), *more]
    return Reading(FormData([*sent]), list(secrets), FakeTexts()).field(parts_of(schema), config, Place())


def told(field: Field) -> dict[str, str]:
    return {one.name: one.problem or one.key_problem for one in field.all() if one.problem or one.key_problem}


# --- Any configuration survives

NAMES = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Zl", "Zp", "Zs"]), min_size=1, max_size=6)
TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12)
NUMBERS = st.one_of(st.integers(-(10**20), 10**20), st.floats(allow_nan=False, allow_infinity=False))
SIMPLE: st.SearchStrategy[dict[str, Any]] = st.sampled_from(
    [
        {"type": "string"},
        {"type": "string", "format": "uri"},
        {"type": "string", "format": "date"},
        {"type": "string", "maxLength": 5000},
        {"type": ["string", "null"], "default": "x"},
        {"type": "integer"},
        {"type": ["integer", "null"]},
        {"type": "number", "default": 1.5},
        {"type": "boolean"},
        {"type": "boolean", "default": True},
        {"type": ["boolean", "null"]},
        {"enum": ["a", "b", 1, 1.0, True, None, "true"]},
        {"const": "only"},
        {"anyOf": [{"type": "integer"}, {"type": "null"}]},
        {"oneOf": [{"type": "integer"}, {"type": "string"}]},
        {},
    ]
)
ANY = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=6,
)


PLAIN: Mapping[Any, st.SearchStrategy[Any]] = {
    "string": TEXTS,
    "integer": st.integers(-(10**20), 10**20),
    "number": NUMBERS,
    "boolean": st.booleans(),
    "null": st.none(),
}


def groups(inner: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    properties = st.dictionaries(NAMES, inner, min_size=1, max_size=4)
    return properties.flatmap(
        lambda found: st.builds(
            lambda required: {"type": "object", "properties": found, "required": required},
            st.lists(st.sampled_from(sorted(found)), unique=True),
        )
    )


SCHEMAS = groups(
    st.recursive(
        SIMPLE,
        lambda inner: (
            groups(inner)
            | inner.map(lambda items: {"type": "array", "items": items})
            | inner.map(lambda more: {"type": "object", "additionalProperties": more})
        ),
        max_leaves=8,
    )
)


def values(schema: Mapping[str, Any]) -> st.SearchStrategy[Any]:
    """Anything that fits."""
    options = schema.get("enum", [schema["const"]] if "const" in schema else None)
    if options:
        return st.sampled_from(options)
    kinds = schema.get("type")
    several = [{"type": kind} for kind in kinds] if isinstance(kinds, list) else []
    either: list[Any] = schema.get("anyOf") or schema.get("oneOf") or several
    if either:
        return st.one_of(*map(values, either))
    if kinds == "object":
        return objects(schema)
    return st.lists(values(schema["items"]), max_size=3) if kinds == "array" else PLAIN.get(kinds, ANY)


def objects(schema: Mapping[str, Any]) -> st.SearchStrategy[Any]:
    if "properties" not in schema:
        return st.dictionaries(NAMES, values(schema["additionalProperties"]), max_size=3)
    named = {name: values(part) for name, part in schema["properties"].items()}
    needed = {name: named.pop(name) for name in schema["required"]}
    unknown = st.dictionaries(st.just("nobody knows this"), ANY, max_size=1)
    return st.builds(lambda one, two: one | two, unknown, st.fixed_dictionaries(needed, optional=named))


@given(st.data())
@settings(max_examples=100)
def test_a_valid_configuration_survives_a_form_that_nobody_touches(data: st.DataObject) -> None:
    drawn = data.draw(SCHEMAS)
    config = data.draw(values(drawn))
    assert problems(drawn, config) == []
    read_back = read(drawn, config)
    assert told(read_back) == {}
    assert exactly(read_back.value) == exactly(config)


def exactly(value: Any) -> str:
    """1 is not 1.0, and true is neither."""
    return json.dumps(value, sort_keys=True)


# --- Each kind


@pytest.mark.parametrize(
    ("part", "text", "value"),
    [
        ({"type": "integer"}, "36", 36),
        ({"type": "integer"}, " 36.0 ", 36),
        ({"type": "number"}, "1,75", 1.75),
        ({"type": "number"}, "2", 2),
        ({"type": "string"}, " as it is ", " as it is "),
        ({"type": "string", "format": "uri"}, " https://example.org\t", "https://example.org"),
        ({"type": "string"}, "two\r\nlines", "two\nlines"),
        ({"type": "string"}, "", ABSENT),
        ({"type": "integer"}, "", ABSENT),
        ({"type": ["integer", "null"], "default": 7}, "", None),
        ({"type": "boolean"}, "true", True),
        ({"enum": ["a", 1, True]}, "true", True),
        ({"enum": ["a", 1, True]}, '"a"', "a"),
        ({}, '{"any": [1]}', {"any": [1]}),
        ({"type": "object"}, "{}", {}),
    ],
)
def test_what_is_typed_becomes_a_value_of_its_type(part: dict[str, Any], text: str, value: Any) -> None:
    config = {} if value is not ABSENT and value is not None else {"it": 5 if "integer" in str(part) else "five"}
    expected = {} if value is ABSENT else {"it": value}
    found = read(schema(it=part), config, it=text)
    assert (exactly(found.value), told(found)) == (exactly(expected), {})


@pytest.mark.parametrize(
    ("part", "text", "problem"),
    [
        ({"type": "integer"}, "abc", "Write a number, like 36 or 1.75."),
        ({"type": "integer"}, "3.5", "Write a whole number, like 36."),
        ({"type": "number"}, "1e999", "Write a number, like 36 or 1.75."),
        ({"enum": ["a"]}, '"b"', "This is not one of the choices."),
        ({"type": "string"}, "nul\0", "There is a character in it that can't be stored (NUL)."),
        ({}, '{"a":\n 1 2}', "Line 2, column 4: "),
    ],
)
def test_what_is_no_value_is_told_at_its_field_and_kept_as_typed(part: dict[str, Any], text: str, problem: str) -> None:
    found = read(schema(it=part), {}, it=text)
    assert told(found)["/it"].startswith(problem)
    assert found.fields[0].text == text


def test_what_is_required_and_empty_is_told() -> None:
    found = read(schema("name", "count", name={"type": "string"}, count={"type": "integer", "default": 3}), {})
    assert told(found) == {"/name": "Please fill this in."}
    assert read(schema("count", count={"type": "integer", "default": 3}), {}).value == {"count": 3}


def test_a_switch_that_has_to_be_said_is_off_and_one_that_need_not_stays_unsaid() -> None:
    found = read(schema("must", must={"type": "boolean"}, may={"type": "boolean"}), {})
    assert found.value == {"must": False}


def test_what_the_schema_fixes_is_there() -> None:
    assert read(schema("version", version={"const": 2}), {}).value == {"version": 2}
    optional = form_of(schema(version={"const": 2}), {}).fields[0]
    assert (optional.kind, optional.value) == ("choice", ABSENT)


@pytest.mark.parametrize(
    "part",
    [
        {"oneOf": [{"type": "string"}, {"type": "integer"}]},
        {"anyOf": [{"type": "string"}, {"type": "integer"}, {"type": "null"}]},
        {"type": ["string", "integer"]},
        {"type": "object", "patternProperties": {"^x": {}}},
        {"type": "object", "properties": {"a": {}}, "if": {"required": ["a"]}, "then": {}},
        {"type": "object", "properties": {"a": {}}, "additionalProperties": {"type": "string"}},
        {"type": "array", "prefixItems": [{"type": "string"}]},
        {"type": "array"},
        {"type": "object", "additionalProperties": {"type": "string", "writeOnly": True}},
        {"$ref": "https://example.org/schema"},
        {"$ref": "#/properties/it"},
    ],
)
def test_what_no_control_can_say_is_json_by_itself(part: dict[str, Any]) -> None:
    found = form_of(schema(it=part, other={"type": "string"}), {})
    assert [one.kind for one in found.fields] == ["json", "text"]


@pytest.mark.parametrize(
    ("part", "value"),
    [
        ({"type": "string"}, 5),
        ({"type": "string"}, "a\rb"),
        ({"type": "string", "format": "email"}, " a@b "),
        ({"type": "integer"}, "5"),
        ({"type": "boolean"}, None),
        ({"type": "array", "items": {"type": "string"}}, {}),
        ({"type": "array", "items": {"type": "string"}}, ["x"] * 501),
        ({"type": "object", "additionalProperties": {"type": "string"}}, {"": "x"}),
        ({"type": "object", "additionalProperties": {"type": "string"}}, {" a": "x"}),
        ({"type": "object", "properties": {"a": {"type": "string"}}}, []),
    ],
)
def test_a_value_that_its_control_would_change_is_json(part: dict[str, Any], value: Any) -> None:
    found = form_of(schema(it=part), {"it": value}).fields[0]
    assert (found.kind, json.loads(found.text)) == ("json", value)
    assert exactly(read(schema(it=part), {"it": value}).value) == exactly({"it": value})


def test_references_and_titles_and_null_are_understood_as_pydantic_writes_them() -> None:
    written = {
        "$defs": {"Level": {"enum": ["low", "high"], "title": "Level", "type": "string"}},
        **schema(
            level={"$ref": "#/$defs/Level", "description": "How much."},
            old={"allOf": [{"$ref": "#/$defs/Level"}], "default": "low"},
            count={"anyOf": [{"type": "integer"}, {"type": "null"}], "default": None, "title": "Count"},
            named={"oneOf": [{"const": "a", "title": "First"}, {"const": "b"}]},
        ),
    }
    level, old, count, named = parts_of(written).children
    assert (level.kind, level.title, level.description) == ("choice", "Level", "How much.")
    assert (old.kind, old.default) == ("choice", "low")
    assert (count.kind, count.nullable, count.whole, count.title) == ("number", True, True, "Count")
    assert [option.label for option in named.options] == ["First", "b"]


def test_deep_groups_end_in_json() -> None:
    deep: dict[str, Any] = {"type": "string"}
    for _ in range(8):
        deep = schema(inner=deep)
    found, depth = form_of(deep, {}), 0
    while found.kind == "group":
        found, depth = found.fields[0], depth + 1
    assert (found.kind, depth) == ("json", 4)


# --- Lists and maps

TAGS = schema(tags={"type": "array", "items": {"type": "string"}})
BY_KIND = schema(kinds={"type": "object", "additionalProperties": {"type": "string"}})


def test_rows_are_added_removed_and_left_out_when_empty() -> None:
    more = read(TAGS, {"tags": ["a", "b"]}, ("add", "/tags")).fields[0]
    assert [(row.text, row.fresh) for row in more.fields] == [("a", False), ("b", False), ("", True)]
    fewer = read(TAGS, {"tags": ["a", "b"]}, ("remove", "/tags/0"))
    assert (fewer.value, fewer.fields[0].rows) == ({"tags": ["b"]}, (1,))
    typed = read(TAGS, {"tags": ["a"]}, ("rows:/tags", "1"), ("/tags/1", ""), ("rows:/tags", "7"), ("/tags/7", "c"))
    assert typed.value == {"tags": ["a", "c"]}


def test_a_list_that_was_emptied_is_empty_and_one_that_never_was_is_left_out() -> None:
    assert read(TAGS, {"tags": ["a"]}, ("remove", "/tags/0")).value == {"tags": []}
    assert read(TAGS, {}).value == {}
    by_default = schema(tags={"type": "array", "items": {"type": "string"}, "default": ["x"]})
    assert read(by_default, {}).value == {}
    assert read(by_default, {}, ("remove", "/tags/0")).value == {"tags": []}
    nullable = schema(tags={"type": ["array", "null"], "items": {"type": "string"}, "default": None})
    assert read(nullable, {"tags": ["a"]}, ("remove", "/tags/0")).value == {}


def test_a_row_of_a_list_of_objects_keeps_what_the_form_does_not_show() -> None:
    servers = schema(servers={"type": "array", "items": schema("url", url={"type": "string"})})
    config = {"servers": [{"url": "a", "hidden": 1}, {"url": "b", "hidden": 2}]}
    changed = read(servers, config, ("remove", "/servers/0"), ("/servers/1/url", "c"))
    assert changed.value == {"servers": [{"url": "c", "hidden": 2}]}
    blank = read(servers, config, ("rows:/servers", "2"), ("/servers/2/url", ""))
    assert (blank.value, told(blank)) == (config, {})


def test_entries_of_a_map_have_names() -> None:
    new = [("rows:/kinds", "1"), ("key:/kinds/1", " scan "), ("/kinds/1", "fs")]
    assert read(BY_KIND, {"kinds": {"video": "s3"}}, *new).value == {"kinds": {"video": "s3", "scan": "fs"}}
    assert read(BY_KIND, {"kinds": {"video": "s3"}}, ("key:/kinds/0", "film")).value == {"kinds": {"film": "s3"}}


@pytest.mark.parametrize(
    ("key", "value", "problem"),
    [("", "fs", "Write a name."), ("video", "fs", "This name is there twice."), ("scan", "", "Please fill this in.")],
)
def test_an_entry_that_is_half_there_is_told(key: str, value: str, problem: str) -> None:
    new = [("rows:/kinds", "1"), ("key:/kinds/1", key), ("/kinds/1", value)]
    assert told(read(BY_KIND, {"kinds": {"video": "s3"}}, *new)) == {"/kinds/1": problem}


# --- Secrets

SECRET = {"type": "string", "writeOnly": True}


def test_a_secret_is_kept_replaced_or_cleared() -> None:
    of = schema("key", key=SECRET)
    kept = read(of, {"key": None}, secrets=["key"])
    assert (kept.value, told(kept)) == ({"key": None}, {})
    assert read(of, {"key": None}, secrets=["key"], key="new").value == {"key": "new"}
    assert read(of, {"key": None}, ("clear:/key", "1"), secrets=["key"]).value == {"key": ""}
    assert told(read(of, {})) == {"/key": "Please fill this in."}


def test_a_secret_never_moves_to_another_entry() -> None:
    servers = schema(servers={"type": "array", "items": schema(url={"type": "string"}, key=SECRET)})
    config = {"servers": [{"url": "a", "key": None}, {"url": "b", "key": None}]}
    secrets = ["servers.0.key", "servers.1.key"]
    assert told(read(servers, config, ("remove", "/servers/1"), secrets=secrets)) == {}
    moved = read(servers, config, ("remove", "/servers/0"), secrets=secrets)
    assert told(moved)["/servers/1/key"].startswith("Type it again")
    again = read(servers, config, ("remove", "/servers/0"), ("/servers/1/key", "k"), secrets=secrets)
    assert (again.value, told(again)) == ({"servers": [{"url": "b", "key": "k"}]}, {})


# --- What the validator says


def refusal(*errors: Mapping[str, Any]) -> InvalidInput:
    return InvalidInput("It does not fit.", details={"plugin_id": "x", "errors": list(errors)})


def test_the_validators_findings_stand_at_their_fields() -> None:
    rows = {"type": "array", "items": {"type": "integer", "minimum": 10}, "maxItems": 1}
    of = schema(numbers=rows, any={}, name={"type": "string", "pattern": "^a"})
    sent = [
        ("rows:/numbers", ""),
        ("rows:/numbers", "4"),
        ("/numbers/4", ""),
        ("rows:/numbers", "6"),
        ("/numbers/6", "3"),
    ]
    typed = read(of, {}, *sent, ("/any", '{"x": [1]}'), name="b")
    found = [
        *problems(of, typed.value),
        {"path": ["any", "x", 0], "message": "any/x/0 is odd", "validator": "custom"},
        {"path": ["numbers"], "message": "numbers has more items", "validator": "maxItems"},
        {"path": ["nobody"], "message": "a property", "validator": "additionalProperties"},
        {"path": [], "message": "The configuration is too large", "validator": ""},
    ]
    field, whole = refused(typed, findings_of(refusal(*found)), FakeTexts())
    assert told(field) == {
        "/numbers/6": "This has to be 10 or more.",
        "/numbers": "At most 1 entry is possible.",
        "/name": "This does not have the form that is asked for: ^a",
        "/any": "any/x/0 is odd.",
    }
    assert whole == [
        "“nobody” is none of the plugin’s settings. It can be taken out in the JSON view.",
        "The configuration is too large.",
    ]


def test_a_refusal_without_a_list_is_told_as_it_is() -> None:
    _, whole = refused(form_of(TAGS, {}), findings_of(InvalidInput("No.")), FakeTexts())
    assert whole == ["No."]
