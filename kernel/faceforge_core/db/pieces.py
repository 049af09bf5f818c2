"""What the writer has to do: work of callers, each with its answer."""

from __future__ import annotations

from concurrent.futures import Future
from typing import TYPE_CHECKING, Any

from faceforge_core.db.driver import translated
from faceforge_core.db.transactions import Transaction

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from faceforge_core.db.driver import sqlite3
    from faceforge_core.db.transactions import Chore


class Piece:
    """One caller's work, from the queue to its answer. As a context manager it keeps what the work raises.

    Only pieces of one `owner` share a transaction; None is Core itself.
    """

    __slots__ = ("answer", "callbacks", "chores", "connection", "error", "owner", "result", "work")

    def __init__(self, work: Callable[[Transaction], Any], owner: str | None = None) -> None:
        self.work = work
        self.owner = owner
        self.answer: Future[Any] = Future()
        self.result: Any = None
        self.error: BaseException | None = None
        self.callbacks: tuple[Callable[[], None], ...] = ()
        self.chores: tuple[Chore, ...] = ()

    def attempt(self, connection: sqlite3.Connection) -> None:
        """Do the work between savepoints: what raises is undone alone."""
        self.connection = connection
        with self:
            transaction = Transaction(connection)
            self.result = self.work(transaction)
            self.callbacks = transaction.callbacks
            self.chores = transaction.chores

    def __enter__(self) -> None:
        self.connection.execute("SAVEPOINT piece")

    def __exit__(self, _kind: object, error: BaseException | None, _trace: TracebackType | None) -> bool:
        self.error = error
        if self.connection.in_transaction:  # a full disk may have rolled everything back
            if error is not None:
                self.connection.execute("ROLLBACK TO piece")
            self.connection.execute("RELEASE piece")
        return True

    def settle(self) -> None:
        if self.error is None:
            self.answer.set_result(self.result)
        else:
            self.answer.set_exception(translated(self.error))
