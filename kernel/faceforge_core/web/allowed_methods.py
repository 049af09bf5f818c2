"""Which methods an address knows: a 405 has to name them all, and each route knows only its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi.routing import iter_route_contexts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.routing import BaseRoute
    from starlette.types import Scope


def allowed_methods(routes: Sequence[BaseRoute], scope: Scope) -> list[str]:
    """The methods of all routes at the scope's path, sorted."""
    methods: set[str] = set()
    for context in iter_route_contexts(routes):
        regex = getattr(context, "path_regex", None)
        if context.methods and regex is not None and regex.match(scope["path"]):
            methods |= context.methods
    return sorted(methods)
