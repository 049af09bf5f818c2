"""What the plugin knows how to do, without HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from faceforge_sdk import PluginContext


class Greeter:
    """Greets with the configured word."""

    def __init__(self, ctx: PluginContext) -> None:
        self._greeting = str(ctx.config.get("greeting", "Hello"))
        self._entities = ctx.entities

    def greet(self, entity_id: str) -> str:
        """A sentence for an entity. Raises `NotFound`, which becomes a 404 by itself."""
        return f"{self._greeting}, {self._entities.get(entity_id).display_name}!"
