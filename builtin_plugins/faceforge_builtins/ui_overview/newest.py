"""What came in last: entities with their covers, files with their pictures."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from faceforge_sdk import Thumbnailer
from faceforge_sdk.models import AssetQuery, EntityQuery

if TYPE_CHECKING:
    from collections.abc import Sequence

    from faceforge_sdk import PluginContext
    from faceforge_sdk.models import Asset, Entity

SHOWN = 8


@dataclass(frozen=True, slots=True)
class ShownEntity:
    """An entity, and the asset that is its cover if there is one."""

    entity: Entity
    cover: str | None


@dataclass(frozen=True, slots=True)
class ShownAsset:
    """A file, whether a picture of it can be had, and else the symbol that stands for it."""

    asset: Asset
    has_picture: bool
    icon: str


@dataclass(frozen=True, slots=True)
class Newest:
    """The latest first."""

    entities: list[ShownEntity]
    assets: list[ShownAsset]


def newest(ctx: PluginContext) -> Newest:
    """The last few of each."""
    types = tuple(kind for one in ctx.plugins.contributed(Thumbnailer) for kind in one.value.media_types)
    entities = ctx.entities.list(EntityQuery(limit=SHOWN, total="none")).items
    covers = ctx.assets.covers([entity.entity_id for entity in entities]) if entities and types else {}
    assets = ctx.assets.list(AssetQuery(limit=SHOWN, total="none")).items
    return Newest(
        [ShownEntity(entity, covers.get(entity.entity_id)) for entity in entities],
        [_shown(asset, types) for asset in assets],
    )


def _shown(asset: Asset, types: Sequence[str]) -> ShownAsset:
    media_type = (asset.facts.media_type or asset.mime_type or "").partition(";")[0].strip().lower()
    family = media_type.partition("/")[0]
    icon = family if family in {"image", "audio", "video"} else "file"
    return ShownAsset(asset, any(fnmatchcase(media_type, pattern) for pattern in types), icon)
