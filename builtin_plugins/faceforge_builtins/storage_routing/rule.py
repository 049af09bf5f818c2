"""The rule behind ``storage.routing`` in core.json."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import BaseModel

if TYPE_CHECKING:
    from faceforge_sdk.protocols import UploadFacts

LAST = 1000
"""Its place: it always has an opinion, so every other rule is asked before."""


class Routing(BaseModel):
    """Kind first, then size, then the default; whether the provider exists is the storage service's business."""

    default_provider: str = "fs"
    kind_map: dict[str, str] = {}
    s3_min_size_bytes: int | None = None

    def choose(self, upload: UploadFacts) -> str:
        """The provider's name."""
        mapped = self.kind_map.get(upload.kind)
        if mapped is not None:
            return mapped
        if self.s3_min_size_bytes is not None and upload.byte_size >= self.s3_min_size_bytes:
            return "s3"
        return self.default_provider
