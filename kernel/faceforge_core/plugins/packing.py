"""Plugins as they arrive, a ZIP or a folder, brought into a folder of ours: every entry is looked at before any lies.

Archives are a stranger's, and nothing they say of themselves is believed: sizes are counted while they are written.
"""

from __future__ import annotations

import errno
import hashlib
import os
import stat
import struct
import zipfile
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from faceforge_core.plugins.portable_names import NamesTaken, is_junk, parts_of, refused
from faceforge_core.private_files import open_private
from faceforge_sdk.errors import InvalidInput, PayloadTooLarge
from faceforge_sdk.files import CHUNK, flush_many, open_regular

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from typing import BinaryIO

MAX_ARCHIVE_BYTES: Final = 100 * 1024 * 1024
MAX_BYTES: Final = 400 * 1024 * 1024
MAX_ENTRIES: Final = 10_000
MAX_RATIO: Final = 100
"""How many times its own size an archive may unpack to, once that is more than `_HARMLESS`."""

_HARMLESS: Final = 16 * 1024 * 1024
_ENCRYPTED: Final = 0x1
_REPARSE_POINT: Final = 0x400
_ENTRY_SIGNATURE: Final = b"PK\x01\x02"
_READABLE: Final = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
_DAMAGED: Final = (zipfile.BadZipFile, zlib.error, EOFError, struct.error, ValueError, NotImplementedError)


@dataclass(frozen=True, slots=True)
class Arrived:
    """What lies in the folder now. `sha256` is of the archive, or of a folder's names and contents."""

    sha256: str
    files: tuple[Path, ...]
    byte_size: int


@dataclass(frozen=True, slots=True)
class _Entry:
    info: zipfile.ZipInfo
    parts: tuple[str, ...]


