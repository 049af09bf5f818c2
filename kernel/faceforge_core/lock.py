"""One home, one Core: the lock that a running Core holds for life, and who holds it."""

from __future__ import annotations

import json
import logging
import os
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from faceforge_core.json_files import read_object
from faceforge_core.private_files import write_atomic
from faceforge_core.refusals import LOCKED, StartRefused

if TYPE_CHECKING:
    from pathlib import Path

_log = logging.getLogger(__name__)

# Someone asking `holder` takes the lock for a moment; a start must outwait that.
_PATIENCE = 0.5
_POLL = 0.02


@dataclass(frozen=True)
class Holder:
    """The process that holds a home; None for what it has not said (yet)."""

    pid: int | None = None
    port: int | None = None


def file_lock(path: Path) -> FileLock:
    """An exclusive lock between processes, and between instances in one; the empty file (0600) stays.

    Not bound to a thread: one may take it and another let go.
    """
    return FileLock(path, mode=0o600, thread_local=False)


class HomeLock:
    """The exclusive hold of a home, by an operating system lock that dies with the process, kill -9 included.

    Pid and port stand in a file beside it (``core.lock.json``), because on Windows nobody else can read a locked file.
    That file is only believed while the lock is held.
    """

    def __init__(self, lock_file: Path) -> None:
        self._path = lock_file
        self._lock = file_lock(lock_file)

    def acquire(self) -> None:
        """Take the home. Raises StartRefused: 4 naming the process that has it, 2 when the file cannot be made."""
        try:
            self._lock.acquire(timeout=_PATIENCE, poll_interval=_POLL)
        except Timeout:
            raise StartRefused(_who_has_it(self._path.parent, _said(self._path)), LOCKED) from None
        except OSError as exc:
            raise _unlockable(self._path, exc) from exc
        self._say(Holder(os.getpid()))

    def publish(self, port: int) -> None:
        """Let others know on which port this process serves the home."""
        self._say(Holder(os.getpid(), port))

    def release(self) -> None:
        """Let go of the home; harmless when it is not held."""
        if not self._lock.is_locked:
            return
        with suppress(OSError):
            _holder_file(self._path).unlink(missing_ok=True)
        self._lock.release()

    def _say(self, holder: Holder) -> None:
        try:
            write_atomic(_holder_file(self._path), json.dumps(asdict(holder)).encode())
        except OSError as exc:  # a full disk: the lock itself holds, only its label is missing
            _log.warning("%s cannot be written (%s); others will not see who holds the home.", self._path, exc)


def holder(lock_file: Path) -> Holder | None:
    """Who holds the home now, or None when nobody does. Takes the lock for a moment and changes nothing.

    Raises StartRefused when that cannot be found out: on a disk that can only be read, for one.
    """
    if not lock_file.exists():
        return None
    lock = file_lock(lock_file)
    try:
        lock.acquire(timeout=_PATIENCE / 5, poll_interval=_POLL)
    except Timeout:
        return _said(lock_file)
    except OSError as exc:
        raise _unlockable(lock_file, exc) from exc
    lock.release()
    return None


def _unlockable(lock_file: Path, exc: OSError) -> StartRefused:
    return StartRefused(f"{lock_file} cannot be made or locked ({exc.strerror or exc}).")


def _holder_file(lock_file: Path) -> Path:
    return lock_file.with_name(f"{lock_file.name}.json")


def _said(lock_file: Path) -> Holder:
    try:
        content = read_object(_holder_file(lock_file)) or {}
    except StartRefused:
        return Holder()  # written by something else; not worth a second error
    return Holder(*(value if isinstance(value := content.get(key), int) else None for key in ("pid", "port")))


def _who_has_it(root: Path, who: Holder) -> str:
    process = f"process {who.pid}" if who.pid is not None else "another process"
    where = f" on port {who.port}" if who.port is not None else ""
    return f"The home {root} is in use: FaceForge Core already runs as {process}{where}."
