"""What the plugin reads out of files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from faceforge_sdk import Extracted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from faceforge_sdk import FileToRead
    from faceforge_sdk.models import Asset

MAX_BYTES = 10_000_000


def is_text(asset: Asset) -> bool:
    """Whether to ask for this file at all; quick, since every file is asked about."""
    return asset.facts.media_type == "text/plain" and asset.byte_size <= MAX_BYTES


def read_all(files: Sequence[FileToRead]) -> list[Extracted]:
    """What is found in each file, in their order."""
    return [read(file) for file in files]


def read(file: FileToRead) -> Extracted:
    """The figures become metadata, and the words make the file findable."""
    text = file.path.read_bytes().decode("utf-8", "replace")
    lines = text.splitlines()
    figures = {"lines": len(lines), "words": len(text.split())}
    return Extracted(figures, words=tuple(lines[0].split()) if lines else ())
