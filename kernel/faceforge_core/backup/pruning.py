"""Removing old backups, and then the files that no backup needs any more."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from faceforge_sdk.errors import IntegrityError

from .needed import needed_files
from .place import MANIFEST, BackupPlace

if TYPE_CHECKING:
    from collections.abc import Callable


def prune(place: BackupPlace, keep: int, made: str, check_cancelled: Callable[[], None]) -> int:
    """Keep the newest `keep` backups, `made` among them; remove the others, and return how many those were.

    Backups that are younger than `made`, the one just made, are from a time at which the clock was wrong. They stay
    until they are older, and are no reason for another to go. Files go only when every backup that stays could be
    read: a damaged one keeps them all (`IntegrityError`). Raises `OSError`.
    """
    older = [name for name in place.names() if name < made]
    leaving = older[: max(0, len(older) + 1 - keep)]
    for name in leaving:
        (place.snapshot(name) / MANIFEST).unlink()  # first: what is removed half way is no backup any more
        shutil.rmtree(place.snapshot(name))
    if leaving:
        try:
            _sweep(place, check_cancelled)
        except IntegrityError as error:
            raise IntegrityError(f"{error} No file was removed.") from error
    return len(leaving)


def _sweep(place: BackupPlace, check_cancelled: Callable[[], None]) -> None:
    with needed_files(place, place.names()) as needed:
        for folder in sorted(place.blobs.iterdir()):
            check_cancelled()
            if not folder.is_dir():
                continue
            for blob in sorted(folder.iterdir()):
                if blob.name not in needed:
                    blob.unlink()
