"""Jobs that are only remembered, and the context of one that runs."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count, islice
from secrets import token_hex
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from faceforge_sdk.errors import Conflict, JobCancelled, NotFound
from faceforge_sdk.events import Event, matches
from faceforge_sdk.models import MAX_INT, Job, JobCancellation, JobError, JobLog, JobLogLine

from .answers import now, page

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence

    from faceforge_sdk.models import JobQuery, JobStatus, LogLevel, Page

InputT = TypeVar("InputT")


class FakeJobs:
    """`faceforge_sdk.protocols.Jobs` that only remembers: `queued` has every job ever asked for, oldest first.

    Nothing runs. `end` ends a job as its handler would have, and `say` writes to its log.
    """

    def __init__(self) -> None:
        self.queued: list[Job] = []
        self._keys: dict[str, str] = {}
        self._logs: dict[str, list[JobLogLine]] = {}
        self._lines = count(1)

    def enqueue(self, job_type: str, payload: Mapping[str, Any], *, dedupe_key: str | None = None) -> Job:
        twin = self._keys.get(dedupe_key or "")
        if twin is not None and self.get(twin).status == "queued":
            return self.get(twin)
        job = self._add(job_type, payload)
        if dedupe_key is not None:
            self._keys[dedupe_key] = job.job_id
        return job

    def end(
        self, job_id: str, status: JobStatus = "succeeded", *, result: Mapping[str, Any] | None = None, error: str = ""
    ) -> Job:
        """End a job."""
        ended = {"status": status, "finished_at": now(), "result": None if result is None else dict(result)}
        failed = {"error": JobError(code="job_failed", message=error)} if error else {}
        return self._change(job_id, **ended, **failed)

    def say(self, job_id: str, message: str, level: str = "info", data: Any = None) -> JobLogLine:
        """Append to a job's log."""
        line = JobLogLine(job_log_id=next(self._lines), ts=now(), level=level, message=message, data=data)
        self._logs[job_id].append(line)
        return line

    def get(self, job_id: str) -> Job:
        for job in self.queued:
            if job.job_id == job_id:
                return job
        raise NotFound(f"There is no job {job_id}.")

    def list(self, query: JobQuery) -> Page[Job]:
        found = [
            job
            for job in reversed(self.queued)
            if query.status in {None, job.status} and query.job_type in {None, "", job.job_type}
        ]
        return page(found, query.limit, query.offset)

    def log(self, job_id: str, after_id: int = 0, limit: int = 500, levels: Sequence[LogLevel] = ()) -> JobLog:
        self.get(job_id)
        wanted = [line for line in self._logs[job_id] if not levels or line.level in levels]
        lines = [line for line in wanted if line.job_log_id > after_id][:limit]
        return JobLog(items=lines, next_after_id=lines[-1].job_log_id if lines else after_id)

    def cancel(self, job_id: str) -> JobCancellation:
        job = self.get(job_id)
        if job.ended:
            return JobCancellation(cancel_requested=False, job=job)
        at = now()
        over = {"status": "canceled", "canceled_at": at, "finished_at": at} if job.status == "queued" else {}
        self.say(job_id, "Cancel requested")
        return JobCancellation(cancel_requested=True, job=self._change(job_id, cancel_requested_at=at, **over))

    def retry(self, job_id: str) -> Job:
        job = self.get(job_id)
        if job.status not in {"failed", "canceled"}:
            raise Conflict(f"Only a job that failed or was canceled can be retried; this one is {job.status}.")
        waiting = [one for one in self.queued if one.retry_of == job_id and one.status == "queued"]
        return waiting[0] if waiting else self._add(job.job_type, job.input, retry_of=job_id)

    def prune(
        self,
        jobs_older_than_days: int | None,
        logs_older_than_days: int | None,
        check_cancelled: Callable[[], None],
    ) -> Mapping[str, int]:
        check_cancelled()
        gone = [job.job_id for job in self.queued if _ended_before(job, jobs_older_than_days)]
        silent = [job.job_id for job in self.queued if _ended_before(job, logs_older_than_days)]
        lines = sum(len(self._logs[job_id]) for job_id in {*gone, *silent})
        self._logs.update({job_id: [] for job_id in silent})
        self.queued[:] = [job for job in self.queued if job.job_id not in gone]
        return {"jobs": len(gone), "log_lines": lines}

    async def follow(self, job_id: str, after_id: int = 0) -> AsyncIterator[Job | JobLogLine]:
        """What there is by now: nothing here happens while somebody waits for it."""
        job = self.get(job_id)
        for line in self.log(job_id, after_id, MAX_INT).items:
            yield line
        yield job

    def _add(self, job_type: str, payload: Mapping[str, Any], **facts: Any) -> Job:
        empty = dict.fromkeys(Job.model_fields)
        known = {"job_id": token_hex(32), "job_type": job_type, "status": "queued", "created_at": now(), "attempts": 0}
        job = Job.model_validate({**empty, **known, "input": dict(payload), **facts})
        self.queued.append(job)
        self._logs[job.job_id] = []
        self.say(job.job_id, "Job queued")
        return job

    def _change(self, job_id: str, **changes: Any) -> Job:
        place = self.queued.index(self.get(job_id))
        self.queued[place] = self.queued[place].model_copy(update=changes)
        return self.queued[place]


