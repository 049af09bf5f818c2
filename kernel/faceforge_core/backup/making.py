"""Making a backup of a home that is in use: the database at one moment, then every file that it speaks of."""

from __future__ import annotations

import json
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from faceforge_core import __version__
from faceforge_core.clock import now
from faceforge_core.db import sqlite
from faceforge_core.db.driver import sqlite3, translated
from faceforge_core.private_files import write_atomic
from faceforge_sdk.errors import FaceForgeError, IntegrityError
from faceforge_sdk.files import FileReader, is_cache, open_regular, sha256_of, storage_error
from faceforge_sdk.models import BackupReport

from .blobs import BlobWriter
from .place import DATABASE, FILES, FORMAT, BackupPlace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from faceforge_core.home import Home
    from faceforge_sdk.models import Asset
    from faceforge_sdk.protocols import ByteReader

    Progress = Callable[[float, str | None], None]
    Report = Callable[[str, Mapping[str, Any]], None]

_ASSETS: Final = "SELECT asset_id, content_hash, byte_size FROM assets WHERE asset_id > ? ORDER BY asset_id LIMIT 1000"
_TOTALS: Final = "SELECT count(*), coalesce(sum(byte_size), 0) FROM assets"
_LEFT_OUT: Final = frozenset({"__pycache__"})


@dataclass(slots=True)
class _Tally:
    """What one backup holds so far."""

    assets: int = 0
    total_bytes: int = 0
    problems: int = 0
    files: list[dict[str, Any]] = field(default_factory=list)


class BackupMaker:
    """Makes one backup. `get_asset` finds an asset, live or in the trash; `open_bytes` reads one wherever it lies."""

    def __init__(
        self,
        home: Home,
        place: BackupPlace,
        *,
        get_asset: Callable[[str], Asset | None],
        open_bytes: Callable[[Asset], ByteReader],
        report: Report,
        progress: Progress,
        check_cancelled: Callable[[], None],
    ) -> None:
        self._home = home
        self._place = place
        self._get_asset = get_asset
        self._open = open_bytes
        self._report = report
        self._progress = progress
        self._check_cancelled = check_cancelled

    def make(self) -> BackupReport:
        """Copy all; a file that can't be read is reported, and the rest is a backup all the same.

        Raises `IntegrityError` if the database is damaged, `StorageUnavailable` and `InsufficientStorage` for the
        place; nothing that looks like a backup is left then, but files already copied are, for the next attempt.
        """
        moment = datetime.now(UTC)
        tally = _Tally()
        try:
            draft = self._place.begin()
            self._progress(0, "Copying the database")
            self._copy_database(draft / DATABASE)
            with BlobWriter(self._place, self._check_cancelled) as blobs:
                self._keep_files(blobs, tally)
                self._keep_assets(blobs, draft / DATABASE, tally)
            write_atomic(draft / FILES, json.dumps(tally.files, indent=1).encode() + b"\n")
            manifest = self._manifest(draft, tally)
            name = self._place.finish(draft, manifest, moment.strftime("%Y%m%dT%H%M%SZ"))
        except OSError as error:
            raise storage_error(error) from error
        return BackupReport(
            name=name,
            assets=tally.assets,
            total_bytes=tally.total_bytes,
            added_files=blobs.added,
            added_bytes=blobs.added_bytes,
            problems=tally.problems,
        )

    def _copy_database(self, target: Path) -> None:
        try:
            with closing(sqlite.connect(self._home.database, query="mode=ro")) as source:
                sqlite.backup(source, target)
            with closing(sqlite.connect(target, query="mode=ro&immutable=1")) as copy:
                found = sqlite.problems(copy)
        except sqlite3.Error as error:
            raise translated(error) from error
        if found:
            raise IntegrityError(f"The database is damaged ({found[0]}); no backup was made of it.")

    def _keep_files(self, blobs: BlobWriter, tally: _Tally) -> None:
        """What makes the home what it is beside its files: configuration, plugins and what they keep."""
        home = self._home
        for folder, below in (
            (home.config_dir, "config"),
            (home.plugins_dir, "plugins"),
            (home.plugin_data_dir, "plugin_data"),
        ):
            for path in _regular_files(folder):
                self._check_cancelled()
                name = f"{below}/{path.relative_to(folder).as_posix()}"
                try:
                    source = FileReader(path, 0, path.stat().st_size)
                    digest, size = blobs.add(None, source)
                except (FileNotFoundError, FaceForgeError) as error:  # it went, or is being written at this moment
                    tally.problems += 1
                    self._report(f"{name} could not be read: {error}", {"file": name})
                else:
                    tally.files.append({"path": name, "sha256": digest, "bytes": size})

    def _keep_assets(self, blobs: BlobWriter, database: Path, tally: _Tally) -> None:
        with closing(sqlite.connect(database, query="mode=ro&immutable=1")) as copy:
            count, total = copy.execute(_TOTALS).fetchone()
            done = seen = 0
            for asset_id, digest, byte_size in _assets(copy):
                self._check_cancelled()
                if blobs.holds(digest, byte_size) or self._keep_asset(blobs, asset_id, digest, tally):
                    tally.assets, tally.total_bytes = tally.assets + 1, tally.total_bytes + byte_size
                seen, done = seen + 1, done + byte_size
                self._progress(min(99.0, 100.0 * done / max(1, total)), f"{seen} of {count} files")

    def _keep_asset(self, blobs: BlobWriter, asset_id: str, digest: str, tally: _Tally) -> bool:
        asset = self._get_asset(asset_id)
        if asset is None:
            return False  # removed for good since the database was copied: the owner wanted it gone
        try:
            blobs.add(digest, self._open(asset))
        except FaceForgeError as error:
            tally.problems += 1
            sentence = f"{asset.filename or asset.asset_id} is not in the backup: {error}"
            self._report(sentence, {"asset_id": asset.asset_id})
            return False
        return True

    def _manifest(self, draft: Path, tally: _Tally) -> dict[str, Any]:
        with open_regular(draft / DATABASE) as database:
            digest = sha256_of(database)
        return {
            "format": FORMAT,
            "core_version": __version__,
            "created_at": now(),
            "home_uuid": self._place.owner(),
            "assets": tally.assets,
            "total_bytes": tally.total_bytes,
            "problems": tally.problems,
            "database": {"sha256": digest, "bytes": (draft / DATABASE).stat().st_size},
        }


def _assets(copy: sqlite3.Connection) -> Iterator[tuple[str, str, int]]:
    after = ""
    while page := copy.execute(_ASSETS, (after,)).fetchall():
        yield from page
        after = page[-1][0]


def _regular_files(folder: Path) -> Iterator[Path]:
    """The files of a folder, at any depth, in order; no links, and nothing that can be made again."""
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        if path.is_symlink() or path.name in _LEFT_OUT:
            continue
        if path.is_dir() and not is_cache(path):
            yield from _regular_files(path)
        elif path.is_file():
            yield path
