"""Runs queued jobs on a few threads, and sees that every one of them ends."""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING, Any

from faceforge_core.catalog import stored_json
from faceforge_core.failures import told
from faceforge_core.jobs.queue import Outcome
from faceforge_core.jobs.recording import Recorder
from faceforge_core.jobs.running import RunningJob
from faceforge_sdk.errors import FaceForgeError, JobCancelled
from faceforge_sdk.models import JobError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from faceforge_core.db.engine import Database
    from faceforge_core.jobs.queue import JobQueue
    from faceforge_core.owned import Owned
    from faceforge_sdk.contributions import JobHandler

_log = logging.getLogger(__name__)

_DATABASE_PAUSE = 1.0
_PATIENCE = 10.0
"""So many seconds the jobs that Core does by itself wait for those of users; then one of them has its turn."""
_MAX_ERROR = 2_000
STOPPED = "Core was stopped."
DISABLED = "The plugin that runs jobs of this type was disabled."


class JobRunner:
    """`workers` threads that claim, run and finish jobs of the current generation's handlers.

    What Core does by itself (`JobHandler.background`) is not begun while a user's own job runs, which would take twice
    as long; but now and then one is, so that an import of hours has its files read meanwhile all the same.
    """

    def __init__(
        self,
        database: Database,
        queue: JobQueue,
        handlers: Callable[[], Sequence[Owned[JobHandler[Any]]]],
        workers: int = 2,
    ) -> None:
        self._queue = queue
        self._handlers = handlers
        self._workers = workers
        self._changed = threading.Condition()
        self._signals = 0
        self._running: dict[str, RunningJob] = {}
        self._background_turn = 0.0
        self._choosing = threading.Lock()
        self._stopping = threading.Event()
        self._recorder = Recorder(database, queue, lambda: tuple(self._running.values()))
        self._started = 0
        self._threads: set[threading.Thread] = set()

    def start(self) -> None:
        """Begin; what a Core that died left running is queued again, or failed as ``interrupted`` the third time."""
        self._queue.recover()
        self.handlers_changed()
        for _ in range(self._workers):
            self._start_worker()
        self._recorder.start()

    @property
    def works(self) -> bool:
        """Whether as many workers live as there should be."""
        return sum(thread.is_alive() for thread in tuple(self._threads)) >= self._workers

    def wake(self) -> None:
        """There may be a job to claim."""
        with self._changed:
            self._signals += 1
            self._changed.notify_all()

    def handlers_changed(self) -> None:
        """Take over the handlers of a new generation: jobs that nobody runs any more say why they wait."""
        try:
            self._queue.hold_unknown(list(self._by_type()))
        except FaceForgeError as error:
            _log.warning("The reasons why jobs wait could not be written: %s", error)
        self.wake()

    def cancel(self, job_id: str) -> None:
        """Tell a running job that somebody wants it to stop."""
        job = self._running.get(job_id)
        if job is not None:
            job.stop()

    def drain(self, plugin_id: str, seconds: float) -> bool:
        """Stop a plugin's running jobs, and queue them again; call it when its handlers are out of the generation.

        Returns within about `seconds` whether all of them stopped by themselves. One that does not is left to its
        thread, and nothing that it says or returns counts any more.
        """
        deadline = time.monotonic() + seconds
        jobs = [job for job in tuple(self._running.values()) if job.plugin_id == plugin_id]
        for job in jobs:
            job.stop(DISABLED)
        late = [job for job in jobs if not job.ended.wait(max(0.0, deadline - time.monotonic()))]
        for job in late:
            self._abandon(job)
            self._start_worker()  # that job's thread may never come back
        return not late

    def stop(self, seconds: float = 5.0) -> None:
        """Stop all running jobs, queue them again and claim no more; returns within about `seconds`."""
        deadline = time.monotonic() + seconds
        self._stopping.set()
        self.wake()
        self._recorder.stop()
        for job in tuple(self._running.values()):
            job.stop(STOPPED)
        for thread in tuple(self._threads):
            thread.join(max(0.0, deadline - time.monotonic()))
        for job in tuple(self._running.values()):
            self._abandon(job)

    def _abandon(self, job: RunningJob) -> None:
        """Take a job away from a handler that does not stop."""
        _log.error("The job %s (%s) of %s does not stop.", job.job_id, job.claim.job_type, job.plugin_id)
        self._threads.discard(job.thread)
        self._recorder.give_back(job)

    # Workers.

    def _start_worker(self) -> None:
        self._started += 1
        thread = threading.Thread(target=self._work, name=f"jobs-{self._started}", daemon=True)
        self._threads.add(thread)
        thread.start()

    def _work(self) -> None:
        while not self._stopping.is_set():
            seen = self._signals
            try:
                chosen, pause = self._choose()
            except Exception as error:  # noqa: BLE001 - the database may be busy, full or gone for a while
                _log.warning("No job could be claimed: %s", error)
                chosen, pause = None, _DATABASE_PAUSE
            if chosen is None:
                self._wait_for_signal(seen, pause)
            elif not self._run(*chosen):
                return  # abandoned: another thread has taken this one's place

    def _wait_for_signal(self, seen: int, seconds: float | None) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._signals != seen, seconds)

    def _choose(self) -> tuple[tuple[RunningJob, Owned[JobHandler[Any]]] | None, float | None]:
        """The next job, which counts as running from here on; else for how long there may be none.

        One worker at a time: the next one is to see whom this one serves before it decides about the background.
        """
        with self._choosing:
            pause = self._patience()
            handlers = self._by_type()
            offered = [name for name, one in handlers.items() if pause is None or not one.value.background]
            claim = self._queue.claim(offered)
            if claim is None:
                return None, pause
            owned = handlers[claim.job_type]
            job = RunningJob(claim, owned.plugin_id, self._recorder.told, background=owned.value.background)
            if job.background or not self._serves_somebody():
                self._background_turn = time.monotonic()
            self._running[claim.job_id] = job
            return (job, owned), None

    def _patience(self) -> float | None:
        """For how many seconds the background has to wait still; None if it need not."""
        left = self._background_turn + _PATIENCE - time.monotonic()
        return left if left > 0 and self._serves_somebody() else None

    def _serves_somebody(self) -> bool:
        return any(not (job.background or job.ended.is_set()) for job in tuple(self._running.values()))

    def _by_type(self) -> dict[str, Owned[JobHandler[Any]]]:
        return {owned.value.job_type: owned for owned in self._handlers()}

    def _run(self, job: RunningJob, owned: Owned[JobHandler[Any]]) -> bool:
        """Run a chosen job to its end; False if it was taken away meanwhile."""
        if self._stopping.is_set():  # `stop` may have looked before this one was there
            job.stop(STOPPED)
        elif self._by_type().get(job.claim.job_type) is not owned:  # so may `drain`, since the handlers were looked up
            job.stop(DISABLED)
        try:
            return self._recorder.finish(job, self._outcome(job, owned.value))
        finally:
            if self._running.get(job.job_id) is job:  # one that was taken away may run again by now
                del self._running[job.job_id]
            if job.background:
                self._background_turn = time.monotonic()
            elif not self._serves_somebody():
                self.wake()  # the background waited for this

    def _outcome(self, job: RunningJob, handler: JobHandler[Any]) -> Outcome:
        try:
            # Now that `cancel` finds the job here: what was asked for before stands in the row.
            if self._queue.cancel_requested(job.job_id):
                job.stop()
            job.check_cancelled()
            job.input = handler.input_model.model_validate(job.claim.payload)
            result = handler.run(job)
            text = stored_json.dump(dict(result))
            text.encode()
        except JobCancelled:
            return Outcome("canceled")
        except BaseException as error:  # noqa: BLE001 - whatever a handler does, its job has to end
            _log.error("The job %s (%s) failed.", job.job_id, job.claim.job_type, exc_info=error)
            return _failed(error)
        # A handler may stop in the middle and still say what it did.
        stopped = job.cancelled and result.get("canceled") is True
        return Outcome("canceled" if stopped else "succeeded", result=text)


def _failed(error: BaseException) -> Outcome:
    return Outcome("failed", error=JobError(code="job_failed", message=told(error, _MAX_ERROR)))
