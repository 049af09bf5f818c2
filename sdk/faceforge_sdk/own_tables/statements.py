"""Running a plugin's statements under its guard."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from faceforge_sdk.errors import FaceForgeError, StatementRefused

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from .connection import Connection, Deadline
    from .guard import Guard

PLACEHOLDER = "{prefix}"
_SHOWN = 500
_OWN = f" (names of a plugin's own begin with {PLACEHOLDER})"
_OTHERS = " (what is Core's comes by ctx.entities, ctx.assets and the other services)"


class OwnStatements:
    """`faceforge_sdk.protocols.TableWriter` on a connection that is the caller's meanwhile, inside a transaction.

    `known` says what of the tree an error of SQLite's means, or returns it as it is.
    """

    def __init__(
        self,
        connection: Connection,
        prefix: str,
        guard: Guard,
        deadline: Deadline,
        known: Callable[[BaseException], BaseException],
    ) -> None:
        self._connection = connection
        self._prefix = prefix
        self._guard = guard
        self._deadline = deadline
        self._known = known

    def all(self, sql: str, **params: Any) -> list[Any]:
        """See `TableReader.all`."""
        with self._running(sql) as text:
            return self._connection.execute(text, params).fetchall()

    def one(self, sql: str, **params: Any) -> Any:
        """See `TableReader.one`."""
        with self._running(sql) as text:
            cursor = self._connection.execute(text, params)
            row = cursor.fetchone()
            cursor.close()
            return row

    def value(self, sql: str, **params: Any) -> Any:
        """See `TableReader.value`."""
        row = self.one(sql, **params)
        return None if row is None else row[0]

    def run(self, sql: str, **params: Any) -> int:
        """See `TableWriter.run`."""
        with self._running(sql) as text:
            return self._connection.execute(text, params).rowcount

    def run_many(self, sql: str, rows: Iterable[Mapping[str, Any]]) -> int:
        """See `TableWriter.run_many`."""
        ready = list(rows)
        with self._running(sql) as text:
            return self._connection.executemany(text, ready).rowcount

    @contextmanager
    def _running(self, sql: str) -> Iterator[str]:
        text = sql.replace(PLACEHOLDER, self._prefix)
        if not self._connection.in_transaction:
            raise StatementRefused("This transaction was undone by a statement before, and nothing can be added to it.")
        self._guard.begin(text)
        try:
            yield text
        except Exception as error:
            raise refused(error, text, self._guard, self._deadline, self._known(error)) from error


def refused(error: BaseException, sql: str, guard: Guard, deadline: Deadline, known: BaseException) -> BaseException:
    """What to raise for an error of SQLite's; `known` is what it means in the tree, if it means something there."""
    statement = " ".join(sql.split())[:_SHOWN]
    if guard.refusal is not None:
        if guard.refusal.startswith("it would create "):
            hint = _OWN
        else:
            hint = _OTHERS if " the table " in guard.refusal else ""
        return StatementRefused(f"This statement of a plugin is refused, because {guard.refusal}: {statement}{hint}")
    if isinstance(known, FaceForgeError):
        return known
    if deadline.is_over():
        return StatementRefused(f"This statement was stopped after {deadline.seconds:g} s: {statement}")
    return StatementRefused(f"SQLite can't run this statement ({error}): {statement}")
