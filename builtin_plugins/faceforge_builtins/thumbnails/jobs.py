"""The job that renders thumbnails: of the assets it names, or of the whole library."""

from __future__ import annotations

from collections import Counter
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from faceforge_sdk import Thumbnailer
from faceforge_sdk.errors import ContributionFailed, FaceForgeError, InvalidInput, NotFound
from faceforge_sdk.models import AssetQuery
from faceforge_sdk.paging import pages

from .cache import SIZES
from .picture import shrink

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from faceforge_sdk import JobContext, PluginContext
    from faceforge_sdk.models import Asset
    from faceforge_sdk.protocols import Contributed

    from .cache import ThumbnailCache

JOB_TYPE = "thumbnails.render"
MAX_ASSETS = 500
RENDER_SECONDS = 60.0
MAX_LINES = 100
"""Problems that are told one by one."""

_PAGE = 200


class RenderInput(BaseModel):
    """Which assets to picture, all live ones by default; `again` makes pictures anew that are there already."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"asset_ids": None, "again": True}]})

    asset_ids: Annotated[list[str] | None, Field(max_length=MAX_ASSETS)] = None
    asset_id: Annotated[str | None, Field(description="One asset, as jobs from before there were batches say it.")] = (
        None
    )
    again: bool = False

    @property
    def named(self) -> list[str] | None:
        """The assets that are named; None: all there are."""
        if self.asset_id is None:
            return self.asset_ids
        return [*(self.asset_ids or ()), self.asset_id]


def thumbnailer_for(contributed: Sequence[Contributed[Thumbnailer]], asset: Asset) -> Contributed[Thumbnailer] | None:
    """The first by `order` that reads files of this asset's media type."""
    return thumbnailer_of(contributed, asset.media_type)


def thumbnailer_of(contributed: Sequence[Contributed[Thumbnailer]], media_type: str) -> Contributed[Thumbnailer] | None:
    """The first by `order` that reads files of this media type."""
    for candidate in contributed:
        if any(fnmatchcase(media_type, pattern) for pattern in candidate.value.media_types):
            return candidate
    return None


def render_job(ctx: PluginContext, cache: ThumbnailCache) -> Callable[[JobContext[RenderInput]], Mapping[str, Any]]:
    """The handler. A file that can't be pictured is a warning and no failure: the user keeps the file.

    What fails otherwise costs the others nothing; the job fails at its end, so that it can be retried.
    """

    def run(job: JobContext[RenderInput]) -> Mapping[str, Any]:
        rendering = _Rendering(ctx, cache, job)
        for done, (asset_id, total) in enumerate(_asset_ids(ctx, job.input.named), 1):
            job.check_cancelled()
            rendering.picture(asset_id)
            job.progress(100 * done / max(done, total), f"{done} of {max(done, total)} files")
        if rendering.failure is not None:
            raise rendering.failure
        return rendering.result

    return run


class _Rendering:
    """One run of the job."""

    def __init__(self, ctx: PluginContext, cache: ThumbnailCache, job: JobContext[RenderInput]) -> None:
        self.failure: FaceForgeError | None = None
        self._ctx = ctx
        self._cache = cache
        self._job = job
        self._figures = Counter[str]()

    @property
    def result(self) -> dict[str, int]:
        """How many assets have new pictures, and of how many none can be made."""
        return {name: self._figures[name] for name in ("rendered", "refused")}

    def picture(self, asset_id: str) -> None:
        """Picture an asset, unless it is gone, there is nobody who can, or it is pictured already."""
        try:
            asset = self._ctx.assets.get(asset_id)
            thumbnailer = thumbnailer_for(self._ctx.plugins.contributed(Thumbnailer), asset)
            if thumbnailer is not None and (self._job.input.again or not self._cache.has_all(asset.content_hash)):
                self._render(asset, thumbnailer)
        except NotFound:
            return
        except FaceForgeError as error:
            self.failure = self.failure or error
            self._warn("failed", asset_id, str(error))

    def _render(self, asset: Asset, thumbnailer: Contributed[Thumbnailer]) -> None:
        try:
            with self._ctx.storage.as_file(asset) as source:
                largest = thumbnailer.call(lambda: thumbnailer.value.render(source, SIZES[0]), seconds=RENDER_SECONDS)
            self._keep(asset.content_hash, largest)
        except (ContributionFailed, InvalidInput) as error:
            if not isinstance(error.__cause__ or error, InvalidInput):
                raise
            self._cache.refuse(asset.content_hash)
            self._warn("refused", asset.asset_id, f"No thumbnail: {error}")
            return
        self._figures["rendered"] += 1
        if not _lives(self._ctx, asset):
            self._cache.remove(asset.content_hash)  # it may be gone for good, and the event that says so dealt with

    def _keep(self, content_hash: str, largest: bytes) -> None:
        self._cache.write(content_hash, SIZES[0], largest)
        for size, picture in zip(SIZES[1:], shrink(largest, SIZES[1:]), strict=True):
            self._cache.write(content_hash, size, picture)

    def _warn(self, figure: str, asset_id: str, message: str) -> None:
        self._figures[figure] += 1
        problems = self._figures["failed"] + self._figures["refused"]
        if problems <= MAX_LINES:
            self._job.log("warning", message, {"asset_id": asset_id})
        elif problems == MAX_LINES + 1:
            self._job.log("warning", "Further problems are counted, and not told one by one")


def _asset_ids(ctx: PluginContext, named: Sequence[str] | None) -> Iterator[tuple[str, int]]:
    """The assets to picture, each with how many there are in all."""
    if named is not None:
        yield from ((asset_id, len(named)) for asset_id in named)
        return
    total = 0
    for page in pages(ctx.assets.list, AssetQuery(limit=_PAGE, sort_order="asc")):
        total = page.total or total
        yield from ((asset.asset_id, total) for asset in page.items)


def _lives(ctx: PluginContext, asset: Asset) -> bool:
    try:
        ctx.assets.get(asset.asset_id)
    except NotFound:
        return False
    return True
