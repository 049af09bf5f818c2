"""What a file is, by its bytes: never by what its name says, and rather nothing than something wrong.

The tables are our own because no library answers well enough: of the kinds of files that the tests try, puremagic 1.30
names about half wrong or not at all (any ZIP is a ``.docx``, GLB is unknown, a note that begins with BM a bitmap), and
filetype 1.2 knows no text, no 3D model and no JPEG XL.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from .archives import ole_type, zip_type
from .containers import CONTAINERS
from .signatures import SIGNATURES
from .structure import structured_type
from .texts import text_type

if TYPE_CHECKING:
    from pathlib import Path

HEAD = 64 * 1024
"""Bytes that are read of each file; of an archive, its directory too."""

_FAMILIES = frozenset({"application/zip", "image/tiff", "application/x-ole-storage", "video/x-ms-asf"})


class Sniffed(NamedTuple):
    """A media type; not `sure` is a family whose members share their beginning, which others may tell apart."""

    media_type: str
    sure: bool = True


def sniff(path: Path, filename: str | None = None) -> Sniffed | None:
    """The media type of a file; `filename` only tells kinds of text apart. Raises OSError."""
    with path.open("rb") as file:
        head = file.read(HEAD)
        size = file.seek(0, 2)
        found: str | None
        if head.startswith(b"PK\x03\x04"):
            found = zip_type(file, head, size)
        elif head.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
            found = ole_type(file, head)
        else:
            found = _by_head(head, size) or text_type(head, filename or "", whole=size == len(head))
    return None if found is None else Sniffed(found, found not in _FAMILIES)


def _by_head(head: bytes, size: int) -> str | None:
    for offset, magic, media_type in SIGNATURES:
        if head.startswith(magic, offset):
            return media_type
    for offset, magic, look in CONTAINERS:
        if head.startswith(magic, offset):
            return look(head)
    return structured_type(head, size)
