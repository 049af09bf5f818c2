"""Portraits and landscapes that show nobody and no place, drawn the same way each time."""

from __future__ import annotations

import io
import math
import random
from typing import TYPE_CHECKING, Final

from PIL import Image, ImageDraw, ImageFilter

if TYPE_CHECKING:
    from collections.abc import Sequence

    Colour = tuple[int, int, int]

FINER: Final = 2
"""How much larger everything is drawn, for smooth edges."""

_BACKDROPS: Final = ("#e9d8c4 #c98f6b", "#cfe0dc #6f9c96", "#e3dbe8 #9a84ad", "#f0e2b8 #cf9f4a", "#d3deea #6d8fb3")
_SKINS: Final = ("#f1cfb4", "#d9a57f", "#a9714b", "#7b4b31", "#eabd9a")
_HAIR: Final = ("#2d2420", "#5b3a26", "#a5642f", "#d8b56a", "#8d8a88")
_CLOTHES: Final = ("#2f4f4a", "#7c3b3b", "#34466b", "#6b5a2f", "#4d3a5e")
_SKIES: Final = ("#2c4a6e #f2b880", "#5c7fa3 #e8eef0", "#3a2f57 #e58a7b", "#8fb7c9 #f4ead2")
_HILLS: Final = ("#4d6a63", "#5a6f8f", "#7a5a72", "#6f7d4f")


def portrait(seed: int, size: tuple[int, int] = (720, 900)) -> bytes:
    """A person without a face, as JPEG."""
    chance = random.Random(seed)  # noqa: S311  (a picture)
    width, height = (length * FINER for length in size)
    picture = _gradient((width, height), *_pair(_BACKDROPS[seed % len(_BACKDROPS)]))
    draw = ImageDraw.Draw(picture)
    skin, hair = _colour(_SKINS[seed * 3 % len(_SKINS)]), _colour(_HAIR[seed * 2 % len(_HAIR)])
    clothes = _colour(_CLOTHES[(seed + seed // 5) % len(_CLOTHES)])
    middle, head = width / 2, width * (0.17 + chance.random() * 0.02)
    eyes = height * 0.4
    if seed % 2:  # long hair lies behind the shoulders
        _oval(draw, middle, eyes + head * 0.75, head * 1.36, head * 2.05, hair)
    _oval(draw, middle, height * 1.05, width * 0.4, height * 0.35, clothes)
    draw.rounded_rectangle(
        (middle - head * 0.42, eyes + head * 0.7, middle + head * 0.42, eyes + head * 2), head * 0.4, _darker(skin)
    )
    _oval(draw, middle, eyes, head, head * 1.26, skin)
    top = (middle - head * 1.1, eyes - head * 1.5, middle + head * 1.1, eyes + head * 0.9)
    draw.chord(top, 188 + chance.random() * 12, 345 + chance.random() * 12, fill=hair)
    if seed % 4 == 2:
        _oval(draw, middle, eyes - head * 1.5, head * 0.5, head * 0.45, hair)
    return _jpeg(picture, size)


def landscape(seed: int, size: tuple[int, int] = (1200, 800)) -> bytes:
    """Hills under a sky, as JPEG."""
    chance = random.Random(seed)  # noqa: S311  (a picture)
    width, height = (length * FINER for length in size)
    sky = _pair(_SKIES[seed % len(_SKIES)])
    picture = _gradient((width, height), *sky)
    draw = ImageDraw.Draw(picture)
    sun = width * (0.2 + chance.random() * 0.6)
    _oval(draw, sun, height * 0.42, width * 0.05, width * 0.05, _between(sky[1], (255, 255, 255), 0.6))
    hill, layers = _colour(_HILLS[seed % len(_HILLS)]), 5
    for layer in range(layers):
        base = height * (0.48 + layer * 0.11)
        waves = [(chance.uniform(0.6, 2.4), chance.random() * math.tau, height * 0.045) for _wave in range(3)]
        ridge = [
            (x, base + sum(tall * math.sin(x / width * math.tau * often + start) for often, start, tall in waves))
            for x in range(0, width + 8, 8)
        ]
        colour = _between(sky[1], _between(hill, (0, 0, 0), 0.35), (layer + 1) / layers)
        draw.polygon([*ridge, (width, height), (0, height)], fill=colour)
    return _jpeg(picture, size)


def _oval(draw: ImageDraw.ImageDraw, x: float, y: float, across: float, down: float, colour: Colour) -> None:
    draw.ellipse((x - across, y - down, x + across, y + down), fill=colour)


def _gradient(size: tuple[int, int], top: Colour, bottom: Colour) -> Image.Image:
    shade = Image.linear_gradient("L").resize(size)
    return Image.composite(Image.new("RGB", size, bottom), Image.new("RGB", size, top), shade)


def _jpeg(picture: Image.Image, size: tuple[int, int]) -> bytes:
    out = io.BytesIO()
    picture.resize(size, Image.Resampling.LANCZOS).filter(ImageFilter.SMOOTH).save(out, "JPEG", quality=88)
    return out.getvalue()


def _pair(words: str) -> Sequence[Colour]:
    return [_colour(word) for word in words.split()]


def _colour(word: str) -> Colour:
    return int(word[1:3], 16), int(word[3:5], 16), int(word[5:7], 16)


def _between(one: Colour, other: Colour, part: float) -> Colour:
    red, green, blue = (round(a + (b - a) * part) for a, b in zip(one, other, strict=True))
    return red, green, blue


def _darker(colour: Colour) -> Colour:
    return _between(colour, (0, 0, 0), 0.12)
