"""Documents that are archives: what the names inside say they are, read in bounds."""

from __future__ import annotations

import re
import struct
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

_MAX_DIRECTORY = 256 * 1024
_MAX_TAIL = 22 + 65_535
_SAID = re.compile(r"[a-z]+/[\w.+-]+")
_OFFICE: Final = "application/vnd.openxmlformats-officedocument."
_PARTS: Final = (
    ("word/document.xml", f"{_OFFICE}wordprocessingml.document"),
    ("xl/workbook.xml", f"{_OFFICE}spreadsheetml.sheet"),
    ("xl/workbook.bin", "application/vnd.ms-excel.sheet.binary.macroEnabled.12"),
    ("ppt/presentation.xml", f"{_OFFICE}presentationml.presentation"),
    ("visio/document.xml", "application/vnd.ms-visio.drawing.main+xml"),
    ("3D/3dmodel.model", "model/3mf"),
)
_MACROS: Final = (
    ("word/vbaProject.bin", "application/vnd.ms-word.document.macroEnabled.12"),
    ("xl/vbaProject.bin", "application/vnd.ms-excel.sheet.macroEnabled.12"),
    ("ppt/vbaProject.bin", "application/vnd.ms-powerpoint.presentation.macroEnabled.12"),
)
_MARKS: Final = (
    ("AndroidManifest.xml", "application/vnd.android.package-archive"),
    ("META-INF/MANIFEST.MF", "application/java-archive"),
    ("doc.kml", "application/vnd.google-earth.kmz"),
)
_STREAMS: Final = (
    ("WordDocument", "application/msword"),
    ("Workbook", "application/vnd.ms-excel"),
    ("Book", "application/vnd.ms-excel"),
    ("PowerPoint Document", "application/vnd.ms-powerpoint"),
    ("__properties_version1.0", "application/vnd.ms-outlook"),
)


def zip_type(file: BinaryIO, head: bytes, size: int) -> str:
    """What a ZIP is; ``application/zip`` where nothing says more."""
    first, said = _first_member(head)
    if first == "mimetype" and said is not None:
        return said
    if first.endswith((".usd", ".usda", ".usdc")):
        return "model/vnd.usdz+zip"
    names = {first, *_names(file, size)}
    known = (*_MACROS, *_PARTS) if "[Content_Types].xml" in names else _MARKS
    return next((kind for name, kind in known if name in names), "application/zip")


def ole_type(file: BinaryIO, head: bytes) -> str:
    """What a compound file of older Office programs is, by the names in the first sector of its directory."""
    if len(head) < 52:
        return "application/x-ole-storage"
    sector_size = 1 << min(struct.unpack_from("<H", head, 30)[0], 12)
    file.seek((struct.unpack_from("<I", head, 48)[0] + 1) * sector_size)
    directory = file.read(sector_size)
    names = {directory[at : at + 64].decode("utf-16-le", "replace").split("\0")[0] for at in range(0, sector_size, 128)}
    return next((kind for name, kind in _STREAMS if name in names), "application/x-ole-storage")


def _first_member(head: bytes) -> tuple[str, str | None]:
    """The first name, and the text that is stored there if it is a media type (OpenDocument, EPUB)."""
    if len(head) < 30:
        return "", None
    method, length, name_length, extra_length = struct.unpack_from("<8xH8xI4xHH", head)
    start = 30 + name_length + extra_length
    name = head[30 : 30 + name_length].decode("utf-8", "replace")
    said = head[start : start + min(length, 255)].decode("ascii", "replace").strip()
    return name, said if method == 0 and _SAID.fullmatch(said) else None


def _names(file: BinaryIO, size: int) -> Iterator[str]:
    """The names in the directory at the end, as far as `_MAX_DIRECTORY` bytes of it go."""
    file.seek(max(0, size - _MAX_TAIL))
    tail = file.read(_MAX_TAIL)
    end = tail.rfind(b"PK\x05\x06")
    if end < 0 or end + 22 > len(tail):
        return
    length, start = struct.unpack_from("<II", tail, end + 12)
    if start >= size:  # also what an archive beyond 4 GiB says
        return
    file.seek(start)
    directory = file.read(min(length, _MAX_DIRECTORY))
    at = 0
    while at + 46 <= len(directory) and directory.startswith(b"PK\x01\x02", at):
        name_length, extra_length, comment_length = struct.unpack_from("<HHH", directory, at + 28)
        yield directory[at + 46 : at + 46 + name_length].decode("utf-8", "replace")
        at += 46 + name_length + extra_length + comment_length
