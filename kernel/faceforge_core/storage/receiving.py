"""Files of this computer on their way in: copied and hashed in one go, to be flushed later, many together."""

from __future__ import annotations

import hashlib
import io
import os
from contextlib import suppress
from typing import TYPE_CHECKING

from faceforge_core.storage.staging import StagedFile
from faceforge_sdk.errors import PayloadTooLarge
from faceforge_sdk.files import clone, storage_error

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import BinaryIO

    from faceforge_core.config_model import Limits
    from faceforge_core.storage.staging import Staging

_PIECE = 256 * 1024
"""What is written and hashed while it may still be in the processor's own cache."""
_SMALL = _PIECE
"""Up to so many bytes a file is read at once, without trying whether the disk could share its blocks."""


class Receiver:
    """Fills staged files. May be used by several threads at once."""

    def __init__(self, staging: Staging, limits: Callable[[], Limits]) -> None:
        self._staging = staging
        self._limits = limits

    def receive(self, source: BinaryIO, byte_size: int, copied: Callable[[int], None]) -> StagedFile:
        """See the SDK's `Storage.receive`."""
        limit = self._limits().upload_bytes
        if limit is not None and byte_size > limit:
            raise PayloadTooLarge(f"The file is larger than {limit} bytes.", details={"limit_bytes": limit})
        self._staging.require_some_space(byte_size)
        descriptor, path = self._staging.new_file()
        fill = _fill_small if byte_size <= _SMALL else _fill_large
        try:
            try:
                content_hash, received = fill(descriptor, source, byte_size, copied)
            finally:
                os.close(descriptor)
        except BaseException:
            with suppress(OSError):
                path.unlink()
            raise
        return StagedFile(path, content_hash, received)


def _fill_small(descriptor: int, source: BinaryIO, byte_size: int, copied: Callable[[int], None]) -> tuple[str, int]:
    """Returns the hash of what there was, and its size."""
    content = source.read(byte_size)
    while len(content) < byte_size and (more := source.read(byte_size - len(content))):
        content += more
    _write(descriptor, content)
    copied(len(content))
    return hashlib.sha256(content).hexdigest(), len(content)


def _fill_large(descriptor: int, source: BinaryIO, byte_size: int, copied: Callable[[int], None]) -> tuple[str, int]:
    """The same, piece by piece."""
    digest, left, buffer = hashlib.sha256(), byte_size, memoryview(bytearray(_PIECE))
    cloned = source.tell() == 0 and clone(source.fileno(), descriptor)
    if cloned and os.fstat(descriptor).st_size > byte_size:
        os.ftruncate(descriptor, byte_size)
    file = io.FileIO(descriptor if cloned else source.fileno(), closefd=False)
    while left and (count := file.readinto(buffer[:left])):
        digest.update(buffer[:count])
        if not cloned:
            _write(descriptor, buffer[:count])
        left -= count
        copied(count)
    return digest.hexdigest(), byte_size - left


def _write(descriptor: int, content: bytes | memoryview) -> None:
    view = memoryview(content)
    try:
        while view:
            view = view[os.write(descriptor, view) :]
    except OSError as error:
        raise storage_error(error) from error
