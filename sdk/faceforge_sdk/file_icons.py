"""Which symbol of the shell's icon sheet stands for a file that has no picture."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from .models import Asset

UNKNOWN: Final = "file"
ICONS: Final = (
    ("image/*", "image"),
    ("audio/*", "audio"),
    ("video/*", "video"),
    ("model/*", "model"),
    ("application/x-blender", "model"),
    ("font/*", "font"),
    ("text/html", "code"),
    ("text/css", "code"),
    ("text/javascript", "code"),
    ("text/x-*", "code"),
    ("text/csv", "table"),
    ("text/tab-separated-values", "table"),
    ("text/*", "text"),
    ("application/x-subrip", "text"),
    ("application/*spreadsheet*", "table"),
    ("application/vnd.ms-excel*", "table"),
    ("application/*sqlite3", "table"),
    ("application/pdf", "document"),
    ("application/rtf", "document"),
    ("application/postscript", "document"),
    ("application/epub+zip", "document"),
    ("application/msword", "document"),
    ("application/vnd.ms-word*", "document"),
    ("application/vnd.ms-powerpoint*", "document"),
    ("application/vnd.oasis.opendocument.*", "document"),
    ("application/vnd.openxmlformats-officedocument.*", "document"),
    ("application/zip", "archive"),
    ("application/gzip", "archive"),
    ("application/zstd", "archive"),
    ("application/vnd.rar", "archive"),
    ("application/x-7z-compressed", "archive"),
    ("application/x-bzip2", "archive"),
    ("application/x-xz", "archive"),
    ("application/x-tar", "archive"),
    ("application/java-archive", "archive"),
    ("application/json", "code"),
    ("application/*+json", "code"),
    ("application/xml", "code"),
    ("application/*+xml", "code"),
    ("application/javascript", "code"),
    ("application/yaml", "code"),
    ("application/toml", "code"),
    ("application/sql", "code"),
)


def icon_of(asset: Asset) -> str:
    """The first that fits what the file is, by its bytes where they are known."""
    return next((icon for pattern, icon in ICONS if fnmatchcase(asset.media_type, pattern)), UNKNOWN)
