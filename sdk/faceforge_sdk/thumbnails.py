"""Small pictures of files on pages: of which files there are any, and where."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Final

from .contributions import Thumbnailer

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .context import PluginContext
    from .models import Asset

THUMBNAIL_PIXELS: Final = 256


def drawable_types(ctx: PluginContext) -> tuple[str, ...]:
    """The media types of which an active plugin renders thumbnails, as patterns such as ``image/*``."""
    renderers = ctx.plugins.contributed(Thumbnailer)
    return tuple(media_type for renderer in renderers for media_type in renderer.value.media_types)


def drawable(asset: Asset, types: Sequence[str]) -> bool:
    """Whether a thumbnail of `asset` may be asked for; `types` are the `drawable_types`."""
    return any(fnmatchcase(asset.media_type, pattern) for pattern in types)


def drawable_covers(ctx: PluginContext, entity_ids: Sequence[str]) -> Mapping[str, str]:
    """For each entity that has one: the asset id of its cover; one question for all, none where nothing is drawn."""
    return ctx.assets.covers(entity_ids) if entity_ids and drawable_types(ctx) else {}


def thumbnail_address(asset_id: str, pixels: int = THUMBNAIL_PIXELS) -> str:
    """Where Core answers with a WebP of at most `pixels` (256, 512 or 1024) on its longer side."""
    return f"/v1/assets/{asset_id}/thumbnail?size={pixels}"
