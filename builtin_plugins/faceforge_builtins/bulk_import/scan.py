"""Finding the files of a folder; no link is followed, and nothing is opened."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .sidecars import pair

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from .report import Report


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A regular file to import. `byte_size` is what it had when it was found."""

    path: Path
    byte_size: int
    sidecar: Path | None


def scan(folder: Path, *, recursive: bool, report: Report, check_cancelled: Callable[[], None]) -> list[FoundFile]:
    """The files under `folder` that are to become assets, in the order of their paths.

    What is none, or can't be looked at, goes to `report`.
    """
    found: list[FoundFile] = []
    waiting = [folder]
    while waiting:
        check_cancelled()
        files, folders = _look_into(waiting.pop(), report)
        found += files
        if recursive:
            waiting += folders
    return sorted(found, key=lambda file: (str(file.path).lower(), file.path))


def _look_into(folder: Path, report: Report) -> tuple[list[FoundFile], list[Path]]:
    sizes: dict[str, int] = {}
    folders: list[Path] = []
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                _sort_in(entry, folder, sizes, folders, report)
    except OSError as error:
        report.failed(folder, error)
    pairing = pair(sizes)
    for name in pairing.left_over:
        report.passed_over(folder / name, "unused_sidecar")
    files = [
        FoundFile(folder / name, sizes[name], None if sidecar is None else folder / sidecar)
        for name, sidecar in pairing.sidecar_of.items()
    ]
    return files, folders


def _sort_in(entry: os.DirEntry[str], folder: Path, sizes: dict[str, int], folders: list[Path], report: Report) -> None:
    path = folder / entry.name
    try:
        if entry.is_symlink() or _is_junction(entry):
            report.passed_over(path, "link")
        elif entry.is_dir(follow_symlinks=False):
            folders.append(path)
        elif entry.is_file(follow_symlinks=False):
            sizes[entry.name] = entry.stat(follow_symlinks=False).st_size
        else:
            report.passed_over(path, "special_file")
    except OSError as error:
        report.failed(path, error)


def _is_junction(entry: os.DirEntry[str]) -> bool:
    """Windows' other kind of link; Python knows it since 3.12."""
    ask: Callable[[], bool] | None = getattr(entry, "is_junction", None)
    return ask is not None and ask()
