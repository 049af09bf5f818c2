"""The part of a SQLite connection that plugins' statements need, whichever library it is of."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

_LOOK_EVERY = 10_000
"""In steps of SQLite's machine: some tenths of a millisecond."""


class Cursor(Protocol):
    """A statement that was executed."""

    @property
    def rowcount(self) -> int: ...
    def fetchall(self) -> list[Any]: ...
    def fetchone(self) -> Any: ...
    def close(self) -> None: ...


class Connection(Protocol):
    """`sqlite3.Connection`, in autocommit mode and with rows by name."""

    @property
    def in_transaction(self) -> bool:
        """Whether a BEGIN waits for its end."""
        ...

    def execute(self, sql: str, parameters: Mapping[str, Any] = ..., /) -> Cursor:
        """Run one statement."""
        ...

    def executemany(self, sql: str, parameters: Iterable[Mapping[str, Any]], /) -> Cursor:
        """Run one statement once for each mapping."""
        ...

    def set_authorizer(self, authorizer_callback: Callable[..., int] | None) -> None:
        """Have a `Guard` asked about every statement that is prepared; None asks nobody."""
        ...

    def set_progress_handler(self, progress_handler: Callable[[], bool] | None, n: int) -> None:
        """Ask every `n` steps of SQLite's machine whether to interrupt what runs; None lets it run."""
        ...


class Deadline:
    """When a connection's statements have to be over; what still runs then is interrupted by SQLite."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._at = math.inf

    def begin(self) -> None:
        """Count from now."""
        self._at = time.monotonic() + self.seconds

    def is_over(self) -> bool:
        """Whether the time that `begin` gave has passed."""
        return time.monotonic() > self._at

    def watch(self, connection: Connection) -> None:
        """Have it kept, until `leave`."""
        self.begin()
        connection.set_progress_handler(self.is_over, _LOOK_EVERY)

    def leave(self, connection: Connection) -> None:
        """Let the connection's statements take their time again."""
        connection.set_progress_handler(None, 0)
