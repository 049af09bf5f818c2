"""What Core calls when the plugin is enabled."""

from __future__ import annotations

from typing import TYPE_CHECKING

from faceforge_sdk import EntityPanel, hookimpl

from .facts import facts_of

if TYPE_CHECKING:
    from faceforge_sdk import PluginContext

TITLE = "Your Plugin"


@hookimpl
def register_entity_panels(ctx: PluginContext) -> list[EntityPanel]:
    def load(entity_id: str) -> dict[str, object]:
        return {"facts": facts_of(ctx.entities.get(entity_id))}

    return [EntityPanel(ctx.plugin_id, TITLE, "panel.html", load)]
