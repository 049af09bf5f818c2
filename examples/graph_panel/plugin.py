"""What Core calls when the plugin is enabled: a page, and the way to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter, Request, Response

from faceforge_sdk import NavItem, Router, hookimpl
from faceforge_sdk.texts import to_translate

from .circle import Circle
from .related import related

if TYPE_CHECKING:
    from faceforge_sdk import PluginContext


@hookimpl
def register_routers(ctx: PluginContext) -> list[Router]:
    router = APIRouter(include_in_schema=False)  # a page, which programs have no use for
    most = int(ctx.config.get("most", 80))

    # No `async`: reading may take a while, so it runs on a thread and holds up nobody else.
    @router.get("/")
    def page(request: Request) -> Response:
        return ctx.pages.render(request, "circle.html", circle=Circle.of(related(ctx), most))

    return [Router(router, area="ui")]


@hookimpl
def register_nav_items(ctx: PluginContext) -> list[NavItem]:
    address = f"/ui/plugins/{ctx.plugin_id}/"
    return [NavItem("example.graph_panel", to_translate("Circle"), address, icon="relationships", order=250)]
