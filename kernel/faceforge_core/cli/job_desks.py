"""Jobs as commands get at them: run here on a home that nobody has open, or by the Core that has it open."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import quote

from faceforge_sdk.models import Job, JobLog

from .running import RunningCore, running_or_opened

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from faceforge_core.home import Home
    from faceforge_sdk.protocols import Jobs


class JobDesk(Protocol):
    """Jobs of one home. All of it raises `FaceForgeError` with a sentence for people."""

    here: bool
    """Whether they run in this process, and stop with it."""

    def enqueue(self, job_type: str, payload: Mapping[str, Any]) -> str:
        """Queue a job; returns its id."""
        ...

    def get(self, job_id: str) -> Job:
        """A job as it is now."""
        ...

    def log(self, job_id: str, after_id: int) -> JobLog:
        """Its log behind a line."""
        ...

    def cancel(self, job_id: str) -> None:
        """Ask it to stop."""
        ...


@contextmanager
def job_desk(home: Home) -> Iterator[JobDesk]:
    """The jobs of a home, whether a Core has it open or not. Raises `StartRefused`, also for one that is starting."""
    with running_or_opened(home) as core:
        yield _AskedCore(core) if isinstance(core, RunningCore) else _OpenedHome(core.jobs)


class _OpenedHome:
    """A home that no other process has open: jobs run on threads of this one."""

    here = True

    def __init__(self, jobs: Jobs) -> None:
        self._jobs = jobs

    def enqueue(self, job_type: str, payload: Mapping[str, Any]) -> str:
        return self._jobs.enqueue(job_type, payload).job_id

    def get(self, job_id: str) -> Job:
        return self._jobs.get(job_id)

    def log(self, job_id: str, after_id: int) -> JobLog:
        return self._jobs.log(job_id, after_id)

    def cancel(self, job_id: str) -> None:
        self._jobs.cancel(job_id)


class _AskedCore:
    """The Core that has the home open, by its API."""

    here = False

    def __init__(self, core: RunningCore) -> None:
        self._ask = core.ask

    def enqueue(self, job_type: str, payload: Mapping[str, Any]) -> str:
        return str(self._ask("POST", "/v1/jobs", {"job_type": job_type, "input": payload})["job_id"])

    def get(self, job_id: str) -> Job:
        return Job.model_validate(self._ask("GET", f"/v1/jobs/{quote(job_id, safe='')}"))

    def log(self, job_id: str, after_id: int) -> JobLog:
        return JobLog.model_validate(self._ask("GET", f"/v1/jobs/{quote(job_id, safe='')}/log?after_id={after_id}"))

    def cancel(self, job_id: str) -> None:
        self._ask("POST", f"/v1/jobs/{quote(job_id, safe='')}/cancel")
