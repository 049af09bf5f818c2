"""Every operation says what whoever calls it needs to know, those of tomorrow's built-ins too."""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

from faceforge_core.web.openapi import describe

if TYPE_CHECKING:
    from collections.abc import Iterator

METHODS = ("get", "put", "post", "delete", "patch", "head")
CODE = re.compile(r"(`+).*?\1", re.DOTALL)
HTML_OR_TABLE = re.compile(r"<[a-z/!]|^\s*\|", re.MULTILINE)


@pytest.fixture(scope="module")
def document(api) -> dict[str, Any]:
    found: dict[str, Any] = api.ask("GET", "/openapi.json").json()
    return found


def operations(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each operation with the words to call it by in a failure."""
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                yield f"{method.upper()} {path}", item[method]


def json_parts(operation: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The bodies that a reader wants to see one of."""
    for kind, media in operation.get("requestBody", {}).get("content", {}).items():
        yield f"request body ({kind})", media
    answer = operation["responses"].get("200", {}).get("content", {}).get("application/json")
    if answer:
        yield "200 answer", answer


def examples_of(document: dict[str, Any], media: dict[str, Any]) -> list[Any]:
    schema = media.get("schema", {})
    component = document["components"]["schemas"].get(schema.get("$ref", "").rpartition("/")[2], schema)
    named = [example["value"] for example in media.get("examples", {}).values()]
    return named or ([media["example"]] if "example" in media else component.get("examples", []))


def test_every_operation_has_a_plain_id_that_no_other_wants(house, caplog) -> None:
    with caplog.at_level(logging.WARNING, "faceforge_core.web.openapi"):
        document = describe(house.kernel.live.app)
    assert not caplog.messages, "Give one of these routes another name: it is its operation's id."
    for place, operation in operations(document):
        assert re.fullmatch(r"[a-z]+(_[a-z]+)*", operation["operationId"]), f"{place}: {operation['operationId']}"


def test_every_operation_is_summed_up_and_stands_under_a_described_tag(document) -> None:
    described = {tag["name"] for tag in document["tags"] if tag["description"]}
    for place, operation in operations(document):
        assert operation.get("summary"), f"{place} has no summary."
        assert not operation["summary"].endswith("."), f"{place}: a summary is no sentence."
        assert len(operation.get("tags", ())) == 1, f"{place} stands under no tag, or under several."
        tag = operation["tags"][0]
        assert tag in described, f"{place}: describe the tag {tag!r} in kernel/faceforge_core/web/openapi.py."


def test_every_body_and_answer_shows_an_example_that_is_one(document) -> None:
    for place, operation in operations(document):
        for part, media in json_parts(operation):
            examples = examples_of(document, media)
            assert examples, (
                f"The {part} of {place} shows no example: give its model one (json_schema_extra, see "
                "faceforge_sdk/models/examples.py), or the route an `example` in its `responses`."
            )
            schema = {**media["schema"], "components": document["components"]}
            for example in examples:
                problems = [error.message for error in jsonschema.Draft202012Validator(schema).iter_errors(example)]
                assert not problems, f"The example of the {part} of {place} is none: {problems}"


def test_every_parameters_example_is_one(document) -> None:
    for place, operation in operations(document):
        for parameter in operation.get("parameters", ()):
            for example in parameter.get("examples", {}).values():
                schema = {**parameter["schema"], "components": document["components"]}
                jsonschema.Draft202012Validator(schema).validate(example["value"])
            assert parameter["in"] != "path" or parameter["required"], place


def test_the_texts_hold_nothing_that_the_pages_policy_would_refuse(document) -> None:
    """Markdown tables become cells with style attributes, which the policy of /docs and /redoc blocks (B15)."""

    def texts(value: Any) -> Iterator[str]:
        if isinstance(value, dict):
            yield from (text for key, text in value.items() if key in ("description", "summary") and text is not None)
        for part in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
            yield from texts(part)

    found = [text for text in texts(document) if isinstance(text, str)]
    assert len(found) > 100
    assert [text for text in found if HTML_OR_TABLE.search(CODE.sub("", text))] == []


def test_the_parameters_of_values_are_described_as_they_are_understood(api, document) -> None:
    facts = next(one for one in document["paths"]["/v1/entities"]["get"]["parameters"] if one["name"] == "facts")
    assert (facts["in"], facts["style"], facts["explode"]) == ("query", "form", True)
    fits = jsonschema.Draft202012Validator(facts["schema"]).is_valid
    for name, value, understood in (
        ("field.country", "England", True),
        ("field.height_cm.gte", "160", True),
        ("descriptor.born.exists", "true", True),
        ("descriptor.born.exists", "maybe", False),
        ("field.", "x", False),
        ("field.country", "x" * 2001, False),
    ):
        assert fits({name: value}) is understood, name
        assert (api.ask("GET", "/v1/entities", params={name: value}).status_code == 200) is understood, name
    assert not fits({"country": "England"})
    assert not fits({f"field.k{number}": "x" for number in range(21)})
    for example in facts["examples"].values():
        assert fits(example["value"])
        api.data("GET", "/v1/entities", params=example["value"])
