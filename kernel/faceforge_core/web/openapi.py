"""The description of the API: FastAPI's, with ids, who may call and what an error looks like said once."""

from __future__ import annotations

import logging
import re
import warnings
import zlib
from collections import Counter
from typing import TYPE_CHECKING, Any, Final

from fastapi.openapi.utils import get_openapi

from faceforge_core.web.openapi_examples import fill_examples
from faceforge_core.web.public_paths import is_public
from faceforge_sdk.models import ErrorEnvelope

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fastapi import FastAPI
    from fastapi.routing import APIRoute

logger = logging.getLogger(__name__)

_Operation = dict[str, Any]

_TAGS: Final = {
    "Entities": "People, characters and things.",
    "Assets": "Files, what is known of them, and which entities they belong to.",
    "Field definitions": "Which values descriptors, and an entity's own fields, may take.",
    "Descriptors": "Values of an entity under keys that field definitions describe.",
    "Relationships": "What entities are to each other.",
    "Jobs": "Work that outlasts a request: queue it, follow it, stop it.",
    "Events": "What happened, to read and to follow.",
    "Storage": "Where files lie, whether they are whole, and moving them.",
    "Backups": "Copies of the whole library in another place.",
    "Trash": "What was deleted: bring it back, or remove it for good.",
    "Plugins": "What adds to FaceForge: switch it on and off, configure it.",
    "System": "The running Core.",
}
_SCHEMES: Final = {
    "bearer": {"type": "http", "scheme": "bearer", "description": "The install token."},
    "token": {"type": "apiKey", "in": "header", "name": "X-FaceForge-Token", "description": "The install token."},
    "session": {"type": "apiKey", "in": "cookie", "name": "ff_token", "description": "A browser's sign-in."},
}
_SECURITY: Final[list[dict[str, list[str]]]] = [{name: []} for name in _SCHEMES]
_ERROR: Final = {"$ref": "#/components/responses/Error"}
_METHODS: Final = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
_WRITES: Final = frozenset({"put", "post", "patch", "delete"})
_FASTAPIS_OWN: Final = ("HTTPValidationError", "ValidationError")
_OF_A_PLUGIN: Final = re.compile(r"/v1/plugins/([^/{}]+)")


def operation_id(route: APIRoute) -> str:
    """What a route wants to be called in the document: its own name."""
    return re.sub(r"\W", "_", route.name)


