"""Jobs over HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from faceforge_sdk.models import Items, Job, JobCancellation, JobDraft, JobLog, JobLogLine, JobQuery, JobType, Page

from .exchange import at
from .following import Follower
from .wishes import everything, wish

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from faceforge_sdk.models import LogLevel

    from .exchange import Exchange

_ROOT = "/v1/jobs"
_LARGEST_LOG = 2000


class Jobs:
    """Durable work."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._ask = exchange.ask

    def enqueue(self, job_type: str, payload: Mapping[str, Any] | None = None) -> Job:
        """Queue a job: ``enqueue("assets.extract", {"only_missing": True})``.

        Raises `InvalidInput` for a type that there is not or an input that it refuses, and `TooManyRequests` when the
        queue stays full.
        """
        draft = wish(JobDraft, None, {"job_type": job_type, "input": dict(payload or {})})
        return self._ask("POST", _ROOT, Job, body=draft)

    def get(self, job_id: str) -> Job:
        """A job as it is now. Raises `NotFound`."""
        return self._ask("GET", _ROOT + at(job_id), Job)

    def list(self, query: JobQuery | None = None, /, **conditions: Any) -> Page[Job]:
        """One page of the jobs, the newest first: ``list(status="failed")``."""
        return self._ask("GET", _ROOT, Page[Job], query=wish(JobQuery, query, conditions))

    def all(self, query: JobQuery | None = None, /, **conditions: Any) -> Iterator[Job]:
        """All jobs that the conditions of `list` find."""
        return everything(self.list, wish(JobQuery, query, conditions))

    def log(self, job_id: str, after_id: int = 0, *, levels: Sequence[LogLevel] = ()) -> Iterator[JobLogLine]:
        """The lines of a job's log that there are by now, in order, behind line `after_id`. Raises `NotFound`."""
        while True:
            query = {"after_id": after_id, "limit": _LARGEST_LOG, "level": [*levels]}
            log = self._ask("GET", _ROOT + at(job_id, "log"), JobLog, query=query)
            yield from log.items
            if len(log.items) < _LARGEST_LOG:
                return
            after_id = log.next_after_id

    def follow(self, job_id: str, after_id: int = 0, *, timeout: float | None = None) -> Iterator[Job | JobLogLine]:
        """A job, live: its log behind line `after_id`, and the job itself at first and whenever it changed.

        The last thing told is the job in its final state. It is streamed where that works, and asked for again and
        again where it does not. Raises `NotFound`, and `TimeoutError` when it has not ended after `timeout` seconds.
        """
        return Follower(self._exchange, job_id, after_id, timeout).news()

    def wait(
        self,
        job_id: str,
        *,
        on_log: Callable[[JobLogLine], None] | None = None,
        on_progress: Callable[[Job], None] | None = None,
        timeout: float | None = None,
    ) -> Job:
        """Wait until a job has ended, however it did: look at its ``status``, ``result`` and ``error``.

        `on_log` hears of each line of its log, `on_progress` of the job whenever it changed; whatever they raise ends
        the waiting, and not the job. Raises as `follow`.
        """
        job: Job | None = None
        for news in self.follow(job_id, timeout=timeout):
            if isinstance(news, Job):
                job = news
                if on_progress is not None:
                    on_progress(job)
            elif on_log is not None:
                on_log(news)
        return job or self.get(job_id)

    def cancel(self, job_id: str) -> JobCancellation:
        """Ask a job to stop; one that is queued is over at once. Raises `NotFound`."""
        return self._ask("POST", _ROOT + at(job_id, "cancel"), JobCancellation)

    def retry(self, job_id: str) -> Job:
        """Queue a job again that failed or was canceled. Raises `NotFound`, and `Conflict` for one that did neither."""
        return self._ask("POST", _ROOT + at(job_id, "retry"), Job)

    def types(self) -> Sequence[JobType]:
        """What the enabled plugins can run."""
        return self._ask("GET", "/v1/job-types", Items[JobType]).items
