"""How Core is, in the words of Prometheus: off until the configuration says otherwise."""

from __future__ import annotations

from typing import TYPE_CHECKING

from faceforge_sdk import Router, hookimpl

if TYPE_CHECKING:
    from faceforge_sdk import PluginContext


@hookimpl
def register_routers(ctx: PluginContext) -> list[Router]:
    if not ctx.config.get("enabled"):
        return []
    from .routes import build

    return [Router(build(ctx.system))]
