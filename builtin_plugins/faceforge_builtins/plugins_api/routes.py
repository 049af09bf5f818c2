"""The routes of plugins; all of them look at the disk or switch, and so run on threads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter

from faceforge_sdk.models import Envelope, Plugin, PluginConfig, PluginConfigRequest, PluginList, ok

if TYPE_CHECKING:
    from faceforge_sdk.protocols import Plugins


def build(plugins: Plugins) -> APIRouter:
    """Routes over `plugins`."""
    router = APIRouter(prefix="/v1/plugins", tags=["Plugins"])

    @router.get("", summary="List plugins")
    def list_plugins() -> Envelope[PluginList]:
        return ok(plugins.list())

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
