"""Plugins' own tables: each plugin sees its own, through a guard of SQLite's."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

from faceforge_core.db.driver import meaning_for_plugins, sqlite3
from faceforge_core.db.loans import Loan
from faceforge_core.db.readers import ReaderPool
from faceforge_sdk.own_tables import Deadline, Guard, OwnStatements, prefix_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from faceforge_core.db.engine import Database
    from faceforge_core.db.transactions import Transaction
    from faceforge_sdk.protocols import TableWriter

T = TypeVar("T")

READ_SECONDS = 30.0
WRITE_SECONDS = 5.0


class PluginTables:
    """The tables of all plugins of one database. Close it before the database."""

    def __init__(
        self, database: Database, *, read_seconds: float = READ_SECONDS, write_seconds: float = WRITE_SECONDS
    ) -> None:
        self.database = database
        # Not the kernel's own: its connections keep what is prepared, and a guard has everything prepared again.
        self.readers = ReaderPool(database.path)
        self.read_seconds = read_seconds
        self.write_seconds = write_seconds

    def of(self, plugin_id: str) -> OwnTables:
        """The tables of one plugin, as the SDK shows them."""
        return OwnTables(self, prefix_of(plugin_id))

    def close(self) -> None:
        """Close every connection, those in use when they come back."""
        self.readers.close()


class OwnTables:
    """`faceforge_sdk.protocols.PluginDatabase`."""

    def __init__(self, tables: PluginTables, prefix: str) -> None:
        self.prefix = prefix
        self._tables = tables

    @contextmanager
    def read(self) -> Iterator[OwnStatements]:
        """See `PluginDatabase.read`."""
        guard, deadline = Guard(self.prefix, "read"), Deadline(self._tables.read_seconds)
        try:
            connection = self._tables.readers.borrow()
        except sqlite3.Error as error:
            raise meaning_for_plugins(error) from error
        try:
            guard.watch(connection)
            deadline.watch(connection)
            yield OwnStatements(connection, self.prefix, guard, deadline, meaning_for_plugins)
        finally:
            deadline.leave(connection)
            guard.leave(connection)
            self._give_back(connection)

    def _give_back(self, connection: sqlite3.Connection) -> None:
        try:
            self._tables.readers.give_back(connection)
        except sqlite3.Error:
            connection.close()

    def write(self, work: Callable[[TableWriter], T]) -> T:
        """See `PluginDatabase.write`. The writer waits meanwhile: whatever `work` does, it goes on in time."""
        loan = Loan(self._tables.write_seconds)
        guard, deadline = Guard(self.prefix, "write"), Deadline(self._tables.write_seconds)
        database = self._tables.database

        def lend(tx: Transaction) -> None:
            guard.watch(tx.connection)
            deadline.watch(tx.connection)
            try:
                loan.lend(tx.connection)
            finally:
                deadline.leave(tx.connection)
                guard.leave(tx.connection)

        with database.writing_here():
            answer = database.submit(lend, owner=self.prefix)
            answer.add_done_callback(lambda _: loan.settle())
            loan.wait()
            result = None if answer.done() else _worked(loan, work, _Lent(loan, self.prefix, guard, deadline))
        try:
            answer.result()
        except sqlite3.Error as error:
            raise meaning_for_plugins(error) from error
        return result  # type: ignore[return-value]  # None only where `answer.result()` has raised


def _worked(loan: Loan, work: Callable[[TableWriter], T], statements: _Lent) -> T | None:
    """Run the borrower's work; what it raises comes back by the writer's answer."""
    try:
        result = work(statements)
    except BaseException as error:  # noqa: BLE001  # the writer raises it again
        loan.give_back(error)
        return None
    loan.give_back()
    return result


class _Lent(OwnStatements):
    """Statements on the writing connection, for as long as it is lent."""

    def __init__(self, loan: Loan, prefix: str, guard: Guard, deadline: Deadline) -> None:
        super().__init__(loan.connection, prefix, guard, deadline, meaning_for_plugins)
        self._loan = loan

    @contextmanager
    def _running(self, sql: str) -> Iterator[str]:
        with self._loan.use(), super()._running(sql) as text:
            yield text
