"""The folders of Core's computer, for people who look for the one to import."""

from __future__ import annotations

import os
import string
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import BaseModel

from faceforge_sdk.errors import InvalidInput, NotFound
from faceforge_sdk.models import FolderListing, ListedFolder

from .intake import as_text, reason
from .request import Folder

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .places import Places

MAX_FOLDERS = 2_000

_USUAL = ("Pictures", "Photos", "Music", "Movies", "Videos", "Documents", "Downloads", "Desktop")
_MOUNTS = ("/media", "/mnt", "/run/media", "/Volumes")


class FolderQuery(BaseModel):
    """Which folder to look into."""

    path: Folder | None = None


def look_into(places: Places, wanted: str | None) -> FolderListing:
    """A folder, or the places to start from. Raises `NotFound`, `InvalidInput` for what may not or can't be read."""
    if wanted is None:
        return FolderListing(folders=[_listed(places, path, _title(path)) for path in _starting_places(places)])
    folder = Path(wanted).expanduser().absolute()
    if (refusal := places.hidden(folder)) is not None:
        raise InvalidInput(f"{refusal}.")
    try:
        return _read(places, folder)
    except FileNotFoundError:
        raise NotFound(f"There is no folder {folder}.") from None
    except NotADirectoryError:
        raise InvalidInput(f"{folder} is no folder.") from None
    except OSError as error:
        raise InvalidInput(f"The folder {folder} can't be read ({reason(error)}).") from error


def _read(places: Places, folder: Path) -> FolderListing:
    found: list[os.DirEntry[str]] = []
    files = total = 0
    with os.scandir(folder) as entries:
        for entry in entries:
            if _is_folder(entry):
                found.append(entry)
            elif (byte_size := _size(entry)) is not None:
                files += 1
                total += byte_size
    found.sort(key=lambda entry: (entry.name.lower(), entry.name))
    refusal = places.refusal(folder)
    above = folder.parent
    return FolderListing(
        path=str(folder),
        parent=None if above == folder or places.hidden(above) is not None else str(above),
        importable=refusal is None,
        reason=refusal,
        folders=[_entry(places, entry, inherited=refusal is None) for entry in found[:MAX_FOLDERS]],
        more=len(found) > MAX_FOLDERS,
        files=files,
        bytes=total,
    )


def _entry(places: Places, entry: os.DirEntry[str], *, inherited: bool) -> ListedFolder:
    """What is no link and lies in a folder that may be imported may be, too: that needs no look at the disk."""
    if inherited and entry.name.isprintable() and not entry.is_symlink():
        return ListedFolder(name=entry.name, path=entry.path, importable=True, reason=None)
    return _listed(places, Path(entry.path), entry.name)


def _listed(places: Places, path: Path, name: str) -> ListedFolder:
    text, shown = as_text(str(path)), as_text(name)
    refusal = places.refusal(path) if text == str(path) else "Its name is no text that could be asked for"
    return ListedFolder(name=shown, path=text, importable=refusal is None, reason=refusal)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False


def _size(entry: os.DirEntry[str]) -> int | None:
    """The bytes of a regular file."""
    try:
        return entry.stat(follow_symlinks=False).st_size if entry.is_file(follow_symlinks=False) else None
    except OSError:
        return None


def _starting_places(places: Places) -> list[Path]:
    candidates = places.roots or tuple(_usual_places())
    return [path for path in dict.fromkeys(candidates) if path.is_dir()]


def _usual_places() -> Iterator[Path]:
    try:
        home = Path.home()
    except RuntimeError:  # whoever runs Core has none
        pass
    else:
        yield home
        yield from (home / name for name in _USUAL)
    if sys.platform == "win32":
        yield from (Path(f"{letter}:\\") for letter in string.ascii_uppercase)
        return
    for mounts in map(Path, _MOUNTS):
        yield from _mounted_below(mounts)
    yield Path("/")


def _mounted_below(folder: Path) -> Iterator[Path]:
    """What is mounted in a folder, or in one of its folders: some systems keep one for each user."""
    for path in _folders_in(folder):
        yield from [path] if path.is_mount() else filter(Path.is_mount, _folders_in(path))


def _folders_in(folder: Path) -> list[Path]:
    try:
        return sorted(path for path in folder.iterdir() if path.is_dir())
    except OSError:
        return []


def _title(path: Path) -> str:
    return path.name or str(path)
