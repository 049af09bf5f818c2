"""What a picture's header says: its size, how it is to be turned, and when it was taken; no pixel is decoded.

Runs in the process for files from outside, as `picture` does.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING, Any

from faceforge_sdk.errors import InvalidInput
from faceforge_sdk.models import AssetFacts

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from PIL.Image import Image

_ORIENTATION, _EXIF = 0x0112, 0x8769
_TAKEN = ((0x9003, 0x9291, 0x9011), (0x9004, 0x9292, 0x9012))
"""When it was taken, else digitized: the moment, its fraction of a second, and the offset from UTC."""

_OFFSET = re.compile(r"[+-]\d\d:\d\d")
_ON_ITS_SIDE = frozenset({5, 6, 7, 8})


def describe(source: Path) -> AssetFacts:
    """Raises `InvalidInput` for whatever Pillow can't read."""
    from PIL import Image, UnidentifiedImageError

    Image.MAX_IMAGE_PIXELS = None  # however many there are, they are not decoded here
    try:
        with Image.open(source) as image:
            exif = _exif(image)
            orientation = exif.get(_ORIENTATION)
            turned = orientation if isinstance(orientation, int) and 1 <= orientation <= 8 else None
            width, height = image.size if turned not in _ON_ITS_SIDE else image.size[::-1]
            taken = _taken(exif)
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, EOFError) as exc:
        raise InvalidInput(f"The picture can't be read: {exc}") from exc
    return AssetFacts(width=width, height=height, orientation=turned, **taken)


def _exif(image: Image) -> Mapping[int, Any]:
    """The tags of the picture and of its camera; none where they are broken, or stand behind the pixels of a PNG."""
    if image.format == "PNG" and "exif" not in image.info:
        return {}
    try:
        tags = image.getexif()
        return {**tags, **tags.get_ifd(_EXIF)}
    except Exception:  # noqa: BLE001 - a broken block of tags raises anything, and is no reason to know no size
        return {}


def _taken(exif: Mapping[int, Any]) -> dict[str, str]:
    for moment_tag, fraction_tag, offset_tag in _TAKEN:
        try:
            moment = datetime.strptime(  # noqa: DTZ007 - the clock at the place, whose zone is another tag
                str(exif.get(moment_tag)).strip("\0 "), "%Y:%m:%d %H:%M:%S"
            )
        except ValueError:  # none, or all zeros, or blanks
            continue
        digits = str(exif.get(fraction_tag, "")).strip("\0 ")
        fraction = digits[:3].ljust(3, "0") if digits.isdecimal() and digits.isascii() else "000"
        offset = str(exif.get(offset_tag, "")).strip("\0 ")
        said = {"taken_offset": offset} if _OFFSET.fullmatch(offset) else {}
        return {"taken_at": f"{moment.isoformat(timespec='seconds')}.{fraction}", **said}
    return {}
