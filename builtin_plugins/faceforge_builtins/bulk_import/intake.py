"""One file on its way in: read once, copied and hashed, never linked to what the user may still edit."""

from __future__ import annotations

import os
import stat
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from faceforge_sdk.errors import InvalidInput
from faceforge_sdk.protocols import Sidecar
from faceforge_sdk.strict_json import MAX_BYTES as MAX_SIDECAR_BYTES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from io import BufferedReader
    from pathlib import Path

    from faceforge_sdk.errors import FaceForgeError
    from faceforge_sdk.models import Asset
    from faceforge_sdk.protocols import Storage, Upload

    from .scan import FoundFile

CHUNK = 1024 * 1024
# Where the system knows them: no link, and no waiting for a pipe that took the file's place since it was found.
_SAFELY: int = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


@dataclass(frozen=True, slots=True)
class TakenIn:
    """The asset that a file became.

    `known`: it was there before; `displaced`: the place where it belongs did not take it; `sidecar_problem`: why its
    sidecar was left out.
    """

    asset: Asset
    known: bool
    displaced: bool
    sidecar_problem: str | None
    changed_meanwhile: bool


def take_in(file: FoundFile, storage: Storage, kind: str, copied: Callable[[int], None]) -> TakenIn:
    """Store a file as it was when it was opened; `copied` hears of each piece's size, and may stop it by raising.

    Raises OSError and what `Storage` raises; a sidecar that can't be used is no reason.
    """
    with _open(file.path) as source, storage.begin_upload(expected_size=file.byte_size) as upload:
        before = os.fstat(source.fileno())
        left = before.st_size
        while left and (chunk := source.read(min(left, CHUNK))):
            upload.write(chunk)
            left -= len(chunk)
            copied(len(chunk))
        after = os.fstat(source.fileno())
        asset, problem = _commit(upload, file, kind)
        changed = (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns)
        return TakenIn(asset, upload.known, upload.displaced, problem, changed)


def display_name(path: Path) -> str:
    """The file's name as text, also where the disk holds bytes that are none."""
    return os.fsencode(path.name).decode("utf-8", "replace")


def reason(error: FaceForgeError | OSError) -> str:
    """What went wrong, without numbers and paths that the line of the log has anyway."""
    return error.strerror if isinstance(error, OSError) and error.strerror else str(error)


def _commit(upload: Upload, file: FoundFile, kind: str) -> tuple[Asset, str | None]:
    """Store with the sidecar, or without it and say why."""
    commit = partial(upload.commit, filename=display_name(file.path), content_type=None, kind=kind)
    try:
        sidecar = None if file.sidecar is None else _read_sidecar(file.sidecar)
    except (InvalidInput, OSError) as error:
        return commit(), reason(error)
    try:
        return commit(sidecar=sidecar), None
    except InvalidInput as error:
        if sidecar is None:
            raise
        return commit(), reason(error)  # if it was not the sidecar, it is raised again


def _read_sidecar(path: Path) -> Sidecar:
    with _open(path) as source:
        return Sidecar(display_name(path), source.read(MAX_SIDECAR_BYTES + 1))  # the one byte too many is refused


@contextmanager
def _open(path: Path) -> Iterator[BufferedReader]:
    with os.fdopen(os.open(path, os.O_RDONLY | _SAFELY), "rb") as source:
        if not stat.S_ISREG(os.fstat(source.fileno()).st_mode):
            raise InvalidInput("It is no regular file any more.")
        yield source
