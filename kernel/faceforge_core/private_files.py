"""Files and folders that only their owner can read, written whole or not at all."""

from __future__ import annotations

import contextlib
import itertools
import logging
import os
import secrets
import stat
from typing import TYPE_CHECKING

from faceforge_sdk.files import flush_folder, replace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

_log = logging.getLogger(__name__)
_SAFELY: int = getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0)


def private_dir(path: Path) -> None:
    """Make the folder (and missing parents) with mode 0700 whatever the umask; an existing one is tightened to it.

    A new folder's name is on the disk when this returns.
    Where modes cannot be set (Windows, FAT, someone else's folder) or must not be (a shared sticky folder such as
    ``/tmp``) it stays as it is; if others can then open it, that is logged as a warning.
    Raises OSError when the folder cannot be made or a file stands in its place.
    """
    flush_names(make_private_dir(path))


def make_private_dir(path: Path) -> Iterable[Path]:
    """As `private_dir`, but nothing need be on the disk yet: returns the folders that got a new name, to be flushed."""
    missing = list(itertools.takewhile(lambda folder: not folder.is_dir(), (path, *path.parents)))
    for folder in reversed(missing):
        folder.mkdir(mode=0o700, exist_ok=True)
        _tighten(folder, 0o700)
    if not missing:
        _tighten(path, 0o700)
    return [folder.parent for folder in missing]


def flush_names(folders: Iterable[Path]) -> None:
    """Have the names in these folders on the disk, each folder flushed once."""
    for folder in sorted(set(folders)):  # a parent comes before what it holds
        with contextlib.suppress(PermissionError):  # a folder that may be passed through and not read
            flush_folder(folder)


def open_private(path: Path, flags: int) -> int:
    """``os.open`` whose file has mode 0600 whatever the umask, also when it existed with a wider one.

    The descriptor is binary and not inherited. A symbolic link in the file's place is refused (OSError) where the
    system can do that.
    """
    descriptor = os.open(path, flags | _SAFELY, 0o600)
    # Most often right already: then one fstat is all it costs.
    if os.name == "posix" and stat.S_IMODE(os.fstat(descriptor).st_mode) != 0o600:
        with contextlib.suppress(
            PermissionError, NotImplementedError
        ):  # FAT, or another user's file: works, unprotected
            os.fchmod(descriptor, 0o600)
    return descriptor


def write_atomic(path: Path, data: bytes, *, before_replace: Callable[[], None] | None = None) -> None:
    """Replace the file's content with `data`, mode 0600, so that any crash or power loss leaves old or new, complete.

    `before_replace` is called at the last moment; what it raises aborts the writing. After any failure the old file is
    untouched and no temporary file is left (a kill may leave one, named ``.<name>.<random>.tmp``). Returns when the
    new content is on the disk. Raises OSError.
    """
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}.tmp")
    try:
        descriptor = open_private(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL)
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if before_replace is not None:
            before_replace()
        replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise
    flush_folder(path.parent)


def others_can_read(path: Path) -> bool:
    """Whether the POSIX mode lets group or others at the file or folder; always False where there are no such modes."""
    return os.name == "posix" and bool(stat.S_IMODE(path.stat().st_mode) & 0o077)


def _tighten(path: Path, mode: int) -> None:
    if os.name != "posix":
        return
    now = stat.S_IMODE(path.stat().st_mode)
    if now == mode:
        return
    if not now & stat.S_ISVTX:
        try:
            path.chmod(mode)
        except OSError as exc:
            _log.debug("%s keeps mode %o: %s", path, now, exc)
    if others_can_read(path):
        _log.warning("Other users of this computer can open %s, and its permissions cannot be changed.", path)
