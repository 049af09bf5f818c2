"""Plugins over HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING

from faceforge_sdk import Router, hookimpl

from . import command_routes, data_routes
from .routes import INSTALL_PATH, build

if TYPE_CHECKING:
    from faceforge_sdk import PluginContext


@hookimpl
def register_routers(ctx: PluginContext) -> list[Router]:
    return [
        Router(build(ctx.plugins, ctx.data_dir), uploads=(INSTALL_PATH,)),
        Router(command_routes.build(ctx.plugins)),
        Router(data_routes.of_plugins(ctx.plugins)),
        Router(data_routes.of_entities(ctx.plugins, ctx.plugin_data)),
        Router(data_routes.of_assets(ctx.plugins, ctx.plugin_data)),
    ]
