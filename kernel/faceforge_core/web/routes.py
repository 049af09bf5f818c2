"""The app of one generation: built from the active plugins' routers, never changed afterwards."""

from __future__ import annotations

import inspect
import re
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from fastapi import FastAPI
from fastapi.routing import APIRoute, iter_route_contexts
from pydantic.errors import PydanticUserError
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Host, Mount, Route, WebSocketRoute, compile_path

from faceforge_core import __version__
from faceforge_core.web.envelope import exception_handlers
from faceforge_core.web.openapi import describe, operation_id
from faceforge_core.web.static_files import StaticFolders
from faceforge_sdk.errors import FaceForgeError
from faceforge_sdk.routing import LateRoute

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from starlette.requests import Request

    from faceforge_core.owned import Owned
    from faceforge_core.web.pages import PageSet
    from faceforge_sdk import Router

_AREAS: Final = {"v1": "/v1/plugins", "ui": "/ui/plugins"}
_PREFIX: Final = re.compile(r"(?:/[^/\\\s{}]+)*")
_DESCRIPTION: Final = "People, characters and things, and the files that belong to them, kept on your own computer."


class RouteRefused(FaceForgeError):
    """A router that can't be served; the message is for the plugin's author."""


class BodyPaths:
    """Paths whose bodies are treated in their own way, parameters such as ``{id}`` understood."""

    def __init__(self, templates: Iterable[str]) -> None:
        found = [compile_path(template)[0] for template in templates]
        self._patterns = tuple(found)

    def __contains__(self, path: str) -> bool:
        return any(pattern.match(path) for pattern in self._patterns)


def prefix_of(owned: Owned[Router]) -> str:
    """Where a router's paths begin. Raises `RouteRefused`."""
    value = owned.value
    if value.area not in _AREAS:
        raise RouteRefused(f"The area of a Router is 'v1' or 'ui', not {value.area!r}.")
    if _PREFIX.fullmatch(value.prefix) is None or {".", ".."} & set(value.prefix.split("/")):
        raise RouteRefused(f"The prefix {value.prefix!r} is not of the form '/name/name'.")
    return value.prefix if owned.builtin else f"{_AREAS[value.area]}/{owned.plugin_id}{value.prefix}"


def upload_paths(routers: Sequence[Owned[Router]]) -> BodyPaths:
    """What the routers of a generation read as streams, for the limits on bodies."""
    return BodyPaths(f"{prefix_of(owned)}{path}" for owned in routers for path in owned.value.uploads)


def bulk_paths(routers: Sequence[Owned[Router]]) -> BodyPaths:
    """Where the routers of a generation take large JSON, for the limits on bodies."""
    return BodyPaths(f"{prefix_of(owned)}{path}" for owned in routers for path in owned.value.bulk)


def build_app(
    routers: Sequence[Owned[Router]],
    static_folders: Mapping[str, Path],
    *,
    pages: PageSet | None = None,
    version: str = __version__,
) -> FastAPI:
    """The app of a generation, ready for its first request.

    Built-ins come first, so that nobody can stand before them; their routes are built when they are first asked for.
    ``app.state`` carries `pages`, `uploads` and `bulk`. The OpenAPI document is made when it is first asked for, on a
    thread: it takes longer than all the rest here.
    """
    app = _empty_app(version)
    app.state.pages = pages
    app.state.uploads = upload_paths(routers)
    app.state.bulk = bulk_paths(routers)
    static = StaticFolders(static_folders)
    app.add_route("/ui/static/{plugin_id}/{path:path}", static.answer, ["GET"], include_in_schema=False)
    for owned in sorted(routers, key=lambda owned: not owned.builtin):
        _take_over(app, owned)
    app.add_route("/openapi.json", partial(_openapi_document, app), ["GET"], include_in_schema=False)
    for _ in iter_route_contexts(app.routes):
        pass  # FastAPI builds an included route when it is first looked at
    app.middleware_stack = app.build_middleware_stack()
    return app


