"""Field definitions over HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING

from faceforge_sdk import Router, hookimpl

from . import routes, types

if TYPE_CHECKING:
    from faceforge_sdk import PluginContext


@hookimpl
def register_routers(ctx: PluginContext) -> list[Router]:
    return [Router(routes.build(ctx.field_defs)), Router(types.build(ctx.plugins))]
