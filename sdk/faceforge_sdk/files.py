"""Files as a storage provider needs them: flushed so that they survive power loss, replaced whole, read to the byte."""

from __future__ import annotations

import errno
import hashlib
import io
import os
import secrets
import stat
import sys
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from .errors import Busy, FaceForgeError, InsufficientStorage, IntegrityError, StorageUnavailable

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType
    from typing import Self

CHUNK = 1024 * 1024

# Access denied, sharing and lock violation: a virus scanner, an indexer or a download has the target open for a moment.
_WINDOWS_SHARING_ERRORS = frozenset({5, 32, 33})
_REPLACE_ATTEMPTS = 40
_REPLACE_PAUSE = 0.05
# Linux alone reads only what lies in memory when asked to.
_NOWAIT: int | None = getattr(os, "RWF_NOWAIT", None) if hasattr(os, "preadv") else None
_NO_FOLDER_SYNC = frozenset({errno.EINVAL, errno.ENOTSUP, errno.EBADF})


def flush(descriptor: int) -> None:
    """Bring a file's bytes to the disk itself, past the drive's own cache where the system allows asking for it."""
    if sys.platform == "darwin":  # fsync alone stops at the drive's cache there
        import fcntl

        try:
            fcntl.fcntl(descriptor, fcntl.F_FULLFSYNC)
        except OSError as error:
            if error.errno not in {errno.ENOTSUP, errno.EINVAL, errno.ENOTTY}:
                raise
        else:
            return
    os.fsync(descriptor)


def flush_folder(folder: Path) -> None:
    """Bring a folder's names to the disk; nothing happens where folders can't be flushed (Windows, some networks)."""
    if os.name == "nt":  # opens no folders; NTFS journals its names
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in _NO_FOLDER_SYNC:
            raise
    finally:
        os.close(descriptor)


def write_private(path: Path, content: bytes) -> None:
    """Make or replace a file that only its owner may read (0600), whole and flushed or not at all. Raises `OSError`."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}.tmp")
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            flush(file.fileno())
        replace(draft, path)
    except BaseException:
        with suppress(OSError):
            draft.unlink(missing_ok=True)
        raise
    flush_folder(path.parent)


def replace(source: Path, target: Path) -> None:
    """Rename over whatever file is there, waiting up to 2 s where Windows refuses because someone has it open."""
    for _ in range(_REPLACE_ATTEMPTS - 1):
        try:
            source.replace(target)
        except PermissionError as error:
            if getattr(error, "winerror", None) not in _WINDOWS_SHARING_ERRORS:
                raise
            time.sleep(_REPLACE_PAUSE)
        else:
            return
    source.replace(target)


def open_regular(path: Path, *, follow: bool = True) -> io.FileIO:
    """Open a regular file for reading; a pipe never blocks. Raises `OSError`, ``ELOOP`` or ``EINVAL`` for others."""
    flags = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0)
    if not follow:
        if path.is_symlink():  # systems without O_NOFOLLOW
            raise OSError(errno.ELOOP, "is a symbolic link", str(path))
        flags |= getattr(os, "O_NOFOLLOW", 0)
    file = io.FileIO(os.open(path, flags), "rb")
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise OSError(errno.EINVAL, "is not a regular file", str(path))
    return file


def sha256_of(file: io.FileIO) -> str:
    """The SHA-256 of what follows in `file`, as 64 hex characters."""
    return hashlib.file_digest(file, "sha256").hexdigest()


class FileReader:
    """Bytes `start` to `end` of one file, a `ByteReader` with a descriptor of its own: readers never wait for others.

    Raises `IntegrityError` when made if the file is missing, no regular file or shorter than `end`, and while reading
    if it becomes so: an answer that was promised whole never ends early as if it were complete.
    """

    __slots__ = ("_file", "_left")

    def __init__(self, path: Path, start: int, end: int) -> None:
        try:
            self._file = open_regular(path)
        except (FileNotFoundError, NotADirectoryError) as error:
            raise IntegrityError("The file's bytes are missing.", details={"reason": "missing"}) from error
        except OSError as error:
            if error.errno in {errno.EINVAL, errno.ELOOP, errno.EISDIR, errno.ENXIO}:
                raise IntegrityError("What stands in the file's place is none.", details={"reason": "type"}) from error
            raise storage_error(error) from error
        self._left = end - start
        if os.fstat(self._file.fileno()).st_size < end:
            self.close()
            raise _short()
        if start:
            self._file.seek(start)

    def read(self, size: int, /) -> bytes:
        """At most `size` bytes, and b"" at the end of the range."""
        wanted = min(size, self._left)
        if wanted <= 0:
            return b""
        try:
            found = self._file.read(wanted)
        except OSError as error:
            raise storage_error(error) from error
        if not found:
            raise _short()
        self._left -= len(found)
        return found

    def read_ready(self, size: int, /) -> bytes | None:
        """At most `size` bytes that the system holds in memory; None where it would have to wait, or can't tell."""
        if _NOWAIT is None or self._left <= 0:
            return None
        buffer = bytearray(min(size, self._left))
        try:
            count = os.preadv(self._file.fileno(), [buffer], self._file.tell(), _NOWAIT)
        except OSError:  # not in memory, or a file system that does not know the question
            return None
        if count == 0:
            return None  # shorter than it was: `read` says so
        self._file.seek(count, os.SEEK_CUR)
        self._left -= count
        return bytes(buffer[:count]) if count < len(buffer) else bytes(buffer)

    def close(self) -> None:
        """Give the descriptor back; may be called twice."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def storage_error(error: OSError) -> FaceForgeError:
    """What a failed file operation means to the caller of a storage service."""
    if error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}:
        return InsufficientStorage("The volume is full; nothing was stored.")
    if error.errno in {errno.EMFILE, errno.ENFILE, errno.ENOMEM}:
        return Busy("Too many files are open at once.", retry_after=2)
    reason = error.strerror or type(error).__name__
    return StorageUnavailable(f"The place for files can't be used: {reason}.", retry_after=5)


def _short() -> IntegrityError:
    return IntegrityError("The file is shorter than it was when it was stored.", details={"reason": "size"})
