"""A job followed live: as a stream of events, and by asking again and again where streams do not come through."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import httpx2

from faceforge_sdk.models import Job, JobLog, JobLogLine

from .exchange import at

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from .exchange import Exchange

SILENCE = 5.0
"""A stream that tells nothing for so many seconds is given up, and the job is asked for instead."""

DULL_STREAMS = 2
"""After so many streams in a row that told nothing, somebody on the way does not let them through."""

_SHORTEST, _LONGEST = 0.1, 1.0
_LINES = 2000


class Follower:
    """Tells what is new about one job. Raises `TimeoutError` when it has not ended in time."""

    def __init__(self, exchange: Exchange, job_id: str, after_id: int, timeout: float | None) -> None:
        self._exchange = exchange
        self._path = "/v1/jobs" + at(job_id)
        self._job_id = job_id
        self._after_id = after_id
        self._timeout = timeout
        self._deadline = None if timeout is None else time.monotonic() + timeout
        self._told: Job | None = None

    def news(self) -> Iterator[Job | JobLogLine]:
        """Lines and states as they come; ends with the final state."""
        dull, pause = 0, _SHORTEST
        while True:
            if dull < DULL_STREAMS and self._left() > SILENCE:
                dull = 0 if (yield from self._streamed()) else dull + 1
            before = self._told, self._after_id
            if not self._ended:
                yield from self._asked()
            if self._ended:
                return
            pause = _SHORTEST if before != (self._told, self._after_id) else min(2 * pause, _LONGEST)
            time.sleep(max(0.0, min(pause, self._left())))
            if self._left() <= 0:
                raise TimeoutError(f"The job {self._job_id} has not ended after {self._timeout:g} s.")

    @property
    def _ended(self) -> bool:
        return self._told is not None and self._told.ended

    def _left(self) -> float:
        return float("inf") if self._deadline is None else self._deadline - time.monotonic()

    def _streamed(self) -> Generator[Job | JobLogLine, None, bool]:
        """What one stream tells until it ends, breaks or falls silent; returns whether it told anything."""
        query = {"after_id": self._after_id}
        headers = {"Accept": "text/event-stream"}
        request = self._exchange.request("GET", f"{self._path}/events", query=query, headers=headers, timeout=SILENCE)
        told = False
        try:
            with self._exchange.stream(lambda: request) as response:
                for event in httpx2.EventSource(response):
                    if event.event == "log":
                        told = True
                        yield self._line(JobLogLine.model_validate_json(event.data))
                    elif event.event == "job":
                        told = True
                        yield from self._state(Job.model_validate_json(event.data))
                    if self._left() < SILENCE:
                        break
        except httpx2.TransportError:
            pass  # what was missed is asked for
        return told

    def _asked(self) -> Iterator[Job | JobLogLine]:
        """What is new by now; the job is read first, so that of one that ended every line is told before it."""
        job = self._exchange.ask("GET", self._path, Job)
        while True:
            query = {"after_id": self._after_id, "limit": _LINES}
            lines = self._exchange.ask("GET", f"{self._path}/log", JobLog, query=query).items
            yield from map(self._line, lines)
            if len(lines) < _LINES:
                break
        yield from self._state(job)

    def _line(self, line: JobLogLine) -> JobLogLine:
        self._after_id = line.job_log_id
        return line

    def _state(self, job: Job) -> Iterator[Job]:
        if job != self._told:
            self._told = job
            yield job
