"""Jobs that are only remembered, and the context of one that runs."""

from __future__ import annotations

from dataclasses import dataclass, field
from secrets import token_hex
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from faceforge_sdk.errors import JobCancelled, NotFound
from faceforge_sdk.models import Job

from .answers import now

if TYPE_CHECKING:
    from collections.abc import Mapping

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
    """`faceforge_sdk.protocols.Events` that a test fills."""


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
