"""One thing that is wrong, and words that almost were the right ones."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """`path` is relative to the plugin's folder. An error keeps the plugin from working, a warning does not."""

    path: str
    line: int
    level: Literal["error", "warning"]
    message: str


def error(path: str, line: int, message: str) -> Finding:
    return Finding(path, line, "error", message)


def warning(path: str, line: int, message: str) -> Finding:
    return Finding(path, line, "warning", message)


def did_you_mean(word: str, known: Iterable[str]) -> str | None:
    """The known word that somebody most likely meant; None if it resembles none."""
    near = difflib.get_close_matches(word.lower(), {one.lower(): one for one in known}, n=1, cutoff=0.75)
    return next((one for one in known if one.lower() == near[0]), None) if near else None


def suggestion(word: str, known: Iterable[str]) -> str:
    """The same as a sentence to put behind another; empty if there is none."""
    meant = did_you_mean(word, known)
    return f" Did you mean {meant!r}?" if meant is not None else ""


_PLACE: Final = re.compile(
    r"^(?P<step>\d{4}_[\w.-]+\.sql)(?::(?P<at>\d+))?\b|\((?P<module>[\w.]+\.py), line (?P<line>\d+)\)"
)


def told_place(summary: str, folder: Path) -> tuple[str, int] | None:
    """The place in the plugin that a sentence names: ``0001_notes.sql:2: …``, or ``… (routes.py, line 5) …``."""
    told = _PLACE.search(summary)
    path = next(folder.rglob(told["step"] or told["module"]), None) if told else None
    if told is None or path is None:
        return None
    return path.relative_to(folder).as_posix(), int(told["at"] or told["line"] or 1)
