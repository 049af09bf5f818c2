"""A plugin's own tables in memory: a real SQLite, under the same guard as in Core."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

from faceforge_sdk.errors import Conflict, InvalidInput
from faceforge_sdk.own_tables import Deadline, Guard, OwnStatements, prefix_of, read_steps, require_same, run_step

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from faceforge_sdk.own_tables.guard import Rights
    from faceforge_sdk.protocols import TableReader, TableWriter

    from .catalog import FakeAssets, FakeEntities

T = TypeVar("T")

_SECONDS = 30.0
_PARENTS = """
CREATE TABLE entities (entity_id TEXT NOT NULL PRIMARY KEY, display_name TEXT);
CREATE TABLE assets (asset_id TEXT NOT NULL PRIMARY KEY, filename TEXT);
"""
_TAKEN = {"SQLITE_CONSTRAINT_PRIMARYKEY", "SQLITE_CONSTRAINT_UNIQUE", "SQLITE_CONSTRAINT_ROWID"}


class FakePluginDatabase:
    """`faceforge_sdk.protocols.PluginDatabase` in memory; `migrate` makes the tables.

    What refers to entities and assets refers to those of the fakes it was made with.
    """

    def __init__(self, plugin_id: str, entities: FakeEntities | None = None, assets: FakeAssets | None = None) -> None:
        self.prefix = prefix_of(plugin_id)
        self._entities = entities
        self._assets = assets
        self._ran: dict[int, str] = {}
        self._lock = threading.Lock()
        self._writing: int | None = None
        self._connection = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
        self._connection.row_factory = sqlite3.Row
        self._connection.executescript(_PARENTS)

    def migrate(self, folder: Path) -> None:
        """Run the steps in `folder` that have not run, as activating the plugin does. Raises `StatementRefused`."""
        guard = Guard(self.prefix, "define")
        with self._lock:
            for step in require_same(read_steps(folder), self._ran):
                with self._transaction(foreign_keys=False):
                    run_step(
                        self._connection,
                        step,
                        guard,
                        Deadline(_SECONDS),
                        prefix=self.prefix,
                        is_complete=sqlite3.complete_statement,
                        known=_meaning,
                    )
                self._ran[step.number] = step.checksum

    @contextmanager
    def read(self) -> Iterator[TableReader]:
        with self._lock, self._transaction(), self._guarded("read") as statements:
            yield statements

    def write(self, work: Callable[[TableWriter], T]) -> T:
        if self._writing == threading.get_ident():
            raise RuntimeError("Work that is being written cannot wait for another write: use its transaction.")
        with self._lock, self._transaction(), self._guarded("write") as statements:
            self._writing = threading.get_ident()
            try:
                return work(statements)
            finally:
                self._writing = None

    @contextmanager
    def _guarded(self, rights: Rights) -> Iterator[OwnStatements]:
        guard, deadline = Guard(self.prefix, rights), Deadline(_SECONDS)
        guard.watch(self._connection)
        deadline.watch(self._connection)
        try:
            yield OwnStatements(self._connection, self.prefix, guard, deadline, _meaning)
        finally:
            deadline.leave(self._connection)
            guard.leave(self._connection)

    @contextmanager
    def _transaction(self, *, foreign_keys: bool = True) -> Iterator[None]:
        self._connection.execute(f"PRAGMA foreign_keys={'ON' if foreign_keys else 'OFF'}")
        self._connection.execute("BEGIN")
        try:
            self._know_subjects()
            yield
            self._connection.execute("COMMIT")
        except BaseException:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise

    def _know_subjects(self) -> None:
        """What was purged meanwhile goes, and its rows with it."""
        for table, column, fake in (("entities", "entity_id", self._entities), ("assets", "asset_id", self._assets)):
            present = fake.known_ids() if fake is not None else set()
            known = {row[0] for row in self._connection.execute(f"SELECT {column} FROM {table}")}  # noqa: S608  # ours
            for gone in known - present:
                self._connection.execute(f"DELETE FROM {table} WHERE {column} = ?", (gone,))  # noqa: S608  # ours
            for new in present - known:
                self._connection.execute(f"INSERT INTO {table} ({column}) VALUES (?)", (new,))  # noqa: S608  # ours


def _meaning(error: BaseException) -> BaseException:
    if isinstance(error, UnicodeEncodeError | OverflowError | sqlite3.DataError):
        return InvalidInput("A value cannot be stored: text must be valid Unicode, integers must fit 64 bits.")
    if not isinstance(error, sqlite3.IntegrityError):
        return error
    if getattr(error, "sqlite_errorname", "") in _TAKEN:
        return Conflict("Something with this key exists already.")
    return InvalidInput(f"This row breaks a rule of its table ({error}).")
