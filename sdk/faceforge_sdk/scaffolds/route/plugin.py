"""What Core calls when the plugin is enabled."""

from __future__ import annotations

from typing import TYPE_CHECKING

from faceforge_sdk import Router, hookimpl

from .routes import build

if TYPE_CHECKING:
    from faceforge_sdk import PluginContext


@hookimpl
def register_routers(ctx: PluginContext) -> list[Router]:
    return [Router(build(ctx.entities, str(ctx.config.get("greeting", "Hello"))))]
