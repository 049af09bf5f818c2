"""Everything that the page of one job shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from faceforge_sdk.errors import NotFound

from .facts import Fact, facts_of
from .log import FailedItem, Log, failed_items
from .outcome import Outcome, number_in, outcome_of
from .rows import Row
from .words import IMPORT, UNDO, title_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from faceforge_sdk import PluginContext
    from faceforge_sdk.models import ImportSummary, Job
    from faceforge_sdk.protocols import Texts


@dataclass(frozen=True, slots=True)
class Related:
    """Another job that this one is about."""

    job_id: str
    title: str


@dataclass(frozen=True, slots=True)
class JobPage:
    """A job in words, what came out of it, its log, and what can be done about it.

    `created` is what an import created, where it is known; `undoes` the import that this job undoes, `repeats` the job
    that it tries again.
    """

    row: Row
    outcome: Outcome
    asked: Sequence[Fact]
    log: Log
    failed: Sequence[FailedItem]
    created: ImportSummary | None
    undoes: Related | None
    repeats: Related | None

    @classmethod
    def load(cls, ctx: PluginContext, job_id: str, values: Mapping[str, str], texts: Texts) -> JobPage:
        """Raises `NotFound`. The job is read before its log, so that of one that ended every line is there."""
        job = ctx.jobs.get(job_id)
        import_id = job.input.get("import_id") if job.job_type == UNDO else None
        return cls(
            row=Row.of(job, texts),
            outcome=outcome_of(job, texts),
            asked=facts_of(job.input, texts),
            log=Log.read(ctx.jobs, job_id, values),
            failed=failed_items(ctx.jobs, job_id),
            created=created_by(ctx, job),
            undoes=_related(ctx, import_id, texts),
            repeats=_related(ctx, job.retry_of, texts),
        )

    @property
    def job(self) -> Job:
        return self.row.job

    @property
    def can_cancel(self) -> bool:
        return not self.job.ended and self.job.cancel_requested_at is None

    @property
    def can_retry(self) -> bool:
        return self.job.status in {"failed", "canceled"}

    @property
    def rehearsed(self) -> bool:
        """Whether this is a try of an import that came to its end."""
        return self.job.job_type == IMPORT and self.job.input.get("dry_run") is True and self.job.status == "succeeded"

    @property
    def can_repeat(self) -> bool:
        """Whether an import left files behind: doing it again reads only these."""
        left = number_in(self.job.result or {}, "errors")
        return self.job.job_type == IMPORT and self.job.status == "succeeded" and bool(left) and not self.rehearsed

    @property
    def can_undo(self) -> bool:
        """Whether anything that an import created is still there."""
        created = self.created
        return created is not None and bool(created.assets.live or created.entities.live or created.links.live)

    @property
    def undone(self) -> bool:
        """Whether an import created something, and nothing of it is left."""
        created = self.created
        made = created is not None and (created.assets.created or created.entities.created or created.links.created)
        return bool(made) and not self.can_undo


def created_by(ctx: PluginContext, job: Job) -> ImportSummary | None:
    """What an import that ended created; None for any other job."""
    if job.job_type != IMPORT or not job.ended or job.input.get("dry_run") is True:
        return None
    try:
        return ctx.imports.summary(job.job_id)
    except NotFound:  # an older Core did not note it
        return None


def _related(ctx: PluginContext, job_id: object, texts: Texts) -> Related | None:
    if not isinstance(job_id, str):
        return None
    try:
        return Related(job_id, title_of(ctx.jobs.get(job_id), texts))
    except NotFound:  # removed meanwhile
        return None
