"""The job that removes old jobs and logs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Self

from pydantic import BaseModel, Field, model_validator

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from faceforge_sdk import JobContext
    from faceforge_sdk.protocols import Jobs

_Days = Annotated[int | None, Field(ge=0, le=36_500)]


class PruneInput(BaseModel):
    """How many days ago a job has to have ended, for it, or for its log alone, to be removed; null: never."""

    jobs_older_than_days: _Days = None
    logs_older_than_days: _Days = None

    @model_validator(mode="after")
    def _asks_for_something(self) -> Self:
        if self.jobs_older_than_days is None and self.logs_older_than_days is None:
            raise ValueError("name jobs_older_than_days, logs_older_than_days or both")
        return self


def pruner(jobs: Jobs) -> Callable[[JobContext[PruneInput]], Mapping[str, Any]]:
    """The handler's `run`; repeating it does only what is left."""

    def run(job: JobContext[PruneInput]) -> Mapping[str, Any]:
        wanted = job.input
        removed = jobs.prune(wanted.jobs_older_than_days, wanted.logs_older_than_days, job.check_cancelled)
        job.log("info", "Old jobs and logs removed", removed)
        return removed

    return run
