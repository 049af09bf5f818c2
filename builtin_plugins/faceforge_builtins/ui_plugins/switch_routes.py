"""Switching plugins on and off, and removing them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from faceforge_sdk.errors import NotFound
from faceforge_sdk.forms import Posted, text_of
from faceforge_sdk.routing import built_late

from .folders import files_of
from .notices import LIST, plugin_address, with_notice

if TYPE_CHECKING:
    from faceforge_sdk import PluginContext


def build(ctx: PluginContext) -> APIRouter:
    """What stands below ``/ui/plugin-settings/{plugin_id}/``."""
    router = built_late(APIRouter(include_in_schema=False))

    @router.post("/{plugin_id}/enable")
    def enable(plugin_id: str, form: Posted) -> Response:
        ctx.plugins.enable(plugin_id)
        return RedirectResponse(with_notice(_origin(plugin_id, text_of(form, "from")), "on", plugin_id), 303)

    @router.post("/{plugin_id}/disable")
    def disable(plugin_id: str, form: Posted) -> Response:
        ctx.plugins.disable(plugin_id)
        return RedirectResponse(with_notice(_origin(plugin_id, text_of(form, "from")), "off", plugin_id), 303)

    @router.get("/{plugin_id}/remove")
    def ask(request: Request, plugin_id: str) -> Response:
        plugin = ctx.plugins.get(plugin_id)
        if plugin.source != "folder" or not plugin.discovered:
            raise NotFound("This plugin has no folder that could be removed.")
        files = files_of(Path(ctx.system.info().paths.plugins_dir), plugin_id)
        return ctx.pages.render(request, "remove.html", plugin=plugin, files=files, belongs_to=LIST)

    @router.post("/{plugin_id}/remove")
    def remove(plugin_id: str) -> Response:
        ctx.plugins.remove(plugin_id)
        return RedirectResponse(with_notice(LIST, "removed", plugin_id), 303)

    return router


def _origin(plugin_id: str, name: str) -> str:
    """The page on which a switch was pressed."""
    return plugin_address(plugin_id) if name == "page" else LIST
