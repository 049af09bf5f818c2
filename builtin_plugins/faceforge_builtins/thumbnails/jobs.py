"""The job that renders one asset's thumbnails."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from faceforge_sdk import Thumbnailer
from faceforge_sdk.errors import ContributionFailed, InvalidInput, NotFound

from .cache import SIZES
from .picture import shrink

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from faceforge_sdk import JobContext, PluginContext
    from faceforge_sdk.models import Asset
    from faceforge_sdk.protocols import Contributed

    from .cache import ThumbnailCache

RENDER_SECONDS = 60.0


class RenderInput(BaseModel):
    """Which asset to picture."""

    asset_id: str


def thumbnailer_for(
    contributed: Sequence[Contributed[Thumbnailer]], mime_type: str | None
) -> Contributed[Thumbnailer] | None:
    """The first by `order` that reads this media type."""
    plain = (mime_type or "").partition(";")[0].strip().lower()
    for candidate in contributed:
        if any(fnmatchcase(plain, pattern) for pattern in candidate.value.media_types):
            return candidate
    return None


def render_job(ctx: PluginContext, cache: ThumbnailCache) -> Callable[[JobContext[RenderInput]], Mapping[str, Any]]:
    """The handler. A file that can't be pictured is a warning and no failure: the user keeps the file."""

    def run(job: JobContext[RenderInput]) -> Mapping[str, Any]:
        try:
            asset = ctx.assets.get(job.input.asset_id)
        except NotFound:
            return {"rendered": [], "reason": "The asset is gone."}
        thumbnailer = thumbnailer_for(ctx.plugins.contributed(Thumbnailer), asset.mime_type)
        if thumbnailer is None or cache.has_all(asset.content_hash):
            return {"rendered": []}
        try:
            with ctx.storage.as_file(asset) as source:
                largest = thumbnailer.call(lambda: thumbnailer.value.render(source, SIZES[0]), seconds=RENDER_SECONDS)
            _keep_all(cache, asset.content_hash, largest)
        except (ContributionFailed, InvalidInput) as exc:
            if not isinstance(exc.__cause__ or exc, InvalidInput):
                raise
            cache.refuse(asset.content_hash)
            job.log("warning", f"No thumbnail: {exc}", {"asset_id": asset.asset_id})
            return {"rendered": [], "reason": str(exc)}
        if not _lives(ctx, asset):
            cache.remove(asset.content_hash)  # it may be gone for good, and the event that says so be dealt with
        return {"rendered": list(SIZES)}

    return run


def _lives(ctx: PluginContext, asset: Asset) -> bool:
    try:
        ctx.assets.get(asset.asset_id)
    except NotFound:
        return False
    return True


def _keep_all(cache: ThumbnailCache, content_hash: str, largest: bytes) -> None:
    cache.write(content_hash, SIZES[0], largest)
    for size in SIZES[1:]:
        cache.write(content_hash, size, shrink(largest, size))
