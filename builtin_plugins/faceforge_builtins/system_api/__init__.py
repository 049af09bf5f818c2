"""The running Core over HTTP, and the pages that explain its API."""

from __future__ import annotations

from typing import TYPE_CHECKING

from faceforge_sdk import Router, hookimpl

from . import docs, routes

if TYPE_CHECKING:
    from faceforge_sdk import PluginContext


@hookimpl
def register_routers(ctx: PluginContext) -> list[Router]:
    return [Router(routes.build(ctx.system)), Router(docs.build(ctx.pages))]
