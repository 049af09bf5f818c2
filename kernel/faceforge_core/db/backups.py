"""The copy of the database that is taken before its schema changes."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from faceforge_core.db import sqlite
from faceforge_core.refusals import StartRefused
from faceforge_sdk.files import flush_folder

if TYPE_CHECKING:
    from pathlib import Path

    from faceforge_core.db.driver import sqlite3

KEPT = 3
LEGACY = "0.1.9"
_PREFIX, _SUFFIX = "core-", ".sqlite3"


def take(source: sqlite3.Connection, folder: Path, version: str) -> Path:
    """Copy `source` into `folder`, prove the copy whole, and return its path; older copies beyond `KEPT` go.

    The copy of a v0.1.9 database is never among those that go. Raises `StartRefused` when the copy is not whole.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%fZ")
    target = folder / f"{_PREFIX}{stamp}-schema-{version}{_SUFFIX}"
    unproven = target.with_name(target.name + ".part")
    try:
        sqlite.backup(source, unproven)
        _prove(unproven)
        unproven.replace(target)
    finally:
        unproven.unlink(missing_ok=True)
    flush_folder(folder)
    _prune(folder, target)
    return target


def _prove(copy: Path) -> None:
    # Immutable: reading it must leave no -wal and -shm beside it.
    connection = sqlite.connect(copy, query="mode=ro&immutable=1")
    try:
        found = sqlite.problems(connection)
    finally:
        connection.close()
    if found:
        raise StartRefused(f"The backup {copy} of the database is not whole ({found[0]}); nothing was changed.")


def _prune(folder: Path, taken: Path) -> None:
    """Those that seem younger than the copy just taken, by a clock that was wrong, are no reason for others to go."""
    older = [copy for copy in sorted(folder.glob(f"{_PREFIX}*{_SUFFIX}")) if copy.name < taken.name]
    passing = [copy for copy in older if not copy.name.endswith(f"-schema-{LEGACY}{_SUFFIX}")]
    for copy in passing[: 1 - KEPT]:
        copy.unlink()
