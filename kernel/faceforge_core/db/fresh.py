"""A new database at the present schema, made at once: the steps from v0.1.9 on have nothing to tell it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from faceforge_core.db import sqlite

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from faceforge_core.db.driver import sqlite3

SCRIPT = Path(__file__).parent / "migrations" / "fresh.sql"
_BETWEEN = ";\n\n"
_NOW = "strftime('%Y-%m-%dT%H:%M:%fZ', 'now')"
_TIMESTAMP = re.compile(r"'\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z'")


def make(path: Path, *, before_commit: Callable[[sqlite3.Connection], None]) -> None:
    """Make in the empty database at `path` what all the steps would have made: the whole of it, or nothing.

    A test holds the script and the steps together; ``python scripts/schema.py`` writes it anew after a new step.
    """
    connection = sqlite.open_migrator(path)
    try:
        connection.execute("BEGIN IMMEDIATE")
        for statement in SCRIPT.read_text(encoding="utf-8").split(_BETWEEN):
            connection.execute(statement)
        before_commit(connection)
        connection.execute("COMMIT")
    finally:
        connection.close()  # which undoes what is not committed


def script_of(connection: sqlite3.Connection) -> str:
    """The script that makes a database such as this one, which no Core has used and which nobody signed."""
    return _BETWEEN.join([*_definitions(connection), *_rows(connection)]) + "\n"


def _definitions(connection: sqlite3.Connection) -> Iterator[str]:
    query = "SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite~_%' ESCAPE '~' "
    shadows = _shadows(connection)
    for name, sql in connection.execute(query + "ORDER BY type = 'index', rowid"):
        if name not in shadows:
            yield str(sql)


def _rows(connection: sqlite3.Connection) -> Iterator[str]:
    """What the steps put in, times being those of the making."""
    shadows = _shadows(connection)
    for name in sorted(str(row["name"]) for row in connection.execute("PRAGMA table_list") if row["type"] == "table"):
        if name in shadows or name.startswith("sqlite_"):
            continue
        found = connection.execute(f'SELECT * FROM "{name}"').fetchall()  # noqa: S608  # a name of ours
        for row in found:
            values = ", ".join(connection.execute("SELECT quote(?)", (value,)).fetchone()[0] for value in row)
            yield f'INSERT INTO "{name}" ({", ".join(row.keys())}) VALUES ({_TIMESTAMP.sub(_NOW, values)})'  # noqa: S608  # ours, quoted


def _shadows(connection: sqlite3.Connection) -> set[str]:
    """Tables that SQLite makes for the search by itself."""
    return {str(row["name"]) for row in connection.execute("PRAGMA table_list") if row["type"] == "shadow"}
