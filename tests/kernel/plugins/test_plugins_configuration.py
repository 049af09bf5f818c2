"""Configuration: fits its schema, keeps its secrets, needs no network and no patience."""

from __future__ import annotations

import json
import socket
import time
from typing import Any

import pytest

from faceforge_core.plugins.schemas import problems
from faceforge_sdk.errors import InvalidInput

SCHEMA = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "properties": {
        "greeting": {"type": "string", "maxLength": 20},
        "level": {"enum": ["low", "high"]},
        "password": {"type": "string", "writeOnly": True, "pattern": "^[a-z]+$"},
        "account": {"$ref": "#/$defs/account"},
        "servers": {"type": "array", "items": {"properties": {"key": {"type": "string", "writeOnly": True}}}},
    },
    "additionalProperties": False,
    "$defs": {"account": {"type": "object", "properties": {"token": {"type": "string", "writeOnly": True}}}},
}

ECHO = """
from fastapi import APIRouter
from faceforge_sdk import Router, hookimpl

@hookimpl
def register_routers(ctx):
    if ctx.config.get("greeting") == "broken":
        raise ValueError("I can't greet like that")
    router = APIRouter()

    @router.get("/greet")
    def greet():
        return ctx.config.get("greeting")

    return [Router(router)]
"""


OF_A_MODEL = """
from pydantic import BaseModel, field_validator
from faceforge_sdk import hookimpl

class Greeting(BaseModel):
    greeting: str = "Hello"

    @field_validator("greeting")
    @classmethod
    def is_kind(cls, text):
        if text == "Go away":
            raise ValueError("has to be a kind word")
        return text

@hookimpl
def register_routers(ctx):
    Greeting.model_validate(ctx.config)
    return []
"""


def configured(house: Any, code: str | None = None, schema: Any = SCHEMA) -> Any:
    modules = {} if code is None else {"plugin": code}
    house.plugin("demo.plugin", manifest={"config_schema": schema} if schema else {}, **modules)
    house.start()
    return house.plugins


def refused(plugins: Any, config: Any) -> list[dict[str, Any]]:
    with pytest.raises(InvalidInput) as caught:
        plugins.configure("demo.plugin", config)
    details: Any = caught.value.details
    assert details["plugin_id"] == "demo.plugin"
    json.dumps(details)
    return details["errors"]


def test_a_configuration_is_kept_through_restarts(house: Any) -> None:
    configured(house).configure("demo.plugin", {"greeting": "Hi"})
    house.restart()
    assert house.plugins.config("demo.plugin").config == {"greeting": "Hi"}
    assert house.plugins.get("demo.plugin").config == {"greeting": "Hi"}


def test_a_configuration_that_does_not_fit_is_refused_with_its_places(house: Any) -> None:
    plugins = configured(house)
    errors = refused(plugins, {"greeting": 5, "level": "middle", "more": 1})
    assert [(error["path"], error["validator"]) for error in errors] == [
        (["greeting"], "type"),
        (["level"], "enum"),
        (["more"], "additionalProperties"),
    ]
    assert errors[0] == {
        "path": ["greeting"],
        "message": "greeting is not of type string",
        "schema_path": ["properties", "greeting", "type"],
        "validator": "type",
    }
    assert plugins.config("demo.plugin").config == {}


@pytest.mark.parametrize(
    "config",
    [
        {"password": "Hunter2-SECRET"},
        {"password": ["Hunter2-SECRET"]},
        {"account": {"token": {"deep": "Hunter2-SECRET"}}},
        {"level": "Hunter2-SECRET"},
        {"greeting": "Hunter2-SECRET" * 9},
        {"servers": [{"key": 7}, "Hunter2-SECRET"], "level": "Hunter2-SECRET"},
    ],
)
def test_p05_no_refusal_repeats_a_value(house: Any, config: dict[str, Any], caplog: pytest.LogCaptureFixture) -> None:
    plugins = configured(house)
    with pytest.raises(InvalidInput) as caught:
        plugins.configure("demo.plugin", config)
    assert "Hunter2" not in f"{caught.value} {caught.value.details} {caplog.text}"


