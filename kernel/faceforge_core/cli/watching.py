"""A job followed in a terminal: a bar that moves, its warnings and errors above it, and Ctrl-C that stops it."""

from __future__ import annotations

import sys
import time
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Protocol

import typer

from .printable import printable

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

    from rich.progress import Progress

    from faceforge_sdk.models import Job, JobLogLine

    from .job_desks import JobDesk

_LOOK_SECONDS = 0.25
_PLAIN_SECONDS = 5.0


class _Screen(AbstractContextManager["_Screen"], Protocol):
    """Where a job is shown; on the standard error, so that the summary alone is the command's output."""

    def show(self, job: Job) -> None:
        """How far it is."""

    def say(self, text: str) -> None:
        """A line that stays."""


def watch(desk: JobDesk, job_id: str) -> Job:
    """Show a job until it has ended. Ctrl-C asks it to stop, and a second one leaves it (`typer.Abort`)."""
    with _Bar() if sys.stderr.isatty() else _Lines() as screen:
        stopping, told = False, 0
        while True:
            try:
                job = desk.get(job_id)
                told = _tell(desk, job_id, told, screen)
                screen.show(job)
                if job.ended:
                    _tell(desk, job_id, told, screen)
                    return job
                time.sleep(_LOOK_SECONDS)
            except KeyboardInterrupt:
                if stopping:
                    raise typer.Abort from None
                stopping = True
                desk.cancel(job_id)
                screen.say("Stopping. Press Ctrl-C again to leave it alone.")


def _tell(desk: JobDesk, job_id: str, after_id: int, screen: _Screen) -> int:
    """Show the warnings and errors behind a line of the log; returns the last line there is."""
    while True:
        log = desk.log(job_id, after_id)
        for line in log.items:
            if line.level in {"warning", "error"} and not line.message.startswith("Job "):
                screen.say(_sentence(line))
        if not log.items:
            return after_id
        after_id = log.next_after_id


def _sentence(line: JobLogLine) -> str:
    about = line.data if isinstance(line.data, dict) else {}
    said = ": ".join(str(about[name]) for name in ("file", "error") if about.get(name))
    return printable(f"{line.message}: {said}" if said else line.message)


class _Lines:
    """No terminal: a line now and then."""

    def __init__(self) -> None:
        self._next = time.monotonic() + _PLAIN_SECONDS

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return

    def show(self, job: Job) -> None:
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + _PLAIN_SECONDS
            self.say(f"{job.progress_percent or 0:.1f} %  {job.progress_step or job.status}")

    def say(self, text: str) -> None:
        typer.echo(text, err=True)


class _Bar:
    """A terminal: a bar on the last line."""

    def __init__(self) -> None:
        self._progress = _bar()
        self._task = self._progress.add_task("", total=100)

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()

    def show(self, job: Job) -> None:
        # Without a percentage yet, the bar only shows that something happens.
        total = 100 if job.progress_percent or job.ended else None
        step = job.waiting_reason or job.progress_step or job.status
        self._progress.update(self._task, total=total, completed=job.progress_percent or 0, description=step)

    def say(self, text: str) -> None:
        self._progress.console.print(text, markup=False, highlight=False)


def _bar() -> Progress:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

    return Progress(
        BarColumn(bar_width=24),
        TaskProgressColumn(),
        TextColumn("{task.description}", markup=False),
        console=Console(stderr=True),
    )
