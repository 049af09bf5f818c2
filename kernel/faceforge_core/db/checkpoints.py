"""When the write-ahead log is copied into the database: by the writer alone, and never while someone waits for it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from faceforge_core.db import sqlite

if TYPE_CHECKING:
    from pathlib import Path

    from faceforge_core.db.driver import sqlite3

_IDLE_SECONDS = 1.0
_LOG_LIMIT = 32 * 1024 * 1024
_CHANGES_BETWEEN = 2_000
_COMMITS_BETWEEN = 200
_TRUNCATE_PAUSE = 0.5


class Checkpointer:
    """Keeps the log of `path` small: passively while there is work, truncating when it grew large or work pauses.

    A long reader holds the log back; nothing waits for it, and the first checkpoint after it shrinks the log.
    """

    def __init__(self, path: Path) -> None:
        self._wal = sqlite.wal_of(path)
        self._commits = 0
        self._changes = 0
        self._truncated_at = 0.0
        self._dirty = True  # a former process may have left a log behind

    def idle_seconds(self) -> float | None:
        """How long the writer should wait for work before `idle`; None when the log is empty."""
        return _IDLE_SECONDS if self._dirty else None

    def after_commit(self, connection: sqlite3.Connection) -> None:
        """Take note of a commit, and checkpoint where enough has gathered since the last time."""
        self._dirty = True
        self._commits += 1
        changes = connection.total_changes - self._changes
        if self._commits < _COMMITS_BETWEEN and changes < _CHANGES_BETWEEN:
            return
        self._commits = 0
        self._changes = connection.total_changes
        if self._log_bytes() > _LOG_LIMIT and time.monotonic() - self._truncated_at > _TRUNCATE_PAUSE:
            self.idle(connection)
        else:
            sqlite.checkpoint(connection, "PASSIVE")

    def idle(self, connection: sqlite3.Connection) -> None:
        """Empty the log, unless a reader still needs it."""
        self._truncated_at = time.monotonic()
        self._dirty = not sqlite.checkpoint(connection, "TRUNCATE")

    def reset(self) -> None:
        """Start counting anew, on a new connection."""
        self._commits = self._changes = 0
        self._dirty = True

    def _log_bytes(self) -> int:
        try:
            return self._wal.stat().st_size
        except OSError:  # not there, or its disk is not: the checkpoint itself will tell
            return 0
