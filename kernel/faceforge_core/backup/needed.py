"""Which files the backups of a place need, in a table on the disk: a million hashes would not be small in memory."""

from __future__ import annotations

import json
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Final

from faceforge_core.db import sqlite
from faceforge_core.db.driver import sqlite3
from faceforge_sdk.errors import IntegrityError

from .place import DATABASE, FILES, BackupPlace

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_HASHES: Final = "SELECT DISTINCT content_hash FROM assets"


class NeededFiles:
    """SHA-256 hashes, each once."""

    def __init__(self, table: sqlite3.Connection) -> None:
        self._table = table

    def __contains__(self, digest: str) -> bool:
        return self._table.execute("SELECT 1 FROM needed WHERE digest = ?", (digest,)).fetchone() is not None

    def __len__(self) -> int:
        return int(self._table.execute("SELECT count(*) FROM needed").fetchone()[0])

    def __iter__(self) -> Iterator[str]:
        for (digest,) in self._table.execute("SELECT digest FROM needed ORDER BY digest"):
            yield str(digest)


@contextmanager
def needed_files(place: BackupPlace, names: Iterable[str]) -> Iterator[NeededFiles]:
    """The files of these backups. Raises `IntegrityError` if one of them can't be read."""
    with closing(sqlite3.connect("")) as table:
        table.execute("CREATE TABLE needed (digest TEXT PRIMARY KEY) WITHOUT ROWID")
        for name in names:
            _note(place, name, table)
        yield NeededFiles(table)


def _note(place: BackupPlace, name: str, table: sqlite3.Connection) -> None:
    folder = place.snapshot(name)
    try:
        with closing(sqlite.connect(folder / DATABASE, query="mode=ro&immutable=1")) as copy:
            table.executemany("INSERT OR IGNORE INTO needed VALUES (?)", ((row[0],) for row in copy.execute(_HASHES)))
        files = json.loads((folder / FILES).read_bytes())
        table.executemany("INSERT OR IGNORE INTO needed VALUES (?)", ((one["sha256"],) for one in files))
    except (sqlite3.Error, OSError, ValueError, KeyError, TypeError) as error:
        raise IntegrityError(f"The backup {name} in {place.folder} can't be read ({error}).") from error
