"""Small pictures of files: rendered by jobs, cached by content hash, served by a route."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from faceforge_sdk import AssetExtractor, EventHandler, JobHandler, Router, Thumbnailer, hookimpl

from .cache import ThumbnailCache
from .events import follow_assets
from .extractor import pillow_extractor
from .jobs import RenderInput, render_job
from .process import RenderProcess

if TYPE_CHECKING:
    from collections.abc import Iterator

    from faceforge_sdk import PluginContext

RASTER_TYPES = ("image/png", "image/jpeg", "image/gif", "image/webp", "image/bmp", "image/tiff", "image/avif")


class ThumbnailsPlugin:
    """The hooks, around the one process that decodes pictures."""

    def __init__(self) -> None:
        self._process = RenderProcess()

    @hookimpl
    @contextmanager
    def lifespan(self) -> Iterator[None]:
        with self._process:
            yield

    @hookimpl
    def register_thumbnailers(self) -> list[Thumbnailer]:
        return [Thumbnailer("pillow", RASTER_TYPES, self._process.render, order=1000)]

    @hookimpl
    def register_asset_extractors(self) -> list[AssetExtractor]:
        return [pillow_extractor(self._process, RASTER_TYPES)]

    @hookimpl
    def register_routers(self, ctx: PluginContext) -> list[Router]:
        from .routes import build  # not at the top: the decoding process imports this package too, and serves nothing

        return [Router(build(ctx, ThumbnailCache(ctx.data_dir)))]

    @hookimpl
    def register_job_handlers(self, ctx: PluginContext) -> list[JobHandler[RenderInput]]:
        return [
            JobHandler("thumbnails.render", RenderInput, render_job(ctx, ThumbnailCache(ctx.data_dir)), background=True)
        ]

    @hookimpl
    def register_event_handlers(self, ctx: PluginContext) -> list[EventHandler]:
        return [EventHandler("thumbnails", "asset.*", follow_assets(ctx, ThumbnailCache(ctx.data_dir)))]
