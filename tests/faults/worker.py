"""A small Core that runs jobs and tells of them, in a process of its own, to be killed.

    python worker.py HOME JOBS

Queues so many jobs where there are none yet, runs them, and appends to two files of the home: ``ran`` gets the number
of each job that its handler finished, ``heard`` the id of each job whose end an event handler was told of. Prints
``ready``, and ``idle`` when no job is left and all is told.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel
from sqlalchemy import text

from faceforge_core.bell import Bell
from faceforge_core.db.engine import Database
from faceforge_core.db.statements import prepare
from faceforge_core.events import EventDispatcher, EventLog
from faceforge_core.home import Home
from faceforge_core.jobs.queue import JobQueue
from faceforge_core.jobs.runner import JobRunner
from faceforge_core.jobs.service import JobService
from faceforge_core.owned import Owned
from faceforge_sdk.contributions import EventHandler, JobHandler

if TYPE_CHECKING:
    from collections.abc import Sequence

    from faceforge_sdk.context import JobContext
    from faceforge_sdk.events import Event

LEFT = prepare(text("SELECT count(*) FROM jobs WHERE status IN ('queued', 'running')"))


class Numbered(BaseModel):
    number: int


def append(path: Path, line: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.write(descriptor, line.encode() + b"\n")
    os.close(descriptor)


def main() -> None:
    home, wanted = Home.at(Path(sys.argv[1])), int(sys.argv[2])

    def run(job: JobContext[Numbered]) -> dict[str, Any]:
        for step in range(5):
            job.progress(step * 20)
            job.log("info", f"step {step}")
            time.sleep(0.004)
        append(home.root / "ran", str(job.input.number))
        return {"number": job.input.number}

    def hear(events: Sequence[Event]) -> None:
        for event in events:
            append(home.root / "heard", event.subject)

    with Database(home.database) as database:
        log = EventLog(database)
        handlers = [Owned("some.plugin", JobHandler("test.work", Numbered, run))]
        hearing = [Owned("some.plugin", EventHandler("hear", "job.finished", hear))]
        bell = Bell()
        queue = JobQueue(database, log, lambda: 10_000, bell)
        runner = JobRunner(database, queue, lambda: handlers)
        dispatcher = EventDispatcher(database, log, lambda: hearing)
        dispatcher.start()
        runner.start()
        with database.read() as reader:
            known = int(reader.value(prepare(text("SELECT count(*) FROM jobs"))))
        for number in range(known, wanted):
            JobService(database, queue, runner, lambda: handlers, bell).enqueue("test.work", {"number": number})
        os.write(1, b"ready\n")
        while True:
            with database.read() as reader:
                left = reader.value(LEFT)
            if left == 0 and dispatcher.caught_up():
                break
            time.sleep(0.01)
        runner.stop()
        dispatcher.stop()
    os.write(1, b"idle\n")


if __name__ == "__main__":
    main()
