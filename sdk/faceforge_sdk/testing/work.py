"""Jobs that are only remembered, and the context of one that runs."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from itertools import islice
from secrets import token_hex
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from faceforge_sdk.errors import JobCancelled, NotFound
from faceforge_sdk.events import Event, matches
from faceforge_sdk.models import Job

from .answers import now

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Mapping, Sequence

InputT = TypeVar("InputT")


class FakeJobs:
    """`faceforge_sdk.protocols.Jobs` that only remembers: `queued` has what was asked for, oldest first."""

    def __init__(self) -> None:
        self.queued: list[Job] = []
        self._keys: dict[str, Job] = {}

    def enqueue(self, job_type: str, payload: Mapping[str, Any], *, dedupe_key: str | None = None) -> Job:
        if dedupe_key is not None and dedupe_key in self._keys:
            return self._keys[dedupe_key]
        empty = dict.fromkeys(Job.model_fields)
        known = {"job_id": token_hex(32), "job_type": job_type, "status": "queued", "created_at": now()}
        job = Job.model_validate({**empty, **known, "input": dict(payload)})
        self.queued.append(job)
        if dedupe_key is not None:
            self._keys[dedupe_key] = job
        return job

    def get(self, job_id: str) -> Job:
        for job in self.queued:
            if job.job_id == job_id:
                return job
        raise NotFound(f"There is no job {job_id}.")


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
