"""The copies on this computer of files that the server has acknowledged and not yet proven to have."""

from __future__ import annotations

import errno
import os
import shutil
from contextlib import suppress
from typing import TYPE_CHECKING

from faceforge_sdk.errors import IntegrityError
from faceforge_sdk.files import flush, flush_folder, open_regular, replace, sha256_of, storage_error

from .settings import ObjectKey

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class UnprovenFiles:
    """Files ``<folder>/<bucket>/<sha256>``, private to their owner."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def path(self, key: ObjectKey) -> Path | None:
        """The copy of this object, if there is one."""
        place = self._place(key)
        return place if place.is_file() else None

    def keep(self, key: ObjectKey, source: Path) -> None:
        """Take `source`, which is flushed, so that its bytes survive power loss under their name here.

        Raises `InsufficientStorage` where there is no room, `StorageUnavailable`; `source` is as it was then.
        """
        place = self._place(key)
        try:
            _make_durable_folder(place.parent)
            try:
                replace(source, place)
            except OSError as error:
                if error.errno != errno.EXDEV:
                    raise
                _copy(source, place)
                source.unlink()
            flush_folder(place.parent)
        except OSError as error:
            raise storage_error(error) from error

    def drop(self, key: ObjectKey) -> None:
        """Remove the copy; nothing happens if there is none. Raises `StorageUnavailable`."""
        try:
            self._place(key).unlink(missing_ok=True)
        except OSError as error:
            raise storage_error(error) from error

    def is_whole(self, key: ObjectKey) -> bool:
        """Whether the copy has the bytes that its name says, by reading it all."""
        try:
            with open_regular(self._place(key), follow=False) as file:
                return sha256_of(file) == key.content_hash
        except OSError:
            return False

    def __iter__(self) -> Iterator[ObjectKey]:
        """The keys of all copies, also of those that a former process kept."""
        for path in sorted(self._folder.glob("*/*")):
            with suppress(IntegrityError):  # a draft of a copy that was never finished, or none of ours
                yield ObjectKey.parse(str(ObjectKey.of(path.parent.name, path.name)))

    def _place(self, key: ObjectKey) -> Path:
        return self._folder / key.bucket / key.content_hash


def _copy(source: Path, place: Path) -> None:
    draft = place.with_name(f".{place.name}")
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0), 0o600)
        with os.fdopen(descriptor, "wb") as target, source.open("rb") as file:
            shutil.copyfileobj(file, target, 1024 * 1024)
            target.flush()
            flush(target.fileno())
        replace(draft, place)
    except BaseException:
        with suppress(OSError):
            draft.unlink(missing_ok=True)
        raise


def _make_durable_folder(folder: Path) -> None:
    missing = []
    while not folder.is_dir():
        missing.append(folder)
        folder = folder.parent
    for one in reversed(missing):
        one.mkdir(mode=0o700, exist_ok=True)
        flush_folder(one.parent)