def _ended_before(job: Job, days: int | None) -> bool:
    if days is None or job.finished_at is None:
        return False
    return datetime.fromisoformat(job.finished_at) <= datetime.now(UTC) - timedelta(days=days)


class FakeEvents:
    """`faceforge_sdk.protocols.Events` that a test fills: `tell` something; `stop`, and whoever follows is through."""

    def __init__(self) -> None:
        self.told: list[Event] = []
        self._waiting: set[asyncio.Event] = set()
        self._stopped = False

    def tell(self, event_type: str, subject: str = "", payload: Mapping[str, Any] | None = None) -> Event:
        """Make something happen. On the thread of the event loop, if anybody follows."""
        event = Event(len(self.told) + 1, event_type, subject, now(), dict(payload or {}))
        self.told.append(event)
        self._wake()
        return event

    def stop(self) -> None:
        """End every stream, as Core does when it stops."""
        self._stopped = True
        self._wake()

    def after(self, seq: int, patterns: Sequence[str] = ("*",), limit: int = 100) -> Sequence[Event]:
        wanted = (one for one in self.told[max(0, seq) :] if any(matches(pattern, one.type) for pattern in patterns))
        return list(islice(wanted, limit))

    def last(self) -> int:
        return len(self.told)

    async def follow(self, seq: int | None = None, patterns: Sequence[str] = ("*",)) -> AsyncGenerator[Event, None]:
        place, news = self.last() if seq is None else seq, asyncio.Event()
        self._waiting.add(news)
        try:
            while True:
                news.clear()
                end = self.last()
                for event in self.after(place, patterns, end):
                    yield event
                place = max(place, end)
                if self._stopped:
                    return
                await news.wait()
        finally:
            self._waiting.discard(news)

    def _wake(self) -> None:
        for news in self._waiting:
            news.set()


@dataclass
class FakeJobContext(Generic[InputT]):
    """`faceforge_sdk.context.JobContext` for a handler's `run`; set `cancelled` to ask it to stop."""

    input: InputT
    job_id: str = field(default_factory=lambda: token_hex(32))
    cancelled: bool = False
    messages: list[tuple[str, str]] = field(default_factory=list)
    percent: float = 0.0

    def log(self, level: str, message: str, data: Mapping[str, Any] | None = None) -> None:
        del data  # `messages` keeps (level, message)
        self.messages.append((level, message))

    def progress(self, percent: float, step: str | None = None) -> None:
        del step
        self.percent = max(self.percent, percent)

    def check_cancelled(self) -> None:
        if self.cancelled:
            raise JobCancelled
