"""Rendered thumbnails on disk, one WebP per content hash and size; safe to delete at any time."""

from __future__ import annotations

import os
import secrets
from typing import TYPE_CHECKING

from faceforge_sdk.files import mark_as_cache, replace

if TYPE_CHECKING:
    from pathlib import Path

SIZES = (1024, 512, 256)
"""Longer sides in pixels, largest first."""

VERSION = 1
"""Part of file names and ETags; a better renderer counts up, and old files are no longer found."""


class ThumbnailCache:
    """Files under `folder`, spread over 256 subfolders."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def has_all(self, content_hash: str) -> bool:
        """Whether every size is there."""
        return all(self._path(content_hash, size).exists() for size in SIZES)

    def read(self, content_hash: str, size: int) -> bytes | None:
        """The WebP, or None while there is none."""
        try:
            return self._path(content_hash, size).read_bytes()
        except FileNotFoundError:
            return None

    def refuse(self, content_hash: str) -> None:
        """Note that these bytes can't be pictured, so that nobody waits for it."""
        self.write(content_hash, 0, b"")

    def refused(self, content_hash: str) -> bool:
        """Whether it was noted that these bytes can't be pictured."""
        return self._path(content_hash, 0).exists()

    def remove(self, content_hash: str) -> None:
        """Forget these bytes: no picture, of whatever version, and no note is left."""
        for file in (self._folder / content_hash[:2]).glob(f"{content_hash}-*"):
            file.unlink(missing_ok=True)

    def write(self, content_hash: str, size: int, picture: bytes) -> None:
        """Keep a WebP; a reader sees it whole or not at all."""
        target = self._path(content_hash, size)
        if not target.parent.is_dir():
            mark_as_cache(self._folder)
            target.parent.mkdir(mode=0o700, exist_ok=True)
        draft = target.with_name(f".{secrets.token_hex(8)}")
        try:
            descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(picture)
            replace(draft, target)
        finally:
            draft.unlink(missing_ok=True)

    def _path(self, content_hash: str, size: int) -> Path:
        return self._folder / content_hash[:2] / f"{content_hash}-{size}-v{VERSION}.webp"
