"""Finding the files of a folder one by one; no link is followed, and nothing is opened."""

from __future__ import annotations

import os
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple, Protocol

from .sidecars import Sidecars, is_sidecar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from .selection import Selection

PIECE = 5_000
"""How many entries of one folder are held at once. A folder with more comes piece by piece, each in order."""


class FoundSidecar(NamedTuple):
    """A companion file, and what tells whether it is the same still."""

    path: str
    byte_size: int
    look: str


class FoundFile(NamedTuple):
    """A regular file to import, as it was when it was found; `path` is absolute and ends in `name`."""

    path: str
    name: str
    folder: str
    byte_size: int
    mtime_ns: int
    inode: int
    sidecar: FoundSidecar | None


class Heed(Protocol):
    """Who is told of what is no file to import."""

    def passed_over(self, path: str, why: str) -> None:
        """Something is nothing to import."""

    def failed(self, path: str, error: OSError) -> None:
        """Something can't be looked at."""


class _Folder(NamedTuple):
    path: str
    relative: str
    """Where it lies below the one that is imported: empty, or with a ``/`` at its end."""


def scan(
    root: Path, selection: Selection, heed: Heed, check_cancelled: Callable[[], None], *, recursive: bool
) -> Iterator[FoundFile]:
    """The files under `root` that are to become assets, folder by folder, in the order of their names.

    In memory is never more than a piece of a folder, the names of its sidecars, and the folders that wait.
    """
    waiting = [_Folder(str(root.absolute()), "")]
    while waiting:
        check_cancelled()
        below: list[_Folder] = []
        yield from _Look(waiting.pop(), selection, heed, below).files(check_cancelled)
        if recursive:
            waiting += sorted(below, key=lambda folder: (folder.path.lower(), folder.path), reverse=True)


class _Look:
    """One folder. Those below it go to `below`."""

    def __init__(self, folder: _Folder, selection: Selection, heed: Heed, below: list[_Folder]) -> None:
        self._folder = folder
        self._selection = selection
        self._heed = heed
        self._below = below

    def files(self, check_cancelled: Callable[[], None]) -> Iterator[FoundFile]:
        sidecars: Sidecars | None = None
        try:
            with os.scandir(self._folder.path) as entries:
                while piece := sorted(islice(entries, PIECE), key=_in_order):
                    check_cancelled()
                    if sidecars is None:
                        sidecars = self._sidecars(piece) if len(piece) < PIECE else self._sidecars_of_all()
                    yield from self._files_of(piece, sidecars)
        except OSError as error:
            self._heed.failed(self._folder.path, error)
        for name in () if sidecars is None else sidecars.left_over():
            self._heed.passed_over(self._path(name), "unused_sidecar")

    def _sidecars(self, entries: list[os.DirEntry[str]]) -> Sidecars:
        return Sidecars(entry.name for entry in entries if self._is_sidecar(entry))

    def _sidecars_of_all(self) -> Sidecars:
        with os.scandir(self._folder.path) as entries:
            return Sidecars(entry.name for entry in entries if self._is_sidecar(entry))

    def _is_sidecar(self, entry: os.DirEntry[str]) -> bool:
        return (
            is_sidecar(entry.name)
            and not self._selection.leaves_out(self._folder.relative + entry.name)
            and entry.is_file(follow_symlinks=False)
        )

    def _files_of(self, entries: list[os.DirEntry[str]], sidecars: Sidecars) -> Iterator[FoundFile]:
        for entry in entries:
            try:
                found = self._judge(entry, sidecars)
            except OSError as error:
                self._heed.failed(entry.path, error)
            else:
                if found is not None:
                    yield found

    def _judge(self, entry: os.DirEntry[str], sidecars: Sidecars) -> FoundFile | None:
        if entry.is_file(follow_symlinks=False):
            return None if is_sidecar(entry.name) else self._found(entry, sidecars.of(entry.name))
        if entry.is_symlink() or _is_junction(entry):
            self._heed.passed_over(entry.path, "link")
        elif not entry.is_dir(follow_symlinks=False):
            self._heed.passed_over(entry.path, "special_file")
        elif not self._selection.passes_by(relative := self._folder.relative + entry.name):
            self._below.append(_Folder(entry.path, f"{relative}/"))
        return None

    def _found(self, entry: os.DirEntry[str], sidecar: str | None) -> FoundFile | None:
        if not self._selection.takes(self._folder.relative + entry.name):
            return None
        facts = entry.stat(follow_symlinks=False)
        return FoundFile(
            entry.path,
            entry.name,
            self._folder.path,
            facts.st_size,
            facts.st_mtime_ns,
            facts.st_ino,
            None if sidecar is None else _sidecar(sidecar, self._path(sidecar)),
        )

    def _path(self, name: str) -> str:
        folder = self._folder.path
        return folder + name if folder.endswith(os.sep) else folder + os.sep + name


def _sidecar(name: str, path: str) -> FoundSidecar:
    try:
        facts = os.stat(path, follow_symlinks=False)  # noqa: PTH116  # a Path for each costs more than the call
    except OSError:  # whoever opens it will say so
        return FoundSidecar(path, 0, name)
    return FoundSidecar(path, facts.st_size, f"{name}:{facts.st_size}:{facts.st_mtime_ns}:{facts.st_ino}")


def _in_order(entry: os.DirEntry[str]) -> tuple[str, str]:
    return entry.name.lower(), entry.name


def _is_junction(entry: os.DirEntry[str]) -> bool:
    """Windows' other kind of link; Python knows it since 3.12."""
    ask: Callable[[], bool] | None = getattr(entry, "is_junction", None)
    return ask is not None and ask()
