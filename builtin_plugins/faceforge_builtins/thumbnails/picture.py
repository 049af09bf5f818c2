"""Decoding and scaling with Pillow.

Runs in a process of its own for files from outside: a decoder that crashes, hangs or eats memory takes nothing with it.
Pillow is imported inside the functions, since Core starts without it.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from faceforge_sdk.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from PIL.Image import Image

MAX_PIXELS = 64_000_000
"""More are not decoded: 64 megapixels are about 200 MB in memory."""

MAX_SCALED_PIXELS = 8 * MAX_PIXELS
"""Of a JPEG that is decoded at an eighth to a half, more are not read: telephones make pictures of 200 megapixels."""

_QUALITY = 80
_EFFORT = 2
"""Of 0 to 6: half as much again as many pictures a second as with 4, for files that are a twentieth larger."""


def render(source: Path, size: int) -> bytes:
    """A WebP of `source`, upright, in sRGB, its longer side at most `size` pixels; never enlarged.

    Raises `InvalidInput` for more than `MAX_PIXELS` to decode and for whatever Pillow can't read.
    """
    from PIL import Image, ImageOps, UnidentifiedImageError

    Image.MAX_IMAGE_PIXELS = None  # our own limit stands below, with an error instead of a warning
    try:
        with Image.open(source) as image:
            _check_pixels(image, MAX_SCALED_PIXELS if _is_read_by_rows(image) else MAX_PIXELS)
            image.draft("RGB", (size, size))  # JPEG only: decodes at an eighth to a half where that suffices
            _check_pixels(image)
            upright = ImageOps.exif_transpose(image)
            picture = _in_srgb(upright)
            picture.thumbnail((size, size), Image.Resampling.LANCZOS, reducing_gap=2.0)
            return _webp(picture)
    except UnidentifiedImageError as exc:
        raise InvalidInput("The picture can't be read: by its bytes it is none, or damaged at its beginning.") from exc
    except (OSError, SyntaxError, ValueError, EOFError, Image.DecompressionBombError) as exc:
        raise InvalidInput(f"The picture can't be read: {exc}") from exc


def shrink(picture: bytes, sizes: Sequence[int]) -> list[bytes]:
    """Smaller WebPs, largest first, of a thumbnail that `render` or a plugin made.

    Raises `InvalidInput` if it is no picture.
    """
    from PIL import Image, UnidentifiedImageError

    smaller = []
    try:
        with Image.open(io.BytesIO(picture), formats=("WEBP",)) as image:
            _check_pixels(image)
            for size in sizes:
                image.thumbnail((size, size), Image.Resampling.LANCZOS)
                smaller.append(_webp(image))
    except (UnidentifiedImageError, OSError, ValueError) as exc:
        raise InvalidInput(f"The thumbnail is no WebP: {exc}") from exc
    return smaller


def _is_read_by_rows(image: Image) -> bool:
    """Whether scaling while it is decoded spares memory: a progressive JPEG is held whole first."""
    return image.format == "JPEG" and "progressive" not in image.info


def _check_pixels(image: Image, most: int = MAX_PIXELS) -> None:
    pixels = image.width * image.height
    if pixels > most:
        raise InvalidInput(
            f"The picture has {image.width} × {image.height} pixels; at most {most // 1_000_000} megapixels "
            "are decoded."
        )


def _in_srgb(image: Image) -> Image:
    """The picture in 8 bits of sRGB, with transparency where it has some."""
    profile = image.info.get("icc_profile")
    if image.mode.startswith("I;16"):
        image = image.point(lambda value: value / 256).convert("L")
    transparent = image.has_transparency_data
    image = image.convert("RGBA" if transparent else "RGB")
    return _converted(image, profile) if profile else image


def _converted(image: Image, profile: bytes) -> Image:
    from PIL import ImageCms

    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        converted = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"))
    except (ImageCms.PyCMSError, OSError):
        return image  # a broken profile, or one for another colour model: the pixels are still worth showing
    return converted or image


def _webp(image: Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "WEBP", quality=_QUALITY, method=_EFFORT)
    return out.getvalue()
