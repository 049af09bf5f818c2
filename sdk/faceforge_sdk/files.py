"""Files as a storage provider needs them: flushed so that they survive power loss, replaced whole, read to the byte."""

from __future__ import annotations

import errno
import hashlib
import io
import os
import re
import secrets
import stat
import sys
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from .errors import Busy, FaceForgeError, InsufficientStorage, IntegrityError, StorageUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence
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
# fcntl.FICLONE of Python 3.14: share a file's blocks until one of the two is written to.
_FICLONE = 0x40049409
_SYNCFS_TELLS = (5, 8)
# ext2 to ext4, XFS, Btrfs, F2FS (linux/magic.h)
_CACHE_TAG = "CACHEDIR.TAG"
_CACHE_SIGNATURE = b"Signature: 8a477f597d28d172789f06886806bc55"
_FLUSHED_BY_SYNCFS = frozenset({0xEF53, 0x58465342, 0x9123683E, 0xF2F52010})


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


def flush_volume(folder: Path) -> bool:
    """Bring everything written so far to the volume of `folder`, names too, to its disk: one call for many files.

    False, and nothing happens, where no such call is to be trusted: Linux has one (``syncfs``), which tells of errors
    since 5.8, and does for the file systems named here what ``fsync`` does; network and FUSE drives may stop half way.
    """
    if sys.platform != "linux":
        return False
    sync = _volume_sync()
    if sync is None:
        return False
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        return sync(descriptor)
    finally:
        os.close(descriptor)


def _volume_sync() -> Callable[[int], bool] | None:
    """``syncfs`` of the C library, where it can be called and tells of errors."""
    import ctypes

    version = tuple(int(part) for part in re.findall(r"\d+", os.uname().release)[:2])
    library = ctypes.CDLL(None, use_errno=True)
    if version < _SYNCFS_TELLS or not hasattr(library, "syncfs"):
        return None

    def sync(descriptor: int) -> bool:
        facts = (ctypes.c_long * 64)()  # a struct statfs is smaller everywhere, and begins with the type
        if library.fstatfs(descriptor, facts) != 0 or facts[0] not in _FLUSHED_BY_SYNCFS:
            return False
        if library.syncfs(descriptor) != 0:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number))
        return True

    return sync


def flush_many(
    files: Sequence[Path], folders: Collection[Path], at_once: Callable[[Path], bool] = flush_volume
) -> None:
    """Bring the bytes of `files` and the names in `folders` to the disk. Raises `OSError`, with none of it certain.

    All of them lie on one volume: `at_once` may do it for all that is there, else each is flushed once.
    """
    if not folders or at_once(next(iter(folders))):
        return
    for file in files:
        _flush_file(file, os.fsync)
    for folder in folders:
        flush_folder(folder)
    if files and sys.platform == "darwin":  # all of it is in the drive's cache by now, which one call empties
        _flush_file(files[-1], flush)


def _flush_file(path: Path, how: Callable[[int], None]) -> None:
    descriptor = os.open(path, os.O_RDWR | getattr(os, "O_BINARY", 0))  # Windows flushes no others
    try:
        how(descriptor)
    finally:
        os.close(descriptor)


def clone(source: int, target: int) -> bool:
    """Make the empty file `target` share the blocks of `source` until one of them is written to (Btrfs, XFS, ...).

    False where the disk, or the system, can't, or the two lie on different ones; `target` is still empty then.
    """
    if sys.platform != "linux":
        return False
    import fcntl

    try:
        fcntl.ioctl(target, _FICLONE, source)
    except OSError:
        return False
    return True


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


def mark_as_cache(folder: Path) -> None:
    """Make the folder, marked as one whose content can be made again: backups, Core's own too, pass it over.

    The mark is that of https://bford.info/cachedir/. Raises `OSError`.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    tag = folder / _CACHE_TAG
    if not tag.exists():
        tag.write_bytes(_CACHE_SIGNATURE + b"\n# What lies here can be made again.\n")


def is_cache(folder: Path) -> bool:
    """Whether the folder is so marked."""
    try:
        with (folder / _CACHE_TAG).open("rb") as tag:
            return tag.read(len(_CACHE_SIGNATURE)) == _CACHE_SIGNATURE
    except OSError:
        return False


def replace(source: Path, target: Path) -> None:
    """Rename over whatever file is there, waiting up to 2 s where Windows refuses because someone has it open."""
    for attempts_left in reversed(range(_REPLACE_ATTEMPTS)):
        try:
            os.replace(source, target)  # noqa: PTH105  # that of a Path makes another Path, at the cost of the renaming
        except PermissionError as error:
            if not attempts_left or getattr(error, "winerror", None) not in _WINDOWS_SHARING_ERRORS:
                raise
            time.sleep(_REPLACE_PAUSE)
        else:
            return


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

    def read_ready(self, size: int, /) -> bytes | bytearray | None:
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
        del buffer[count:]
        return buffer

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
