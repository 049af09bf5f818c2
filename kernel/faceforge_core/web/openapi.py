"""The description of the API: FastAPI's, with who may call and what an error looks like said once."""

from __future__ import annotations

import re
import warnings
from typing import TYPE_CHECKING, Any, Final

from fastapi.openapi.utils import get_openapi

from faceforge_core.web.public_paths import is_public
from faceforge_sdk.models import ErrorEnvelope

if TYPE_CHECKING:
    from fastapi import FastAPI
    from fastapi.routing import APIRoute

_SCHEMES: Final = {
    "bearer": {"type": "http", "scheme": "bearer", "description": "The install token."},
    "token": {"type": "apiKey", "in": "header", "name": "X-FaceForge-Token", "description": "The install token."},
    "session": {"type": "apiKey", "in": "cookie", "name": "ff_token", "description": "A browser's sign-in."},
}
_SECURITY: Final[list[dict[str, list[str]]]] = [{name: []} for name in _SCHEMES]
_ERROR: Final = {"$ref": "#/components/responses/Error"}
_METHODS: Final = frozenset({"get", "put", "post", "delete", "options", "head", "patch", "trace"})
_FASTAPIS_OWN: Final = ("HTTPValidationError", "ValidationError")


def operation_id(route: APIRoute) -> str:
    """The part of an operation's id that does not depend on the method; stable as long as name and path are."""
    return re.sub(r"\W", "_", f"{route.name}{route.path_format}")


def describe(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document of `app`. Raises whatever a route's models make FastAPI raise."""
    with warnings.catch_warnings():
        # An operation with two methods is complete only below, where the method becomes part of its id.
        warnings.filterwarnings("ignore", "Duplicate Operation ID", UserWarning)
        schema = get_openapi(
            title=app.title, version=app.version, description=app.description, routes=app.routes, tags=app.openapi_tags
        )
    schema["paths"] = {path: item for path, item in schema.get("paths", {}).items() if not path.startswith("/ui")}
    for path, item in schema["paths"].items():
        for method in _METHODS & item.keys():
            _finish(item[method], method, public=is_public(path))
    _finish_components(schema.setdefault("components", {}))
    return schema


def _finish(operation: dict[str, Any], method: str, *, public: bool) -> None:
    operation["operationId"] = f"{operation['operationId']}_{method}"
    operation["security"] = [] if public else _SECURITY
    responses = operation.setdefault("responses", {})
    if "HTTPValidationError" in str(responses.get("422")):
        del responses["422"]
    responses.setdefault("default", _ERROR)


def _finish_components(components: dict[str, Any]) -> None:
    schemas = components.setdefault("schemas", {})
    for name in _FASTAPIS_OWN:
        schemas.pop(name, None)
    model = ErrorEnvelope.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas.update(model.pop("$defs", {}))
    schemas["ErrorEnvelope"] = model
    components["responses"] = {
        "Error": {
            "description": "What went wrong, as a code for programs and a sentence for people.",
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/ErrorEnvelope"}}},
        }
    }
    components["securitySchemes"] = dict(_SCHEMES)
