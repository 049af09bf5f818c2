"""From pictures to an entry of their metadata, and back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from faceforge_sdk import Extracted
from faceforge_sdk.errors import InvalidInput

from .colours import MAX_PIXELS, Colour, main_colours, name_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from faceforge_sdk import FileToRead
    from faceforge_sdk.models import Asset

SOURCE = "Palette"
MEDIA_TYPES = ("image/jpeg", "image/png", "image/gif", "image/webp", "image/bmp", "image/tiff")


class PictureReader:
    """Reads `most` colours out of each picture."""

    def __init__(self, most: int) -> None:
        self._most = most

    def accepts(self, asset: Asset) -> bool:
        """Pictures, unless somebody has found already that they are too large."""
        facts = asset.facts
        return facts.media_type in MEDIA_TYPES and (facts.width or 1) * (facts.height or 1) <= MAX_PIXELS

    def extract(self, files: Sequence[FileToRead]) -> list[Extracted]:
        """What Core asks for: one answer for each file. One that can't be read costs the others nothing."""
        return [self._extracted(file.path) for file in files]

    def data_of(self, path: Path) -> dict[str, Any]:
        """What the entry says. Raises `InvalidInput`."""
        found = main_colours(path, self._most)
        return {"colours": [{"code": one.code, "share": one.share, "name": name_of(one.code)} for one in found]}

    def _extracted(self, path: Path) -> Extracted:
        try:
            data = self.data_of(path)
        except InvalidInput as error:
            return Extracted(problem=str(error))
        # As words the names are found by the search: a list of assets with `q=turquoise`.
        return Extracted(data=data, words=tuple({one["name"] for one in data["colours"]}))


def colours_of(asset: Asset) -> list[Colour]:
    """What was read before; nothing if nobody has."""
    entries: Any = asset.meta.get("metadata") or []
    for entry in entries:
        if entry.get("Source") == SOURCE and isinstance(entry.get("Data"), dict):
            return [Colour(one["code"], one["share"]) for one in entry["Data"].get("colours", [])]
    return []
