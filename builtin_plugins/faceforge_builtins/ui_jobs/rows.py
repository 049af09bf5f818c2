"""Jobs as a list shows them: in words, with how far they are and what went wrong."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .outcome import problems_of
from .words import state_of, title_of

if TYPE_CHECKING:
    from faceforge_sdk.models import Job
    from faceforge_sdk.protocols import Texts


@dataclass(frozen=True, slots=True)
class Row:
    """One job. `percent` is None where there is no bar to show, `note` what there is to know beyond the state."""

    job: Job
    title: str
    state: str
    percent: float | None
    note: str
    problems: int

    @classmethod
    def of(cls, job: Job, texts: Texts) -> Row:
        """A job made presentable."""
        return cls(
            job=job,
            title=title_of(job, texts),
            state=state_of(job, texts),
            percent=_percent(job),
            note=_note(job),
            problems=problems_of(job),
        )

    @property
    def whole_percent(self) -> int:
        """As people say it: nothing is whole before its end."""
        return int(self.percent or 0)

    @property
    def at(self) -> str:
        """The moment that counts: its end, or when it was asked for."""
        return self.job.finished_at or self.job.created_at


def _percent(job: Job) -> float | None:
    if job.status != "running":
        return None
    return min(max(job.progress_percent or 0.0, 0.0), 100.0)


def _note(job: Job) -> str:
    if job.status == "failed":
        return job.error.message if job.error else ""
    if job.status == "queued":
        return job.waiting_reason or ""
    return (job.progress_step or "") if job.status == "running" else ""
