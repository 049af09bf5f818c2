"""A home made anew from a backup, with every file compared with its hash on the way."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from contextlib import closing
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, Final

from faceforge_core.db import sqlite
from faceforge_core.home import Home, HomeMarker, write_marker
from faceforge_core.private_files import open_private, private_dir, write_atomic
from faceforge_core.refusals import StartRefused
from faceforge_sdk.files import CHUNK, flush_many, open_regular, sha256_of

from .place import DATABASE, FILES, BackupPlace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from faceforge_core.db.driver import sqlite3

    Progress = Callable[[int, int], None]

_FS: Final = "fs"
_ASSETS: Final = "SELECT asset_id, content_hash, byte_size FROM assets WHERE asset_id > ? ORDER BY asset_id LIMIT 1000"
_COUNT: Final = "SELECT count(*) FROM assets"
# What was elsewhere lies in the home now: a restore is for the case that the other places are lost.
_HERE: Final = "UPDATE assets SET storage_provider = ?, storage_key = ?, bytes_state = 'ok' WHERE asset_id = ?"
_BATCH: Final = 200


class Restored:
    """What came out of a restore: how many files, and the sentences on what did not."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.assets = 0
        self.missing: list[str] = []


def restore(
    place: BackupPlace, name: str | None, root: Path, progress: Progress = lambda _done, _all: None
) -> Restored:
    """Make a home in the empty or missing folder `root` from the backup `name`, or the newest.

    Raises `StartRefused`, before anything is written if the backup is not whole in itself or the folder not empty. A
    file that the place lost or damaged is told of in `missing`, and the rest is restored. `paths` of core.json are left
    out: everything lies in the new home.
    """
    chosen = _chosen(place, name)
    manifest = place.manifest(chosen)
    _require_whole(place, chosen, manifest)
    if root.exists() and (not root.is_dir() or any(root.iterdir())):
        raise StartRefused(f"{root} is not empty; a home is restored into a new folder.")
    if root.resolve().is_relative_to(place.folder.resolve()):
        raise StartRefused(f"{root} lies in the folder of backups {place.folder}: one mishap would take both.")
    outcome = Restored(chosen)
    home = Home.at(root)
    try:
        home.prepare()
        _restore_files(place, chosen, home, outcome)
        unfinished = home.database.with_suffix(".part")
        shutil.copyfile(place.snapshot(chosen) / DATABASE, unfinished)
        unfinished.chmod(0o600)
        _restore_assets(place, home, unfinished, outcome, progress)
        marker = HomeMarker(str(manifest["home_uuid"]))
        for folder in (home.root, home.assets_dir):
            write_marker(folder, marker)
        flush_many([unfinished], [home.db_dir])
        unfinished.rename(home.database)  # last: without it there is no home that a Core would take for whole
        flush_many([], [home.db_dir])
    except OSError as error:
        raise StartRefused(f"{root} can't be written: {error.strerror or error}.") from error
    return outcome


def _chosen(place: BackupPlace, name: str | None) -> str:
    if place.owner() is None:
        raise StartRefused(f"{place.folder} holds no backups of FaceForge.")
    names = place.names()
    if not names:
        raise StartRefused(f"There is no complete backup in {place.folder}.")
    if name is not None and name not in names:
        raise StartRefused(f"There is no backup {name} in {place.folder}; there are {', '.join(names)}.")
    return name or names[-1]


def _require_whole(place: BackupPlace, name: str, manifest: dict[str, Any]) -> None:
    path = place.snapshot(name) / DATABASE
    try:
        with open_regular(path) as database:
            whole = sha256_of(database) == manifest["database"]["sha256"]
    except (OSError, KeyError, TypeError) as error:
        raise StartRefused(f"The backup {name} can't be read ({error}); another one may.") from error
    if not whole:
        raise StartRefused(f"The database in the backup {name} is damaged; another backup may be whole.")


def _restore_files(place: BackupPlace, name: str, home: Home, outcome: Restored) -> None:
    folders = {"config": home.config_dir, "plugins": home.plugins_dir, "plugin_data": home.plugin_data_dir}
    for one in json.loads((place.snapshot(name) / FILES).read_bytes()):
        below, *rest = PurePosixPath(one["path"]).parts
        if below not in folders or not rest or ".." in rest:
            raise StartRefused(f"The backup {name} names a file outside of the home: {one['path']}.")
        target = folders[below].joinpath(*rest)
        private_dir(target.parent)
        if not _copy(place.blob(one["sha256"]), target, one["sha256"]):
            outcome.missing.append(f"{one['path']} is lost or damaged in the backup.")
    if home.core_json.is_file():
        config = json.loads(home.core_json.read_bytes())
        if config.pop("paths", None) is not None:
            write_atomic(home.core_json, json.dumps(config, indent=2).encode() + b"\n")


def _restore_assets(place: BackupPlace, home: Home, database: Path, outcome: Restored, progress: Progress) -> None:
    with closing(sqlite.connect(database)) as rows:
        (count,) = rows.execute(_COUNT).fetchone()
        waiting: list[Path] = []
        for done, (asset_id, digest, _size) in enumerate(_pages(rows), 1):
            key = f"files/{digest[:2]}/{digest}"
            target = home.assets_dir / key
            private_dir(target.parent)
            if target.exists() or _copy(place.blob(digest), target, digest):
                outcome.assets += 1
                waiting.append(target)
            else:
                outcome.missing.append(f"The file {asset_id} is lost or damaged in the backup.")
            rows.execute(_HERE, (_FS, key, asset_id))
            if len(waiting) >= _BATCH:
                _flush(waiting)
            progress(done, count)
        _flush(waiting)


def _pages(rows: sqlite3.Connection) -> Iterator[Sequence[Any]]:
    after = ""
    while page := rows.execute(_ASSETS, (after,)).fetchall():
        yield from page
        after = page[-1][0]


def _flush(waiting: list[Path]) -> None:
    flush_many(waiting, {path.parent for path in waiting})
    waiting.clear()


def _copy(source: Path, target: Path, digest: str) -> bool:
    """Copy a file; False, with nothing left, if it is not there or not what its name says."""
    found = hashlib.sha256()
    try:
        reading = open_regular(source)
    except OSError:
        return False
    draft = target.with_name(f".{target.name}.part")
    with reading, os.fdopen(open_private(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), "wb") as writing:
        while chunk := reading.read(CHUNK):
            found.update(chunk)
            writing.write(chunk)
    if found.hexdigest() != digest:
        draft.unlink()
        return False
    draft.replace(target)
    return True
