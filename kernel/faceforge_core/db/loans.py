"""The writing connection in the hands of another thread: for one transaction, and never longer than agreed."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from faceforge_sdk.errors import StatementRefused

if TYPE_CHECKING:
    from collections.abc import Iterator

    from faceforge_core.db.driver import sqlite3


class Loan:
    """Between the writer, who lends and waits, and one borrower, whose code may take for ever."""

    def __init__(self, seconds: float) -> None:
        self.connection: sqlite3.Connection
        self._seconds = seconds
        self._settled = threading.Event()
        self._returned = threading.Event()
        self._using = threading.Lock()
        self._error: BaseException | None = None
        self._over = False

    def lend(self, connection: sqlite3.Connection) -> None:
        """The writer's side: wait until the connection is back, and raise what the borrower's work raised.

        Raises `StatementRefused` when it is not back in time; from then on the borrower gets at nothing.
        """
        self.connection = connection
        self._settled.set()
        in_time = self._returned.wait(self._seconds)
        with self._using:  # a statement that runs now is interrupted by its own deadline
            self._over = True
        if self._error is not None:
            raise self._error
        if not in_time:
            raise StatementRefused(f"This transaction was undone, because it took longer than {self._seconds:g} s.")

    def settle(self) -> None:
        """Nothing is going to be lent (any more)."""
        self._settled.set()

    def wait(self) -> None:
        """Until the connection is lent, or it is settled that it won't be."""
        self._settled.wait()

    @contextmanager
    def use(self) -> Iterator[None]:
        """Around each statement of the borrower's."""
        with self._using:
            if self._over:
                raise StatementRefused("This transaction is over, and nothing can be added to it.")
            yield

    def give_back(self, error: BaseException | None = None) -> None:
        """The borrower's side: it is done."""
        self._error = error
        self._returned.set()
