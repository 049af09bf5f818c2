"""Running one owner's migrations: each step atomic with its marker, on a connection of its own.

Alembic is imported only here, and only when a step is pending.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from faceforge_core.db import sqlite
from faceforge_core.db.driver import sqlite3

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from sqlalchemy import Connection


@dataclass(frozen=True, slots=True)
class History:
    """The steps of one owner: `revisions` in order, kept as Alembic scripts in the folder `scripts`."""

    owner: str
    scripts: Path
    revisions: tuple[str, ...]

    @property
    def head(self) -> str:
        """The last step."""
        return self.revisions[-1]

    @property
    def version_table(self) -> str:
        """Where the owner's marker is kept."""
        return f"alembic_{self.owner}"


def stored_revision(connection: sqlite3.Connection, history: History) -> str | None:
    """Return the owner's marker, None before its first step; plain SQL, because every start asks."""
    if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (history.version_table,)).fetchone():
        return None
    row = connection.execute(f'SELECT version_num FROM "{history.version_table}"').fetchone()  # noqa: S608  # a name of ours
    return None if row is None else str(row[0])


def upgrade(path: Path, history: History, *, before_commit: Callable[[sqlite3.Connection], None] | None = None) -> None:
    """Take the database at `path` to the owner's head, one transaction per step.

    A step that leaves a reference to a row that is not there, and that was not broken before, is rolled back with
    `sqlite3.IntegrityError`. `before_commit` is called at the end of each step, inside its transaction.
    """
    from alembic.operations import Operations
    from alembic.runtime.migration import MigrationContext
    from alembic.script import ScriptDirectory

    scripts = ScriptDirectory(str(history.scripts), version_locations=[str(history.scripts)])
    with _connected(path) as (connection, raw):
        broken_before = sqlite.broken_references(raw)

        def check(**_: Any) -> None:
            if broken := sqlite.broken_references(raw) - broken_before:
                raise sqlite3.IntegrityError(f"A migration of {history.owner} left broken references: {sorted(broken)}")
            if before_commit:
                before_commit(raw)

        context = MigrationContext.configure(
            connection=connection,
            opts={
                "version_table": history.version_table,
                "transactional_ddl": True,
                "transaction_per_migration": True,
                "fn": lambda heads, _context: scripts._upgrade_revs(history.head, heads),  # noqa: SLF001  # what Alembic's own command does
                "on_version_apply": (check,),
            },
        )
        with Operations.context(context):
            context.run_migrations()


@contextmanager
def _connected(path: Path) -> Iterator[tuple[Connection, sqlite3.Connection]]:
    """SQLAlchemy's connection for Alembic over a raw one that begins when told, so that DDL is transactional too."""
    from sqlalchemy import StaticPool, create_engine, event

    raw = sqlite.open_migrator(path)
    engine = create_engine("sqlite://", creator=lambda: raw, module=sqlite3, poolclass=StaticPool)

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    try:
        with engine.connect() as connection:
            yield connection, raw
    finally:
        engine.dispose()
        raw.close()
