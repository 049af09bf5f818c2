"""Swagger UI and ReDoc as pages of our own: files from a package, nothing from another host, no inline script."""

from __future__ import annotations

import hashlib
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from fastapi import APIRouter, Request, Response

from faceforge_sdk.errors import NotFound
from faceforge_sdk.routing import built_late

if TYPE_CHECKING:
    from collections.abc import Callable

    from faceforge_sdk.protocols import Pages

_TYPES = {
    "swagger-ui-bundle.js": "text/javascript; charset=utf-8",
    "swagger-ui.css": "text/css; charset=utf-8",
    "redoc.standalone.js": "text/javascript; charset=utf-8",
}
_REDOC_LOGO = b"https://cdn.redoc.ly/redoc/logo-mini.svg"
_NO_LOGO = b"data:image/gif;base64,R0lGODlhAQABAAAAACw="

# ReDoc fills a <style> element, which has to be there empty, through the CSSOM; its scroll bars' styles come as text.
_EMPTY_STYLE = "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='"
_SCROLL_BARS = "'sha256-QMIg+bpjm3JdElJ388KYke01izlUW0UoNOeKjpMxdgc='"
_POLICY = (
    f"default-src 'none'; script-src 'self'; style-src 'self' {_EMPTY_STYLE} {_SCROLL_BARS}; "
    "img-src 'self' data:; font-src 'self'; connect-src 'self'; worker-src 'self' blob:; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'; object-src 'none'"
)


def build(pages: Pages) -> APIRouter:
    """The pages ``/docs`` and ``/redoc`` and what they load."""
    router = built_late(APIRouter(include_in_schema=False))
    for path, template in (("/docs", "docs.html"), ("/redoc", "redoc.html")):
        router.add_api_route(path, _page(pages, template), methods=["GET"])
    router.add_api_route("/docs/files/{name}", _file, methods=["GET"])
    return router


def _page(pages: Pages, template: str) -> Callable[[Request], Response]:
    def page(request: Request) -> Response:
        answer = pages.render(request, template)
        answer.headers["Content-Security-Policy"] = _POLICY
        return answer

    return page


def _file(name: str, request: Request) -> Response:
    media_type = _TYPES.get(name)
    if media_type is None:
        raise NotFound("There is nothing at this address.")
    content = (_package_folder() / name).read_bytes()
    if name == "redoc.standalone.js":
        content = content.replace(_REDOC_LOGO, _NO_LOGO)
    headers = {"ETag": f'"{hashlib.sha256(content).hexdigest()}"', "Cache-Control": "no-cache"}
    if request.headers.get("If-None-Match") == headers["ETag"]:
        return Response(status_code=304, headers=headers)
    return Response(content, headers=headers, media_type=media_type)


def _package_folder() -> Path:
    spec = find_spec("fastapi_offline")
    if spec is None or spec.origin is None:
        raise NotFound("The package fastapi-offline, which holds these files, is not installed.")
    return Path(spec.origin).parent / "static"
