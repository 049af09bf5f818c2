"""When a picture was taken: which of a file's many dates says so, and how it is written."""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .tags import Tags

FIRST_YEAR = 1826  # of the oldest photograph that is left
_UNSET = frozenset({"1904-01-01T00:00:00.000", "1970-01-01T00:00:00.000"})  # where clocks of devices begin
_WRITTEN = re.compile(
    r"(\d{4})[:-](\d\d)[:-](\d\d)(?:[ T](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?)?\s*(Z|[+-]\d\d:?\d\d)?(?: DST)?",
    re.ASCII,
)
_OFFSET = re.compile(r"([+-])(0\d|1[0-5]):?([0-5]\d)", re.ASCII)
_EXIF = ("ExifIFD", "IFD0")


class Moment(NamedTuple):
    """As `AssetFacts` has them: the clock at the place, and how far it was ahead of UTC."""

    clock: str
    offset: str | None


class _Source(NamedTuple):
    """Tags of one name that tell when it was; `offsets` are tags of Exif that belong to them."""

    name: str
    first: tuple[str, ...] = ()
    only: tuple[str, ...] = ()
    never: tuple[str, ...] = ()
    offsets: tuple[str, ...] = ()
    is_utc: bool = False


_SOURCES = (
    _Source("SubSecDateTimeOriginal", only=("Composite",), offsets=("OffsetTimeOriginal", "OffsetTime")),
    _Source("DateTimeOriginal", only=_EXIF, offsets=("OffsetTimeOriginal", "OffsetTime")),
    _Source("DateTimeOriginal", never=_EXIF),
    _Source("CreationDate", first=("Keys",)),
    _Source("ContentCreateDate"),
    _Source("DateTimeCreated", first=("Composite",)),
    _Source("DateCreated", never=("IPTC",)),  # which has the time elsewhere: Composite:DateTimeCreated has both
    _Source("SubSecCreateDate", only=("Composite",), offsets=("OffsetTimeDigitized", "OffsetTime")),
    _Source("CreateDate", only=_EXIF, offsets=("OffsetTimeDigitized", "OffsetTime")),
    _Source("CreateDate", only=("QuickTime",), is_utc=True),
    _Source("CreateDate", never=(*_EXIF, "QuickTime")),
    _Source("CreationTime", first=("PNG",)),
    _Source("DateCreated", only=("IPTC",)),
)
"""The best first. Which clock a date of QuickTime is of stands in its specification; cameras may not have read it."""


def taken(tags: Tags) -> Moment | None:
    """The best date that makes sense."""
    return next(_moments(tags), None)


def written(value: Any, *, is_utc: bool = False, offset: Any = None) -> Moment | None:
    """What a date of ExifTool's says; None where it makes no sense. An offset of its own goes before the others."""
    match = _WRITTEN.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None:
        return None
    year, month, day, hour, minute, second, fraction, own = match.groups()
    try:
        moment = datetime(  # noqa: DTZ001  # a clock on a wall
            int(year),
            int(month),
            int(day),
            int(hour or 0),
            int(minute or 0),
            min(int(second or 0), 59),  # a leap second
            int((fraction or "0").ljust(6, "0")[:6]),
        )
    except ValueError:
        return None
    clock = moment.isoformat(timespec="milliseconds")
    if moment.year < FIRST_YEAR or clock in _UNSET:
        return None
    return Moment(clock, _offset(own) or _offset(offset) or ("+00:00" if is_utc else None))


def _moments(tags: Tags) -> Iterator[Moment]:
    for source in _SOURCES:
        beside = next((value for name in source.offsets for _, value in tags.all(name, _EXIF)), None)
        for group, value in tags.all(source.name, source.first, source.never):
            if source.only and group not in source.only:
                continue
            moment = written(value, is_utc=source.is_utc, offset=beside)
            if moment is not None:
                yield moment


def _offset(text: Any) -> str | None:
    if text == "Z":
        return "+00:00"
    match = _OFFSET.fullmatch(text.strip()) if isinstance(text, str) else None
    return None if match is None else f"{match[1]}{match[2]}:{match[3]}"