def describe(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document of `app`. Raises whatever a route's models make FastAPI raise."""
    with warnings.catch_warnings():
        # Ids are told apart below, where plugins and methods become part of them.
        warnings.filterwarnings("ignore", "Duplicate Operation ID", UserWarning)
        schema = get_openapi(
            title=app.title, version=app.version, description=app.description, routes=app.routes, tags=app.openapi_tags
        )
    paths = {path: item for path, item in schema.get("paths", {}).items() if not path.startswith("/ui")}
    schema["paths"] = paths
    _name_operations(paths)
    for path, method, operation in _operations(paths):
        operation["security"] = [] if is_public(path) else _SECURITY
        operation.setdefault("tags", _own_tag(path))
        for parameter in operation.get("parameters", ()):
            _simplify(parameter)
        _finish_responses(path, method, operation)
    schema["tags"] = _described_tags(paths)
    _finish_components(schema.setdefault("components", {}))
    fill_examples(schema)
    return schema


def _operations(paths: dict[str, Any]) -> Iterator[tuple[str, str, _Operation]]:
    for path, item in paths.items():
        for method in _METHODS:
            if method in item:
                yield path, method, item[method]


# --- Ids ------------------------------------------------------------------------------------------------------------


def _name_operations(paths: dict[str, Any]) -> None:
    """Give each operation an id of its own: a client's code is made of them, so they stay as they are.

    Routes that share one are told apart by where they are; the document stays usable, and the log names them.
    """
    wanted = {(path, method): _wanted_id(paths[path], path, method) for path, method, _ in _operations(paths)}
    times = Counter(wanted.values())
    for (path, method), name in wanted.items():
        if times[name] > 1:
            logger.warning("Several operations want to be called %s; one of them is %s %s.", name, method, path)
        place = f"_{method}_{zlib.crc32(path.encode()):08x}" if times[name] > 1 else ""
        paths[path][method]["operationId"] = f"{name}{place}"


def _wanted_id(item: dict[str, Any], path: str, method: str) -> str:
    own = str(item[method]["operationId"])
    methods = [other for other in _METHODS if other in item and item[other]["operationId"] == own]
    name = own if method == methods[0] else f"{own}_{method}"
    plugin_id = _plugin_of(path)
    return name if plugin_id is None else re.sub(r"\W", "_", f"{plugin_id}_{name}")


def _plugin_of(path: str) -> str | None:
    """The plugin whose path this is; None for Core's own."""
    found = _OF_A_PLUGIN.match(path)
    return found[1] if found else None


# --- Parameters -----------------------------------------------------------------------------------------------------


def _simplify(parameter: dict[str, Any]) -> None:
    """Say once what FastAPI says twice, and nothing of null, which no address can carry."""
    schema = parameter.get("schema", {})
    schema.pop("title", None)
    if "description" in parameter:
        schema.pop("description", None)
    match schema.get("anyOf"):
        case [dict(value), {"type": "null"}]:
            del schema["anyOf"]
            schema.update(value)


# --- Tags -----------------------------------------------------------------------------------------------------------


def _own_tag(path: str) -> list[str]:
    plugin_id = _plugin_of(path)
    return [] if plugin_id is None else [plugin_id]


def _described_tags(paths: dict[str, Any]) -> list[dict[str, str]]:
    """The tags in use with a sentence each, Core's own first and in their order."""
    used: dict[str, str | None] = {}
    for path, _, operation in _operations(paths):
        for tag in operation["tags"]:
            used.setdefault(tag, _plugin_of(path))
    described = [{"name": tag, "description": text} for tag, text in _TAGS.items() if tag in used]
    for tag, plugin_id in sorted(used.items()):
        if tag not in _TAGS and plugin_id is not None:
            described.append({"name": tag, "description": f"Of the plugin `{plugin_id}`."})
    return described


# --- Errors ---------------------------------------------------------------------------------------------------------


def _finish_responses(path: str, method: str, operation: _Operation) -> None:
    responses = operation.setdefault("responses", {})
    if "HTTPValidationError" in str(responses.get("422")):
        del responses["422"]
    for response in responses.values():
        for media in response.get("content", {}).values():
            if "itemSchema" in media:  # a stream is told by its items; FastAPI says that the whole is a text
                media.pop("schema", None)
    for status in _errors(path, method, operation):
        responses.setdefault(status, _ERROR)
    operation["responses"] = dict(sorted(responses.items()))


def _errors(path: str, method: str, operation: _Operation) -> Iterator[str]:
    """Which errors to expect: from the guard, from what the request carries, from what it does to the catalog."""
    parameters = operation.get("parameters", ())
    has_body = "requestBody" in operation
    yield "default"
    if not is_public(path):
        yield "401"
    if "{" in path:
        yield "404"
    if has_body or parameters:
        yield "422"
    if has_body:
        yield from ("413", "415")
    if any(parameter.get("name", "").lower() == "if-match" for parameter in parameters):
        yield "412"
    if method in _WRITES:
        yield from ("409", "503")


def _finish_components(components: dict[str, Any]) -> None:
    schemas = components.setdefault("schemas", {})
    for name in _FASTAPIS_OWN:
        schemas.pop(name, None)
    model = ErrorEnvelope.model_json_schema(mode="serialization", ref_template="#/components/schemas/{model}")
    schemas.update(model.pop("$defs", {}))
    schemas["ErrorEnvelope"] = model
    components["responses"] = {
        "Error": {
            "description": "What went wrong, as a code for programs and a sentence for people.",
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/ErrorEnvelope"}}},
        }
    }
    components["securitySchemes"] = dict(_SCHEMES)
