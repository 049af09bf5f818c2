"""What came in last: entities with their covers, files with their pictures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from faceforge_sdk.file_icons import icon_of
from faceforge_sdk.models import AssetQuery, EntityQuery
from faceforge_sdk.thumbnails import drawable, drawable_covers, drawable_types

if TYPE_CHECKING:
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
    types = drawable_types(ctx)
    entities = ctx.entities.list(EntityQuery(limit=SHOWN, total="none")).items
    covers = drawable_covers(ctx, [entity.entity_id for entity in entities])
    assets = ctx.assets.list(AssetQuery(limit=SHOWN, total="none")).items
    return Newest(
        [ShownEntity(entity, covers.get(entity.entity_id)) for entity in entities],
        [ShownAsset(asset, drawable(asset, types), icon_of(asset)) for asset in assets],
    )
