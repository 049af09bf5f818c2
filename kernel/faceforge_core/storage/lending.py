"""Stored bytes as a file with a harmless name, for programs that want a path."""

from __future__ import annotations

import logging
import re
import secrets
import shutil
import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from faceforge_sdk.files import CHUNK, storage_error

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from faceforge_sdk.models import Asset
    from faceforge_sdk.protocols import ByteReader

_log = logging.getLogger(__name__)
_PREFIX = "lent-"
_MOST_FILES = 500
"""A folder is given up after so many, so that what was left in it goes even where there is always a next one."""
_EXTENSION = re.compile(r"\.[A-Za-z0-9]{1,10}\Z", re.ASCII)


@dataclass(slots=True)
class _Room:
    """A private folder: what lies in it now, and for how many files it was used."""

    folder: Path
    names: set[str]
    used: int = 0


class Lending:
    """Private folders below `tmp_dir`, with files in them for as long as somebody works with those.

    Those that are lent at the same time share a folder: making one for each costs more than reading a small file.
    """

    def __init__(
        self, tmp_dir: Path, read: Callable[[Asset], ByteReader], local_file: Callable[[Asset], Path | None]
    ) -> None:
        self._tmp_dir = tmp_dir
        self._read = read
        self._local_file = local_file
        self._lock = threading.Lock()
        self._room: _Room | None = None

    @contextmanager
    def as_file(self, asset: Asset) -> Iterator[Path]:
        """See the SDK's `Storage.as_file`.

        It is a link to the stored file where there is one. Never a hard link: a stored file with a second name looks
        as if it were shared with the user, and gives way to a copy.
        """
        name = f"{asset.content_hash}{_extension(asset.filename)}"
        reader = self._read(asset)
        try:
            room = self._enter(name)
        except OSError as error:
            reader.close()
            raise storage_error(error) from error
        path = room.folder / name
        try:
            try:
                self._fill(path, reader, asset)
            except OSError as error:
                raise storage_error(error) from error
            finally:
                reader.close()
            yield path
        finally:
            self._leave(room, name)

    def _enter(self, name: str) -> _Room:
        """The folder that is in use, or a new one where another holds a file of this name, or it had many."""
        with self._lock:
            room = self._room
            if room is None or name in room.names or room.used == _MOST_FILES:
                room = _Room(self._tmp_dir / f"{_PREFIX}{secrets.token_hex(8)}", set())
                room.folder.mkdir(mode=0o700)
                self._room = room
            room.names.add(name)
            room.used += 1
            return room

    def _leave(self, room: _Room, name: str) -> None:
        with suppress(OSError):  # who was lent it may hold it open still
            (room.folder / name).unlink()
        with self._lock:
            room.names.discard(name)
            if room.names:
                return
            if self._room is room:
                self._room = None
        _remove(room.folder)

    def clear(self) -> None:
        """Remove what a Core that died left behind."""
        for folder in self._tmp_dir.glob(f"{_PREFIX}*"):
            try:
                shutil.rmtree(folder)
            except OSError as error:
                _log.warning("%s is left over and can't be removed: %s", folder, error)

    def _fill(self, path: Path, reader: ByteReader, asset: Asset) -> None:
        stored = self._local_file(asset)
        if stored is not None and _linked(path, stored):
            return
        with path.open("xb") as file:
            while chunk := reader.read(CHUNK):
                file.write(chunk)


def _remove(folder: Path) -> None:
    """Nearly always it is empty; who was lent something may have left more beside it."""
    try:
        folder.rmdir()
    except OSError:
        shutil.rmtree(folder, ignore_errors=True)


def _linked(path: Path, stored: Path) -> bool:
    """Windows lets few users make links, and some file systems nobody."""
    try:
        path.symlink_to(stored.absolute())
    except (OSError, NotImplementedError):
        return False
    return True


def _extension(filename: str | None) -> str:
    found = _EXTENSION.search(filename or "")
    return found.group() if found else ""
