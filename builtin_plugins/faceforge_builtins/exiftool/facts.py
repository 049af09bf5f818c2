"""What ExifTool's tags say in the terms that all kinds of files share."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from faceforge_sdk.models import AssetFacts

from .moments import taken

if TYPE_CHECKING:
    from .tags import Tags

ORIENTATIONS = {
    "Horizontal (normal)": 1,
    "Mirror horizontal": 2,
    "Rotate 180": 3,
    "Mirror vertical": 4,
    "Mirror horizontal and rotate 270 CW": 5,
    "Rotate 90 CW": 6,
    "Mirror horizontal and rotate 90 CW": 7,
    "Rotate 270 CW": 8,
    "Horizontal (Normal)": 1,  # of HEIF
}
TURNS = {0: 1, 90: 6, 180: 3, 270: 8}
"""A film's turn in degrees as an orientation."""

_SIDEWAYS = 5  # from here on, width and height change places
_MAX_PIXELS = 2**31
_MAX_PAGES = 2**31
_PAGES = ("PageCount", "Pages", "NPages", "Slides")
_SIZES = (("ImageWidth", "ImageHeight"), ("ExifImageWidth", "ExifImageHeight"))

_MEDIA_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,100}/[a-z0-9][a-z0-9!#$&^_.+-]{0,100}", re.ASCII)
_SIZE = re.compile(r"(\d{1,10})[x ](\d{1,10})", re.ASCII)
_SECONDS = re.compile(r"(\d{1,9}(?:\.\d+)?)(?: s)?", re.ASCII)
_CLOCK = re.compile(r"(?:(\d{1,5}) days )?(\d{1,6}):([0-5]\d):([0-5]\d(?:\.\d+)?)", re.ASCII)
_DEGREES = re.compile(r"""([+-]?\d{1,3}(?:\.\d+)?)(?: deg(?: (\d{1,2}(?:\.\d+)?)')?(?: (\d{1,2}(?:\.\d+)?)")?)?""")


def facts_of(tags: Tags) -> AssetFacts:
    """The facts; null is what no tag says in a way that makes sense."""
    width, height, orientation = _shape(tags)
    moment = taken(tags)
    latitude, longitude = _place(tags)
    return AssetFacts(
        media_type=_media_type(tags.get("File", "MIMEType")),
        width=width,
        height=height,
        orientation=orientation,
        duration_seconds=next(
            (seconds for _, value in tags.all("Duration", ("Composite",)) if (seconds := duration(value)) is not None),
            None,
        ),
        page_count=_page_count(tags),
        taken_at=moment.clock if moment else None,
        taken_offset=moment.offset if moment else None,
        latitude=latitude,
        longitude=longitude,
    )


def duration(value: Any) -> float | None:
    """Seconds, of ``12.34 s``, ``0:01:23``, ``2 days 3:04:05`` or a number."""
    text = str(value).removesuffix(" (approx)").strip()
    if match := _SECONDS.fullmatch(text):
        return float(match[1])
    if match := _CLOCK.fullmatch(text):
        days, hours, minutes, seconds = match.groups()
        return int(days or 0) * 86_400 + int(hours) * 3600 + int(minutes) * 60 + float(seconds)
    return None


def degrees(value: Any, negative: str, positive: str) -> float | None:
    """Degrees with a sign, of ``52 deg 31' 12.03" S``; `negative` and `positive` are the letters that may follow."""
    text = str(value).strip()
    letter = text[-1:]
    if letter in {negative, positive}:
        text = text[:-1].rstrip()
    match = _DEGREES.fullmatch(text)
    if match is None:
        return None
    whole, minutes, seconds = (float(part or 0) for part in match.groups())
    amount = abs(whole) + minutes / 60 + seconds / 3600
    is_negative = letter == negative or match[1].startswith("-")
    return round(-amount if is_negative else amount, 7)


def _media_type(value: Any) -> str | None:
    text = str(value).strip().lower()
    return text if _MEDIA_TYPE.fullmatch(text) else None


def _shape(tags: Tags) -> tuple[int | None, int | None, int | None]:
    """Width, height and orientation, as it is to be shown; all or nothing."""
    stored = _stored_size(tags)
    if stored is None:
        return None, None, None
    width, height = stored
    orientation = _orientation(tags)
    if orientation is not None and orientation >= _SIDEWAYS:
        width, height = height, width
    return width, height, orientation


def _stored_size(tags: Tags) -> tuple[int, int] | None:
    found = _SIZE.fullmatch(str(tags.get("Composite", "ImageSize")))
    if found is not None and (pair := _pair(found[1], found[2])):
        return pair
    for width, height in _SIZES:
        for group, value in tags.all(width, ("File",)):
            if pair := _pair(value, tags.get(group, height)):
                return pair
    return None


def _pair(width: Any, height: Any) -> tuple[int, int] | None:
    sides = str(width), str(height)
    if not all(side.isascii() and side.isdecimal() for side in sides):
        return None
    pair = int(sides[0]), int(sides[1])
    return pair if all(0 < side < _MAX_PIXELS for side in pair) else None


def _orientation(tags: Tags) -> int | None:
    """A film's and a HEIF's turn goes before Exif's orientation, which their players do not heed."""
    for group in ("Composite", "Meta", "QuickTime"):
        turn = tags.get(group, "Rotation")
        if turn is not None:
            return ORIENTATIONS.get(turn) if isinstance(turn, str) else TURNS.get(turn)
    value = tags.get("IFD0", "Orientation")
    return ORIENTATIONS.get(value) if isinstance(value, str) else None


def _page_count(tags: Tags) -> int | None:
    for name in _PAGES:
        for _, value in tags.all(name):
            if isinstance(value, int) and not isinstance(value, bool) and 0 < value < _MAX_PAGES:
                return value
    return None


def _place(tags: Tags) -> tuple[float | None, float | None]:
    for group, value in tags.all("GPSLatitude", ("Composite",), ("GPS",)):  # GPS: without its N or S
        latitude = degrees(value, "S", "N")
        longitude = degrees(tags.get(group, "GPSLongitude"), "W", "E")
        if latitude is None or longitude is None or latitude == longitude == 0:  # where no receiver had found its place
            continue
        if abs(latitude) <= 90 and abs(longitude) <= 180:  # a globe
            return latitude, longitude
    return None, None
