"""From an asset that came in to the job that pictures it, and from one that is gone to the end of its pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from faceforge_sdk import Thumbnailer
from faceforge_sdk.errors import NotFound

from .jobs import thumbnailer_for

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from faceforge_sdk import Event, PluginContext

    from .cache import ThumbnailCache


TELLING = frozenset({"asset.stored", "asset.restored", "asset.updated"})


def follow_assets(ctx: PluginContext, cache: ThumbnailCache) -> Callable[[Sequence[Event]], None]:
    """An event handler that queues a render of the asset, if some thumbnailer reads files of its type.

    Events come in order: where the same bytes came in again after a purge, they are pictured again after it too.
    """

    def follow(events: Sequence[Event]) -> None:
        for event in events:
            heed(event)

    def heed(event: Event) -> None:
        if event.type == "asset.purged":
            cache.remove(event.subject)  # an asset's id is the hash of its bytes
        elif event.type in TELLING:
            queue_render(event)

    def queue_render(event: Event) -> None:
        try:
            asset = ctx.assets.get(event.subject)
        except NotFound:
            return  # trashed meanwhile; restoring it tells us again
        if thumbnailer_for(ctx.plugins.contributed(Thumbnailer), asset.mime_type) is not None:
            ctx.jobs.enqueue(
                "thumbnails.render", {"asset_id": asset.asset_id}, dedupe_key=f"thumbnails.render:{asset.asset_id}"
            )

    return follow
