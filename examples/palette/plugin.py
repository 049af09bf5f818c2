"""What Core calls when the plugin is enabled: a reader of pictures for an extractor and a job, and a panel."""

from __future__ import annotations

from typing import TYPE_CHECKING

from faceforge_sdk import AssetExtractor, EntityPanel, JobHandler, hookimpl
from faceforge_sdk.texts import to_translate

from .panel import panel_loader
from .reading import SOURCE, PictureReader
from .rereading import RereadInput, reread_job

if TYPE_CHECKING:
    from faceforge_sdk import PluginContext


def _reader(ctx: PluginContext) -> PictureReader:
    return PictureReader(int(ctx.config.get("colours", 5)))


@hookimpl
def register_asset_extractors(ctx: PluginContext) -> list[AssetExtractor]:
    reader = _reader(ctx)
    # Behind Core's own readers, who by then have told whether it is a picture, and how large.
    return [AssetExtractor("example.palette", SOURCE, reader.accepts, reader.extract, batch=10, order=2000)]


@hookimpl
def register_job_handlers(ctx: PluginContext) -> list[JobHandler[RereadInput]]:
    return [JobHandler("example.palette.read", RereadInput, reread_job(ctx, _reader(ctx)))]


@hookimpl
def register_entity_panels(ctx: PluginContext) -> list[EntityPanel]:
    return [EntityPanel("example.palette", to_translate("Colours"), "colours.html", panel_loader(ctx))]
