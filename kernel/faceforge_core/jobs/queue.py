"""The jobs table as a queue: who is next, who has it, and how it ended. Each step is one transaction."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from faceforge_core.catalog import stored_json
from faceforge_core.catalog.ids import new_id
from faceforge_core.clock import now
from faceforge_core.jobs import statements
from faceforge_core.jobs.records import found, job_of
from faceforge_sdk.errors import TooManyRequests
from faceforge_sdk.models import JobCancellation, JobError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from faceforge_core.bell import Bell
    from faceforge_core.db.engine import Database, Transaction
    from faceforge_core.events import EventLog
    from faceforge_sdk.models import Job

MAX_ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class Claim:
    """A job that is ours to run. `attempt` is the token: whoever holds an older one changes nothing any more."""

    job_id: str
    job_type: str
    payload: Mapping[str, Any]
    attempt: int


@dataclass(frozen=True, slots=True)
class LogLine:
    """A line of a job's log, ready to be stored."""

    ts: str
    level: str
    message: str
    data: str | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a job ended; exactly one line of its log says so."""

    status: str
    result: str | None = None
    error: JobError | None = None

    @property
    def line(self) -> LogLine:
        """The last line of the job's log."""
        if self.error is not None:
            return LogLine(
                now(), "error", f"Job failed: {self.error.message}", stored_json.dump(self.error.model_dump())
            )
        return LogLine(now(), "info", {"succeeded": "Job completed", "canceled": "Job canceled"}[self.status])


