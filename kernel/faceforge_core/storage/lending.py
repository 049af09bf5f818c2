"""Stored bytes as a file with a harmless name, for programs that want a path."""

from __future__ import annotations

import logging
import re
import secrets
import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING

from faceforge_sdk.files import CHUNK, storage_error

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from faceforge_sdk.models import Asset
    from faceforge_sdk.protocols import ByteReader

_log = logging.getLogger(__name__)
_PREFIX = "lent-"
_EXTENSION = re.compile(r"\.[A-Za-z0-9]{1,10}\Z", re.ASCII)


class Lending:
    """Private folders below `tmp_dir`, each with one file in it for as long as somebody works with that."""

    def __init__(
        self, tmp_dir: Path, read: Callable[[Asset], ByteReader], local_file: Callable[[Asset], Path | None]
    ) -> None:
        self._tmp_dir = tmp_dir
        self._read = read
        self._local_file = local_file

    @contextmanager
    def as_file(self, asset: Asset) -> Iterator[Path]:
        """See the SDK's `Storage.as_file`.

        It is a link to the stored file where there is one. Never a hard link: a stored file with a second name looks
        as if it were shared with the user, and gives way to a copy.
        """
        folder = self._tmp_dir / f"{_PREFIX}{secrets.token_hex(8)}"
        path = folder / f"{asset.content_hash}{_extension(asset.filename)}"
        try:
            reader = self._read(asset)
            try:
                folder.mkdir(mode=0o700)
                self._fill(path, reader, asset)
            except OSError as error:
                raise storage_error(error) from error
            finally:
                reader.close()
            yield path
        finally:
            _remove(folder, path)

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


def _remove(folder: Path, path: Path) -> None:
    """Nearly always there is that one file; who was lent it may have left more beside it, or hold it open still."""
    try:
        path.unlink(missing_ok=True)
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