@pytest.mark.parametrize("config", [[1], "text", None, {"a": float("nan")}, {"a": object()}, {"a": "x" * 2**20}])
def test_p05_what_is_no_object_of_json_or_too_large_is_refused(house: Any, config: Any) -> None:
    refused(configured(house, schema=None), config)


@pytest.fixture
def no_sockets(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    opened: list[Any] = []
    monkeypatch.setattr(socket.socket, "connect", lambda _self, address: opened.append(address))
    monkeypatch.setattr(socket, "getaddrinfo", lambda *address, **_more: opened.append(address))
    return opened


@pytest.mark.parametrize(
    "schema",
    [
        {"$ref": "http://127.0.0.1:9/x.json"},
        {"properties": {"a": {"$ref": "https://example.org/x.json"}}},
        {"$ref": "file:///etc/passwd"},
        {"$ref": "ftp://127.0.0.1/x"},
        {"$dynamicRef": "http://127.0.0.1:9/x.json"},
        {"$id": "http://127.0.0.1:9/base.json", "$ref": "other.json"},
        {"$ref": "#/$defs/missing"},
    ],
)
def test_p03_a_schema_that_leads_elsewhere_is_refused_without_a_socket(
    house: Any, schema: dict[str, Any], no_sockets: list[Any]
) -> None:
    errors = refused(configured(house, schema=schema), {"a": 1})
    assert errors[0]["validator"] == "$ref"
    assert no_sockets == []


@pytest.mark.parametrize(
    "schema",
    [
        {"$ref": "#"},
        {
            "$ref": "#/$defs/d0",
            "$defs": {
                **{f"d{n}": {"allOf": [{"$ref": f"#/$defs/d{n + 1}"}] * 2} for n in range(40)},
                "d40": {},
            },
        },
    ],
)
def test_a_schema_that_leads_in_circles_is_refused_soon(house: Any, schema: dict[str, Any]) -> None:
    plugins = configured(house, schema=schema)
    started = time.monotonic()
    assert refused(plugins, {"a": 1})[0]["message"] == "the schema leads in circles"
    assert time.monotonic() - started < 60


@pytest.mark.parametrize(
    "schema",
    [
        {"properties": {"a": {"pattern": "(a+)+$"}}},
        {"patternProperties": {"(a+)+$": {"type": "null"}}},
        {"patternProperties": {"(a+)+$": {}}, "additionalProperties": False},
        {"$schema": "http://json-schema.org/draft-07/schema#", "properties": {"a": {"pattern": "(a+)+$"}}},
        {"$defs": {"x": {"pattern": "(a+)+$"}}, "properties": {"a": {"$ref": "#/$defs/x"}}},
    ],
)
def test_a_hostile_pattern_takes_no_time(schema: dict[str, Any]) -> None:
    long = "a" * 5000 + "!"
    problems(schema, {})  # the import of the checker is not what is measured
    started = time.thread_time()
    problems(schema, {"a": long, long: long})
    assert time.thread_time() - started < 60


UNIQUE = {"properties": {"a": {"type": "array", "uniqueItems": True}}}


def test_as_many_unique_objects_as_fit_take_no_time() -> None:
    items = [{"a": number} for number in range(50_000)]
    began = time.monotonic()
    assert problems(UNIQUE, {"a": items}) == []
    assert [problem["validator"] for problem in problems(UNIQUE, {"a": [*items, {"a": 7.0}]})] == ["uniqueItems"]
    assert time.monotonic() - began < 60


@pytest.mark.parametrize(
    ("items", "unique"),
    [
        ([1, True, "1", None, [1], {"a": 1}, [["a", 1]]], True),
        ([{"a": 1, "b": [True]}, {"b": [1], "a": 1}], True),
        ([{"a": 1, "b": 2}, {"b": 2, "a": 1.0}], False),
        ([[0], [False]], True),
        ([[0], [0.0]], False),
        ([{}, []], True),
        ([[], []], False),
    ],
)
def test_items_are_equal_as_json_schema_says(items: list[Any], unique: bool) -> None:
    assert (problems(UNIQUE, {"a": items}) == []) is unique


def test_secrets_are_shown_as_null_and_named(house: Any) -> None:
    plugins = configured(house)
    config = {"greeting": "Hi", "password": "secret", "account": {"token": "t"}, "servers": [{"key": "k"}]}
    answer = plugins.configure("demo.plugin", config)
    assert answer.config == {
        "greeting": "Hi",
        "password": None,
        "account": {"token": None},
        "servers": [{"key": None}],
    }
    assert answer.config_secrets_set == ["account.token", "password", "servers.0.key"]
    row = plugins.get("demo.plugin")
    assert (row.config, row.config_secrets_set) == (answer.config, answer.config_secrets_set)


@pytest.mark.parametrize("sent", [{"greeting": "New"}, {"greeting": "New", "password": None, "account": {}}])
def test_secrets_that_are_left_out_or_null_keep_their_value(house: Any, sent: dict[str, Any]) -> None:
    plugins = configured(house)
    plugins.configure("demo.plugin", {"password": "secret", "account": {"token": "t"}})
    assert plugins.configure("demo.plugin", sent).config_secrets_set == ["account.token", "password"]
    stored = house.records.known()["demo.plugin"].config
    assert stored == {"greeting": "New", "password": "secret", "account": {"token": "t"}}


def test_a_secret_that_is_sent_replaces_the_stored_one_and_null_for_none_is_dropped(house: Any) -> None:
    plugins = configured(house)
    plugins.configure("demo.plugin", {"password": "secret"})
    plugins.configure("demo.plugin", {"password": "better", "account": {"token": None}})
    assert house.records.known()["demo.plugin"].config == {"password": "better", "account": {}}


def test_an_empty_text_clears_a_secret(house: Any) -> None:
    plugins = configured(house)
    plugins.configure("demo.plugin", {"password": "secret", "account": {"token": "t"}})
    answer = plugins.configure("demo.plugin", {"password": "", "account": {"token": ""}})
    assert answer.config_secrets_set == []
    assert house.records.known()["demo.plugin"].config == {"account": {}}


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ({"accounts": {"a": {"token": None}}}, {"a": {"token": "one"}}),
        ({"accounts": {"a": {}}}, {"a": {"token": "one"}}),
        ({"accounts": {}}, {}),
        ({}, {"a": {"token": "one"}, "b": {"token": "two"}}),
    ],
)
def test_a_map_entry_that_is_sent_no_more_takes_its_secret_with_it(
    house: Any, sent: dict[str, Any], kept: dict[str, Any]
) -> None:
    entry = {"type": "object", "properties": {"token": {"type": "string", "writeOnly": True}}}
    schema = {"type": "object", "properties": {"accounts": {"type": "object", "additionalProperties": entry}}}
    plugins = configured(house, schema=schema)
    plugins.configure("demo.plugin", {"accounts": {"a": {"token": "one"}, "b": {"token": "two"}}})
    plugins.configure("demo.plugin", sent)
    assert house.records.known()["demo.plugin"].config.get("accounts", {}) == kept


