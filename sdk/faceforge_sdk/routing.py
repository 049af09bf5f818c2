"""Routes that are built when they are first asked for: ``router = built_late(APIRouter())``."""

from __future__ import annotations

import importlib
import threading
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from fastapi import APIRouter
    from starlette.routing import BaseRoute

__all__ = ["LateRoute", "built_late"]


def built_late(router: APIRouter) -> APIRouter:
    """The same router, whose routes declared from now on are `LateRoute` and else what they always are.

    FastAPI reads a route's types and makes its validators as soon as the route is declared. Of the two hundred routes
    that a Core has, few are asked for before it is stopped again, and its start waits for none of them.
    """
    router.route_class = type("LateAPIRoute", (LateRoute, router.route_class), {})
    return router


class LateRoute:
    """A route that knows its address, and becomes the rest at the first look at anything else.

    Mixed into FastAPI's ``APIRoute``. What is wrong with its types is raised at that look.
    """

    def __init__(
        self,
        path: str,
        endpoint: Callable[..., Any],
        *,
        methods: Collection[str] | None = None,
        name: str | None = None,
        **options: Any,
    ) -> None:
        routing = importlib.import_module("starlette.routing")  # by name: the SDK needs no web framework
        self._late_options = options
        self._late_lock = threading.RLock()
        self._late_built = False
        self._late_places: dict[tuple[str, object], Any] = {}
        self.path = path
        self.endpoint = endpoint
        self.name: str = routing.get_name(endpoint) if name is None else name
        self.methods = {method.upper() for method in methods or ("GET",)}
        self.path_regex, self.path_format, self.param_convertors = routing.compile_path(path)

    def __getattr__(self, name: str) -> Any:
        """Called for what is not there: build the route, unless Python itself only asks what kind of object it is."""
        if not name.startswith(("__", "_late_")):
            self._build()
            if name in self.__dict__:
                return self.__dict__[name]
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    def below(self, prefix: str, operation_id: Callable[[Any], str]) -> BaseRoute:
        """The route under a prefix, as an app serves it that names its operations in this way.

        The same one each time: what was built once serves on when the app is composed anew.
        """
        place = (prefix, operation_id)
        if place not in self._late_places:
            options = self._late_options
            if not callable(options.get("generate_unique_id_function")):  # FastAPI's default, wrapped
                options = {**options, "generate_unique_id_function": operation_id}
            self._late_places[place] = type(self)(
                f"{prefix}{self.path}", self.endpoint, methods=self.methods, name=self.name, **options
            )
        found: BaseRoute = self._late_places[place]
        return found

    def _build(self) -> None:
        """Become the whole route, once; any thread that asks meanwhile waits."""
        with self._late_lock:
            if self._late_built:
                return
            self._late_built = True  # before: what is missing while it is built is missing indeed
            build: Callable[..., None] = super().__init__
            try:
                build(self.path, self.endpoint, methods=self.methods, name=self.name, **self._late_options)
            except BaseException:
                self._late_built = False
                raise
