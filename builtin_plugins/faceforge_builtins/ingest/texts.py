"""Whether bytes are text, and what kind: by the beginning, and among plain texts by the extension of the name."""

from __future__ import annotations

import codecs
import json
import re
from typing import Final

_BOMS: Final = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_CONTROL = re.compile(r"[\0-\x08\x0e-\x1a\x1c-\x1f\x7f]")  # what no text has; ESC colours some logs
_NOT_ASCII = bytes(range(0x80, 0x100))
_PLAIN_SHARE = 0.7

# Possessive: what was read over is never tried another way, of which there would be a great many.
_BEFORE_ROOT = re.compile(r"(?>\s+|<\?.*?\?>|<!--.*?-->|<!DOCTYPE[^>\[]*(?:\[.*?\]\s*)?>)*+", re.DOTALL | re.IGNORECASE)
_HTML = re.compile(
    r"(?>\s+|<!--.*?-->)*+<(?:!doctype\s+html|html|head|body|title|meta|script|iframe)[\s>/]", re.DOTALL | re.IGNORECASE
)
_ROOT = re.compile(r"<(?:[\w.-]+:)?([A-Za-z_][\w.-]*)")
_ROOTS: Final = {
    "svg": "image/svg+xml",
    "html": "application/xhtml+xml",
    "collada": "model/vnd.collada+xml",
    "x3d": "model/x3d+xml",
    "gpx": "application/gpx+xml",
    "kml": "application/vnd.google-earth.kml+xml",
    "rss": "application/rss+xml",
    "feed": "application/atom+xml",
    "fictionbook": "application/x-fictionbook+xml",
}
_STARTS: Final = (
    ("BEGIN:VCARD", "text/vcard"),
    ("BEGIN:VCALENDAR", "text/calendar"),
    ("WEBVTT", "text/vtt"),
)
_SCRIPT = re.compile(r"#!\s*/\S*?(?:/env\s+(?:-S\s+)?)?(python|sh|bash|dash|zsh|perl|ruby|node)[\d.]*\s")
_SCRIPTS: Final = {
    "python": "text/x-python",
    "perl": "text/x-perl",
    "ruby": "text/x-ruby",
    "node": "text/javascript",
}
_OBJ = re.compile(r"^v[ \t]+-?\d[^\n]*\n", re.MULTILINE)
_STL = re.compile(r"\s*solid\b[^\n]*\n\s*(?:facet\s+normal|endsolid)\b")
_BY_EXTENSION: Final = {
    "md": "text/markdown",
    "markdown": "text/markdown",
    "csv": "text/csv",
    "tsv": "text/tab-separated-values",
    "css": "text/css",
    "js": "text/javascript",
    "mjs": "text/javascript",
    "py": "text/x-python",
    "sh": "text/x-shellscript",
    "c": "text/x-c",
    "h": "text/x-c",
    "cpp": "text/x-c++",
    "java": "text/x-java",
    "rs": "text/x-rust",
    "go": "text/x-go",
    "tex": "text/x-tex",
    "rst": "text/x-rst",
    "srt": "application/x-subrip",
    "sql": "application/sql",
    "yaml": "application/yaml",
    "yml": "application/yaml",
    "toml": "application/toml",
    "mtl": "model/mtl",
}


def text_type(head: bytes, filename: str, *, whole: bool) -> str | None:
    """The media type of a text whose beginning `head` is; None for what is none. `whole`: nothing follows."""
    text = _decoded(head, whole=whole)
    if text is None or not text.strip():
        return None if text is None or not text else "text/plain"
    extension = filename.rpartition(".")[2].lower() if "." in filename else ""
    if text.lstrip().startswith("<"):
        marked_up = _markup_type(text, extension)
        if marked_up is not None:
            return marked_up
    return _by_content(text, extension, whole=whole) or _BY_EXTENSION.get(extension, "text/plain")


def _decoded(head: bytes, *, whole: bool) -> str | None:
    for mark, encoding in _BOMS:
        if head.startswith(mark):
            return _without_control(_tried(head, encoding, whole=whole))
    if b"\0" in head:  # most of what is no text says so at once
        return None
    text = _tried(head, "utf-8", whole=whole)
    if text is None and len(head.translate(None, _NOT_ASCII)) > _PLAIN_SHARE * len(head):
        text = head.decode("latin-1")  # one of the old encodings, whichever: the letters are right
        text = None if re.search(r"[\x80-\x9f]{4}", text) else text
    return _without_control(text)


def _tried(head: bytes, encoding: str, *, whole: bool) -> str | None:
    try:
        return codecs.getincrementaldecoder(encoding)().decode(head, final=whole)
    except UnicodeError:
        return None


def _without_control(text: str | None) -> str | None:
    return None if text is None or _CONTROL.search(text) else text


def _markup_type(text: str, extension: str) -> str | None:
    if _HTML.match(text):
        return "text/html"
    before = _BEFORE_ROOT.match(text)
    root = _ROOT.match(text, before.end() if before else 0)
    if root is None:
        return "application/xml" if text.lstrip().startswith("<?xml ") else None
    known = _ROOTS.get(root[1].lower())
    if known is not None:
        return known
    if text.lstrip().startswith("<?xml ") or extension == "xml":
        return "application/xml"
    return "text/html" if extension in {"html", "htm"} else None


def _by_content(text: str, extension: str, *, whole: bool) -> str | None:
    begin = next((kind for start, kind in _STARTS if text.startswith(start)), None)
    if begin is not None:
        return begin
    script = _SCRIPT.match(text)
    if script is not None:
        return _SCRIPTS.get(script[1], "text/x-shellscript")
    if text.lstrip()[:1] in {"{", "["}:
        return _json_type(text, extension, whole=whole)
    if _STL.match(text):
        return "model/stl"
    return "model/obj" if extension == "obj" and _OBJ.search(text) else None


def _json_type(text: str, extension: str, *, whole: bool) -> str | None:
    if whole:
        try:
            json.loads(text)
        except (ValueError, RecursionError):
            return None
    elif extension not in {"json", "gltf", "geojson"}:
        return None
    if extension == "gltf" and '"asset"' in text:
        return "model/gltf+json"
    return "application/geo+json" if extension == "geojson" else "application/json"
