"""Reading bytes to their end: comparing them with their hash, and putting a proven copy somewhere else."""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING

from faceforge_sdk.errors import IntegrityError
from faceforge_sdk.files import CHUNK, flush, storage_error

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from faceforge_core.storage.staging import Staging
    from faceforge_sdk.protocols import ByteReader, StorageProvider


def require_hash(
    source: ByteReader,
    content_hash: str,
    check_cancelled: Callable[[], None],
    take: Callable[[bytes], None] = lambda _: None,
) -> int:
    """Read `source` to its end, give each piece to `take`, and close it; returns how many bytes there were.

    Raises `IntegrityError` if they are not those of the hash, and what `check_cancelled` raises, between two megabytes.
    """
    digest, size = hashlib.sha256(), 0
    try:
        while chunk := source.read(CHUNK):
            check_cancelled()
            digest.update(chunk)
            size += len(chunk)
            take(chunk)
    finally:
        source.close()
    if digest.hexdigest() != content_hash:
        raise IntegrityError("The bytes are not those of the file's id.", details={"reason": "hash"})
    return size


def copy_in(
    staging: Staging,
    source: ByteReader,
    provider: StorageProvider,
    key: str,
    *,
    content_hash: str,
    byte_size: int,
    check_cancelled: Callable[[], None],
) -> None:
    """Put a copy of `source` under `key`, hashed on the way; closes `source`, whatever happens.

    Raises as `require_hash`, `InsufficientStorage`, and what `put` raises.
    """
    temporary: Path | None = None
    try:
        staging.require_space(byte_size)
        descriptor, temporary = staging.new_file()
        try:
            require_hash(source, content_hash, check_cancelled, lambda chunk: _write(descriptor, chunk))
            flush(descriptor)
        finally:
            os.close(descriptor)
        provider.put(key, temporary, content_hash, byte_size)
    except OSError as error:
        raise storage_error(error) from error
    finally:
        source.close()
        if temporary is not None:
            temporary.unlink(missing_ok=True)


def _write(descriptor: int, chunk: bytes) -> None:
    view = memoryview(chunk)
    while view:
        view = view[os.write(descriptor, view) :]
