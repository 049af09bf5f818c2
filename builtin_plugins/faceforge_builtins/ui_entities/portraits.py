"""What stands for an entity or a file at a glance: its picture, else letters in a stable colour, else an icon."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING
from zlib import crc32

from faceforge_sdk import Thumbnailer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from faceforge_sdk import PluginContext
    from faceforge_sdk.models import Asset, Entity

TONES = 12
THUMBNAIL_PIXELS = 256


@dataclass(frozen=True, slots=True)
class Portrait:
    """An entity's cover: the address of a picture if there is one, and what stands behind or instead of it."""

    letters: str
    tone: int
    picture: str | None


@dataclass(frozen=True, slots=True)
class Card:
    """An entity in a list."""

    entity: Entity
    portrait: Portrait


def portraits(ctx: PluginContext, entities: Sequence[Entity]) -> list[Portrait]:
    """The portraits of `entities`, in their order; one question to the catalog for all."""
    drawable = drawable_types(ctx)
    covers = ctx.assets.covers([entity.entity_id for entity in entities]) if entities and drawable else {}
    return [
        Portrait(
            letters=monogram(entity.display_name),
            tone=crc32(entity.entity_id.encode()) % TONES,
            picture=thumbnail_address(covers[entity.entity_id]) if entity.entity_id in covers else None,
        )
        for entity in entities
    ]


def cards(ctx: PluginContext, entities: Sequence[Entity]) -> list[Card]:
    """`entities` with their portraits."""
    pairs = zip(entities, portraits(ctx, entities), strict=True)
    return [Card(entity, portrait) for entity, portrait in pairs]


def monogram(name: str) -> str:
    """One or two letters: the first of the first and of the last word."""
    initials = [word[0] for word in name.split() if word[0].isalnum()]
    if not initials:
        return name.strip()[:1] or "?"
    return (initials[0] + initials[-1] if len(initials) > 1 else initials[0]).upper()


def drawable_types(ctx: PluginContext) -> tuple[str, ...]:
    """The media types of which an active plugin renders thumbnails, as patterns such as ``image/*``."""
    renderers = ctx.plugins.contributed(Thumbnailer)
    return tuple(media_type for renderer in renderers for media_type in renderer.value.media_types)


def type_of(asset: Asset) -> str:
    """What the bytes of `asset` are, or was said of them until they are read."""
    return asset.facts.media_type or asset.mime_type or ""


def drawable(asset: Asset, types: Sequence[str]) -> bool:
    """Whether a thumbnail of `asset` may be asked for."""
    media_type = type_of(asset).split(";")[0].strip().lower()
    return any(fnmatchcase(media_type, pattern) for pattern in types)


def thumbnail_address(asset_id: str, pixels: int = THUMBNAIL_PIXELS) -> str:
    """Where the thumbnails built-in answers with a WebP of at most `pixels`."""
    return f"/v1/assets/{asset_id}/thumbnail?size={pixels}"


def icon_of(asset: Asset) -> str:
    """The symbol for a file without a picture."""
    family = type_of(asset).split("/")[0]
    return family if family in {"image", "audio", "video"} else "file"