def _take_over(app: FastAPI, owned: Owned[Router]) -> None:
    """Make the routes of a router the app's.

    A built-in's stand among the app's own, which FastAPI need not build anew for each app; a stranger's router may hold
    what only FastAPI knows how to include.
    """
    router, prefix = owned.value.router, prefix_of(owned)
    late = [route for route in router.routes if isinstance(route, LateRoute)]
    if owned.builtin and len(late) == len(router.routes):
        app.router.routes.extend(route.below(prefix, operation_id) for route in late)
    else:
        app.include_router(router, prefix=prefix)


def try_router(owned: Owned[Router]) -> None:
    """Raise now, for one plugin, what would go wrong for all: a bad model, a bad path, a way out of its prefix.

    Raises `RouteRefused`, or whatever FastAPI and pydantic raise. Of a built-in only the prefix is looked at: the tests
    try the rest, and building its routes twice would be a third of every start.
    """
    prefix = prefix_of(owned)
    if owned.builtin:
        return
    app = _empty_app(__version__)
    app.include_router(owned.value.router, prefix=prefix)
    for context in iter_route_contexts(app.routes[len(_empty_app(__version__).routes) :]):
        _check(owned, context.original_route, getattr(context, "path", None), prefix)
    for path in (*owned.value.uploads, *owned.value.bulk):
        if not path.startswith("/"):
            raise RouteRefused(f"The path {path!r} of uploads or bulk does not begin with '/'.")
    upload_paths([owned])
    bulk_paths([owned])
    try:
        app.openapi()
    except PydanticUserError as error:
        _require_known_names(app.routes, error)
        raise


def _require_known_names(routes: Sequence[BaseRoute], cause: Exception) -> None:
    """Raises `RouteRefused` for a route whose types name what its module does not have while it runs."""
    for context in iter_route_contexts(routes):
        route = context.original_route
        if not isinstance(route, APIRoute):
            continue
        endpoint = inspect.unwrap(route.endpoint)
        try:
            inspect.get_annotations(endpoint, eval_str=True)
        except NameError as error:
            code = endpoint.__code__
            place = f"{endpoint.__name__} ({Path(code.co_filename).name}, line {code.co_firstlineno})"
            raise RouteRefused(
                f"register_routers: the types of {place} name {error.name}, which its module does not have. "
                "Import it outside of `if TYPE_CHECKING`, for FastAPI reads these types."
            ) from cause
        except Exception:  # noqa: BLE001, S112  # something else is wrong with its types, and the cause says what
            continue


def _check(owned: Owned[Router], route: BaseRoute, path: str | None, prefix: str) -> None:
    if isinstance(route, Host) or not isinstance(route, (APIRoute, Route, WebSocketRoute, Mount)) or path is None:
        raise RouteRefused(
            f"{type(route).__name__} can't be served by a plugin: its address can't be told from others."
        )
    if not owned.builtin and path != prefix and not path.startswith(f"{prefix}/"):
        raise RouteRefused(f"The path {path!r} lies outside of {prefix}/.")


def _empty_app(version: str) -> FastAPI:
    app = _App(
        title="FaceForge Core",
        description=_DESCRIPTION,
        version=version,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        # v0.1.9 redirected /v1/entities/ to /v1/entities, and scripts may rely on it.
        redirect_slashes=True,
        exception_handlers=exception_handlers(),
        generate_unique_id_function=operation_id,
        telemetry={"tracing": False, "metrics": False, "logs": False, "auto_configure": False},
    )
    app.state.pages = None
    app.state.uploads = app.state.bulk = BodyPaths(())
    return app


def _openapi_document(app: FastAPI, _request: Request) -> Response:
    return JSONResponse(app.openapi())


class _App(FastAPI):
    """FastAPI with our description of the API, made once."""

    def openapi(self) -> dict[str, Any]:
        if self.openapi_schema is None:
            self.openapi_schema = describe(self)
        return self.openapi_schema
