"""What only SQLite has, apart from search: connections and their PRAGMAs, checkpoints, backup."""

from __future__ import annotations

import os
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Literal

from faceforge_core.db.driver import sqlite3

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


BUSY_SECONDS = 5
_BUSY_TIMEOUT = f"PRAGMA busy_timeout={BUSY_SECONDS * 1000}"
_WRITER_CACHE_KIB = 64 * 1024
_READER_CACHE_KIB = 32 * 1024
_WAL_KEPT_BYTES = 32 * 1024 * 1024


def connect(path: Path, *, query: str = "") -> sqlite3.Connection:
    """Open `path` in autocommit mode with rows by name; `query` holds URI parameters such as ``mode=ro``.

    The connection may move between threads, and is to be used by one at a time.
    """
    connection: sqlite3.Connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?{query}",
        uri=True,
        timeout=BUSY_SECONDS,
        isolation_level=None,
        check_same_thread=False,
        cached_statements=256,
    )
    connection.row_factory = sqlite3.Row
    connection.execute("PRAGMA trusted_schema=OFF")
    return connection


def open_writer(path: Path) -> sqlite3.Connection:
    """Open the one connection that writes: WAL, commits on disk before they return, checkpoints on demand.

    Raises where the file is missing: one that vanished under a running Core must not come back empty.
    """
    return _opened(
        path,
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "wal_autocheckpoint=0",
        f"journal_size_limit={_WAL_KEPT_BYTES}",
        f"cache_size=-{_WRITER_CACHE_KIB}",
    )


def open_reader(path: Path) -> sqlite3.Connection:
    """Open a connection that can only query, and never checkpoints."""
    return _opened(path, "query_only=ON", "wal_autocheckpoint=0", f"cache_size=-{_READER_CACHE_KIB}")


def open_migrator(path: Path) -> sqlite3.Connection:
    """Open a connection for schema changes: as durable as the writer's, foreign keys off.

    With foreign keys on, rebuilding a table deletes the rows that refer to it.
    """
    return _opened(path, "journal_mode=WAL", "synchronous=FULL", "foreign_keys=OFF", f"cache_size=-{_WRITER_CACHE_KIB}")


def _opened(path: Path, *settings: str) -> sqlite3.Connection:
    connection = connect(path, query="mode=rw")
    with closed_on_error(connection):
        # Without mmap a failing disk gives an error, and not the SIGBUS of a mapped page.
        for setting in (*settings, "temp_store=MEMORY", "mmap_size=0"):
            connection.execute(f"PRAGMA {setting}")
    return connection


@contextmanager
def closed_on_error(connection: sqlite3.Connection) -> Iterator[None]:
    """Close `connection` when the block raises: nobody else will."""
    try:
        yield
    except BaseException:
        connection.close()
        raise


def make_private(path: Path) -> None:
    """Make sure that `path` exists and that only its owner may read it, whatever the umask.

    SQLite gives -wal and -shm the mode of the database file, hence the file comes first.
    """
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    for name in (path, wal_of(path), path.with_name(path.name + "-shm")):
        with suppress(FileNotFoundError):
            name.chmod(0o600)


def wal_of(path: Path) -> Path:
    """Return where SQLite keeps the write-ahead log of the database `path`."""
    return path.with_name(path.name + "-wal")


def checkpoint(connection: sqlite3.Connection, mode: Literal["PASSIVE", "TRUNCATE"]) -> bool:
    """Copy the write-ahead log into the database; return whether all of it went over.

    Never waits for readers: TRUNCATE leaves the log in place while one of them still needs it.
    """
    connection.execute("PRAGMA busy_timeout=0")
    try:
        blocked, in_log, copied = connection.execute(f"PRAGMA wal_checkpoint({mode})").fetchone()
    finally:
        connection.execute(_BUSY_TIMEOUT)
    return not blocked and in_log == copied


def backup(source: sqlite3.Connection, target: Path) -> None:
    """Copy the database of `source`, as it is now, into the new private file `target` and flush it to disk."""
    make_private(target)
    copy = connect(target)
    try:
        source.backup(copy)
    finally:
        copy.close()
    with target.open("rb+") as file:
        os.fsync(file.fileno())


def problems(connection: sqlite3.Connection, *, quick: bool = False) -> list[str]:
    """Return what SQLite finds wrong with the file, empty when nothing; `quick` leaves indexes unread."""
    check = "quick_check" if quick else "integrity_check"
    found = [str(row[0]) for row in connection.execute(f"PRAGMA {check}")]
    return [] if found == ["ok"] else found


def broken_references(connection: sqlite3.Connection) -> set[tuple[object, ...]]:
    """Return a tuple (table, rowid, parent, constraint) for each row that refers to one that is not there."""
    return {tuple(row) for row in connection.execute("PRAGMA foreign_key_check")}
