"""The histories of plugins' own tables: each step runs once, atomic with its marker; and the end of them all."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, select

from faceforge_core import clock
from faceforge_core.db import sqlite
from faceforge_core.db.driver import meaning_for_plugins, sqlite3
from faceforge_core.db.statements import prepare
from faceforge_core.db.tables import plugin_migrations as table
from faceforge_sdk.errors import StatementRefused
from faceforge_sdk.own_tables import Deadline, Guard, Schema, prefix_of, read_steps, require_same, run_step

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from faceforge_core.db.engine import Database
    from faceforge_sdk.own_tables import Step

STEP_SECONDS = 60.0

_RAN = prepare(select(table.c.number, table.c.sha256).where(table.c.plugin_id == bindparam("plugin")))
_MARK = "INSERT INTO plugin_migrations (plugin_id, number, name, sha256, applied_at) VALUES (?, ?, ?, ?, ?)"
_UNMARK = "DELETE FROM plugin_migrations WHERE plugin_id = ?"


class PluginSteps:
    """Runs steps on a connection of its own, beside the writer: what waits to be written meanwhile may be `Busy`."""

    def __init__(self, database: Database, *, step_seconds: float = STEP_SECONDS) -> None:
        self._database = database
        self._seconds = step_seconds

    def migrate(self, plugin_id: str, folder: Path) -> None:
        """Run the steps in `folder` that have not run yet. Safe to kill at any point: a step is whole or not there.

        Raises `StatementRefused`, with the steps before it kept, and `Busy`, `InsufficientStorage` and the like.
        """
        pending = self._pending(plugin_id, read_steps(folder))
        if not pending:
            return
        guard = Guard(prefix_of(plugin_id), "define")
        with self._connected() as connection:
            for step in pending:
                with _transaction(connection):
                    self._run(connection, plugin_id, step, guard)

    def drop(self, plugin_id: str) -> int:
        """Drop every table of the plugin's, and forget that its steps ran; returns how many tables there were."""
        guard = Guard(prefix_of(plugin_id), "define")
        with self._connected() as connection, _transaction(connection):
            statements = Schema(connection, guard).drops()
            for statement in statements:
                connection.execute(statement)
            connection.execute(_UNMARK, (plugin_id,))
        return sum(statement.startswith("DROP TABLE") for statement in statements)

    def _pending(self, plugin_id: str, steps: Sequence[Step]) -> Sequence[Step]:
        with self._database.read() as reader:
            ran = {int(row["number"]): str(row["sha256"]) for row in reader.all(_RAN, plugin=plugin_id)}
        return require_same(steps, ran)

    def _run(self, connection: sqlite3.Connection, plugin_id: str, step: Step, guard: Guard) -> None:
        broken_before = sqlite.broken_references(connection)
        run_step(
            connection,
            step,
            guard,
            Deadline(self._seconds),
            prefix=prefix_of(plugin_id),
            is_complete=sqlite3.complete_statement,
            known=meaning_for_plugins,
        )
        for row in sorted(sqlite.broken_references(connection) - broken_before, key=str):
            raise StatementRefused(f"{step.name}: rows of {row[0]} refer to rows of {row[2]} that are not there.")
        connection.execute(_MARK, (plugin_id, step.number, step.name, step.checksum, clock.now()))

    @contextmanager
    def _connected(self) -> Iterator[sqlite3.Connection]:
        connection = None
        try:
            connection = sqlite.open_migrator(self._database.path)
            yield connection
        except sqlite3.Error as error:
            raise meaning_for_plugins(error) from error
        finally:
            if connection is not None:
                connection.close()


@contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[None]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:  # an interrupted statement ends it by itself
            connection.execute("ROLLBACK")
        raise
