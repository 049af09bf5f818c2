"""Main colours of a picture, with Pillow, which Core brings along."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from PIL import Image, UnidentifiedImageError

from faceforge_sdk.errors import InvalidInput
from faceforge_sdk.texts import to_translate

if TYPE_CHECKING:
    from pathlib import Path

MAX_PIXELS = 64_000_000
"""A small file may say that it is a wall of pixels; nobody decodes more than these."""

_FORMATS = ("JPEG", "PNG", "GIF", "WEBP", "BMP", "TIFF")
_SIDE = 96
"""Colours do not need detail: so many pixels to a side are looked at."""

_LEAST = 0.02
"""Less than a fiftieth of a picture is no main colour: edges, where two are blended."""

_NAMES = {
    (0x10, 0x10, 0x10): to_translate("black"),
    (0x80, 0x80, 0x80): to_translate("grey"),
    (0xF5, 0xF5, 0xF5): to_translate("white"),
    (0xC8, 0x20, 0x20): to_translate("red"),
    (0xF0, 0x80, 0x20): to_translate("orange"),
    (0xF0, 0xD0, 0x30): to_translate("yellow"),
    (0x30, 0x90, 0x30): to_translate("green"),
    (0x30, 0xB0, 0xA8): to_translate("turquoise"),
    (0x28, 0x50, 0xB8): to_translate("blue"),
    (0x90, 0xC0, 0xF0): to_translate("light blue"),
    (0x80, 0x38, 0xA0): to_translate("purple"),
    (0xF0, 0xA0, 0xB8): to_translate("pink"),
    (0x78, 0x48, 0x28): to_translate("brown"),
    (0xD8, 0xB8, 0x90): to_translate("beige"),
}


class Colour(NamedTuple):
    """A colour like ``#1c5b4d``, and how much of the picture has it, from 0 to 1."""

    code: str
    share: float


def main_colours(path: Path, most: int) -> list[Colour]:
    """The main colours of a picture, the largest first. Raises `InvalidInput` for what can't or won't be read."""
    try:
        with Image.open(path, formats=_FORMATS) as image:
            if image.width * image.height > MAX_PIXELS:
                raise InvalidInput(f"The picture has {image.width} × {image.height} pixels, which is too many to read.")
            image.draft("RGB", (_SIDE, _SIDE))  # a JPEG can be decoded small at once
            return _counted(_small(image), most)
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise InvalidInput(f"The picture can't be read: {error}") from error


def name_of(code: str) -> str:
    """The English name of the nearest colour that has one."""
    red, green, blue = bytes.fromhex(code[1:])

    def distance(other: tuple[int, int, int]) -> int:
        # The eye tells greens apart better than reds, and these better than blues.
        return 2 * (red - other[0]) ** 2 + 4 * (green - other[1]) ** 2 + (blue - other[2]) ** 2

    return _NAMES[min(_NAMES, key=distance)]


def _small(image: Image.Image) -> Image.Image:
    """The picture with few pixels and no transparency: what shines through is white, as on a page."""
    image.thumbnail((_SIDE, _SIDE))
    if not image.has_transparency_data:
        return image.convert("RGB")
    page = Image.new("RGBA", image.size, "white")
    page.alpha_composite(image.convert("RGBA"))
    return page.convert("RGB")


def _counted(image: Image.Image, most: int) -> list[Colour]:
    reduced = image.quantize(most)
    codes = bytes(reduced.getpalette() or ())
    pixels = image.width * image.height
    found = [
        Colour(f"#{codes[3 * index : 3 * index + 3].hex()}", round(count / pixels, 3))
        for index, count in enumerate(reduced.histogram())
        if count / pixels >= _LEAST
    ]
    return sorted(found, key=lambda colour: -colour.share)
