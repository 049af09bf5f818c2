"""Which files of a folder are wanted, and what kind of asset each becomes: patterns of names, and rules."""

from __future__ import annotations

import mimetypes
import re
from pathlib import PurePath
from typing import TYPE_CHECKING

from faceforge_sdk import patterns

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .request import BulkImport, KindRule

_CLASS = re.compile(r"\[(!?)(\]?[^\]/]*)\]")
_STARS = re.compile(r"\*+")


class Selection:
    """What an import wants of what it finds. Paths are relative to its folder, with ``/`` between the names."""

    def __init__(self, wanted: BulkImport) -> None:
        self._include = [patterns.compiled(expression(glob)) for glob in wanted.include]
        self._exclude = [patterns.compiled(expression(glob)) for glob in wanted.exclude]
        self._kind = wanted.kind
        self._rules = wanted.kind_rules

    def takes(self, path: str) -> bool:
        """Whether a file is to come in."""
        if not self._include and not self._exclude:
            return True
        text = _text(path)
        return not _any(self._exclude, text) and (not self._include or _any(self._include, text))

    def leaves_out(self, path: str) -> bool:
        """Whether a companion file is excluded."""
        return bool(self._exclude) and _any(self._exclude, _text(path))

    def passes_by(self, folder: str) -> bool:
        """Whether a folder is excluded, and so is all in it: it is not looked into."""
        return bool(self._exclude) and _any(self._exclude, f"{_text(folder)}/")

    def kind_of(self, name: str) -> str:
        """By the first rule that fits the file's name."""
        return next((rule.kind for rule in self._rules if _fits(rule, name)), self._kind)


def expression(glob: str) -> str:
    """A glob in the words of `faceforge_sdk.patterns`: it fits what it names, and all that is in a folder it names.

    ``*`` and ``?`` stop at a ``/`` and ``**`` does not; a glob without ``/`` in it fits at any depth, one that ends in
    ``/`` only folders. Case does not matter.
    """
    *folders, last = glob.strip("/").split("/")
    anywhere = "" if "/" in glob.rstrip("/") else "(?:.*/)?"
    way = "".join("(?:.*/)?" if folder == "**" else f"{_segment(folder)}/" for folder in folders)
    end = ".*" if last == "**" else _segment(last)
    return f"(?is){anywhere}{way}{end}{'/.*' if glob.endswith('/') else '(?:/.*)?'}"


def problem(glob: str) -> str | None:
    """Why a glob can't be used, as a sentence; None for a good one."""
    names = glob.strip("/").split("/")
    if not all(names) or "." in names or ".." in names:
        return "It is the path of no file below the folder."
    if "\\" in glob:
        return "Between folders stands /, on Windows too."
    return patterns.problem(expression(glob))


def media_type(name: str) -> str:
    """What a file's name says of its content."""
    guess, encoding = mimetypes.guess_type(f"file{''.join(PurePath(name).suffixes[-2:])}")
    if encoding is not None:
        return "application/gzip" if encoding == "gzip" else "application/octet-stream"
    return guess or "application/octet-stream"


def _fits(rule: KindRule, name: str) -> bool:
    wanted = rule.match.casefold()
    if wanted.startswith("."):
        return name.casefold().endswith(wanted)
    actual = media_type(name)
    return actual.startswith(wanted[:-1]) if wanted.endswith("/*") else actual == wanted


def _segment(glob: str) -> str:
    """The part of an expression that fits one name."""
    parts, place = [], 0
    while place < len(glob):
        if glob[place] == "*":
            parts.append("[^/]*")
            place += len(_STARS.match(glob, place).group())  # type: ignore[union-attr]  # there is a star
        elif glob[place] == "[" and (found := _CLASS.match(glob, place)) and found[2]:
            ends = "-".join(re.escape(end) for end in found[2].split("-"))
            parts.append(f"[^/{ends}]" if found[1] else f"[{ends}]")
            place = found.end()
        else:
            parts.append("[^/]" if glob[place] == "?" else re.escape(glob[place]))
            place += 1
    return "".join(parts)


def _any(expressions: Iterable[patterns.Pattern], text: str) -> bool:
    return any(one.fullmatch(text) for one in expressions)


def _text(path: str) -> str:
    """A path as text, also where the disk holds bytes that are none."""
    return path if path.isascii() else path.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
