"""From an asset that came in to the job that pictures it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from faceforge_sdk import Thumbnailer
from faceforge_sdk.errors import NotFound

from .jobs import thumbnailer_for

if TYPE_CHECKING:
    from collections.abc import Callable

    from faceforge_sdk import Event, PluginContext


TELLING = frozenset({"asset.stored", "asset.restored", "asset.updated"})


def queue_render(ctx: PluginContext) -> Callable[[Event], None]:
    """An event handler that queues a render of the asset, if some thumbnailer reads files of its type."""

    def queue(event: Event) -> None:
        if event.type not in TELLING:
            return
        try:
            asset = ctx.assets.get(event.subject)
        except NotFound:
            return  # trashed meanwhile; restoring it tells us again
        if thumbnailer_for(ctx.plugins.contributed(Thumbnailer), asset.mime_type) is not None:
            ctx.jobs.enqueue(
                "thumbnails.render", {"asset_id": asset.asset_id}, dedupe_key=f"thumbnails.render:{asset.asset_id}"
            )

    return queue
