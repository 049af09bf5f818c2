"""One ZIP archive that is never seen half written: each change makes a new one beside it and renames that over it."""

from __future__ import annotations

import shutil
import zipfile
import zlib
from contextlib import contextmanager
from typing import TYPE_CHECKING

from faceforge_sdk.errors import IntegrityError
from faceforge_sdk.files import flush, flush_folder, replace

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_UNREADABLE = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError)


class Archive:
    """The archive at `path`, which need not exist. Who changes it holds a lock; reading needs none.

    All methods raise `IntegrityError` for an archive that is damaged, and `OSError`.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def size_of(self, name: str) -> int | None:
        """The unpacked size of a member, None if there is none of that name."""
        with self._opened() as archive:
            return None if archive is None or name not in archive.namelist() else archive.getinfo(name).file_size

    def read(self, name: str) -> bytes | None:
        """A member, whole; its checksum is compared on the way."""
        with self._opened() as archive:
            return None if archive is None or name not in archive.namelist() else archive.read(name)

    def add(self, name: str, source: Path) -> None:
        """Add a file under a name that no member has. It survives power loss when this returns."""
        with self._new() as draft:
            if self._path.exists():
                shutil.copyfile(self._path, draft)
            with zipfile.ZipFile(draft, "a", zipfile.ZIP_DEFLATED) as archive:
                archive.write(source, name)

    def remove(self, name: str) -> None:
        """Remove a member; the last one takes the archive with it."""
        with self._opened() as archive:
            names = [] if archive is None else archive.namelist()
            if archive is None or name not in names:
                return
            if len(names) > 1:
                with self._new() as draft, zipfile.ZipFile(draft, "w", zipfile.ZIP_DEFLATED) as other:
                    for kept in names:
                        if kept != name:
                            other.writestr(kept, archive.read(kept))
                return
        self._path.unlink()
        flush_folder(self._path.parent)

    @contextmanager
    def _opened(self) -> Iterator[zipfile.ZipFile | None]:
        try:
            with zipfile.ZipFile(self._path) as archive:
                yield archive
        except FileNotFoundError:
            yield None
        except _UNREADABLE as error:
            raise IntegrityError(f"The archive {self._path.name} is damaged: {error}") from error

    @contextmanager
    def _new(self) -> Iterator[Path]:
        """A path to write the next archive to; it takes the old one's place when all went well."""
        draft = self._path.with_suffix(".new")  # what a crash leaves is overwritten the next time
        draft.unlink(missing_ok=True)
        yield draft
        with draft.open("rb+") as file:
            flush(file.fileno())
        replace(draft, self._path)
        flush_folder(self._path.parent)
