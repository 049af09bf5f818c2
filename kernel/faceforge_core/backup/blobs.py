"""Files on their way into a place of backups: each once, compared with its hash, flushed in batches."""

from __future__ import annotations

import hashlib
import os
import secrets
from typing import TYPE_CHECKING, Final, Self

from faceforge_core.private_files import open_private, private_dir
from faceforge_sdk.errors import IntegrityError
from faceforge_sdk.files import CHUNK, flush_many, replace

from .place import DRAFT

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from faceforge_sdk.protocols import ByteReader

    from .place import BackupPlace

_BATCH: Final = 200
_BATCH_BYTES: Final = 256 * CHUNK


class BlobWriter:
    """Adds files to a place. A file stands under its name only when its bytes are on the disk.

    Use it as a context manager: what waits is brought to the disk at the end, unless that came by an exception.
    """

    def __init__(self, place: BackupPlace, check_cancelled: Callable[[], None]) -> None:
        self._place = place
        self._check_cancelled = check_cancelled
        self._waiting: dict[Path, Path] = {}
        self._coming: set[str] = set()
        self._waiting_bytes = 0
        self.added = 0
        self.added_bytes = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: object) -> None:
        if kind is None:
            self.settle()
        for draft in self._waiting:
            draft.unlink(missing_ok=True)

    def holds(self, digest: str, byte_size: int) -> bool:
        """Whether the place has this file: it was compared with its hash when it came."""
        if digest in self._coming:
            return True
        try:
            return self._place.blob(digest).stat().st_size == byte_size
        except OSError:
            return False

    def add(self, digest: str | None, source: ByteReader) -> tuple[str, int]:
        """Copy `source`, which is closed; returns its SHA-256 and size.

        Raises `OSError` for the place, and the SDK's errors for the source: `IntegrityError` if it is not `digest`'s.
        """
        draft = self._place.blobs / f"{DRAFT}{secrets.token_hex(8)}"
        found, size = self._copy(draft, source)
        if digest is not None and found != digest:
            draft.unlink()
            raise IntegrityError("The bytes are not those of the file's id.", details={"reason": "hash"})
        if self.holds(found, size):
            draft.unlink()
            return found, size
        self._waiting[draft] = self._place.blob(found)
        self._coming.add(found)
        self._waiting_bytes += size
        self.added, self.added_bytes = self.added + 1, self.added_bytes + size
        if len(self._waiting) >= _BATCH or self._waiting_bytes >= _BATCH_BYTES:
            self.settle()
        return found, size

    def _copy(self, draft: Path, source: ByteReader) -> tuple[str, int]:
        digest, size = hashlib.sha256(), 0
        try:
            with os.fdopen(open_private(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL), "wb", buffering=0) as file:
                while chunk := source.read(CHUNK):
                    self._check_cancelled()
                    digest.update(chunk)
                    rest = memoryview(chunk)
                    while rest:
                        rest = rest[file.write(rest) :]
                    size += len(chunk)
        except BaseException:
            draft.unlink(missing_ok=True)
            raise
        finally:
            source.close()
        return digest.hexdigest(), size

    def settle(self) -> None:
        """Bring what waits to the disk, and then to its name. Raises `OSError`."""
        if not self._waiting:
            return
        flush_many([*self._waiting], [self._place.blobs])
        folders = {target.parent for target in self._waiting.values()}
        for folder in folders:
            private_dir(folder)
        for draft, target in self._waiting.items():
            replace(draft, target)
        flush_many([], folders)
        self._waiting.clear()
        self._coming.clear()
        self._waiting_bytes = 0
