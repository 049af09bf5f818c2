"""Assets over HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING

from faceforge_sdk import Router, hookimpl

from . import links, routes, transfer

if TYPE_CHECKING:
    from faceforge_sdk import PluginContext


@hookimpl
def register_routers(ctx: PluginContext) -> list[Router]:
    return [
        Router(transfer.build(ctx.assets, ctx.storage), uploads=(transfer.UPLOAD_PATH,)),
        Router(routes.build(ctx.assets)),
        Router(links.build(ctx.assets, ctx.entities)),
    ]
