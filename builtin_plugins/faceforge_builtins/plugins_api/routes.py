"""The routes of plugins; all of them look at the disk or switch, and do so on threads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from anyio import to_thread
from fastapi import APIRouter, Request

from faceforge_sdk.models import (
    Deleted,
    Envelope,
    Plugin,
    PluginConfig,
    PluginConfigRequest,
    PluginInstallation,
    PluginList,
    ok,
)
from faceforge_sdk.routing import built_late

from .receiving import ARCHIVE_BODY, received_archive

if TYPE_CHECKING:
    from pathlib import Path

    from faceforge_sdk.protocols import Plugins

INSTALL_PATH = "/v1/plugins/install"


def build(plugins: Plugins, folder: Path) -> APIRouter:
    """Routes over `plugins`; archives come in by way of `folder`."""
    router = built_late(APIRouter(prefix="/v1/plugins", tags=["Plugins"]))

    @router.get("", summary="List plugins")
    def list_plugins() -> Envelope[PluginList]:
        return ok(plugins.list())

    @router.post("/install", summary="Install a plugin", status_code=201, openapi_extra=ARCHIVE_BODY)
    async def install_plugin(request: Request) -> Envelope[PluginInstallation]:
        """It is put in place whole or not at all, and not enabled by that. One that runs is replaced while it runs."""
        async with received_archive(request, folder) as (file, filename):
            return ok(await to_thread.run_sync(plugins.install, file, filename))

    @router.delete("/{plugin_id}", summary="Remove a plugin's folder")
    def remove_plugin(plugin_id: str) -> Envelope[Deleted]:
        """It is disabled, and its files are gone for good. Its configuration and data stay in case it comes back."""
        plugins.remove(plugin_id)
        return ok(Deleted())

    @router.post("/{plugin_id}/enable", summary="Enable a plugin")
    def enable_plugin(plugin_id: str) -> Envelope[Plugin]:
        return ok(plugins.enable(plugin_id))

    @router.post("/{plugin_id}/disable", summary="Disable a plugin")
    def disable_plugin(plugin_id: str) -> Envelope[Plugin]:
        return ok(plugins.disable(plugin_id))

    @router.get("/{plugin_id}/config", summary="Read a plugin's configuration")
    def get_plugin_config(plugin_id: str) -> Envelope[PluginConfig]:
        return ok(plugins.config(plugin_id))

    @router.put("/{plugin_id}/config", summary="Replace a plugin's configuration")
    def replace_plugin_config(plugin_id: str, body: PluginConfigRequest) -> Envelope[PluginConfig]:
        return ok(plugins.configure(plugin_id, body.config))

    return router
