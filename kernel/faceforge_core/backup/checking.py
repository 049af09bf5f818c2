"""Reading backups through: whether each file in them is still what it was when it came."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from faceforge_core.refusals import StartRefused
from faceforge_sdk.errors import IntegrityError
from faceforge_sdk.files import open_regular, replace, sha256_of

from .needed import needed_files
from .place import DATABASE, BackupPlace

if TYPE_CHECKING:
    from collections.abc import Callable

_DAMAGED: Final = ".damaged"


class Checked(NamedTuple):
    """What a check read, and the sentences on what is wrong."""

    backups: int
    files: int
    problems: list[str]


def check(place: BackupPlace, progress: Callable[[int, int], None] = lambda _done, _all: None) -> Checked:
    """Read all files of all backups, and compare each with its hash.

    A damaged file is set aside under its name and ``.damaged``, so that the next backup copies it anew. Raises
    `StartRefused` for a folder without backups, `OSError` where the place can't be written.
    """
    if place.owner() is None:
        raise StartRefused(f"{place.folder} holds no backups of FaceForge.")
    problems: list[str] = []
    whole = [name for name in place.names() if _is_whole(place, name, problems)]
    with needed_files(place, whole) as needed:
        total = len(needed)
        for done, digest in enumerate(needed, 1):
            _check_file(place, digest, problems)
            progress(done, total)
    return Checked(len(place.names()), total, problems)


def _is_whole(place: BackupPlace, name: str, problems: list[str]) -> bool:
    """Whether the backup tells which files it needs."""
    try:
        with open_regular(place.snapshot(name) / DATABASE) as database:
            damaged = sha256_of(database) != place.manifest(name)["database"]["sha256"]
        if damaged:
            problems.append(f"The database in the backup {name} is damaged.")
            return False
        with needed_files(place, [name]):
            return True
    except (StartRefused, IntegrityError) as error:
        problems.append(str(error))
    except (OSError, KeyError, TypeError) as error:
        problems.append(f"The backup {name} can't be read ({error}).")
    return False


def _check_file(place: BackupPlace, digest: str, problems: list[str]) -> None:
    blob = place.blob(digest)
    try:
        with open_regular(blob) as file:
            damaged = sha256_of(file) != digest
    except FileNotFoundError:
        problems.append(f"The file {digest} is missing; the next backup brings it again, if the library has it.")
        return
    except OSError as error:
        problems.append(f"The file {digest} can't be read: {error.strerror or error}.")
        return
    if damaged:
        replace(blob, blob.with_name(f"{digest}{_DAMAGED}"))
        problems.append(f"The file {digest} is damaged; the next backup brings it again, if the library has it.")
