"""A plugin's own data in memory: its tables in a real SQLite, under the same guard as in Core, and its JSON objects."""

from __future__ import annotations

import sqlite3
import threading
import weakref
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from faceforge_sdk.errors import Conflict, InvalidInput, NotFound
from faceforge_sdk.json_objects import checked_object
from faceforge_sdk.own_tables import Deadline, Guard, OwnStatements, prefix_of, read_steps, require_same, run_step

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from faceforge_sdk.models import PluginSubject
    from faceforge_sdk.own_tables.guard import Rights
    from faceforge_sdk.protocols import TableReader, TableWriter

    from .assets import FakeAssets
    from .entities import FakeEntities

T = TypeVar("T")

_SECONDS = 30.0
_MAX_BYTES = 256 * 1024
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
        weakref.finalize(self, self._connection.close)  # Python 3.13 warns of a connection that nobody closes

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
            known = {row[0] for row in self._connection.execute(f"SELECT {column} FROM {table}")}  # noqa: S608  # the names are ours
            for gone in known - present:
                self._connection.execute(f"DELETE FROM {table} WHERE {column} = ?", (gone,))  # noqa: S608  # the names are ours
            for new in present - known:
                self._connection.execute(f"INSERT INTO {table} ({column}) VALUES (?)", (new,))  # noqa: S608  # the names are ours


class FakePluginData:
    """`faceforge_sdk.protocols.PluginData` in memory, about entities and assets of the fakes it was made with."""

    def __init__(self, plugin_id: str, entities: FakeEntities, assets: FakeAssets) -> None:
        self._plugin_id = plugin_id
        self._entities = entities
        self._assets = assets
        self._kept: dict[tuple[str, str, str], dict[str, Any]] = {}

    def get(self, kind: PluginSubject, subject_id: str) -> Mapping[str, Any] | None:
        return self.everyones(kind, subject_id).get(self._plugin_id)

    def put(self, kind: PluginSubject, subject_id: str, data: Mapping[str, Any]) -> None:
        checked = checked_object(data, max_bytes=_MAX_BYTES)
        self._require_live(kind, subject_id)
        self._kept[kind, subject_id, self._plugin_id] = checked

    def delete(self, kind: PluginSubject, subject_id: str) -> bool:
        self._require_live(kind, subject_id)
        return self._kept.pop((kind, subject_id, self._plugin_id), None) is not None

    def subjects(self, kind: PluginSubject, after: str = "", limit: int = 200) -> Sequence[str]:
        mine = sorted(
            subject for of, subject, plugin in self._kept if (of, plugin) == (kind, self._plugin_id) and subject > after
        )
        return [subject for subject in mine if self._lives(kind, subject)][:limit]

    def everyones(self, kind: PluginSubject, subject_id: str) -> Mapping[str, Mapping[str, Any]]:
        self._require_live(kind, subject_id)
        return {
            plugin: data
            for (of, subject, plugin), data in sorted(self._kept.items(), key=lambda item: item[0])
            if (of, subject) == (kind, subject_id)
        }

    def of_plugin(self, plugin_id: str) -> FakePluginData:
        other = FakePluginData(plugin_id, self._entities, self._assets)
        other._kept = self._kept  # another view of the same
        return other

    def _require_live(self, kind: PluginSubject, subject_id: str) -> None:
        if kind == "entity":
            self._entities.get(subject_id)
        else:
            self._assets.get(subject_id)
        self._forget_purged()

    def _lives(self, kind: PluginSubject, subject_id: str) -> bool:
        try:
            self._require_live(kind, subject_id)
        except NotFound:
            return False
        return True

    def _forget_purged(self) -> None:
        known = {"entity": self._entities.known_ids(), "asset": self._assets.known_ids()}
        for key in [key for key in self._kept if key[1] not in known[key[0]]]:
            del self._kept[key]


def _meaning(error: BaseException) -> BaseException:
    if isinstance(error, UnicodeEncodeError | OverflowError | sqlite3.DataError):
        return InvalidInput("A value cannot be stored: text must be valid Unicode, integers must fit 64 bits.")
    if not isinstance(error, sqlite3.IntegrityError):
        return error
    if getattr(error, "sqlite_errorname", "") in _TAKEN:
        return Conflict("Something with this key exists already.")
    return InvalidInput(f"This row breaks a rule of its table ({error}).")
