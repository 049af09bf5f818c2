"""Entities with their covers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from faceforge_sdk.thumbnails import drawable_covers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from faceforge_sdk import PluginContext
    from faceforge_sdk.models import Entity


@dataclass(frozen=True, slots=True)
class Card:
    """An entity with its cover, the id of an asset, if there is one to be drawn."""

    entity: Entity
    cover: str | None


def cards(ctx: PluginContext, entities: Sequence[Entity]) -> list[Card]:
    """`entities` with their covers."""
    covers = drawable_covers(ctx, [entity.entity_id for entity in entities])
    return [Card(entity, covers.get(entity.entity_id)) for entity in entities]
