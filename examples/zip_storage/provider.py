"""A storage provider over 256 archives: a file is a member of the one that its hash begins with."""

from __future__ import annotations

import hashlib
import io
import re
from contextlib import contextmanager
from typing import TYPE_CHECKING

from faceforge_sdk.errors import IntegrityError
from faceforge_sdk.files import storage_error
from faceforge_sdk.locks import KeyLocks

from .archive import Archive

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NAME = "zip"
_KEY = re.compile(r"([0-9a-f]{2})\.zip/([0-9a-f]{64})")


class Member(io.BytesIO):
    """A part of a file, in memory: the archive is closed again when the reading begins."""

    def read_ready(self, size: int, /) -> bytes | None:
        return self.read(size) or None


class ZipProvider:
    """The `StorageProvider` called ``zip``; its files are small, and read whole."""

    name = NAME

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._locks = KeyLocks()  # one for each archive: two changes at once would lose one of them

    def key_for(self, content_hash: str) -> str:
        """``<first two hex>.zip/<sha256>``."""
        return f"{content_hash[:2]}.zip/{content_hash}"

    def put(self, key: str, source: Path, content_hash: str, byte_size: int) -> None:
        """Pack the bytes of `source`. Equal bytes that are there stay; others of that name give way."""
        with self._changing(key) as (archive, member):
            held = archive.read(member)
            if held is not None and (len(held), hashlib.sha256(held).hexdigest()) == (byte_size, content_hash):
                return
            if held is not None:
                archive.remove(member)
            archive.add(member, source)

    def open(self, key: str, start: int, end: int) -> Member:
        """Unpack, and give that part. Raises `IntegrityError` before the first byte if it is missing or damaged."""
        archive, member = self._place(key)
        with _translated():
            content = archive.read(member)
        if content is None or len(content) < end:
            raise IntegrityError("The archive does not hold this file.", details={"reason": "missing"})
        return Member(content[start:end])

    def stat(self, key: str) -> int | None:
        """What the archive's directory says."""
        archive, member = self._place(key)
        with _translated():
            return archive.size_of(member)

    def local_path(self, key: str) -> Path | None:
        """There is no file that holds exactly these bytes: Core makes a copy for programs that want one."""
        del key
        return None

    def delete(self, key: str) -> None:
        """Write the archive anew without it."""
        with self._changing(key) as (archive, member):
            archive.remove(member)

    def available(self) -> bool:
        """Whether the folder is there, or can be made."""
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError:
            return False
        return True

    def _place(self, key: str) -> tuple[Archive, str]:
        found = _KEY.fullmatch(key)
        if found is None:
            raise IntegrityError("The stored key names no place in an archive.", details={"reason": "key"})
        return Archive(self._folder / f"{found[1]}.zip"), found[2]

    @contextmanager
    def _changing(self, key: str) -> Iterator[tuple[Archive, str]]:
        archive, member = self._place(key)
        with self._locks.holding(key.partition("/")[0]), _translated():
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            yield archive, member


@contextmanager
def _translated() -> Iterator[None]:
    """Errors of the system in the words that Core understands: a full disk, a place that does not answer."""
    try:
        yield
    except OSError as error:
        raise storage_error(error) from error
