"""The description of the API, held against the API (section 1 of the contract)."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote, unquote, urlencode

import jsonschema
import pytest

from faceforge_core.testing import HOST

if TYPE_CHECKING:
    from collections.abc import Iterator

OWNERS_LIST = {
    ("get", "/v1/ping"),
    ("get", "/v1/system/info"),
    ("get", "/v1/entities"),
    ("post", "/v1/entities"),
    ("get", "/v1/entities/{entity_id}"),
    ("patch", "/v1/entities/{entity_id}"),
    ("delete", "/v1/entities/{entity_id}"),
    ("post", "/v1/assets/upload"),
    ("get", "/v1/assets/{asset_id}"),
    ("get", "/v1/assets/{asset_id}/download"),
    ("post", "/v1/entities/{entity_id}/assets/{asset_id}"),
    ("delete", "/v1/entities/{entity_id}/assets/{asset_id}"),
    ("post", "/v1/relationships"),
    ("get", "/v1/relationships"),
    ("delete", "/v1/relationships/{relationship_id}"),
    ("get", "/v1/relation-types"),
    ("post", "/v1/assets/bulk-import"),
    ("post", "/v1/jobs"),
    ("get", "/v1/jobs"),
    ("get", "/v1/jobs/{job_id}"),
    ("get", "/v1/jobs/{job_id}/log"),
    ("post", "/v1/jobs/{job_id}/cancel"),
    ("get", "/v1/plugins"),
    ("post", "/v1/plugins/{plugin_id}/enable"),
    ("post", "/v1/plugins/{plugin_id}/disable"),
    ("get", "/v1/plugins/{plugin_id}/config"),
    ("put", "/v1/plugins/{plugin_id}/config"),
    ("get", "/v1/admin/field-defs"),
    ("post", "/v1/admin/field-defs"),
    ("get", "/v1/admin/field-defs/{field_def_id}"),
    ("patch", "/v1/admin/field-defs/{field_def_id}"),
    ("delete", "/v1/admin/field-defs/{field_def_id}"),
    ("get", "/v1/entities/{entity_id}/descriptors"),
    ("post", "/v1/entities/{entity_id}/descriptors"),
    ("patch", "/v1/descriptors/{descriptor_id}"),
    ("delete", "/v1/descriptors/{descriptor_id}"),
}
METHODS = ("get", "put", "post", "delete", "patch", "head", "options", "trace")
ODD_TEXTS = [
    "",
    " ",
    "0",
    "-1",
    str(2**63),
    "9" * 5000,
    "1e999",
    "NaN",
    "null",
    "true",
    "٣",
    "%",
    "'",
    '"',
    "\\",
    "../../etc/passwd",
    "..%2f..%2f",
    "\x00",
    "\x7f",
    "\ud83e\udd8a",
    "\u202e",
    "é" * 3000,
    "{}",
    "a/b",
    ";drop table entities",
    "0" * 64,
    "A" * 64,
]
ODD_JSON: list[Any] = [
    None,
    True,
    0,
    -1,
    1.5,
    2**63,
    2**70,
    "",
    "x",
    "\u0000",
    [],
    [None],
    [[]],
    {},
    {"": None},
    {"display_name": "x" * 100_000},
    {"display_name": "x", "fields": {"": {"": [None, -0.0, 2**200]}}},
    {"display_name": "x", "tags": ["", " ", "x"] * 50},
    {"display_name": "x", "aliases": [None]},
    {"role": 1},
    {"filename": "", "kind": "", "mime_type": ""},
    {"filename": "/", "kind": " ", "mime_type": "a/b;"},
    {"config": {"default_provider": 5}},
    {"config": {"x": [[[[]]]]}},
    {"field_key": "\u202e", "field_type": "json", "default": {"": [None, 2**70]}, "order": -(2**31)},
    {"field_key": "k", "field_type": "enum", "options": {"options": [[], {}, None]}, "enforced": True},
    {"field_key": "k", "field_type": "entity", "default": "x" * 5000, "regex": "(", "multiple": True},
    {"field_key": "k", "value": 2**70},
    {"value": {"": [None, -0.0, 2**200]}},
    {"clear": ["regex", "regex"], "scope": "x"},
]


@pytest.fixture
def document(api) -> dict[str, Any]:
    found: dict[str, Any] = api.ask("GET", "/openapi.json").json()
    return found


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                yield method, path, item[method]


def test_every_operation_of_the_owners_list_is_described(document) -> None:
    assert {(method, path) for method, path, _ in operations(document)} >= OWNERS_LIST


def test_every_protected_operation_shows_a_security_requirement(document) -> None:
    schemes = document["components"]["securitySchemes"]
    assert {"http", "apiKey"} <= {scheme["type"] for scheme in schemes.values()}
    for method, path, operation in operations(document):
        wanted = operation["security"]
        if path in {"/healthz", "/livez", "/readyz"}:
            assert wanted == []
        else:
            assert wanted, (method, path)
            assert all(name in schemes for one in wanted for name in one)


def test_what_is_shown_as_protected_is_protected(house, api, document) -> None:
    authorization = house.client.headers.pop("Authorization")
    try:
        for method, path, operation in operations(document):
            address = path.replace("{", "").replace("}", "")
            status = api.ask(method.upper(), address).status_code
            assert status == (401 if operation["security"] else 200), (method, path)
    finally:
        house.client.headers["Authorization"] = authorization


def test_operations_have_ids_of_their_own_and_say_what_errors_look_like(document) -> None:
    ids = [operation["operationId"] for _, _, operation in operations(document)]
    assert len(ids) == len(set(ids))
    for _, path, operation in operations(document):
        assert "default" in operation["responses"], path
        assert operation["summary"]


def test_the_document_holds_no_secret_and_no_foreign_address(house, api) -> None:
    text = api.ask("GET", "/openapi.json").text
    assert house.token not in text
    assert "http://" not in text
    assert "https://" not in text


def test_b16_the_pages_that_explain_it_need_no_other_host(api) -> None:
    for path in ("/docs", "/redoc"):
        page = api.ask("GET", path)
        assert page.status_code == 200
        assert "//cdn" not in page.text
        assert "https://" not in page.text
        assert "<script>" not in page.text


def test_answers_are_what_the_document_says(api, document) -> None:
    ids = api.one_of_everything()
    checked = 0
    for method, path, operation in operations(document):
        schema = operation["responses"].get("200", {}).get("content", {}).get("application/json", {}).get("schema")
        if method == "get" and schema:
            required = {
                one["name"] for one in operation.get("parameters", []) if one["in"] == "query" and one["required"]
            }
            answer = api.ask("GET", path.format(**ids), params={name: ids[name] for name in required}).json()
            _check(document, schema, answer)
            checked += 1
    assert checked > 8
    error = document["components"]["responses"]["Error"]["content"]["application/json"]["schema"]
    for response in (api.ask("GET", "/v1/nothing"), api.ask("GET", "/v1/entities?limit=0"), api.ask("PUT", "/v1/ping")):
        _check(document, error, response.json())


def _check(document: dict[str, Any], schema: dict[str, Any], answer: Any) -> None:
    jsonschema.Draft202012Validator({**schema, "components": document["components"]}).validate(answer)


def test_v23_no_odd_value_in_any_place_gives_a_server_error(fresh, faceforge) -> None:
    """The light half of V23 and of I11: every operation, every parameter, one odd value at a time."""
    document = fresh.ask("GET", "/openapi.json").json()
    requests = list(_odd_requests(document, fresh.one_of_everything()))
    answers = faceforge.client.portal.call(_answered, faceforge.client.app, faceforge.token, requests)
    assert len(answers) > 5000
    for request, (status, body) in zip(requests, answers, strict=True):
        assert status < 500, request
        if status >= 400 and request.method != "head":
            said = json.loads(body)
            assert (said["ok"], said["data"]) == (False, None), request
            assert set(said["error"]) == {"code", "message", "details"}, request
    assert Counter(status for status, _ in answers)[200] > 100, "nearly all were refused at the door"
    faceforge.client.headers["Authorization"] = f"Bearer {faceforge.token}"
    assert fresh.data("GET", "/v1/ping") == {"pong": True}
    fresh.data("GET", "/v1/entities", params={"limit": 200})


class _Request(NamedTuple):
    """As it arrives: path and query are encoded."""

    method: str
    path: str
    query: bytes = b""
    header: tuple[bytes, bytes] | None = None
    body: bytes = b""


def _odd_requests(document: dict[str, Any], good: dict[str, str]) -> Iterator[_Request]:
    for method, path, operation in operations(document):
        if "/plugins/" in path and method == "post":
            good = {**good, "plugin_id": "nobody"}
        for parameter in operation.get("parameters", []):
            for text in ODD_TEXTS:
                if (parameter["name"], text) != ("follow", "true"):
                    yield _with_parameter(method, path, good, parameter, text, ends=_ends(operation))
        if "requestBody" in operation and "application/json" in operation["requestBody"]["content"]:
            for value in ODD_JSON:
                yield _Request(method, path.format(**good), body=json.dumps(value).encode())


def _ends(operation: dict[str, Any]) -> bool:
    """Whether the answer ends by itself; an event stream does not, unless it is told to."""
    return "text/event-stream" not in operation["responses"].get("200", {}).get("content", {})


def _with_parameter(
    method: str, path: str, good: dict[str, str], parameter: dict[str, Any], text: str, *, ends: bool
) -> _Request:
    name = parameter["name"]
    query = b"" if ends else b"follow=false"
    if parameter["in"] == "path":
        return _Request(method, path.format(**{**good, name: quote(text, safe="", errors="surrogatepass")}), query)
    if parameter["in"] == "query":
        text = text.encode("utf-8", "surrogatepass").decode("utf-8", "replace")
        queries = {name: text} if ends else {"follow": "false", name: text}
        return _Request(method, path.format(**good), urlencode(queries).encode())
    value = text.encode("utf-8", "surrogatepass").replace(b"\0", b"")
    return _Request(method, path.format(**good), query, (name.lower().encode(), value))


async def _answered(app: Any, token: str, requests: list[_Request]) -> list[tuple[int, bytes]]:
    """Status and body of each, asked of the application itself: a client in between takes longer than its answers."""
    return [await _answer(app, token, request) for request in requests]


async def _answer(app: Any, token: str, request: _Request) -> tuple[int, bytes]:
    headers = [(b"host", HOST.removeprefix("http://").encode()), (b"authorization", f"Bearer {token}".encode())]
    if request.body:
        length = str(len(request.body)).encode()
        headers += [(b"content-type", b"application/json"), (b"content-length", length)]
    if request.header is not None:
        headers = [*(one for one in headers if one[0] != request.header[0]), request.header]
    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": request.method.upper(),
        "scheme": "http",
        "path": unquote(request.path),
        "raw_path": request.path.encode(),
        "query_string": request.query,
        "root_path": "",
        "client": ("127.0.0.1", 50_000),
        "server": ("127.0.0.1", 8787),
        "headers": headers,
    }
    arriving = [{"type": "http.request", "body": request.body}]
    statuses: list[int] = []
    body = bytearray()

    async def receive() -> dict[str, Any]:
        if not arriving:
            await asyncio.Event().wait()  # the client waits for the answer
        return arriving.pop()

    async def send(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])
        body.extend(message.get("body", b""))

    await app(scope, receive, send)
    (status,) = statuses
    return status, bytes(body)
