"""A queue, a runner and the handlers a test gives them, over a real database."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import BaseModel
from sqlalchemy import text

from faceforge_core.bell import Bell
from faceforge_core.db.statements import prepare
from faceforge_core.events import EventLog
from faceforge_core.jobs.queue import JobQueue
from faceforge_core.jobs.runner import JobRunner
from faceforge_core.jobs.service import JobService
from faceforge_core.owned import Owned
from faceforge_core.testing import PATIENCE, wait_for
from faceforge_sdk.contributions import JobHandler

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from faceforge_core.db.engine import Database
    from faceforge_sdk.context import JobContext
    from faceforge_sdk.models import Job


class NumberInput(BaseModel):
    number: int = 0


@dataclass
class Works:
    """One Core's jobs. `handlers` is what the current generation has."""

    database: Database
    workers: int = 2
    limit: int = 10_000
    handlers: list[Owned[JobHandler[Any]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.bell = Bell()
        self.queue = JobQueue(self.database, EventLog(self.database), lambda: self.limit, self.bell)
        self.runner = JobRunner(self.database, self.queue, lambda: self.handlers, self.workers)
        self.jobs = JobService(self.database, self.queue, self.runner, lambda: self.handlers, self.bell)

    def handle(
        self,
        run: Callable[[JobContext[NumberInput]], Any],
        job_type: str = "test.work",
        plugin_id: str = "some.plugin",
        *,
        background: bool = False,
    ) -> None:
        self.handlers.append(Owned(plugin_id, JobHandler(job_type, NumberInput, run, background=background)))

    def start(self) -> Works:
        self.runner.start()
        return self

    def enqueue(self, number: int = 0, job_type: str = "test.work") -> str:
        return self.jobs.enqueue(job_type, {"number": number}).job_id

    def ended(self, job_id: str, *statuses: str) -> Job:
        """The job, once it is over (or has one of these states)."""
        wanted = statuses or ("succeeded", "failed", "canceled")
        return wait_for(lambda: job if (job := self.jobs.get(job_id)).status in wanted else None)

    def log(self, job_id: str) -> list[str]:
        with self.database.read() as reader:
            rows = reader.all(
                prepare(text("SELECT message FROM job_logs WHERE job_id = :id ORDER BY job_log_id")), id=job_id
            )
        return [row["message"] for row in rows]

    def events(self, job_id: str) -> list[tuple[str, Any]]:
        with self.database.read() as reader:
            rows = reader.all(
                prepare(text("SELECT type, payload_json FROM events WHERE subject = :id ORDER BY event_seq")), id=job_id
            )
        return [(row["type"], json.loads(row["payload_json"])) for row in rows]

    def execute(self, sql: str, **values: object) -> None:
        self.database.write(lambda tx: tx.run(prepare(text(sql)), **values))


class Gate:
    """Holds a handler until the test opens it, and tells the test that the handler has come."""

    def __init__(self) -> None:
        self._arrived = threading.Semaphore(0)
        self._opened = threading.Event()

    def pass_through(self) -> None:
        self._arrived.release()
        assert self._opened.wait(PATIENCE)

    def await_arrival(self) -> None:
        assert self._arrived.acquire(timeout=PATIENCE)

    def open(self) -> None:
        self._opened.set()


@pytest.fixture
def gate() -> Iterator[Gate]:
    gate = Gate()
    yield gate
    gate.open()


@pytest.fixture
def another_core(database: Database) -> Iterator[Callable[..., Works]]:
    """More runners on the same database, as a restart or a second process would make them."""
    made: list[Works] = []

    def make(**options: Any) -> Works:
        made.append(Works(database, **options))
        return made[-1]

    yield make
    for works in made:
        works.runner.stop(2)


@pytest.fixture
def works(another_core: Callable[..., Works]) -> Works:
    return another_core()
