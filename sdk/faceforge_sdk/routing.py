"""Routes that are built when they are first asked for: ``router = built_late(APIRouter())``."""

from __future__ import annotations

import importlib
import threading
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import re
    from collections.abc import Callable, Collection, Mapping

    from fastapi import APIRouter
    from starlette.routing import BaseRoute

__all__ = ["LateRoute", "built_late"]


def built_late(router: APIRouter) -> APIRouter:
    """The same router, whose routes declared from now on are `LateRoute` and else what they always are.

    FastAPI reads a route's types and makes its validators as soon as the route is declared. Of the two hundred routes
    that a Core has, few are asked for before it is stopped again, and its start waits for none of them.
    """
    usual: Any = router.route_class
    router.route_class = _late_class(usual)
    return router


@lru_cache(maxsize=8)
def _late_class(route_class: type[Any]) -> type[Any]:
    return type("LateAPIRoute", (LateRoute, route_class), {})


def _starlette() -> Any:
    return importlib.import_module("starlette.routing")  # by name, at run time: the SDK needs no web framework


@lru_cache(maxsize=1024)
def _compiled(path: str) -> tuple[re.Pattern[str], str, Mapping[str, Any]]:
    """What tells a path from others. A route stands in two places most often, with one path in both."""
    found: tuple[re.Pattern[str], str, Mapping[str, Any]] = _starlette().compile_path(path)
    return found


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
        self._late_options = options
        self._late_built = False
        self._late_places: dict[tuple[str, object], Any] = {}
        self.path = path
        self.endpoint = endpoint
        self.name: str = _starlette().get_name(endpoint) if name is None else name
        self.methods = {method.upper() for method in methods or ("GET",)}

    def __getattr__(self, name: str) -> Any:
        """Called for what is not there: build the route, unless Python itself only asks what kind of object it is."""
        if name in {"path_regex", "path_format", "param_convertors"}:
            self.compile_path()
        elif not name.startswith(("__", "_late_")):
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
            placed = type(self)(f"{prefix}{self.path}", self.endpoint, methods=self.methods, name=self.name, **options)
            placed.compile_path()  # now, and not while the first request waits
            self._late_places[place] = placed
        found: BaseRoute = self._late_places[place]
        return found

    def compile_path(self) -> None:
        """Make ready to be told from other routes."""
        self.path_regex, self.path_format, convertors = _compiled(self.path)
        self.param_convertors = dict(convertors)

    def _build(self) -> None:
        """Become the whole route, once; any thread that asks meanwhile waits."""
        with self.__dict__.setdefault("_late_lock", threading.RLock()):  # one for all threads, made when it is needed
            if self._late_built:
                return
            self._late_built = True  # before: what is missing while it is built is missing indeed
            build: Callable[..., None] = super().__init__
            try:
                build(self.path, self.endpoint, methods=self.methods, name=self.name, **self._late_options)
            except BaseException:
                self._late_built = False
                raise