class JobQueue:
    """The queue and the fates of its jobs. `limit` is how many may wait; `bell` rings when a job or its log changed."""

    def __init__(self, database: Database, events: EventLog, limit: Callable[[], int], bell: Bell) -> None:
        self._database = database
        self._events = events
        self._limit = limit
        self._bell = bell
        self._last_seq: int | None = None  # touched on the writer's thread only

    def add(
        self,
        job_type: str,
        payload: str,
        dedupe_key: str | None,
        on_queued: Callable[[], None],
        retry_of: str | None = None,
    ) -> Job:
        """Queue a job; `on_queued` is called after the commit. Raises `TooManyRequests` when so many wait already."""

        def work(tx: Transaction) -> Job:
            twin = tx.one(statements.TWIN, dedupe_key=dedupe_key) if dedupe_key is not None else None
            if twin is not None:
                return job_of(twin)
            cap = self._limit()
            if tx.value(statements.WAITING_UP_TO, cap=cap) >= cap:
                raise TooManyRequests(f"{cap} jobs are waiting already.", retry_after=10)
            job_id = new_id()
            tx.run(
                statements.INSERT,
                id=job_id,
                job_type=job_type,
                now=now(),
                input=payload,
                seq=self._next_seq(tx),
                dedupe_key=dedupe_key,
                retry_of=retry_of,
            )
            data = None if retry_of is None else stored_json.dump({"retry_of": retry_of})
            self.write_log(tx, job_id, [LogLine(now(), "info", "Job queued", data)])
            self._events.append(tx, "job.queued", job_id, {"job_type": job_type})
            tx.after_commit(on_queued)
            return found(tx, job_id)

        return self._database.write(work)

    def claim(self, types: Sequence[str]) -> Claim | None:
        """Take the oldest queued job of these types; of several that try, in whatever process, one gets it."""

        def work(tx: Transaction) -> Claim | None:
            row = tx.one(statements.NEXT, types=types)
            if row is None or tx.run(statements.CLAIM, id=row["job_id"], now=now()) == 0:
                return None
            claim = Claim(row["job_id"], row["job_type"], stored_json.load(row["input_json"]), row["attempts"] + 1)
            data = {"job_type": claim.job_type} | ({"attempt": claim.attempt} if claim.attempt > 1 else {})
            self.write_log(tx, claim.job_id, [LogLine(now(), "info", "Job started", stored_json.dump(data))])
            self._events.append(tx, "job.started", claim.job_id, {"job_type": claim.job_type})
            return claim

        with self._database.read() as reader:  # a look costs no commit
            if not types or reader.one(statements.NEXT, types=types) is None:
                return None
        return self._database.write(work)

    def report(self, tx: Transaction, claim: Claim, percent: float, step: str | None) -> None:
        """Record progress, unless it is less than before or the job is no longer ours."""
        if tx.run(statements.REPORT, id=claim.job_id, attempt=claim.attempt, percent=percent, step=step):
            tx.after_commit(self._bell.ring)

    def write_log(self, tx: Transaction, job_id: str, lines: Sequence[LogLine]) -> None:
        """Append to a job's log, in order; whatever changes a job says so here, and whoever follows it looks again."""
        tx.run_many(
            statements.LOG,
            [
                {"id": job_id, "ts": line.ts, "level": line.level, "message": line.message, "data": line.data}
                for line in lines
            ],
        )
        tx.after_commit(self._bell.ring)

    def finish(self, tx: Transaction, claim: Claim, outcome: Outcome, lines: Sequence[LogLine]) -> bool:
        """Write the rest of the log and the end of the job; False, and nothing, if it is no longer ours."""
        moment = now()
        ended = tx.run(
            statements.FINISH,
            id=claim.job_id,
            attempt=claim.attempt,
            final=outcome.status,
            now=moment,
            canceled_at=moment if outcome.status == "canceled" else None,
            percent=100.0 if outcome.status == "succeeded" else None,
            result=outcome.result,
            error=None if outcome.error is None else stored_json.dump(outcome.error.model_dump()),
        )
        if ended == 0:
            return False
        self.write_log(tx, claim.job_id, [*lines, outcome.line])
        payload = {"job_type": claim.job_type, "status": outcome.status}
        self._events.append(tx, "job.finished", claim.job_id, payload)
        return True

    def give_back(self, tx: Transaction, claim: Claim, lines: Sequence[LogLine], reason: str | None) -> bool:
        """Queue a job again that was stopped for our own reasons: it keeps its turn, and the attempt does not count.

        One whose cancelling was requested meanwhile is canceled. False, and nothing, if it is no longer ours.
        """
        attempts = claim.attempt - 1
        if tx.run(statements.REQUEUE, id=claim.job_id, attempt=claim.attempt, attempts=attempts, reason=reason) == 0:
            return self.finish(tx, claim, Outcome("canceled"), lines)
        self.write_log(tx, claim.job_id, [*lines, LogLine(now(), "info", "Job put back into the queue")])
        return True

    def cancel(self, job_id: str) -> JobCancellation:
        """Ask a job to stop; a queued one is over at once. Raises `NotFound`."""

        def work(tx: Transaction) -> JobCancellation:
            before = found(tx, job_id)
            requested = [LogLine(now(), "info", "Cancel requested")]
            if tx.run(statements.CANCEL_QUEUED, id=job_id, now=now()):
                self.write_log(tx, job_id, [*requested, Outcome("canceled").line])
                self._events.append(tx, "job.finished", job_id, {"job_type": before.job_type, "status": "canceled"})
            elif tx.run(statements.CANCEL_RUNNING, id=job_id, now=now()):
                self.write_log(tx, job_id, requested)
            return JobCancellation(cancel_requested=not before.ended, job=found(tx, job_id))

        return self._database.write(work)

    def cancel_requested(self, job_id: str) -> bool:
        """Whether somebody asked for the job to stop. Raises `NotFound`."""
        with self._database.read() as reader:
            return found(reader, job_id).cancel_requested_at is not None

    def recover(self) -> int:
        """End or queue again what a Core that died left running; only at start, under the home's lock."""

        def work(tx: Transaction) -> int:
            left = tx.all(statements.LEFT_RUNNING)
            for row in left:
                self._recover(tx, row)
            return len(left)

        return self._database.write(work)

    def hold_unknown(self, types: Sequence[str]) -> None:
        """Say of queued jobs why they wait, where no handler is there for their type; unsay it where one is back."""

        def work(tx: Transaction) -> None:
            tx.run(statements.HOLD, types=types)
            tx.run(statements.RELEASE, types=types)
            tx.after_commit(self._bell.ring)

        self._database.write(work)

    def _recover(self, tx: Transaction, row: Any) -> None:
        claim = Claim(row["job_id"], row["job_type"], {}, row["attempts"])
        if row["cancel_requested_at"] is not None:
            self.finish(tx, claim, Outcome("canceled"), [])
        elif claim.attempt >= MAX_ATTEMPTS or row["queue_seq"] is None:  # v0.1.9's jobs had no number
            error = JobError(code="interrupted", message="Core was stopped while the job was running.")
            self.finish(tx, claim, Outcome("failed", error=error), [])
        else:
            tx.run(statements.REQUEUE, id=claim.job_id, attempt=claim.attempt, attempts=claim.attempt, reason=None)
            line = LogLine(now(), "warning", "Job interrupted; it is queued again")
            self.write_log(tx, claim.job_id, [line])

    def _next_seq(self, tx: Transaction) -> int:
        if self._last_seq is None:
            self._last_seq = int(tx.value(statements.LAST_SEQ))
        self._last_seq += 1
        return self._last_seq
