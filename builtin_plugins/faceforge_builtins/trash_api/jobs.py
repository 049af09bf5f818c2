"""The job that empties the trash."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, get_args

from faceforge_sdk.models import PurgeRequest, TrashKind

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from faceforge_sdk import JobContext
    from faceforge_sdk.protocols import Trash


class PurgeInput(PurgeRequest):
    """What to remove: without `kinds` all, without `older_than_days` what is older than the setting says."""


def purger(trash: Trash) -> Callable[[JobContext[PurgeInput]], Mapping[str, Any]]:
    """The handler's `run`; repeating it does only what is left."""

    def run(job: JobContext[PurgeInput]) -> Mapping[str, Any]:
        days = job.input.older_than_days
        if days is None:
            days = trash.summary().keep_days
        if days is None:
            reason = "The trash is kept for ever (trash.keep_days), and no other age was given: nothing is removed."
            job.log("info", reason)
            return {"purged": {}, "skipped": 0, "older_than_days": None, "reason": reason}
        kinds = get_args(TrashKind) if job.input.kinds is None else job.input.kinds
        purged = dict(trash.purge_older(kinds, days, job.progress, job.check_cancelled))
        skipped = purged.pop("skipped", 0)
        if skipped:
            job.log("warning", f"{skipped} assets stay in the trash: whoever keeps their bytes does not answer.")
        return {"purged": purged, "skipped": skipped, "older_than_days": days}

    return run
