"""Formats that share a beginning with others: what the next bytes say they are."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

_BRANDS: Final = {
    b"avif": "image/avif",
    b"avis": "image/avif",
    b"heic": "image/heic",
    b"heix": "image/heic",
    b"heim": "image/heic",
    b"heis": "image/heic",
    b"hevc": "image/heic-sequence",
    b"hevx": "image/heic-sequence",
    b"mif1": "image/heif",
    b"msf1": "image/heif-sequence",
    b"crx ": "image/x-canon-cr3",
    b"jp2 ": "image/jp2",
    b"jpx ": "image/jpx",
    b"jpm ": "image/jpm",
    b"mjp2": "video/mj2",
    b"M4A ": "audio/mp4",
    b"M4B ": "audio/mp4",
    b"M4P ": "audio/mp4",
    b"F4A ": "audio/mp4",
    b"M4V ": "video/x-m4v",
    b"M4VH": "video/x-m4v",
    b"M4VP": "video/x-m4v",
    b"qt  ": "video/quicktime",
    **dict.fromkeys((b"isom", b"avc1", b"dash", b"mmp4", b"MSNV", b"F4V ", b"f4v ", b"XAVC"), "video/mp4"),
}
_BRAND_FAMILIES: Final = ((b"3gp", "video/3gpp"), (b"3g2", "video/3gpp2"), (b"iso", "video/mp4"), (b"mp4", "video/mp4"))
_RIFF: Final = {
    b"WAVE": "audio/wav",
    b"AVI ": "video/x-msvideo",
    b"WEBP": "image/webp",
    b"RMID": "audio/midi",
}
_BITMAP_HEADERS: Final = frozenset({12, 16, 40, 52, 56, 64, 108, 124})


def _iso_media(head: bytes) -> str | None:
    """By the major brand of ``ftyp``; where that says little, by the compatible ones."""
    size = struct.unpack_from(">I", head)[0]
    compatible = [head[at : at + 4] for at in range(16, min(size, len(head), 512), 4)]
    major = head[8:12]
    if major in {b"mif1", b"msf1"} and b"avif" in compatible:
        return "image/avif"
    for brand in (major, *compatible):
        found = _BRANDS.get(brand) or next((kind for start, kind in _BRAND_FAMILIES if brand.startswith(start)), None)
        if found is not None:
            return found
    return None


def _jpeg_2000(head: bytes) -> str | None:
    return _BRANDS.get(head[20:24], "image/jp2")


def _quicktime(head: bytes) -> str | None:
    """The old kind without ``ftyp``; four letters before its name are a word, and no length."""
    size = struct.unpack_from(">I", head)[0]
    return "video/quicktime" if (size == 1 or size >= 8) and min(head[:4]) < 0x20 else None


def _riff(head: bytes) -> str | None:
    return _RIFF.get(head[8:12])


def _iff(head: bytes) -> str | None:
    return "audio/aiff" if head[8:12] in {b"AIFF", b"AIFC"} else None


def _ogg(head: bytes) -> str | None:
    """By what its first stream is; the page's header is 27 bytes and a table of segments."""
    packet = head[27 + head[26] :] if len(head) > 27 else b""
    if packet.startswith((b"\x01vorbis", b"OpusHead", b"Speex   ", b"\x7fFLAC")):
        return "audio/ogg"
    return "video/ogg" if packet.startswith((b"\x80theora", b"BBCD\0")) else "application/ogg"


def _matroska(head: bytes) -> str | None:
    """By the document type in the EBML header."""
    at = head.find(b"\x42\x82", 4, 128)
    named = head[at + 3 : at + 3 + (head[at + 2] & 0x7F)].rstrip(b"\0") if 0 < at < len(head) - 3 else b""
    return {b"webm": "video/webm", b"matroska": "video/x-matroska"}.get(named)


def _bitmap(head: bytes) -> str | None:
    """Two letters begin many texts: the header's length has to be one of those that exist."""
    fits = len(head) >= 18 and struct.unpack_from("<I", head, 14)[0] in _BITMAP_HEADERS
    return "image/bmp" if fits else None


def _windows_icon(head: bytes) -> str | None:
    pictures = struct.unpack_from("<H", head, 4)[0] if len(head) >= 22 else 0
    if not 0 < pictures <= 256 or head[9] != 0 or struct.unpack_from("<I", head, 18)[0] < 6 + 16 * pictures:
        return None
    return "image/vnd.microsoft.icon"


def _true_type(head: bytes) -> str | None:
    tables = struct.unpack_from(">H", head, 4)[0] if len(head) >= 16 else 0
    return "font/ttf" if 0 < tables <= 128 and min(head[12:16]) >= 0x20 and head[12:16].isascii() else None


def _windows_program(head: bytes) -> str | None:
    at = struct.unpack_from("<I", head, 60)[0] if len(head) >= 64 else len(head)
    return "application/vnd.microsoft.portable-executable" if head.startswith(b"PE\0\0", at) else None


def _tagged_audio(head: bytes) -> str | None:
    """An ID3 tag stands before MP3, and sometimes before others."""
    length = sum((byte & 0x7F) << shift for byte, shift in zip(head[6:10], (21, 14, 7, 0), strict=False))
    return "audio/flac" if head.startswith(b"fLaC", length + 10) else "audio/mpeg"


CONTAINERS: Final[tuple[tuple[int, bytes, Callable[[bytes], str | None]], ...]] = (
    (4, b"ftyp", _iso_media),
    (0, b"\0\0\0\x0cjP  \r\n\x87\n", _jpeg_2000),
    (4, b"moov", _quicktime),
    (4, b"mdat", _quicktime),
    (0, b"RIFF", _riff),
    (0, b"FORM", _iff),
    (0, b"OggS", _ogg),
    (0, b"\x1a\x45\xdf\xa3", _matroska),
    (0, b"BM", _bitmap),
    (0, b"\0\0\x01\0", _windows_icon),
    (0, b"\0\x01\0\0", _true_type),
    (0, b"true", _true_type),
    (0, b"MZ", _windows_program),
    (0, b"ID3\x02", _tagged_audio),
    (0, b"ID3\x03", _tagged_audio),
    (0, b"ID3\x04", _tagged_audio),
)
