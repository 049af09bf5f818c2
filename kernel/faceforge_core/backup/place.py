"""How a folder of backups is laid out.

::

    faceforge-backups.json          whose backups these are
    blobs/ab/ab12…                  every file once, named by its SHA-256, whichever backups hold it
    snapshots/20261125T204512Z/     one backup
        core.sqlite3                the database at that moment
        files.json                  configuration, plugins and their data: path in the home, hash and size
        manifest.json               what the backup holds; written last, so a folder without it is none
"""

from __future__ import annotations

import json
import re
import secrets
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from faceforge_core.json_files import read_object
from faceforge_core.private_files import private_dir, write_atomic
from faceforge_core.refusals import StartRefused
from faceforge_sdk.errors import Conflict, StorageUnavailable
from faceforge_sdk.files import flush_many
from faceforge_sdk.models import Snapshot

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FORMAT: Final = 1
DATABASE: Final = "core.sqlite3"
FILES: Final = "files.json"
MANIFEST: Final = "manifest.json"
_MARK: Final = "faceforge-backups.json"
_NAME = re.compile(r"\d{8}T\d{6}Z(-\d+)?")
DRAFT: Final = ".part-"


@dataclass(frozen=True, slots=True)
class BackupPlace:
    """A folder that holds backups of one home, and nothing else."""

    folder: Path

    @property
    def is_reachable(self) -> bool:
        """Whether the folder is there, or can be made: the disk it is to lie on is."""
        return self.folder.is_dir() or self.folder.parent.is_dir()

    @property
    def snapshots(self) -> Path:
        return self.folder / "snapshots"

    @property
    def blobs(self) -> Path:
        return self.folder / "blobs"

    def blob(self, digest: str) -> Path:
        """Where the file with this SHA-256 lies."""
        return self.blobs / digest[:2] / digest

    def snapshot(self, name: str) -> Path:
        return self.snapshots / name

    def names(self) -> list[str]:
        """The backups that are complete, the oldest first."""
        if not self.snapshots.is_dir():
            return []
        found = (entry.name for entry in self.snapshots.iterdir() if _NAME.fullmatch(entry.name))
        return sorted(name for name in found if (self.snapshot(name) / MANIFEST).is_file())

    def manifest(self, name: str) -> dict[str, Any]:
        """What a backup says of itself. Raises `StartRefused` if it can't be read."""
        content = read_object(self.snapshot(name) / MANIFEST)
        if content is None:
            raise StartRefused(f"There is no backup {name} in {self.folder}.")
        return content

    def described(self) -> Iterator[Snapshot]:
        """The backups that can be read, the newest first."""
        for name in reversed(self.names()):
            try:
                said = self.manifest(name)
            except StartRefused:
                continue
            yield Snapshot(name=name, **{key: said[key] for key in Snapshot.model_fields if key != "name"})

    def owner(self) -> str | None:
        """The uuid of the home whose backups these are; None for a folder that is no place of backups.

        Raises `StartRefused` for the backups of a newer Core.
        """
        content = read_object(self.folder / _MARK)
        if content is None:
            return None
        if content.get("format") != FORMAT:
            raise StartRefused(f"The backups in {self.folder} were made by a newer FaceForge Core.")
        return str(content.get("home_uuid"))

    def claim(self, home_uuid: str) -> None:
        """Make the folder this home's. Raises `Conflict` where it holds something else, `StorageUnavailable`."""
        try:
            if not self.is_reachable:
                raise StorageUnavailable(
                    f"The folder for backups {self.folder} can't be made: {self.folder.parent} is not there. "
                    "Is its disk connected?"
                )
            if self.folder.exists() and not self.folder.is_dir():
                raise Conflict(f"The folder for backups {self.folder} is a file.")
            owner = self.owner()
            if owner not in {None, home_uuid}:
                raise Conflict(f"{self.folder} holds the backups of another home.")
            if owner is None and self.folder.is_dir() and any(self.folder.iterdir()):
                raise Conflict(f"{self.folder} holds something else; backups need a folder of their own.")
            private_dir(self.folder)
            if owner is None:
                mark = {"format": FORMAT, "home_uuid": home_uuid}
                write_atomic(self.folder / _MARK, json.dumps(mark).encode() + b"\n")
        except StartRefused as error:
            raise Conflict(str(error)) from error
        except OSError as error:
            reason = error.strerror or str(error)
            raise StorageUnavailable(f"The folder for backups {self.folder} can't be used: {reason}.") from error

    def begin(self) -> Path:
        """A folder for a backup that is being made; what an earlier attempt left is removed."""
        for folder in (self.snapshots, self.blobs):
            private_dir(folder)
            for left in folder.glob(f"{DRAFT}*"):
                shutil.rmtree(left) if left.is_dir() else left.unlink()
        draft = self.snapshots / f"{DRAFT}{secrets.token_hex(8)}"
        draft.mkdir(mode=0o700)
        return draft

    def finish(self, draft: Path, manifest: dict[str, Any], stamp: str) -> str:
        """Make the draft a backup: durable, under the first free name of that moment. Returns its name."""
        write_atomic(draft / MANIFEST, json.dumps(manifest, indent=2).encode() + b"\n")
        flush_many([draft / DATABASE, draft / FILES], [draft, self.snapshots])
        name, number = stamp, 1
        while self.snapshot(name).exists():
            number += 1
            name = f"{stamp}-{number}"
        draft.rename(self.snapshot(name))
        flush_many([], [self.snapshots])
        return name
