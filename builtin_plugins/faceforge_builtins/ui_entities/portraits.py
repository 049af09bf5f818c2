"""Pictures of entities and of files: which there are, and where."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from faceforge_sdk import Thumbnailer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from faceforge_sdk import PluginContext
    from faceforge_sdk.models import Asset, Entity

THUMBNAIL_PIXELS = 256


@dataclass(frozen=True, slots=True)
class Card:
    """An entity with its cover, the id of an asset, if there is one to be drawn."""

    entity: Entity
    cover: str | None


def cards(ctx: PluginContext, entities: Sequence[Entity]) -> list[Card]:
    """`entities` with their covers; one question to the catalog for all."""
    covers = ctx.assets.covers([entity.entity_id for entity in entities]) if entities and drawable_types(ctx) else {}
    return [Card(entity, covers.get(entity.entity_id)) for entity in entities]


def drawable_types(ctx: PluginContext) -> tuple[str, ...]:
    """The media types of which an active plugin renders thumbnails, as patterns such as ``image/*``."""
    renderers = ctx.plugins.contributed(Thumbnailer)
    return tuple(media_type for renderer in renderers for media_type in renderer.value.media_types)


def drawable(asset: Asset, types: Sequence[str]) -> bool:
    """Whether a thumbnail of `asset` may be asked for."""
    return any(fnmatchcase(asset.media_type, pattern) for pattern in types)


def thumbnail_address(asset_id: str, pixels: int = THUMBNAIL_PIXELS) -> str:
    """Where the thumbnails built-in answers with a WebP of at most `pixels`."""
    return f"/v1/assets/{asset_id}/thumbnail?size={pixels}"
