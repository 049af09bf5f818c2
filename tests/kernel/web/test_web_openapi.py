"""What the description of the API adds to FastAPI's: ids, errors, tags, examples."""

from __future__ import annotations

import logging
from typing import Annotated, Any

import pytest
from fastapi import APIRouter, Header, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from faceforge_core.owned import Owned
from faceforge_core.web.routes import build_app
from faceforge_sdk import Router
from faceforge_sdk.models import Envelope, Items, Page, ok

ERROR = {"$ref": "#/components/responses/Error"}


class Person(BaseModel):
    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "Ada", "nick": None}]})

    name: str
    nick: str | None


class Unknown(BaseModel):
    what: str


class EventStream(Response):
    media_type = "text/event-stream"


class Ring(BaseModel):
    name: Annotated[str, Field(examples=["one"])]
    inner: Ring


def document_of(*routers: APIRouter, **third_parties: APIRouter) -> dict[str, Any]:
    owned = [Owned(f"faceforge.x{number}", Router(router)) for number, router in enumerate(routers)]
    owned += [Owned(plugin_id.replace("_", "."), Router(router)) for plugin_id, router in third_parties.items()]
    return build_app(owned, {}).openapi()


def ids(document: dict[str, Any]) -> dict[tuple[str, str], str]:
    return {
        (method, path): operation["operationId"]
        for path, item in document["paths"].items()
        for method, operation in item.items()
    }


def answering(model: Any, path: str = "/v1/x", **options: Any) -> APIRouter:
    """A router whose one route answers with a model."""
    router = APIRouter()

    @router.get(path, response_model=model, **options)
    def answer() -> None:
        return None

    return router


def example_of(document: dict[str, Any], method: str = "get", path: str = "/v1/x") -> Any:
    """The example of the answer, wherever it stands."""
    media = document["paths"][path][method]["responses"]["200"]["content"]["application/json"]
    schema = media["schema"]
    component = document["components"]["schemas"].get(schema.get("$ref", "").rpartition("/")[2], schema)
    return media.get("example", component.get("examples", [None])[0])


# --- Ids ------------------------------------------------------------------------------------------------------------


def test_an_operation_is_called_as_its_route(caplog) -> None:
    assert ids(document_of(answering(Person))) == {("get", "/v1/x"): "answer"}
    assert not caplog.records


def test_each_method_of_a_route_has_an_id_and_get_the_plain_one() -> None:
    router = APIRouter()
    router.add_api_route("/v1/file", lambda: None, methods=["GET", "HEAD"], name="download")
    router.add_api_route("/v1/form", lambda: None, methods=["PUT", "POST"], name="send")
    assert ids(document_of(router)) == {
        ("get", "/v1/file"): "download",
        ("head", "/v1/file"): "download_head",
        ("put", "/v1/form"): "send",
        ("post", "/v1/form"): "send_post",
    }


def test_a_plugins_operations_carry_its_id(caplog) -> None:
    document = document_of(answering(Person), some_plugin=answering(Person, "/x", operation_id="mine"))
    assert ids(document) == {("get", "/v1/x"): "answer", ("get", "/v1/plugins/some.plugin/x"): "some_plugin_mine"}
    assert not caplog.records


def test_operations_that_share_an_id_are_told_apart_and_named_in_the_log(caplog) -> None:
    with caplog.at_level(logging.WARNING):
        found = ids(document_of(answering(Person, "/v1/a-b"), answering(Person, "/v1/a_b"), answering(Person, "/v1/c")))
    assert len(set(found.values())) == 3
    assert all(name.startswith("answer_get_") for name in found.values())
    for path in ("/v1/a-b", "/v1/a_b", "/v1/c"):
        assert f"answer; one of them is get {path}" in caplog.text
    fewer = ids(document_of(answering(Person, "/v1/c"), answering(Person, "/v1/a-b")))
    assert fewer.items() <= found.items(), "the id of an operation depends on nothing but itself"


