"""Files as an entity's page shows them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from faceforge_sdk.file_icons import icon_of
from faceforge_sdk.thumbnails import drawable, drawable_types, thumbnail_address

if TYPE_CHECKING:
    from collections.abc import Sequence

    from faceforge_sdk import PluginContext
    from faceforge_sdk.models import LinkedAsset

_ENLARGED_PIXELS = 1024


@dataclass(frozen=True, slots=True)
class Attachment:
    """A linked file: its name and what it is in a word, as far as known, its picture, and whether it may be a cover."""

    asset: LinkedAsset
    name: str
    kind: str
    icon: str
    picture: str | None
    enlarged: str | None
    is_image: bool


def attachments_of(ctx: PluginContext, assets: Sequence[LinkedAsset]) -> list[Attachment]:
    """`assets` made presentable."""
    types = drawable_types(ctx)
    return [_attachment(asset, drawable(asset, types)) for asset in assets]


def _attachment(asset: LinkedAsset, has_picture: bool) -> Attachment:
    return Attachment(
        asset=asset,
        name=asset.filename or "",
        kind=_kind(asset),
        icon=icon_of(asset),
        picture=thumbnail_address(asset.asset_id) if has_picture else None,
        enlarged=thumbnail_address(asset.asset_id, _ENLARGED_PIXELS) if has_picture else None,
        is_image=asset.media_type.startswith("image/"),
    )


def _kind(asset: LinkedAsset) -> str:
    """The role or kind that somebody chose, else the media type's own word: ``jpeg``; empty if unknown."""
    if asset.role:
        return asset.role
    if asset.kind and asset.kind != "file":
        return asset.kind
    subtype = asset.media_type.rpartition("/")[2]
    ending = (asset.filename or "").rpartition(".")[2] if "." in (asset.filename or "") else ""
    return (ending or ("" if subtype == "octet-stream" else subtype)).upper()
