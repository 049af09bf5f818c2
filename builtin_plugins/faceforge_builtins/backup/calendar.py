"""Whether a backup is due, looked at now and then."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from faceforge_sdk.errors import FaceForgeError

from .jobs import JOB_TYPE
from .newest import newest_of

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

    from faceforge_sdk import PluginContext
    from faceforge_sdk.models import BackupList

FIRST_AFTER = 120.0
"""Seconds: a Core that runs for an hour a day has its backup all the same, and starting it is not slowed down."""

EVERY = 3600.0
_LEAVE_SECONDS = 5.0


class Calendar:
    """A thread while entered. Where the folder is not there, its disk not connected, it looks again an hour later."""

    def __init__(self, ctx: PluginContext, first_after: float = FIRST_AFTER, every: float = EVERY) -> None:
        self._ctx = ctx
        self._first_after = first_after
        self._every = every
        self._leaving = threading.Event()
        self._thread = threading.Thread(target=self._run, name="backups", daemon=True)

    def __enter__(self) -> Self:
        if self._ctx.config.get("every_days"):
            self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._leaving.set()
        if self._thread.is_alive():
            self._thread.join(_LEAVE_SECONDS)

    def look(self) -> bool:
        """Queue a backup if one is due."""
        days = int(self._ctx.config.get("every_days") or 0)
        due = days > 0 and is_due(self._ctx.backups.list(), timedelta(days=days), datetime.now(UTC))
        if due:
            self._ctx.jobs.enqueue(JOB_TYPE, {}, dedupe_key=JOB_TYPE)
        return due

    def _run(self) -> None:
        wait = self._first_after
        while not self._leaving.wait(wait):
            try:
                self.look()
            except FaceForgeError as error:  # a full queue, a busy database
                self._ctx.log.warning("Whether a backup is due could not be seen: %s", error)
            wait = self._every


def is_due(backups: BackupList, every: timedelta, moment: datetime) -> bool:
    """Whether the newest backup is so old, or there is none; False while the folder's disk is not there."""
    if backups.folder is None or not backups.available:
        return False
    newest = newest_of(backups, moment)
    return newest is None or datetime.fromisoformat(newest.created_at) <= moment - every
