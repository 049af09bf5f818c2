"""From assets that came in to the job that reads them."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from .job import JOB_TYPE

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from faceforge_sdk import Event
    from faceforge_sdk.protocols import Jobs

ARRIVALS = frozenset({"asset.stored", "asset.restored"})


def follow_arrivals(jobs: Jobs) -> Callable[[Sequence[Event]], None]:
    """An event handler that queues one job for all that came in together; what is read already is not read again."""

    def follow(events: Sequence[Event]) -> None:
        asset_ids = list(dict.fromkeys(event.subject for event in events if event.type in ARRIVALS))
        if asset_ids:
            # Told twice after a crash, the same assets are queued once.
            key = hashlib.sha256("\n".join(asset_ids).encode()).hexdigest()
            jobs.enqueue(JOB_TYPE, {"asset_ids": asset_ids, "only_missing": True}, dedupe_key=f"{JOB_TYPE}:{key}")

    return follow
