"""What counts as breaking the API's promise: one change of a small description at a time."""

from __future__ import annotations

import copy
import importlib.util
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    Change = Callable[[dict[str, Any]], Any]


@pytest.fixture(scope="module")
def incompatible_changes() -> Any:
    spec = importlib.util.spec_from_file_location(
        "openapi_changes", Path(__file__).parents[2] / "scripts" / "openapi_changes.py"
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules.setdefault("openapi_changes", module)  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module.incompatible_changes


def text(**more: Any) -> dict[str, Any]:
    return {"type": "string", **more}


def document() -> dict[str, Any]:
    """A description with one of everything."""
    person = {
        "type": "object",
        "required": ["id", "state", "note"],
        "properties": {
            "id": text(),
            "state": text(enum=["alive", "dead"]),
            "note": {"anyOf": [text(), {"type": "null"}]},
            "nick": text(maxLength=5),
            "size": {"type": "integer"},
            "tags": {"type": "array", "items": text()},
            "more": {"type": "object", "additionalProperties": text()},
            "friends": {"type": "array", "items": {"$ref": "#/components/schemas/Person"}},
        },
    }
    draft = {
        "type": "object",
        "required": ["name"],
        "properties": {
            "name": text(minLength=1, maxLength=9, pattern="^[a-z]+$"),
            "kind": text(enum=["cat", "dog"], default="cat"),
            "age": {"anyOf": [{"type": "integer", "minimum": 0}, {"type": "null"}]},
            "tags": {"type": "array", "items": text(), "maxItems": 3},
            "more": {"type": "object"},
        },
    }
    body = {"required": False, "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Draft"}}}}
    answer = {
        "headers": {"ETag": {}},
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Person"}}, "text/plain": {}},
    }
    return {
        "paths": {
            "/p/{id}": {
                "post": {
                    "operationId": "change",
                    "security": [{"token": []}, {"cookie": []}],
                    "parameters": [
                        {"name": "id", "in": "path", "required": True, "schema": text()},
                        {"name": "limit", "in": "query", "schema": {"type": "integer", "maximum": 9, "default": 5}},
                        {"name": "If-Match", "in": "header", "schema": text()},
                    ],
                    "requestBody": body,
                    "responses": {"200": answer, "304": {}, "404": {"$ref": "#/components/responses/Error"}},
                },
                "get": {"operationId": "see", "security": [], "responses": {"200": {}}},
            }
        },
        "components": {
            "schemas": {"Person": person, "Draft": draft, "Error": {"type": "object", "required": ["code"]}},
            "responses": {
                "Error": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}}
            },
            "securitySchemes": {"token": {"type": "http", "description": "A."}, "cookie": {"type": "apiKey"}},
        },
    }


