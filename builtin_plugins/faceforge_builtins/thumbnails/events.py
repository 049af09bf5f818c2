"""From assets that came in to the job that pictures them, and from one that is gone to the end of its pictures."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from faceforge_sdk import Thumbnailer
from faceforge_sdk.errors import NotFound

from .jobs import JOB_TYPE, thumbnailer_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from faceforge_sdk import Event, PluginContext

    from .cache import ThumbnailCache

TELLING = frozenset({"asset.stored", "asset.restored", "asset.updated"})
_OF_THE_TYPE = frozenset({"mime_type", "facts"})


def follow_assets(ctx: PluginContext, cache: ThumbnailCache) -> Callable[[Sequence[Event]], None]:
    """An event handler that queues one job for all that came in together and can be pictured.

    Events come in order: where the same bytes came in again after a purge, they are pictured again after it too.
    """

    def follow(events: Sequence[Event]) -> None:
        news: dict[str, Event] = {}
        for event in events:
            if event.type == "asset.purged":
                cache.remove(event.subject)
                news.pop(event.subject, None)
            elif _may_have_to_be_pictured(event):
                news[event.subject] = event
        wanted = list(_not_pictured(ctx, cache, news))
        if wanted:
            key = hashlib.sha256("\n".join(wanted).encode()).hexdigest()
            ctx.jobs.enqueue(JOB_TYPE, {"asset_ids": wanted}, dedupe_key=f"{JOB_TYPE}:{key}")

    return follow


def _may_have_to_be_pictured(event: Event) -> bool:
    changed = event.payload.get("changed")
    renamed_only = (
        event.type == "asset.updated" and isinstance(changed, list) and not _OF_THE_TYPE.intersection(changed)
    )
    return event.type in TELLING and not renamed_only


def _not_pictured(ctx: PluginContext, cache: ThumbnailCache, news: Mapping[str, Event]) -> Iterable[str]:
    thumbnailers = ctx.plugins.contributed(Thumbnailer)
    for asset_id, event in news.items():
        media_type = _media_type(ctx, event)
        if media_type is None or thumbnailer_of(thumbnailers, media_type) is None:
            continue
        if not cache.has_all(asset_id):  # an asset's id is the hash of its bytes
            yield asset_id


def _media_type(ctx: PluginContext, event: Event) -> str | None:
    """As the event says it, for thousands of files come in together; if need be as the asset does, if it is there."""
    said = event.payload.get("mime_type")
    if event.type == "asset.stored" and isinstance(said, str):
        return said
    try:
        return ctx.assets.get(event.subject).media_type
    except NotFound:
        return None  # trashed meanwhile; restoring it tells us again
