"""Durable work and what happened."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence

    from faceforge_sdk.events import Event
    from faceforge_sdk.models import Job, JobCancellation, JobLog, JobLogLine, JobQuery, LogLevel, Page


class Jobs(Protocol):
    """Durable work. All methods but `follow` block."""

    def enqueue(self, job_type: str, payload: Mapping[str, Any], *, dedupe_key: str | None = None) -> Job:
        """Queue a job. While a job with the same `dedupe_key` is queued, that one is returned instead.

        Raises `InvalidInput` for an unknown type or an input its model refuses, `TooManyRequests` when the queue is
        full.
        """
        ...

    def get(self, job_id: str) -> Job:
        """Raises `NotFound`."""
        ...

    def list(self, query: JobQuery) -> Page[Job]:
        """The newest first. Raises `InvalidInput` for a cursor that does not belong to this query."""
        ...

    def log(self, job_id: str, after_id: int = 0, limit: int = 500, levels: Sequence[LogLevel] = ()) -> JobLog:
        """The lines behind number `after_id`, in order; with `levels` only those. Raises `NotFound`."""
        ...

    def cancel(self, job_id: str) -> JobCancellation:
        """Ask a job to stop at its next safe point; one that is queued is over at once. Raises `NotFound`."""
        ...

    def retry(self, job_id: str) -> Job:
        """Queue a new job with the type and input of one that failed or was canceled; `retry_of` names that one.

        While such a job is queued, that one is returned. Raises `NotFound`, `Conflict` for a job in another state, and
        as `enqueue`.
        """
        ...

    def prune(
        self,
        jobs_older_than_days: int | None,
        logs_older_than_days: int | None,
        check_cancelled: Callable[[], None],
    ) -> Mapping[str, int]:
        """Remove jobs, and the logs of jobs, that ended at least so long ago; None: of these nothing.

        Never touches a job that has not ended. Returns how many ``jobs`` and ``log_lines`` are gone. Repeatable;
        `check_cancelled` stops it by raising.
        """
        ...

    def follow(self, job_id: str, after_id: int = 0) -> AsyncIterator[Job | JobLogLine]:
        """A job, live: its log behind line `after_id`, and the job itself at first and whenever it changed.

        Ends when everything was told, the last thing being the job in its final state, or when Core stops. The first
        step raises `NotFound`.
        """
        ...


class Events(Protocol):
    """What happened, in the order in which it was committed; kept for seven days."""

    def after(self, seq: int, patterns: Sequence[str] = ("*",), limit: int = 100) -> Sequence[Event]:
        """The events behind number `seq` whose type is one of `patterns` (``entity.created``, ``asset.*``, ``*``)."""
        ...

    def last(self) -> int:
        """The number of the latest event; 0 if there never was one."""
        ...

    def follow(self, seq: int | None = None, patterns: Sequence[str] = ("*",)) -> AsyncGenerator[Event, None]:
        """The events behind `seq` (None: from now on), live, as they are committed; ends when Core stops.

        Close it to stop earlier: ``async with aclosing(events.follow()) as stream``.
        """
        ...