def test_secrets_of_a_plugin_that_is_gone_stay_hidden(house: Any) -> None:
    plugins = configured(house)
    plugins.configure("demo.plugin", {"greeting": "Hi", "password": "secret"})
    house.remove(house.root / "plugins" / "demo.plugin")
    house.restart()
    row = house.plugins.get("demo.plugin")
    assert row.config == house.plugins.config("demo.plugin").config == {"greeting": "Hi", "password": None}
    assert row.config_secrets_set == ["password"]


def test_an_active_plugin_goes_on_with_its_new_configuration(house: Any) -> None:
    plugins = configured(house, ECHO)
    plugins.enable("demo.plugin")
    plugins.configure("demo.plugin", {"greeting": "Hi"})
    assert house.get("/v1/plugins/demo.plugin/greet").json() == "Hi"


def test_a_configuration_that_a_plugins_model_refuses_is_told_in_a_sentence(house: Any) -> None:
    plugins = configured(house, OF_A_MODEL)
    plugins.enable("demo.plugin")
    plugins.configure("demo.plugin", {"greeting": "Go away"})
    assert plugins.get("demo.plugin").error.summary == "Greeting does not fit: greeting: has to be a kind word."


def test_a_plugin_that_fails_under_its_new_configuration_is_out(house: Any) -> None:
    plugins = configured(house, ECHO)
    plugins.enable("demo.plugin")
    plugins.configure("demo.plugin", {"greeting": "broken"})
    row = plugins.get("demo.plugin")
    assert (row.enabled, row.state) == (True, "error")
    assert "I can't greet like that" in row.error.summary
    assert house.get("/v1/plugins/demo.plugin/greet").status_code == 404
    plugins.configure("demo.plugin", {"greeting": "Hi again"})
    assert plugins.get("demo.plugin").state == "active"
    assert house.get("/v1/plugins/demo.plugin/greet").json() == "Hi again"


