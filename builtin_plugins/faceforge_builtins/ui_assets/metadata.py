"""The metadata of a file as tables of names and values, by who said them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from faceforge_sdk.models import Asset

MOST_ROWS: Final = 2000
_MAX_VALUE: Final = 2000
_MAX_DEPTH: Final = 12
_SIDECAR: Final = "UserSidecar"


@dataclass(frozen=True, slots=True)
class Datum:
    """A name and its value in words."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Source:
    """What one source said, or one part of that (`part`: ``EXIF``, the name of a companion file)."""

    name: str
    part: str
    data: list[Datum]


@dataclass(frozen=True, slots=True)
class Metadata:
    """All sources in the order in which they came, `cut` if there is more than is shown."""

    sources: list[Source]
    cut: bool

    @classmethod
    def of(cls, asset: Asset) -> Metadata:
        """At most `MOST_ROWS` rows in all."""
        parts: dict[tuple[str, str], list[Datum]] = {}
        rows = [row for entry in entries_of(asset) for row in islice(_rows(entry), MOST_ROWS + 1)]
        for source, part, datum in rows[:MOST_ROWS]:
            parts.setdefault((source, part), []).append(datum)
        return cls([Source(*named, data) for named, data in parts.items()], len(rows) > MOST_ROWS)


def entries_of(asset: Asset) -> list[Mapping[str, Any]]:
    """The entries of ``meta.metadata``; what is no entry, as old homes have it, is one without a source."""
    held = asset.meta.get("metadata")
    entries = held if isinstance(held, list) else [] if held is None else [held]
    return [entry if isinstance(entry, dict) and "Data" in entry else {"Data": entry} for entry in entries]


def _rows(entry: Mapping[str, Any]) -> Iterator[tuple[str, str, Datum]]:
    """ExifTool's tags are called ``EXIF:Make``: what stands before the colon is a part of its own."""
    source, data = str(entry.get("Source") or ""), entry["Data"]
    named = str(entry.get("Name") or "")
    if isinstance(data, dict) and source != _SIDECAR and not named:
        for key, value in data.items():
            part, colon, name = str(key).partition(":")
            for datum in _flat(name if colon else str(key), value, 0):
                yield source, part if colon else "", datum
        return
    for datum in _flat("", data, 0):
        yield source, named, datum


def _flat(name: str, value: Any, depth: int) -> Iterator[Datum]:
    """One row for each value; a list of plain values is one row."""
    if isinstance(value, dict) and value and depth < _MAX_DEPTH:
        for key, inner in value.items():
            yield from _flat(f"{name} › {key}" if name else str(key), inner, depth + 1)
    elif isinstance(value, list) and any(isinstance(one, dict | list) for one in value) and depth < _MAX_DEPTH:
        for number, inner in enumerate(value, 1):
            yield from _flat(f"{name} {number}".strip(), inner, depth + 1)
    else:
        yield Datum(name, _words(value))


def _words(value: Any) -> str:
    if isinstance(value, list) and not any(isinstance(one, dict | list) for one in value):
        text = ", ".join(_words(one) for one in value)
    else:
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _MAX_VALUE else f"{text[:_MAX_VALUE]} …"
