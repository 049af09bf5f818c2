"""Removing old backups, and then the files that no backup needs any more."""

from __future__ import annotations

import json
import shutil
from contextlib import closing
from typing import TYPE_CHECKING, Final

from faceforge_core.db import sqlite
from faceforge_core.db.driver import sqlite3
from faceforge_sdk.errors import IntegrityError

from .place import DATABASE, FILES, MANIFEST, BackupPlace

if TYPE_CHECKING:
    from collections.abc import Callable

_HASHES: Final = "SELECT DISTINCT content_hash FROM assets"


def prune(place: BackupPlace, keep: int, check_cancelled: Callable[[], None]) -> int:
    """Keep the newest `keep` backups, remove the others, and return how many those were.

    Files go only when every backup that stays could be read: a damaged one keeps them all. Raises `OSError`.
    """
    leaving = place.names()[:-keep]
    for name in leaving:
        (place.snapshot(name) / MANIFEST).unlink()  # first: what is removed half way is no backup any more
        shutil.rmtree(place.snapshot(name))
    if leaving:
        _sweep(place, check_cancelled)
    return len(leaving)


def _sweep(place: BackupPlace, check_cancelled: Callable[[], None]) -> None:
    """Hashes are looked up in a table on the disk: a million of them would not be small in memory."""
    with closing(sqlite3.connect("")) as needed:
        needed.execute("CREATE TABLE needed (digest TEXT PRIMARY KEY) WITHOUT ROWID")
        for name in place.names():
            _note(place, name, needed)
        for folder in sorted(place.blobs.iterdir()):
            check_cancelled()
            if not folder.is_dir():
                continue
            for blob in sorted(folder.iterdir()):
                if needed.execute("SELECT 1 FROM needed WHERE digest = ?", (blob.name,)).fetchone() is None:
                    blob.unlink()


def _note(place: BackupPlace, name: str, needed: sqlite3.Connection) -> None:
    folder = place.snapshot(name)
    try:
        with closing(sqlite.connect(folder / DATABASE, query="mode=ro&immutable=1")) as copy:
            needed.executemany("INSERT OR IGNORE INTO needed VALUES (?)", ((row[0],) for row in copy.execute(_HASHES)))
        files = json.loads((folder / FILES).read_bytes())
        needed.executemany("INSERT OR IGNORE INTO needed VALUES (?)", ((one["sha256"],) for one in files))
    except (sqlite3.Error, OSError, ValueError, KeyError, TypeError) as error:
        raise IntegrityError(
            f"The backup {name} in {place.folder} can't be read ({error}); no file was removed."
        ) from error