LIFE = """
from contextlib import contextmanager
from faceforge_sdk import hookimpl

@hookimpl
@contextmanager
def lifespan(ctx):
    trace = ctx.data_dir.parent / "trace"
    with trace.open("a") as file: file.write(f"enter {ctx.config.get('greeting')}\\n")
    yield
    with trace.open("a") as file: file.write(f"leave {ctx.config.get('greeting')}\\n")
"""


def test_a_lifespan_ends_before_the_one_of_the_new_configuration_begins(house: Any) -> None:
    plugins = configured(house, LIFE)
    plugins.enable("demo.plugin")
    plugins.configure("demo.plugin", {"greeting": "Hi"})
    assert house.trace() == ["enter None", "drain demo.plugin", "leave None", "enter Hi"]


@pytest.mark.parametrize("code", [None, ECHO])
def test_enabling_with_a_configuration_that_does_not_fit_yet_keeps_the_wish(house: Any, code: str | None) -> None:
    schema = {"required": ["greeting"], "properties": {"greeting": {"type": "string"}}}
    plugins = configured(house, code, schema)
    row = plugins.enable("demo.plugin")
    assert (row.enabled, row.state) == (True, "error")
    assert row.error.summary == (
        "The configuration does not fit the plugin's schema: The configuration misses the required greeting."
    )
    plugins.configure("demo.plugin", {"greeting": "Hi"})
    assert plugins.get("demo.plugin").state == "active"


def test_a_built_ins_configuration_is_its_part_of_core_json(house: Any) -> None:
    house.builtin(
        "faceforge.extra",
        code=ECHO,
        config_path="tools.extra",
        config_schema={"properties": {"greeting": {"type": "string"}}},
    )
    house.settings.sections["tools.extra"] = {"greeting": "from the file"}
    house.start()
    assert house.plugins.config("faceforge.extra").config == {"greeting": "from the file"}
    house.plugins.configure("faceforge.extra", {"greeting": "changed"})
    assert house.settings.sections == {"tools.extra": {"greeting": "changed"}}
    with pytest.raises(InvalidInput):
        house.plugins.configure("faceforge.extra", {"greeting": 5})


def test_an_essential_built_in_keeps_running_when_a_configuration_does_not_suit_it(house: Any) -> None:
    house.builtin("faceforge.extra", code=ECHO.replace('"/greet"', '"/v1/greet"'), essential=True)
    house.start()
    house.plugins.configure("faceforge.extra", {"greeting": "Hi"})
    with pytest.raises(InvalidInput, match="can't greet like that"):
        house.plugins.configure("faceforge.extra", {"greeting": "broken"})
    assert house.plugins.config("faceforge.extra").config == {"greeting": "Hi"}
    assert house.plugins.get("faceforge.extra").state == "active"
    assert house.get("/v1/greet").json() == "Hi"


def test_a_strangers_config_path_is_no_way_into_core_json(house: Any) -> None:
    house.settings.sections["storage.s3"] = {"secret_key": "hidden"}
    house.plugin("nosy.one", manifest={"config_path": "storage.s3"})
    house.start()
    assert house.plugins.config("nosy.one").config == {}
    house.plugins.configure("nosy.one", {"enabled": False})
    assert house.settings.sections == {"storage.s3": {"secret_key": "hidden"}}