def operation(document: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = document["paths"]["/p/{id}"]["post"]
    return found


def parameter(document: dict[str, Any], number: int) -> dict[str, Any]:
    found: dict[str, Any] = operation(document)["parameters"][number]
    return found


def answer(document: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = operation(document)["responses"]["200"]
    return found


def person(document: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = document["components"]["schemas"]["Person"]
    return found


def draft(document: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = document["components"]["schemas"]["Draft"]
    return found


P = "POST /p/{id}"
BREAKING: list[tuple[str, Change]] = [
    (f"{P} is gone.", lambda d: d["paths"]["/p/{id}"].pop("post")),
    (f"{P} is called alter and was called change.", lambda d: operation(d).update(operationId="alter")),
    ("GET /p/{id} needs a credential.", lambda d: d["paths"]["/p/{id}"]["get"].update(security=[{"token": []}])),
    (f"{P} does not take the credential cookie any more.", lambda d: operation(d)["security"].pop()),
    ("The credential token is shown in another way.", lambda d: d["components"]["securitySchemes"].pop("token")),
    # parameters
    (f"{P}, parameter limit is gone.", lambda d: operation(d)["parameters"].pop(1)),
    (f"{P} requires the parameter limit.", lambda d: parameter(d, 1).update(required=True)),
    (
        f"{P} requires the parameter new.",
        lambda d: operation(d)["parameters"].append({"name": "new", "in": "query", "required": True}),
    ),
    (f"{P}, parameter limit was integer and is boolean.", lambda d: parameter(d, 1)["schema"].update(type="boolean")),
    (
        f"{P}, parameter limit: maximum is 8 on one side and 9 on the other.",
        lambda d: parameter(d, 1)["schema"].update(maximum=8),
    ),
    (
        f"{P}, parameter limit: minimum is 1 on one side and nothing on the other.",
        lambda d: parameter(d, 1)["schema"].update(minimum=1),
    ),
    (f"{P}, parameter limit has another default.", lambda d: parameter(d, 1)["schema"].update(default=6)),
    (f"{P}, parameter limit is written in another way.", lambda d: parameter(d, 1).update(style="deepObject")),
    # body
    (f"{P} requires a body.", lambda d: operation(d)["requestBody"].update(required=True)),
    (f"{P}, body: application/json is gone.", lambda d: operation(d).pop("requestBody")),
    (f"{P}, body.kind is required.", lambda d: draft(d)["required"].append("kind")),
    (f"{P}, body.kind is gone.", lambda d: draft(d)["properties"].pop("kind")),
    (f"{P}, body.kind: ['dog'] fit no more, or are new.", lambda d: draft(d)["properties"]["kind"]["enum"].pop()),
    (f"{P}, body.kind: only ['cat'] fit.", lambda d: None),  # made below: a text of any kind becomes one of a list
    (f"{P}, body.name: pattern is another.", lambda d: draft(d)["properties"]["name"].update(pattern="^[a-f]+$")),
    (
        f"{P}, body.name: maxLength is 8 on one side and 9 on the other.",
        lambda d: draft(d)["properties"]["name"].update(maxLength=8),
    ),
    (f"{P}, body.age was null and is integer.", lambda d: draft(d)["properties"]["age"]["anyOf"].pop()),
    (
        f"{P}, body.tags[] was string and is integer.",
        lambda d: draft(d)["properties"]["tags"].update(items={"type": "integer"}),
    ),
    (f"{P}, body takes other properties no more.", lambda d: draft(d).update(additionalProperties=False)),
    (f"{P}, body: oneOf is another.", lambda d: draft(d).update(oneOf=[{"required": ["age"]}, {"required": ["tags"]}])),
    # answers
    (f"{P}, answer 304 is gone.", lambda d: operation(d)["responses"].pop("304")),
    (f"{P}, answer 200 lost the header ETag.", lambda d: answer(d).pop("headers")),
    (f"{P}, answer 200: text/plain is gone.", lambda d: answer(d)["content"].pop("text/plain")),
    (f"{P}, answer 200.nick is gone.", lambda d: person(d)["properties"].pop("nick")),
    (f"{P}, answer 200.note may be missing.", lambda d: person(d)["required"].remove("note")),
    (f"{P}, answer 200.id was string and is integer.", lambda d: person(d)["properties"]["id"].update(type="integer")),
    (
        f"{P}, answer 200.state: ['lost'] fit no more, or are new.",
        lambda d: person(d)["properties"]["state"]["enum"].append("lost"),
    ),
    (
        f"{P}, answer 200.size was integer and is null.",
        lambda d: person(d)["properties"].update(size={"anyOf": [{"type": "integer"}, {"type": "null"}]}),
    ),
    (
        f"{P}, answer 200.size was integer and is number.",
        lambda d: person(d)["properties"]["size"].update(type="number"),
    ),
    (f"{P}, answer 200.tags[] was string and is anything.", lambda d: person(d)["properties"]["tags"].update(items={})),
    (f"{P}, answer 200.more.* may be anything.", lambda d: person(d)["properties"]["more"].pop("additionalProperties")),
    (f"{P}, answer 404.code is gone.", lambda d: None),
]
HARMLESS: dict[str, Change] = {
    "nothing at all": lambda d: None,
    "a new path": lambda d: d["paths"].update({"/q": {"get": {"operationId": "q"}}}),
    "a new optional parameter": lambda d: operation(d)["parameters"].append({"name": "new", "in": "query"}),
    "a required one that no longer is": lambda d: parameter(d, 0).update(required=False),
    "a header in other letters": lambda d: parameter(d, 2).update(name="if-match"),
    "a wider bound": lambda d: parameter(d, 1)["schema"].update(maximum=10),
    "a bound less": lambda d: draft(d)["properties"]["name"].pop("maxLength"),
    "a pattern less": lambda d: draft(d)["properties"]["name"].pop("pattern"),
    "integers that may be any number": lambda d: parameter(d, 1)["schema"].update(type="number"),
    "a new value to send": lambda d: draft(d)["properties"]["kind"]["enum"].append("cow"),
    "a new property to send": lambda d: draft(d)["properties"].update(new=text()),
    "null for what could not be": lambda d: draft(d)["properties"].update(more={"type": ["object", "null"]}),
    "a body's property that is no longer required": lambda d: draft(d)["required"].clear(),
    "a new media type to send": lambda d: operation(d)["requestBody"]["content"].update({"text/plain": {}}),
    "a new property to read": lambda d: person(d)["properties"].update(new=text()),
    "a property that is always there": lambda d: person(d)["required"].append("nick"),
    "a value that is no longer answered": lambda d: person(d)["properties"]["state"]["enum"].pop(),
    "null that is no longer answered": lambda d: person(d)["properties"]["note"]["anyOf"].pop(),
    "a shorter text to read": lambda d: person(d)["properties"]["nick"].update(maxLength=4),
    "an error that is not named any more": lambda d: operation(d)["responses"].pop("404"),
    "a new status": lambda d: operation(d)["responses"].update({"202": {}}),
    "no credential": lambda d: operation(d).update(security=[]),
    "one more kind of credential": lambda d: operation(d)["security"].append({"new": []}),
    "other words": lambda d: d["components"]["securitySchemes"]["token"].update(description="B."),
    "a shape by another name": lambda d: (
        d["components"]["schemas"].update(Human=copy.deepcopy(person(d))),
        answer(d)["content"]["application/json"].update(schema={"$ref": "#/components/schemas/Human"}),
    ),
    "examples": lambda d: person(d).update(examples=[{}], description="x", title="y"),
}


@pytest.mark.parametrize(("sentence", "change"), BREAKING, ids=[sentence for sentence, _ in BREAKING])
def test_a_change_that_breaks_clients_is_told(incompatible_changes, sentence: str, change: Change) -> None:
    before, after = document(), document()
    if "only ['cat']" in sentence:
        before["components"]["schemas"]["Draft"]["properties"]["kind"] = text(default="cat")
        after["components"]["schemas"]["Draft"]["properties"]["kind"] = text(enum=["cat"], default="cat")
    if "404.code" in sentence:
        before["components"]["schemas"]["Error"]["properties"] = {"code": text()}
    change(after)
    assert incompatible_changes(before, after) == [sentence]


@pytest.mark.parametrize("change", HARMLESS.values(), ids=HARMLESS)
def test_a_change_that_breaks_nobody_is_not(incompatible_changes, change: Change) -> None:
    after = document()
    change(after)
    assert incompatible_changes(document(), after) == []


def test_shapes_that_hold_themselves_are_compared_once(incompatible_changes) -> None:
    after = document()
    person(after)["properties"]["friends"]["items"] = {"$ref": "#/components/schemas/Friend"}
    after["components"]["schemas"]["Friend"] = copy.deepcopy(person(after))
    assert incompatible_changes(document(), after) == []
    after["components"]["schemas"]["Friend"]["properties"].pop("nick")
    assert incompatible_changes(document(), after) == [f"{P}, answer 200.friends[].nick is gone."]
