"""How a file is shown large: a picture, a player, the beginning of a text, or its symbol."""

from __future__ import annotations

import codecs
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from faceforge_sdk.errors import FaceForgeError
from faceforge_sdk.file_icons import icon_of
from faceforge_sdk.thumbnails import drawable, drawable_types, thumbnail_address

from .tiles import type_word

if TYPE_CHECKING:
    from faceforge_sdk import PluginContext
    from faceforge_sdk.models import Asset

PREVIEW_PIXELS: Final = 1024
TEXT_BYTES: Final = 32 * 1024
_LARGEST_ORIGINAL: Final = 200 * 1000 * 1000
_LARGEST_ANIMATION: Final = 50 * 1000 * 1000

BROWSERS_SHOW: Final = frozenset({"image/jpeg", "image/png", "image/gif", "image/webp", "image/avif", "image/bmp"})
"""What every browser draws itself; others, such as HEIC and raw pictures, are seen as Core renders them."""

_TEXTS: Final = frozenset(
    {
        "application/json",
        "application/geo+json",
        "application/xml",
        "application/yaml",
        "application/toml",
        "application/sql",
        "application/x-subrip",
        "image/svg+xml",
        "model/obj",
        "model/mtl",
    }
)


@dataclass(frozen=True, slots=True)
class Stage:
    """What stands in the middle of a file's page.

    Of a picture, `preview` is there at once (there may be none), and `original`, where browsers can draw it, when it is
    looked at closely; `width` and `height` are those of the original. `text` is how a text begins, `cut` if it goes on.
    """

    kind: Literal["picture", "video", "audio", "text", "none"]
    icon: str
    word: str
    preview: str | None = None
    original: str | None = None
    width: int | None = None
    height: int | None = None
    text: str = ""
    cut: bool = False

    @classmethod
    def of(cls, ctx: PluginContext, asset: Asset) -> Stage:
        """Reads the beginning of a text; everything else is left to the browser."""
        icon, word, family = icon_of(asset), type_word(asset), asset.media_type.partition("/")[0]
        if drawable(asset, drawable_types(ctx)) or asset.media_type in BROWSERS_SHOW:
            return _picture(ctx, asset, icon, word)
        if family in {"video", "audio"}:
            return cls("video" if family == "video" else "audio", icon, word, original=_download(asset))
        if family == "text" or asset.media_type in _TEXTS:
            return _text(ctx, asset, icon, word)
        return cls("none", icon, word)


def _picture(ctx: PluginContext, asset: Asset, icon: str, word: str) -> Stage:
    shown = asset.media_type in BROWSERS_SHOW and asset.byte_size <= _LARGEST_ORIGINAL
    original = _download(asset) if shown else None
    preview = thumbnail_address(asset.asset_id, PREVIEW_PIXELS) if drawable(asset, drawable_types(ctx)) else original
    if asset.media_type == "image/gif" and asset.byte_size <= _LARGEST_ANIMATION:
        preview = original  # small pictures do not move
    return Stage(
        "picture", icon, word, preview=preview, original=original, width=asset.facts.width, height=asset.facts.height
    )


def _text(ctx: PluginContext, asset: Asset, icon: str, word: str) -> Stage:
    """A text whose bytes can't be had now is shown as any other file."""
    wanted = min(TEXT_BYTES, asset.byte_size)
    content = b""
    try:
        reader = ctx.storage.open(asset, 0, wanted)
        try:
            while len(content) < wanted and (piece := reader.read(wanted - len(content))):
                content += piece
        finally:
            reader.close()
    except FaceForgeError as error:
        ctx.log.info("The beginning of %s can't be shown: %s", asset.asset_id, error)
        return Stage("none", icon, word)
    return Stage("text", icon, word, text=_decoded(content), cut=wanted < asset.byte_size)


def _decoded(content: bytes) -> str:
    """As Unicode where it is; else letter by letter in the most frequent of the old encodings."""
    for mark, encoding in ((codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16")):
        if content.startswith(mark):
            return content.decode(encoding, "replace")
    try:
        # What was cut in the middle of a character is no error.
        return codecs.getincrementaldecoder("utf-8-sig")().decode(content)
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace")


def _download(asset: Asset) -> str:
    return f"/v1/assets/{asset.asset_id}/download"
