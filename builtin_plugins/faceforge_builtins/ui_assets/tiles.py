"""Files as the grid shows them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from faceforge_sdk.file_icons import icon_of
from faceforge_sdk.thumbnails import drawable, drawable_types, thumbnail_address

if TYPE_CHECKING:
    from collections.abc import Sequence

    from faceforge_sdk import PluginContext
    from faceforge_sdk.models import Asset

_PIXELS: Final = 512
_MOST_FREQUENT: Final = "image/jpeg"
"""What most pictures are needs no badge."""

_NARROWEST, _WIDEST = 6, 22
"""Tenths: how many times as wide as it is high a tile may be; a panorama is cut."""


@dataclass(frozen=True, slots=True)
class Tile:
    """A file: its name if it has one, its type in a word unless it is the usual one, its length in time, its picture.

    `ratio` is its shape: how many tenths of its height it is wide.
    """

    asset: Asset
    name: str
    badge: str
    duration: str
    icon: str
    picture: str | None
    ratio: int


def tiles(ctx: PluginContext, assets: Sequence[Asset]) -> list[Tile]:
    """`assets` made presentable."""
    types = drawable_types(ctx)
    return [_tile(asset, drawable(asset, types)) for asset in assets]


def _tile(asset: Asset, has_picture: bool) -> Tile:
    return Tile(
        asset=asset,
        name=asset.filename or "",
        badge="" if asset.media_type == _MOST_FREQUENT else type_word(asset),
        duration=clock(asset.facts.duration_seconds),
        icon=icon_of(asset),
        picture=thumbnail_address(asset.asset_id, _PIXELS) if has_picture else None,
        ratio=_ratio(asset) if has_picture else 10,
    )


def _ratio(asset: Asset) -> int:
    width, height = asset.facts.width, asset.facts.height
    return min(max(round(10 * width / height), _NARROWEST), _WIDEST) if width and height else 10


def type_word(asset: Asset) -> str:
    """What the end of its name says, else the media type's own word: ``JPEG``; empty if nobody knows."""
    ending = (asset.filename or "").rpartition(".")[2] if "." in (asset.filename or "") else ""
    if 0 < len(ending) <= 5 and ending.isalnum():
        return ending.upper()
    subtype = asset.media_type.rpartition("/")[2].rpartition(".")[2].removeprefix("x-").partition("+")[0]
    return "" if subtype == "octet-stream" else subtype.upper()[:8]


def clock(seconds: float | None) -> str:
    """A length of time as players show it: ``0:07``, ``1:02:03``."""
    if seconds is None or seconds >= 10**9:
        return ""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
