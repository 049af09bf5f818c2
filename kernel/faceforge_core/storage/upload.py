"""One file on its way in: hashed while it is written, private until it is whole, gone without a trace if it fails."""

from __future__ import annotations

import contextlib
import hashlib
import os
from typing import TYPE_CHECKING, NamedTuple

from faceforge_core.storage.description import Description, describe, require_bytes
from faceforge_core.storage.staging import StagedFile
from faceforge_sdk.errors import PayloadTooLarge
from faceforge_sdk.files import flush, storage_error

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from types import TracebackType
    from typing import Self

    from faceforge_core.config_model import Limits
    from faceforge_core.storage.staging import Staging
    from faceforge_sdk.models import Asset
    from faceforge_sdk.protocols import Sidecar

# A write call per 64 KiB would cost a system call each; larger buffers than this are slower again.
_BUFFER_BYTES = 1024 * 1024


class Stored(NamedTuple):
    """The asset that a file became; whether it was live before, and whether its own place did not take the bytes."""

    asset: Asset
    known: bool
    displaced: bool


class IncomingFile:
    """The SDK's `Upload`. `keep` makes a received file durable where it belongs, and records it.

    Up to a megabyte is held in memory, so that a refused small upload never touches the disk.
    """

    def __init__(self, staging: Staging, limits: Limits, keep: Callable[[StagedFile, Description], Stored]) -> None:
        self.known = self.displaced = False
        self._staging = staging
        self._limits = limits
        self._keep = keep
        self._hash = hashlib.sha256()
        self._size = 0
        self._buffer = bytearray()
        self._descriptor: int | None = None
        self._path: Path | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._close()
        finally:
            if self._path is not None:
                with contextlib.suppress(OSError):  # another provider than the home may have moved it
                    self._path.unlink()

    def write(self, chunk: bytes | bytearray | memoryview) -> None:
        """Append. Raises `PayloadTooLarge`, `InsufficientStorage`, `StorageUnavailable`."""
        size = len(chunk)
        limit = self._limits.upload_bytes
        if limit is not None and self._size + size > limit:
            raise PayloadTooLarge(f"The file is larger than {limit} bytes.", details={"limit_bytes": limit})
        self._hash.update(chunk)
        self._size += size
        if not self._buffer and size >= _BUFFER_BYTES:
            self._spill(chunk)
            return
        self._buffer += chunk
        if len(self._buffer) >= _BUFFER_BYTES:
            self._spill_buffer()

    def commit(
        self, *, filename: str, content_type: str | None, kind: str = "file", sidecar: Sidecar | None = None
    ) -> Asset:
        """Store what was written; durable when this returns."""
        description = describe(
            filename=filename,
            content_type=content_type,
            kind=kind,
            sidecar=sidecar,
            max_depth=self._limits.json_depth,
        )
        require_bytes(self._size)
        path = self._finish_file()
        staged = StagedFile(path, self._hash.hexdigest(), self._size, flushed=True)
        stored = self._keep(staged, description)
        if staged.moved:
            self._path = None
        self.known, self.displaced = stored.known, stored.displaced
        return stored.asset

    def _finish_file(self) -> Path:
        self._spill_buffer()
        if self._descriptor is None or self._path is None:
            raise RuntimeError("An upload is committed once.")
        try:
            flush(self._descriptor)
        except OSError as error:
            raise storage_error(error) from error
        self._close()
        return self._path

    def _spill_buffer(self) -> None:
        if self._buffer:
            self._spill(self._buffer)
            self._buffer = bytearray()

    def _spill(self, content: bytes | bytearray | memoryview) -> None:
        self._staging.require_space(len(content))
        if self._descriptor is None:
            self._descriptor, self._path = self._staging.new_file()
        view = memoryview(content)
        try:
            while view:
                view = view[os.write(self._descriptor, view) :]
        except OSError as error:
            raise storage_error(error) from error

    def _close(self) -> None:
        if self._descriptor is not None:
            descriptor, self._descriptor = self._descriptor, None
            try:
                os.close(descriptor)
            except OSError as error:
                raise storage_error(error) from error
