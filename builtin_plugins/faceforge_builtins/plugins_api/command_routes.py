"""The routes of plugins' commands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter

from faceforge_sdk.commands import commands_of, run_command
from faceforge_sdk.models import CommandOutput, CommandRequest, Envelope, PluginCommands, ok
from faceforge_sdk.routing import built_late

if TYPE_CHECKING:
    from faceforge_sdk.protocols import Plugins


def build(plugins: Plugins) -> APIRouter:
    """Routes over the commands of all active plugins."""
    router = built_late(APIRouter(prefix="/v1/plugins/{plugin_id}/commands", tags=["Plugins"]))

    @router.get("", summary="List a plugin's commands")
    def list_plugin_commands(plugin_id: str) -> Envelope[PluginCommands]:
        return ok(PluginCommands(items=[*commands_of(plugins, plugin_id)]))

    @router.post("/{name}", summary="Run a plugin's command")
    def run_plugin_command(plugin_id: str, name: str, body: CommandRequest) -> Envelope[CommandOutput]:
        return ok(CommandOutput(output=run_command(plugins, plugin_id, name, body.input)))

    return router
