"""What a caller holds while it reads or writes: prepared statements on one connection, in one transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from faceforge_core.db.driver import FAILURES, PARAMETER_ERRORS, translated

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from faceforge_core.db.driver import sqlite3
    from faceforge_core.db.statements import Prepared

Chore: TypeAlias = "Callable[[Transaction], bool]"

_ERRORS = (*FAILURES, *PARAMETER_ERRORS)


class Reader:
    """One snapshot of the database: all reads through it see the same state.

    Every method raises `Busy`, `InvalidInput`, `InsufficientStorage`, `StorageUnavailable`, `IntegrityError` or
    `Conflict` of the SDK where SQLite's own error means one of them.
    """

    __slots__ = ("_connection",)

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def all(self, statement: Prepared, **params: Any) -> list[sqlite3.Row]:
        """Return every row; columns by name or position."""
        sql, values = statement.bind(params)
        try:
            return self._connection.execute(sql, values).fetchall()
        except _ERRORS as error:
            raise translated(error) from error

    def one(self, statement: Prepared, **params: Any) -> sqlite3.Row | None:
        """Return the first row, or None."""
        sql, values = statement.bind(params)
        try:
            row: sqlite3.Row | None = self._connection.execute(sql, values).fetchone()
        except _ERRORS as error:
            raise translated(error) from error
        return row

    def value(self, statement: Prepared, **params: Any) -> Any:
        """Return the first column of the first row, or None."""
        row = self.one(statement, **params)
        return None if row is None else row[0]

    def each(self, statement: Prepared, **params: Any) -> Iterator[sqlite3.Row]:
        """Yield the rows one by one, for results too large to hold; valid only inside this transaction."""
        sql, values = statement.bind(params)
        cursor = self._connection.cursor()
        try:
            yield from cursor.execute(sql, values)
        except _ERRORS as error:
            raise translated(error) from error
        finally:
            cursor.close()  # an unfinished statement would hold the snapshot open


class Transaction(Reader):
    """A piece of work in the writing transaction; it sees its own writes, and is undone as a whole when it raises."""

    __slots__ = ("_callbacks", "_chores")

    def __init__(self, connection: sqlite3.Connection) -> None:
        super().__init__(connection)
        self._callbacks: dict[Callable[[], None], None] = {}
        self._chores: list[Chore] = []

    @property
    def connection(self) -> sqlite3.Connection:
        """The connection itself, inside the transaction, for statements that are not ours."""
        return self._connection

    def run(self, statement: Prepared, **params: Any) -> int:
        """Execute and return how many rows were inserted, changed or deleted."""
        sql, values = statement.bind(params)
        try:
            return self._connection.execute(sql, values).rowcount
        except _ERRORS as error:
            raise translated(error) from error

    def run_many(self, statement: Prepared, rows: Iterable[Mapping[str, Any]]) -> int:
        """Execute once per mapping of `rows`; return how many rows changed in all. Takes no list parameters."""
        try:
            return self._connection.executemany(statement.sql, statement.bind_each(rows)).rowcount
        except _ERRORS as error:
            raise translated(error) from error

    def after_commit(self, callback: Callable[[], None]) -> None:
        """Call `callback` once this work is safely on disk, in the order of registration; never if it is undone.

        However often the same one is given, it is called once. It runs on the writer's thread before the caller of
        `write` goes on: it must be short and must not write. What it raises is logged and changes nothing.
        """
        self._callbacks[callback] = None

    def follow_up(self, chore: Chore) -> None:
        """Have the writer run `chore` in a transaction of its own, when it has time or else within seconds.

        However often it is asked for, it runs once, and again as long as it returns True. It may be lost with the
        process: what is to be done must stand in the database.
        """
        self._chores.append(chore)

    @property
    def chores(self) -> tuple[Chore, ...]:
        """What is to follow, once for each time it was asked for."""
        return tuple(self._chores)

    @property
    def callbacks(self) -> tuple[Callable[[], None], ...]:
        """What is to be called after the commit, in order."""
        return tuple(self._callbacks)
