"""Plugins over HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING

from faceforge_sdk import Router, hookimpl

from .routes import INSTALL_PATH, build

if TYPE_CHECKING:
    from faceforge_sdk import PluginContext


@hookimpl
def register_routers(ctx: PluginContext) -> list[Router]:
    return [Router(build(ctx.plugins, ctx.data_dir), uploads=(INSTALL_PATH,))]