# --- Errors ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("get", "/healthz", {"default"}),
        ("get", "/v1/plain", {"401", "default"}),
        ("get", "/v1/asked", {"401", "422", "default"}),
        ("get", "/v1/one/{number}", {"401", "404", "422", "default"}),
        ("post", "/v1/plain", {"401", "409", "503", "default"}),
        ("put", "/v1/one/{number}", {"401", "404", "409", "412", "413", "415", "422", "503", "default"}),
    ],
)
def test_an_operation_names_the_errors_to_expect(method: str, path: str, expected: set[str]) -> None:
    router = APIRouter()

    @router.get("/healthz")
    @router.get("/v1/plain")
    @router.post("/v1/plain")
    def plain() -> None: ...

    @router.get("/v1/asked")
    def asked(number: int = 1) -> None: ...

    @router.get("/v1/one/{number}")
    def one(number: int) -> None: ...

    @router.put("/v1/one/{number}")
    def put(number: int, body: Person, if_match: Annotated[str | None, Header()] = None) -> None: ...

    responses = document_of(router)["paths"][path][method]["responses"]
    assert set(responses) == {"200", *expected}
    assert all(responses[status] == ERROR for status in expected)


def test_what_a_route_says_of_an_error_stays() -> None:
    router = answering(Person, "/v1/{name}", responses={404: {"description": "No such person."}})
    responses = document_of(router)["paths"]["/v1/{name}"]["get"]["responses"]
    assert responses["404"] == {"description": "No such person."}
    assert responses["401"] == ERROR


def test_a_stream_is_described_by_its_items_alone() -> None:
    stream = {200: {"content": {"text/event-stream": {"itemSchema": {"type": "object"}}}}}
    router = answering(Person, responses=stream, response_class=EventStream)
    content = document_of(router)["paths"]["/v1/x"]["get"]["responses"]["200"]["content"]
    assert content == {"text/event-stream": {"itemSchema": {"type": "object"}}}


# --- Parameters and tags --------------------------------------------------------------------------------------------


def test_a_parameter_is_never_null_and_described_once() -> None:
    router = APIRouter()

    @router.get("/v1/x")
    def x(
        q: Annotated[str | None, Query(max_length=5, description="Some.")] = None, n: int | str | None = None
    ) -> None:
        return None

    q, n = document_of(router)["paths"]["/v1/x"]["get"]["parameters"]
    assert (q["description"], q["schema"]) == ("Some.", {"type": "string", "maxLength": 5})
    assert {"type": "null"} in n["schema"]["anyOf"], "what is not simply optional is left alone"


def test_tags_in_use_are_described_and_no_others() -> None:
    document = document_of(
        answering(Person, "/v1/s", tags=["System"]),
        answering(Person, "/v1/e", tags=["Entities"]),
        some_plugin=answering(Person, "/x"),
        other=answering(Person, "/x", tags=["System", "Weather"]),
    )
    assert [tag["name"] for tag in document["tags"]] == ["Entities", "System", "Weather", "some.plugin"]
    assert document["tags"][2]["description"] == "Of the plugin `other`."
    assert document["paths"]["/v1/plugins/some.plugin/x"]["get"]["tags"] == ["some.plugin"]


# --- Examples -------------------------------------------------------------------------------------------------------


def test_an_answers_example_is_put_together_from_its_models() -> None:
    ada = {"name": "Ada", "nick": None}
    page = {"items": [ada], "total": 1, "limit": 50, "offset": 0, "next_cursor": None}
    wrapped = {"ok": True, "data": page, "error": None}
    assert example_of(document_of(answering(Envelope[Page[Person]]))) == wrapped
    assert example_of(document_of(answering(list[Person]))) == [ada]
    assert example_of(document_of(answering(Person))) == ada, "null is a value, whatever FastAPI makes of it"


def test_an_example_of_the_routes_own_stays() -> None:
    mine = {"ok": True, "data": {"items": ["mine"]}, "error": None}
    own = {200: {"content": {"application/json": {"example": mine}}}}
    assert example_of(document_of(answering(Envelope[Items[str]], responses=own))) == mine


def test_what_nothing_is_known_of_has_no_example_and_harms_nobody() -> None:
    document = document_of(answering(Envelope[Unknown]), answering(Ring, "/v1/ring"), answering(Any, "/v1/any"))
    assert example_of(document) is None
    assert example_of(document, path="/v1/ring") is None
    assert example_of(document, path="/v1/any") is None


def test_a_bodys_example_is_its_models() -> None:
    router = APIRouter()

    @router.post("/v1/x")
    def take(person: Person, more: list[Person] | None = None) -> Envelope[bool]:
        return ok(True)

    media = document_of(router)["paths"]["/v1/x"]["post"]["requestBody"]["content"]["application/json"]
    name = media["schema"]["$ref"].rpartition("/")[2]
    schemas = document_of(router)["components"]["schemas"]
    assert schemas[name]["examples"] == [
        {"person": {"name": "Ada", "nick": None}, "more": [{"name": "Ada", "nick": None}]}
    ]
