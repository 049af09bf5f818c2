"""Taking a home's database to the present schema: refuse, copy, then step by step."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from faceforge_core import __version__
from faceforge_core.db import backups, fresh, sqlite
from faceforge_core.db.driver import is_busy, sqlite3
from faceforge_core.db.history import History, stored_revision, upgrade
from faceforge_core.refusals import NEWER_SCHEMA, StartRefused

if TYPE_CHECKING:
    from collections.abc import Callable

KERNEL = History(
    "core",
    Path(__file__).parent / "migrations" / "versions",
    ("0001", "0002", "0003", "0004", "0005", "0006", "0007", "0008", "0009", "0010"),
)
HEAD = KERNEL.head

_LEGACY_STEPS = {"0001_init", "0002_assets_storage", "0003_descriptors", "0004_jobs_inputs_and_cancel"}
_EMPTY = "none"
_ROOM_TO_WORK = 16 * 1024 * 1024
_ROOM_TO_OPEN = 1024 * 1024
"""SQLite makes files beside a database to open it; without room for them it speaks of an I/O error only."""


@dataclass(frozen=True, slots=True)
class MigrationReport:
    """What `migrate` did. Versions are ``none`` (no tables yet), ``0.1.9`` or the number of one of our steps."""

    from_version: str
    to_version: str
    backup: Path | None
    was_legacy: bool


def migrate(
    database_path: Path,
    backups_dir: Path,
    *,
    free_bytes: Callable[[Path], int] = lambda path: shutil.disk_usage(path).free,
) -> MigrationReport:
    """Bring the database to `HEAD`, from nothing, from v0.1.9 or from any former step; safe to kill at any point.

    Before the first pending step of a file with content, a proven copy of it lies in `backups_dir`. The caller holds
    the home's lock. Raises `StartRefused`, always before anything is changed: code 3 for a schema newer than ours,
    2 for a file that is damaged or none of ours, locked by another program, or too large to copy into the free space,
    and for folders that can't be written.
    """
    try:
        version = _version_of(database_path)
        if version == HEAD:
            return MigrationReport(version, version, None, was_legacy=False)
        backup = None
        if version != _EMPTY:
            _require_room(database_path, backups_dir, free_bytes)
            backup = _copy(database_path, backups_dir, version)
        sqlite.make_private(database_path)
        if version == _EMPTY:
            fresh.make(database_path, before_commit=_sign)
        else:
            upgrade(database_path, KERNEL, before_commit=_sign)
    except sqlite3.DatabaseError as error:
        reason = _full_disk(free_bytes(database_path.parent)) or str(error)
        raise StartRefused(f"The database {database_path} cannot be opened or migrated: {reason}.") from error
    except OSError as error:
        place = error.filename or database_path
        message = f"The database {database_path} cannot be upgraded: {place}: {error.strerror or error}."
        raise StartRefused(message) from error
    return MigrationReport(version, HEAD, backup, was_legacy=version == backups.LEGACY)


def _version_of(path: Path) -> str:
    """Say what the file is without writing to it; raises `StartRefused` for one that is not for us."""
    if not path.exists() or path.stat().st_size == 0:
        return _EMPTY
    connection = _opened_for_reading(path)
    try:
        tables = {str(row[0]) for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        if not tables:
            return _EMPTY
        stored = stored_revision(connection, KERNEL)
        if stored in KERNEL.revisions:
            return str(stored)
        if stored is not None:
            raise StartRefused(_newer(connection, path, tables, stored), NEWER_SCHEMA)
        _require_legacy(connection, path, tables)
    finally:
        connection.close()
    return backups.LEGACY


def _opened_for_reading(path: Path) -> sqlite3.Connection:
    connection = sqlite.connect(path, query="mode=ro")
    try:
        with sqlite.closed_on_error(connection):
            connection.execute("SELECT 1 FROM sqlite_master").fetchone()
    except sqlite3.OperationalError as error:
        if is_busy(error):
            raise
        # A journal left by a crash must be rolled back first, which takes writing.
        return sqlite.connect(path, query="mode=rw")
    return connection


def _newer(connection: sqlite3.Connection, path: Path, tables: set[str], stored: str) -> str:
    row = None
    if "home_identity" in tables:
        row = connection.execute("SELECT value FROM home_identity WHERE key = 'core_version'").fetchone()
    needed = row[0] if row else f"the version that knows schema {stored}"
    return f"The database {path} was written by a newer FaceForge Core: it needs >= {needed}, this is {__version__}."


def _require_legacy(connection: sqlite3.Connection, path: Path, tables: set[str]) -> None:
    if "schema_migrations" not in tables:
        raise StartRefused(f"{path} is a database of another program.")
    steps = {str(row[0]) for row in connection.execute("SELECT name FROM schema_migrations")}
    if unknown := sorted(steps - _LEGACY_STEPS):
        raise StartRefused(f"The database {path} needs >= a Core that knows its step {unknown[0]}.", NEWER_SCHEMA)
    if steps != _LEGACY_STEPS:
        raise StartRefused(f"The database {path} is older than v0.1.9: open it once with FaceForge Core v0.1.9.")


def _full_disk(free: int) -> str | None:
    return f"its disk is full ({free} bytes are free), make room on it" if free < _ROOM_TO_OPEN else None


def _require_room(path: Path, backups_dir: Path, free_bytes: Callable[[Path], int]) -> None:
    """Room for the copy, and for the log and the indexes that the steps write."""
    wal = sqlite.wal_of(path)
    size = path.stat().st_size + (wal.stat().st_size if wal.exists() else 0)
    needed = 3 * size + _ROOM_TO_WORK
    place = next(folder for folder in (backups_dir, *backups_dir.parents) if folder.exists())
    if (free := min(free_bytes(place), free_bytes(path.parent))) < needed:
        raise StartRefused(
            f"The database {path} must be upgraded, and {needed // 2**20} MiB must be free for that and for its backup "
            f"in {backups_dir}; {free // 2**20} MiB are. Nothing was changed."
        )


def _copy(path: Path, backups_dir: Path, version: str) -> Path:
    connection = _opened_for_reading(path)
    try:
        if found := sqlite.problems(connection, quick=True):
            raise StartRefused(f"The database {path} is damaged ({found[0]}); it was left as it is.")
        return backups.take(connection, backups_dir, version)
    finally:
        connection.close()


def _sign(connection: sqlite3.Connection) -> None:
    """Write which Core made this schema, for the message that an older one gives."""
    if connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'home_identity'").fetchone():
        connection.execute(
            "INSERT OR REPLACE INTO home_identity (key, value) VALUES ('core_version', ?)", (__version__,)
        )
