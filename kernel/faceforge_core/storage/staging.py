"""Where files wait, private and nameless, until they are whole: on the same volume as the assets."""

from __future__ import annotations

import itertools
import logging
import os
import secrets
import shutil
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from faceforge_core.private_files import open_private
from faceforge_sdk.errors import InsufficientStorage
from faceforge_sdk.files import storage_error

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from faceforge_core.config import CoreConfig

_log = logging.getLogger(__name__)
_SUFFIX = ".part"
_RESERVE_BYTES = 200_000_000
_RESERVE_SHARE = 0.05
# How much may come in before the volume is asked again; files of no size take space, too.
_UNWATCHED_BYTES = 16 * 1024 * 1024
_LEAST_BYTES = 4096


@dataclass(slots=True)
class StagedFile:
    """The SDK's `Received`: a private file on the assets' volume, whole; whether its bytes are on the disk yet."""

    path: Path
    content_hash: str
    byte_size: int
    flushed: bool = False
    moved: bool = False
    """Whether the home took it: then nothing of it is left here."""

    def discard(self) -> None:
        """Remove it, if it is still there."""
        if self.moved:
            return
        with suppress(OSError):
            self.path.unlink()


class Staging:
    """The folder for files on their way in, and the watch over the space that is left on its volume."""

    def __init__(self, folder: Path, config: Callable[[], CoreConfig]) -> None:
        self._folder = folder
        self._config = config
        self._counting = threading.Lock()
        self._granted = 0
        self._mark = secrets.token_hex(16)
        self._numbers = itertools.count()

    def require_space(self, byte_size: int) -> None:
        """Raise `InsufficientStorage` if `byte_size` more bytes would eat into the reserve of ``limits``."""
        self._room_for(byte_size)

    def require_some_space(self, byte_size: int) -> None:
        """The same for one of many pieces, at less cost: the volume is asked every so many bytes, ahead of them."""
        needed = max(byte_size, _LEAST_BYTES)
        with self._counting:
            if self._granted < needed:
                self._granted = 0
                self._granted = min(self._room_for(needed), needed + _UNWATCHED_BYTES)
            self._granted -= needed

    def _room_for(self, byte_size: int) -> int:
        """How many bytes may still come in. Raises `InsufficientStorage` if they are fewer than `byte_size`."""
        try:
            usage = shutil.disk_usage(self._folder)
        except OSError as error:
            raise storage_error(error) from error
        reserve = self._config().limits.free_space_reserve_bytes
        if reserve is None:
            reserve = min(_RESERVE_BYTES, int(usage.total * _RESERVE_SHARE))
        if usage.free < byte_size + reserve:
            raise InsufficientStorage(
                f"Not enough space: {usage.free} bytes are free, {reserve} of them are kept in reserve.",
                details={"free_bytes": usage.free, "reserve_bytes": reserve, "needed_bytes": byte_size},
            )
        return usage.free - reserve

    def new_file(self) -> tuple[int, Path]:
        """An exclusive empty file that only we can read, open for reading and writing."""
        path = self.new_path()
        try:
            return open_private(path, os.O_CREAT | os.O_EXCL | os.O_RDWR), path
        except OSError as error:
            raise storage_error(error) from error

    def new_path(self) -> Path:
        """A name that no other file on its way in has."""
        return self._folder / f"upload-{self._mark}{next(self._numbers):08x}{_SUFFIX}"

    def leftovers(self) -> Iterator[tuple[Path, float]]:
        """The files that are on their way in, or were never finished, with their age in seconds."""
        for path in self._folder.glob(f"upload-*{_SUFFIX}"):
            with suppress(FileNotFoundError):
                yield path, time.time() - path.stat().st_mtime

    def clear(self) -> int:
        """Remove what a Core that died left behind; only while the home's lock is held and nothing is on its way in."""
        removed = 0
        for path in self._folder.glob(f"upload-*{_SUFFIX}"):
            try:
                path.unlink()
                removed += 1
            except OSError as error:
                _log.warning("%s is left over and can't be removed: %s", path, error)
        return removed
