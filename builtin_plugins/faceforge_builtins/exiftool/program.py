"""Which ExifTool is used: found in the home's tools folder, able to run, and of a version without known holes."""

from __future__ import annotations

import errno
import os
import re
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from faceforge_sdk.texts import to_translate

from .conversation import NoAnswer, version_of

if TYPE_CHECKING:
    import logging

VERSION_SECONDS = 10.0
_ADVICE = to_translate(
    "Install ExifTool and run `faceforge tools use exiftool`, which copies it into the home's tools folder."
)
_LATER = to_translate("It is tried again with the next file.")
_NEWER = to_translate("Install the newest ExifTool and run `faceforge tools use exiftool` again.")
_PASSING = frozenset({errno.EAGAIN, errno.EMFILE, errno.ENFILE, errno.ENOMEM})
"""Of these the computer has too little at the moment: that says nothing about the program."""

_NUMBER = re.compile(r"(\d{1,3})\.(\d{1,4})")


@dataclass(frozen=True, slots=True)
class Usable:
    """A program that runs, of a version that may be shown strangers' files."""

    path: Path
    version: str


@dataclass(frozen=True, slots=True)
class Unusable:
    """Why there is none, and what to do about it, as sentences."""

    reason: str
    advice: str = _ADVICE


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing(Unusable):
    """None was put into this folder."""

    folder: Path


class Finder:
    """Looks each time for the file, which is quick, and asks a new or changed one once for its version."""

    def __init__(
        self, tools_dir: Path, configured: str | None, log: logging.Logger, *, seconds: float = VERSION_SECONDS
    ) -> None:
        self._tools_dir = tools_dir
        self._configured = (configured or "").strip() or None
        self._log = log
        self._seconds = seconds
        self._lock = threading.Lock()
        self._known: tuple[object, Usable | Unusable] | None = None
        self._said = ""

    def find(self) -> Usable | Unusable:
        """The program as it is now; what keeps it from being used is logged once."""
        with self._lock:
            found = self._look()
            if isinstance(found, Unusable) and found.reason != self._said:
                self._log.warning("No metadata is read from files: %s %s", found.reason, found.advice)
            self._said = found.reason if isinstance(found, Unusable) else ""
            return found

    def _look(self) -> Usable | Unusable:
        found = self._place()
        if isinstance(found, Unusable):
            return found
        try:
            facts = found.stat()
        except OSError as error:
            return Unusable(f"{found} can't be read: {error}.")
        mark = (found, facts.st_ino, facts.st_size, facts.st_mtime_ns)
        if self._known is None or self._known[0] != mark:
            try:
                self._known = (mark, self._judged(found))
            except OSError as error:
                return Unusable(f"{found} can't be started at the moment: {error.strerror}.", _LATER)
        return self._known[1]

    def _place(self) -> Path | Unusable:
        name = "exiftool.exe" if sys.platform == "win32" else "exiftool"
        usual = (self._tools_dir / name, self._tools_dir / "exiftool" / name)
        places = usual if self._configured is None else (self._tools_dir / self._configured,)
        refusals = []
        for place in places:
            refusal = self._refusal(place)
            if refusal is None:
                return place
            if os.path.lexists(place):
                refusals.append(refusal)
        if refusals:
            return Unusable(refusals[-1])
        if self._configured is not None:
            return Unusable(f"tools.exiftool_path names {places[0]}, which does not exist.")
        return Missing(f"There is no ExifTool in {self._tools_dir}.", folder=self._tools_dir)

    def _refusal(self, place: Path) -> str | None:
        try:
            real = place.resolve(strict=True)
            inside = real.is_relative_to(self._tools_dir.resolve())
            if not inside and not (self._configured and Path(self._configured).is_absolute()):
                return f"{place} leads out of the tools folder, to {real}."
            if not real.is_file():
                return f"{place} is no file."
        except (OSError, ValueError, RuntimeError) as error:  # a loop of links, a name that can't be one
            return f"{place} can't be read: {error}."
        return None if os.access(real, os.X_OK) else f"{place} is not executable."

    def _judged(self, path: Path) -> Usable | Unusable:
        """Raises `OSError` where another moment may be better."""
        try:
            version = version_of(path, self._seconds)
        except (OSError, NoAnswer) as error:
            if isinstance(error, OSError) and error.errno in _PASSING:
                raise
            return Unusable(f"{path} does not run: {error}.")
        hole = known_hole(version, sys.platform)
        if hole is not None:
            return Unusable(f"{path} is ExifTool {version}, {hole}", _NEWER)
        return Usable(path, version)


def known_hole(version: str, platform: str) -> str | None:
    """Why an ExifTool of this version must not be shown files of strangers, as the end of a sentence."""
    number = _NUMBER.match(version)
    if number is None:
        return "and Core can't tell how old it is."
    release = int(number[1]), int(number[2].ljust(2, "0"))
    if release < (12, 24):
        return "which runs code from crafted files (CVE-2021-22204)."
    if release < (12, 38):
        return "which runs commands from crafted file names (CVE-2022-23935)."
    if platform == "darwin" and release < (13, 50):
        return "which runs commands from crafted files on macOS (CVE-2026-3102)."
    return None
