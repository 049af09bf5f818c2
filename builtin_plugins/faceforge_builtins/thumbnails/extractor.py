"""What pictures say of themselves, read with Pillow where nobody with a better eye has done it before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from faceforge_sdk import AssetExtractor, Extracted
from faceforge_sdk.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Sequence

    from faceforge_sdk import FileToRead
    from faceforge_sdk.models import Asset

    from .process import RenderProcess

ORDER = 1000
_BATCH = 25


def pillow_extractor(process: RenderProcess, media_types: Sequence[str]) -> AssetExtractor:
    """Facts alone and no entry, of pictures whose size nobody has told yet."""

    def accepts(asset: Asset) -> bool:
        return asset.facts.media_type in media_types and asset.facts.width is None

    def extract(files: Sequence[FileToRead]) -> list[Extracted]:
        return [_described(process, file) for file in files]

    return AssetExtractor("pillow", "Pillow", accepts, extract, batch=_BATCH, order=ORDER)


def _described(process: RenderProcess, file: FileToRead) -> Extracted:
    try:
        return Extracted(facts=process.describe(file.path))
    except InvalidInput as exc:
        return Extracted(problem=str(exc))
