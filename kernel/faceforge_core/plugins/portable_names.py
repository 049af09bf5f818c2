"""Names of files that mean the same file on Windows, macOS and Linux, and none outside of the folder they lie in."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from faceforge_sdk.errors import InvalidInput

MAX_DEPTH: Final = 16
MAX_PATH: Final = 200
"""Characters below the plugin's folder; Windows takes 260 for the whole path, the home's part included."""

_ILLEGAL: Final = re.compile(r'[<>:"|?*\\\x00-\x1f\x7f]')
_DEVICE: Final = re.compile(r"(CON|PRN|AUX|NUL|CONIN\$|CONOUT\$|(COM|LPT)[0-9¹²³])", re.IGNORECASE)
_MAX_PART_BYTES: Final = 255
_JUNK: Final = frozenset({"__pycache__", "__MACOSX", "Thumbs.db", "desktop.ini"})


def parts_of(name: str) -> tuple[str, ...]:
    """The parts of a path in an archive, checked. Raises `InvalidInput` naming the entry and what is wrong with it."""
    if name.startswith("/"):
        raise refused(name, "is an absolute path")
    if re.match(r"[A-Za-z]:", name):
        raise refused(name, "names a drive")
    parts = tuple(name.removesuffix("/").split("/"))
    if len(parts) > MAX_DEPTH:
        raise refused(name, f"lies more than {MAX_DEPTH} folders deep")
    if len(name) > MAX_PATH:
        raise refused(name, f"is longer than {MAX_PATH} characters")
    for part in parts:
        problem = problem_of(part)
        if problem is not None:
            raise refused(name, problem)
    return parts


def problem_of(part: str) -> str | None:
    """Why one name can't be that of a file or folder everywhere; None for a good one."""
    illegal = _ILLEGAL.search(part)
    problems = {
        "leads out of its folder": part in {".", ".."},
        "has an empty name in it": not part,
        "has a backslash in it": "\\" in part,
        f"has the character {illegal and illegal[0]!r} in it, which no Windows takes": illegal is not None,
        "has a name that ends with a dot or a space, which Windows drops": part.endswith((".", " ")),
        "has the name of a device on Windows": _DEVICE.fullmatch(part.partition(".")[0].rstrip()) is not None,
        "has a name that is no text": not part.isascii() and not _is_text(part),
        f"has a name of more than {_MAX_PART_BYTES} bytes": len(part.encode(errors="replace")) > _MAX_PART_BYTES,
    }
    return next((problem for problem, holds in problems.items() if holds), None)


def _is_text(part: str) -> bool:
    try:
        part.encode()
    except UnicodeEncodeError:
        return False
    return True


def is_junk(parts: tuple[str, ...]) -> bool:
    """Whether it is hidden, or what tools leave behind: nothing of a plugin."""
    return any(part.startswith(".") or part in _JUNK for part in parts) or parts[-1].endswith((".pyc", ".pyo"))


def refused(name: str, problem: str) -> InvalidInput:
    """What to raise about an entry; its name may be a stranger's and of any length."""
    shown = "".join(letter if letter.isprintable() else "�" for letter in name[:MAX_PATH])
    return InvalidInput(f"{shown}: {problem}.", details={"entry": shown, "problem": problem})


class NamesTaken:
    """Which paths an archive has used, as file systems compare them that know no case and only one way to write ä."""

    def __init__(self) -> None:
        self._files: dict[tuple[str, ...], str] = {}
        self._folders: dict[tuple[str, ...], tuple[str, ...]] = {}

    def add(self, parts: tuple[str, ...], *, folder: bool) -> None:
        """Raises `InvalidInput` for a path that another one hides or that is two things at once."""
        name, key = "/".join(parts), tuple(_folded(part) for part in parts)
        for depth in range(1, len(parts) + folder):
            self._add_folder(parts[:depth], key[:depth], name)
        if folder:
            return
        if key in self._folders:
            raise refused(name, "is a file and a folder at once")
        other = self._files.get(key)
        if other is not None:
            twice = "is there twice" if other == name else f"is the same file as {other} on Windows and macOS"
            raise refused(name, twice)
        self._files[key] = name

    def _add_folder(self, parts: tuple[str, ...], key: tuple[str, ...], name: str) -> None:
        if key in self._files:
            raise refused(name, "is a file and a folder at once")
        other = self._folders.setdefault(key, parts)
        if other != parts:
            raise refused(name, f"is the same folder as {'/'.join(other)} on Windows and macOS")


def _folded(part: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", part).casefold())
