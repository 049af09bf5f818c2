"""Durable work, as plugins ask for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from faceforge_core.catalog import stored_json
from faceforge_core.jobs.following import follow
from faceforge_core.jobs.pruning import prune
from faceforge_core.jobs.records import JobRecords
from faceforge_sdk.errors import Conflict, InvalidInput
from faceforge_sdk.problems import first_of, problems_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping, Sequence

    from faceforge_core.bell import Bell
    from faceforge_core.db.engine import Database
    from faceforge_core.jobs.queue import JobQueue
    from faceforge_core.jobs.runner import JobRunner
    from faceforge_core.owned import Owned
    from faceforge_sdk.contributions import JobHandler
    from faceforge_sdk.models import Job, JobCancellation, JobLog, JobLogLine, JobQuery, LogLevel, Page


class JobService:
    """The SDK's `Jobs`."""

    def __init__(
        self,
        database: Database,
        queue: JobQueue,
        runner: JobRunner,
        handlers: Callable[[], Sequence[Owned[JobHandler[Any]]]],
        bell: Bell,
    ) -> None:
        self._database = database
        self._records = JobRecords(database)
        self._queue = queue
        self._runner = runner
        self._handlers = handlers
        self._bell = bell

    def enqueue(self, job_type: str, payload: Mapping[str, Any], *, dedupe_key: str | None = None) -> Job:
        """Queue a job; it is kept as it was given, keys that its model does not know too."""
        return self._queue.add(job_type, self._accepted(job_type, payload), dedupe_key, self._runner.wake)

    def get(self, job_id: str) -> Job:
        """Raises `NotFound`."""
        return self._records.get(job_id)

    def list(self, query: JobQuery) -> Page[Job]:
        """The newest first. Raises `InvalidInput` for a foreign cursor."""
        background = sorted({owned.value.job_type for owned in self._handlers() if owned.value.background})
        return self._records.list(query, background)

    def log(self, job_id: str, after_id: int = 0, limit: int = 500, levels: Sequence[LogLevel] = ()) -> JobLog:
        """The lines behind `after_id`, of all or of these levels. Raises `NotFound`."""
        return self._records.log(job_id, after_id, limit, levels)

    def cancel(self, job_id: str) -> JobCancellation:
        """Ask a job to stop at its next safe point. Raises `NotFound`."""
        cancellation = self._queue.cancel(job_id)
        self._runner.cancel(job_id)
        return cancellation

    def retry(self, job_id: str) -> Job:
        """Queue again what failed or was canceled, as a new job; asked for twice, it is queued once."""
        job = self._records.get(job_id)
        if job.status not in {"failed", "canceled"}:
            raise Conflict(f"Only a job that failed or was canceled can be retried; this one is {job.status}.")
        payload = self._accepted(job.job_type, job.input)
        return self._queue.add(job.job_type, payload, f"retry:{job_id}", self._runner.wake, retry_of=job_id)

    def prune(
        self,
        jobs_older_than_days: int | None,
        logs_older_than_days: int | None,
        check_cancelled: Callable[[], None],
    ) -> Mapping[str, int]:
        """Remove what ended long ago, in short transactions."""
        return prune(self._database, jobs_older_than_days, logs_older_than_days, check_cancelled)

    def follow(self, job_id: str, after_id: int = 0) -> AsyncIterator[Job | JobLogLine]:
        """A job and its log, live."""
        return follow(self._records, self._bell, job_id, after_id)

    def _accepted(self, job_type: str, payload: Mapping[str, Any]) -> str:
        handler = next((owned.value for owned in self._handlers() if owned.value.job_type == job_type), None)
        if handler is None:
            raise InvalidInput(f"No enabled plugin runs jobs of the type {job_type!r}.")
        try:
            handler.input_model.model_validate(payload)
            text = stored_json.dump(dict(payload))
            text.encode()
        except ValidationError as error:
            details = problems_of(error)
            reason = first_of(details)
            raise InvalidInput(f"The input of a job {job_type!r} is not valid: {reason}.", details=details) from error
        except (TypeError, ValueError) as error:
            raise InvalidInput(f"The input of a job {job_type!r} is no JSON: {error}") from error
        return text
