"""One file on its way in: read once, copied and hashed, never linked to what the user may still edit."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from io import BufferedReader, FileIO
from typing import TYPE_CHECKING

from faceforge_sdk.errors import InvalidInput
from faceforge_sdk.protocols import FileOrigin, Sidecar
from faceforge_sdk.strict_json import MAX_BYTES as MAX_SIDECAR_BYTES

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import BinaryIO

    from faceforge_sdk.errors import FaceForgeError
    from faceforge_sdk.protocols import Received

    from .scan import FoundFile, FoundSidecar

    Receive = Callable[[BinaryIO, int, Callable[[int], None]], Received]

# Where the system knows them: no link, and no waiting for a pipe that took the file's place since it was found.
_SAFELY: int = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


@dataclass(frozen=True, slots=True)
class TakenIn:
    """A file that was received, and what has to be known to keep it.

    `sidecar_problem`: why its sidecar could not be read; `origin`: None where it would not be known again by it.
    """

    file: FoundFile
    received: Received
    sidecar: Sidecar | None
    sidecar_problem: str | None
    changed_meanwhile: bool
    origin: FileOrigin | None


def take_in(file: FoundFile, receive: Receive, copied: Callable[[int], None]) -> TakenIn:
    """Receive a file as it was when it was opened; `copied` hears of each piece's size, and may stop it by raising.

    Raises OSError and what `Storage.receive` raises; a sidecar that can't be read is no reason.
    """
    source, before = _open(file.path)
    with source:
        received = receive(source, before.st_size, copied)
        try:
            after = os.fstat(source.fileno())
        except OSError:
            received.discard()
            raise
    sidecar, problem = _sidecar(file.sidecar)
    changed = _seen(before) != _seen(after)
    same = not changed and problem is None and _seen(before) == (file.byte_size, file.mtime_ns)
    return TakenIn(file, received, sidecar, problem, changed, origin_of(file) if same else None)


def origin_of(file: FoundFile) -> FileOrigin:
    """By what a file is known again."""
    sidecar = "" if file.sidecar is None else file.sidecar.look
    return FileOrigin(os.fsencode(file.path), file.byte_size, file.mtime_ns, file.inode, as_text(sidecar))


def as_text(name: str) -> str:
    """A name as text, also where the disk holds bytes that are none."""
    return name if name.isascii() else os.fsencode(name).decode("utf-8", "replace")


def reason(error: FaceForgeError | OSError) -> str:
    """What went wrong, without numbers and paths that the line of the log has anyway."""
    return error.strerror if isinstance(error, OSError) and error.strerror else str(error)


def _sidecar(found: FoundSidecar | None) -> tuple[Sidecar | None, str | None]:
    """The sidecar as it is, or why it can't be read."""
    if found is None:
        return None, None
    try:
        with BufferedReader(_open(found.path)[0]) as whole:
            content = whole.read(MAX_SIDECAR_BYTES + 1)  # the one byte too many is refused
    except (InvalidInput, OSError) as error:
        return None, reason(error)
    return Sidecar(as_text(found.path.rpartition(os.sep)[2]), content), None


def _seen(facts: os.stat_result) -> tuple[int, int]:
    return facts.st_size, facts.st_mtime_ns


def _open(path: str) -> tuple[FileIO, os.stat_result]:
    descriptor = os.open(path, os.O_RDONLY | _SAFELY)
    facts = os.fstat(descriptor)
    if not stat.S_ISREG(facts.st_mode):
        os.close(descriptor)
        raise InvalidInput("It is no regular file any more.")
    return FileIO(descriptor), facts
