"""A place for bytes: a folder. Yours may be a server, an archive, a tape."""

from __future__ import annotations

import secrets
import shutil
from typing import TYPE_CHECKING

from faceforge_sdk.errors import IntegrityError
from faceforge_sdk.files import FileReader, flush, flush_folder, replace, storage_error

if TYPE_CHECKING:
    from pathlib import Path


class FolderProvider:
    """A `StorageProvider` that keeps each file under its hash."""

    def __init__(self, name: str, folder: Path) -> None:
        self.name = name
        self._folder = folder

    def key_for(self, content_hash: str) -> str:
        """The rows of assets remember this key; it means nothing to others."""
        return f"{content_hash[:2]}/{content_hash}"

    def put(self, key: str, source: Path, content_hash: str, byte_size: int) -> None:
        """Copy beside its place, flush, rename: whole or not there at all."""
        target = self._path(key)
        draft = target.with_name(f".{secrets.token_hex(8)}.part")
        try:
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with source.open("rb") as file, draft.open("xb") as copy:
                shutil.copyfileobj(file, copy)
                if copy.tell() != byte_size:
                    raise IntegrityError(f"{content_hash} was cut short on its way.")
                copy.flush()
                flush(copy.fileno())
            replace(draft, target)
            for folder in (target.parent, self._folder, self._folder.parent):
                flush_folder(folder)
        except OSError as error:
            raise storage_error(error) from error
        finally:
            draft.unlink(missing_ok=True)

    def open(self, key: str, start: int, end: int) -> FileReader:
        """Raises `IntegrityError` where the file is missing or too short."""
        return FileReader(self._path(key), start, end)

    def stat(self, key: str) -> int | None:
        """The size, or None where there is no such file."""
        try:
            path = self._path(key)
            return path.stat().st_size if path.is_file() else None
        except OSError as error:
            raise storage_error(error) from error

    def local_path(self, key: str) -> Path | None:
        """Programs such as ExifTool are shown this file instead of a copy."""
        return None if self.stat(key) is None else self._path(key)

    def delete(self, key: str) -> None:
        """Gone for good; the trash is Core's business."""
        try:
            self._path(key).unlink(missing_ok=True)
        except OSError as error:
            raise storage_error(error) from error

    def available(self) -> bool:
        """Quick: say what you know, and ask nobody."""
        return True

    def _path(self, key: str) -> Path:
        return self._folder / key
