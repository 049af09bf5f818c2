"""Writes down what running jobs say and how each of them ends: in order, and nothing after the end."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING

from faceforge_core.jobs.running import BATCH_LINES
from faceforge_sdk.errors import FaceForgeError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from faceforge_core.db.engine import Database, Transaction
    from faceforge_core.jobs.queue import JobQueue, LogLine, Outcome
    from faceforge_core.jobs.running import RunningJob

_log = logging.getLogger(__name__)

_FLUSH_SECONDS = 0.25
_DATABASE_PAUSE = 1.0


class Recorder:
    """Writes on a thread of its own what the jobs of `running` say, and in the caller's how they end."""

    def __init__(self, database: Database, queue: JobQueue, running: Callable[[], Iterable[RunningJob]]) -> None:
        self._database = database
        self._queue = queue
        self._running = running
        self._said = threading.Event()
        self._stopping = threading.Event()

    def start(self) -> None:
        """Begin to write what is said."""
        threading.Thread(target=self._write_what_is_said, name="jobs-log", daemon=True).start()

    def stop(self) -> None:
        """Write no more but the ends, and those only while the database takes them at once."""
        self._stopping.set()
        self._said.set()

    def told(self, job: RunningJob) -> None:
        """The job has said something."""
        self._said.set()
        if job.pending_lines >= BATCH_LINES:
            self._write_said(job, None)

    def finish(self, job: RunningJob, outcome: Outcome) -> bool:
        """Record the end, however long the database takes to become writable again: a job never runs for ever.

        False if the job was taken away meanwhile.
        """
        put_back = outcome.status == "canceled" and job.put_back_reason is not None

        def record(tx: Transaction, lines: Sequence[LogLine]) -> bool:
            if put_back:
                return self._queue.give_back(tx, job.claim, lines, job.put_back_reason)
            return self._queue.finish(tx, job.claim, outcome, lines)

        while not job.ended.is_set():
            try:
                return self._end(job, record)
            except Exception as error:  # noqa: BLE001 - tried again until it succeeds, or Core stops
                _log.warning("The end of the job %s is not recorded yet: %s", job.job_id, error)
                if self._stopping.is_set():  # the next start finds it dead
                    job.ended.set()
                self._stopping.wait(_DATABASE_PAUSE)
        return False

    def give_back(self, job: RunningJob) -> None:
        """Queue a job again that does not stop; what it says or returns from now on does not count any more."""
        try:
            self._end(job, lambda tx, lines: self._queue.give_back(tx, job.claim, lines, job.put_back_reason))
        except FaceForgeError as error:  # it stays `running` until the next start, which finds it dead
            _log.warning("The job %s could not be put back: %s", job.job_id, error)

    def _end(self, job: RunningJob, record: Callable[[Transaction, Sequence[LogLine]], bool]) -> bool:
        """Write the rest of what the job said and what `record` writes, together; the first to come here wins."""
        with job.writing:
            if job.ended.is_set():
                return False
            lines, progress = job.take_lines(), job.take_progress()

            def work(tx: Transaction) -> bool:
                if progress is not None:
                    self._queue.report(tx, job.claim, *progress)
                return record(tx, lines)

            try:
                ended = self._database.write(work)
            except FaceForgeError as error:
                job.put_back(lines, error)
                raise
            job.ended.set()
            return ended

    def _write_what_is_said(self) -> None:
        while not self._stopping.is_set():
            self._said.wait()
            self._stopping.wait(_FLUSH_SECONDS)
            self._said.clear()
            for job in self._running():
                self._write_said(job, job.take_progress())

    def _write_said(self, job: RunningJob, progress: tuple[float, str | None] | None) -> None:
        with job.writing:
            lines = [] if job.ended.is_set() else job.take_lines()
            if not lines and progress is None:
                return

            def work(tx: Transaction) -> None:
                if progress is not None:
                    self._queue.report(tx, job.claim, *progress)
                self._queue.write_log(tx, job.job_id, lines)

            try:
                self._database.write(work)
            except FaceForgeError as error:
                _log.warning("The log of the job %s can't be written now: %s", job.job_id, error)
                job.put_back(lines, error)
                self._said.set()
            else:
                job.written()
