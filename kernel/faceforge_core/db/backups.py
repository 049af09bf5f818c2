"""Copies of the database: the one that is taken before its schema changes, and those that somebody asks for."""

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
_PREFIX, _BY_HAND, _SUFFIX = "core-", "manual-", ".sqlite3"


def take(source: sqlite3.Connection, folder: Path, version: str) -> Path:
    """Copy `source` into `folder`, prove the copy whole, and return its path; older copies beyond `KEPT` go.

    The copy of a v0.1.9 database is never among those that go. Raises `StartRefused` when the copy is not whole.
    """
    target = _copy(source, folder, f"{_PREFIX}{_stamp()}-schema-{version}{_SUFFIX}")
    _prune(folder)
    return target


def take_by_hand(database: Path, folder: Path) -> Path:
    """Copy the database, which may be written to meanwhile, into `folder`; such copies never go by themselves.

    Raises `StartRefused` when the copy is not whole, and what SQLite and the disk raise.
    """
    source = sqlite.connect(database, query="mode=ro")
    try:
        return _copy(source, folder, f"{_BY_HAND}{_stamp()}{_SUFFIX}")
    finally:
        source.close()


def all_in(folder: Path) -> list[Path]:
    """Every copy there is, in the order of their names."""
    return sorted(path for path in folder.glob(f"*{_SUFFIX}") if path.is_file())


def _stamp() -> str:
    return datetime.now(UTC).strftime("%Y%m%dT%H%M%S%fZ")


def _copy(source: sqlite3.Connection, folder: Path, name: str) -> Path:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    target = folder / name
    unproven = target.with_name(target.name + ".part")
    try:
        sqlite.backup(source, unproven)
        _prove(unproven)
        unproven.replace(target)
    finally:
        unproven.unlink(missing_ok=True)
    flush_folder(folder)
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


def _prune(folder: Path) -> None:
    copies = sorted(folder.glob(f"{_PREFIX}*{_SUFFIX}"))
    passing = [copy for copy in copies if not copy.name.endswith(f"-schema-{LEGACY}{_SUFFIX}")]
    for copy in passing[:-KEPT]:
        copy.unlink()
