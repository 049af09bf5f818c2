"""The daily round: queues the jobs that remove what is too old."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from faceforge_sdk.errors import FaceForgeError, InvalidInput

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from types import TracebackType
    from typing import Self

    from faceforge_sdk import PluginContext

FIRST_AFTER = 60.0
"""Seconds: starting Core should be quick, and one that runs for an hour a day has its round all the same."""

EVERY = 24 * 3600.0
_LEAVE_SECONDS = 5.0


class Rounds:
    """A thread while entered. What no enabled plugin runs is left out; a job that still waits is not queued twice."""

    def __init__(self, ctx: PluginContext, first_after: float = FIRST_AFTER, every: float = EVERY) -> None:
        self._ctx = ctx
        self._first_after = first_after
        self._every = every
        self._leaving = threading.Event()
        self._thread = threading.Thread(target=self._run, name="housekeeping", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._leaving.set()
        self._thread.join(_LEAVE_SECONDS)

    def go(self) -> None:
        """One round."""
        for job_type, payload in self._due():
            try:
                self._ctx.jobs.enqueue(job_type, payload, dedupe_key=job_type)
            except InvalidInput as error:
                self._ctx.log.info("%s is left out: %s", job_type, error)

    def _due(self) -> Iterator[tuple[str, Mapping[str, Any]]]:
        keep_days, keep_log_days = self._ctx.config.get("keep_days"), self._ctx.config.get("keep_log_days")
        if keep_days is not None or keep_log_days is not None:
            yield "jobs.prune", {"jobs_older_than_days": keep_days, "logs_older_than_days": keep_log_days}
        if self._ctx.trash.summary().keep_days is not None:
            yield "trash.purge", {}

    def _run(self) -> None:
        wait = self._first_after
        while not self._leaving.wait(wait):
            try:
                self.go()
            except FaceForgeError as error:  # a full queue, a busy database
                self._ctx.log.warning("The daily round was not finished: %s", error)
            wait = self._every