class Unpacking:
    """Writes files below a folder, counted; `done` makes them durable."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._folders = {folder}
        self.files: list[Path] = []
        self.byte_size = 0

    def write(self, parts: tuple[str, ...], read: Callable[[int], bytes], *, executable: bool) -> None:
        """Make one file of what `read` gives. Raises `PayloadTooLarge`."""
        target = self._folder.joinpath(*parts)
        self._make_folders(parts[:-1])
        with os.fdopen(open_private(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL), "wb") as file:
            while chunk := read(CHUNK):
                self.byte_size += len(chunk)
                if self.byte_size > MAX_BYTES:
                    raise PayloadTooLarge(f"The plugin has more than {MAX_BYTES} bytes.")
                file.write(chunk)
        if executable and os.name == "posix":
            target.chmod(0o700)
        self.files.append(target)

    def _make_folders(self, parts: tuple[str, ...]) -> None:
        folder = self._folder
        for part in parts:
            folder /= part
            if folder not in self._folders:
                folder.mkdir(mode=0o700)
                self._folders.add(folder)

    def done(self, sha256: str) -> Arrived:
        """All of it is on the disk when this returns."""
        flush_many(self.files, self._folders)
        return Arrived(sha256, tuple(self.files), self.byte_size)


# --- Archives -------------------------------------------------------------------------------------------------------


def unpack(file: BinaryIO, folder: Path, *, keep_junk: bool = False) -> Arrived:
    """Unpack a ZIP into an empty folder.

    Raises `InvalidInput` naming the entry and what is wrong with it, `PayloadTooLarge`, and `OSError`. What was
    written until then is the caller's to remove.
    """
    sha256, size = _looked_through(file)
    try:
        with zipfile.ZipFile(file) as archive:
            entries = _entries(archive.infolist(), size)
            unpacking = Unpacking(folder)
            for entry in entries:
                if keep_junk or not is_junk(entry.parts):
                    _unpack_entry(archive, entry, unpacking)
    except _DAMAGED as exc:
        raise _unreadable(exc) from exc
    except OSError as exc:
        if exc.errno != errno.EINVAL:  # an offset that leads out of the file
            raise
        raise _unreadable(exc) from exc
    return unpacking.done(sha256)


def _unreadable(error: Exception) -> InvalidInput:
    return InvalidInput(f"The file is no ZIP archive that can be read: {error}.")


def _looked_through(file: BinaryIO) -> tuple[str, int]:
    """The hash and size; whoever would have us remember a million entries is turned away before they are read."""
    file.seek(0)
    digest, size, entries, before = hashlib.sha256(), 0, 0, b""
    while chunk := file.read(CHUNK):
        digest.update(chunk)
        size += len(chunk)
        if size > MAX_ARCHIVE_BYTES:
            raise PayloadTooLarge(f"The archive is larger than {MAX_ARCHIVE_BYTES} bytes.")
        entries += (before + chunk).count(_ENTRY_SIGNATURE)
        before = chunk[1 - len(_ENTRY_SIGNATURE) :]
    if entries > 2 * MAX_ENTRIES:
        raise PayloadTooLarge(f"The archive has more than {MAX_ENTRIES} entries.")
    return digest.hexdigest(), size


def _entries(infos: list[zipfile.ZipInfo], archive_size: int) -> list[_Entry]:
    """The files of an archive, all checked before one is written."""
    if len(infos) > MAX_ENTRIES:
        raise PayloadTooLarge(f"The archive has more than {MAX_ENTRIES} entries.")
    total = sum(info.file_size for info in infos)
    if total > MAX_BYTES:
        raise PayloadTooLarge(f"The archive unpacks to {total} bytes; {MAX_BYTES} are the most.")
    if total > _HARMLESS and total > MAX_RATIO * archive_size:
        raise PayloadTooLarge(f"The archive unpacks to {total // archive_size} times its size: it looks like a bomb.")
    taken = NamesTaken()
    files: list[_Entry] = []
    for info in infos:
        # The name as it stands in the archive: zipfile's own ends at the first NUL, and has other slashes on Windows.
        parts = parts_of(info.orig_filename)
        folder = info.orig_filename.endswith("/")
        _check_kind(info)
        taken.add(parts, folder=folder)
        if not folder:
            files.append(_Entry(info, parts))
    return files


def _check_kind(info: zipfile.ZipInfo) -> None:
    kind = stat.S_IFMT(info.external_attr >> 16)
    if kind == stat.S_IFLNK or info.external_attr & _REPARSE_POINT:
        raise refused(info.orig_filename, "is a link")
    if kind not in {0, stat.S_IFREG, stat.S_IFDIR}:
        raise refused(info.orig_filename, "is neither a file nor a folder")
    if info.flag_bits & _ENCRYPTED:
        raise refused(info.orig_filename, "is encrypted")
    if info.compress_type not in _READABLE:
        raise refused(info.orig_filename, "is packed in a way that is not read here: use plain ZIP")


def _unpack_entry(archive: zipfile.ZipFile, entry: _Entry, unpacking: Unpacking) -> None:
    mode = entry.info.external_attr >> 16
    try:
        with archive.open(entry.info) as content:
            unpacking.write(entry.parts, content.read, executable=bool(mode & 0o100))
    except _DAMAGED as exc:
        raise refused(entry.info.orig_filename, f"is damaged ({exc})") from exc


# --- Folders --------------------------------------------------------------------------------------------------------


def copy_folder(source: Path, folder: Path) -> Arrived:
    """Copy a plugin's folder into an empty one, without what is hidden and what tools leave behind.

    Raises `InvalidInput` for a link, a special file and a name that is not one everywhere; `PayloadTooLarge`;
    `OSError`.
    """
    unpacking = Unpacking(folder)
    digest = hashlib.sha256()
    for parts, path in files_of(source):
        with open_regular(path, follow=False) as file:
            facts = os.fstat(file.fileno())
            content = hashlib.sha256()

            def read(size: int, file: Any = file, content: Any = content) -> bytes:
                chunk: bytes = file.read(size)
                content.update(chunk)
                return chunk

            unpacking.write(parts, read, executable=bool(facts.st_mode & 0o100))
        digest.update(f"{'/'.join(parts)}\0{content.hexdigest()}\n".encode())
    return unpacking.done(digest.hexdigest())


def files_of(source: Path) -> list[tuple[tuple[str, ...], Path]]:
    """The files of a plugin's folder that belong to it, by name. Raises as `copy_folder`."""
    found: list[tuple[tuple[str, ...], Path]] = []
    taken = NamesTaken()
    for parts, path in _walk(source, ()):
        if len(found) == MAX_ENTRIES:
            raise PayloadTooLarge(f"The folder has more than {MAX_ENTRIES} files.")
        taken.add(parts_of("/".join(parts)), folder=False)
        found.append((parts, path))
    return sorted(found)


def _walk(folder: Path, above: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Path]]:
    with os.scandir(folder) as entries:
        listed = list(entries)
    for entry in listed:
        parts = (*above, entry.name)
        if is_junk(parts):
            continue
        if entry.is_symlink() or getattr(entry, "is_junction", bool)():
            raise refused("/".join(parts), "is a link")
        if entry.is_dir(follow_symlinks=False):
            parts_of("/".join(parts))
            yield from _walk(folder / entry.name, parts)
        elif entry.is_file(follow_symlinks=False):
            yield parts, folder / entry.name
        else:
            raise refused("/".join(parts), "is neither a file nor a folder")


def folder_digest(source: Path) -> str:
    """The `sha256` that `copy_folder` gives for this folder."""
    digest = hashlib.sha256()
    for parts, path in files_of(source):
        digest.update(f"{'/'.join(parts)}\0{hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return digest.hexdigest()


def pack_folder(source: Path, file: BinaryIO) -> None:
    """Pack what `copy_folder` would copy, the same bytes for the same folder."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for parts, path in files_of(source):
            info = zipfile.ZipInfo("/".join(parts))
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = (stat.S_IFREG | (path.stat().st_mode & 0o700)) << 16
            archive.writestr(info, path.read_bytes())
