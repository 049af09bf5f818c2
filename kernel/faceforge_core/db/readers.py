"""The pool of reading connections: kept open, handed out last in, first out, none opened once warm."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from faceforge_core.db import sqlite
from faceforge_core.db.driver import FAILURES, translated
from faceforge_core.db.transactions import Reader

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

    from faceforge_core.db.driver import sqlite3

_KEPT = 8


class ReaderPool:
    """Reading connections of one database; safe from any thread, without a lock (a deque's ends are atomic)."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._idle: deque[sqlite3.Connection] = deque()
        self._closed = False
        self.opened = 0
        """How many connections were ever opened: it stands still once the pool is warm."""

    def borrow(self) -> sqlite3.Connection:
        """Return a connection of the caller's own, inside a snapshot that begins with its first statement."""
        try:
            connection = self._idle.pop()
        except IndexError:
            connection = self._open()
        connection.execute("BEGIN")
        return connection

    def give_back(self, connection: sqlite3.Connection) -> None:
        """End the snapshot, and keep the connection for the next one."""
        connection.execute("ROLLBACK")
        if self._closed or len(self._idle) >= _KEPT:
            connection.close()
            return
        self._idle.append(connection)
        if self._closed:  # closed between the test and the append
            self.close()

    def close(self) -> None:
        """Close what is idle now, and everything else as it comes back."""
        self._closed = True
        while self._idle:
            self._idle.pop().close()

    def _open(self) -> sqlite3.Connection:
        self.opened += 1
        return sqlite.open_reader(self._path)


class Reading:
    """The context manager of one read. A class, because a generator would cost more than the read it wraps."""

    __slots__ = ("_connection", "_pool")
    _connection: sqlite3.Connection

    def __init__(self, pool: ReaderPool) -> None:
        self._pool = pool

    def __enter__(self) -> Reader:
        try:
            self._connection = self._pool.borrow()
        except FAILURES as error:
            raise translated(error) from error
        return Reader(self._connection)

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        try:
            self._pool.give_back(self._connection)
        except FAILURES:
            self._connection.close()
