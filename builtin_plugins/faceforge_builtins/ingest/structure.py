"""What has no magic, or one too short to be believed: known by how its parts follow each other."""

from __future__ import annotations

import re
from typing import Final

_PACKET = 188
_STL_HEADER, _STL_TRIANGLE = 84, 50
_NETPBM = re.compile(rb"P([1-6])\s(?:\s|#[^\n]*\n)*+\d+\s+\d+\s")
_NETPBM_TYPES: Final = ("bitmap", "graymap", "pixmap")

_LAYER_3, _ADTS = 1, 0
_KBPS_1: Final = (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
_KBPS_2: Final = (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
_HERTZ: Final = (44_100, 48_000, 32_000)
_SLOWER: Final = {3: 0, 2: 1, 0: 2}  # MPEG 1, 2 and 2.5: each halves the sampling rate


def structured_type(head: bytes, size: int) -> str | None:
    """MPEG audio and transport streams, Netpbm, and STL, whose length says how many triangles it holds."""
    if _two_frames(head):
        return "audio/aac" if _layer(head) == _ADTS else "audio/mpeg"
    if len(head) > 2 * _PACKET and {head[0], head[_PACKET], head[2 * _PACKET]} == {0x47}:
        return "video/mp2t"
    netpbm = _NETPBM.match(head)
    if netpbm is not None:
        return f"image/x-portable-{_NETPBM_TYPES[(int(netpbm[1]) - 1) % 3]}"
    triangles = int.from_bytes(head[_STL_HEADER - 4 : _STL_HEADER], "little")
    return "model/stl" if triangles and size == _STL_HEADER + triangles * _STL_TRIANGLE else None


def _two_frames(head: bytes) -> bool:
    length = _frame_length(head)
    following = head[length : length + 7]
    return length > 0 and following[:2] == head[:2] and _frame_length(following) > 0


def _layer(frame: bytes) -> int:
    return (frame[1] >> 1) & 3


def _frame_length(frame: bytes) -> int:
    """How long the frame of MPEG audio is that begins here, layer III or AAC in ADTS; 0 if none does."""
    if len(frame) < 7 or frame[0] != 0xFF or frame[1] & 0xE0 != 0xE0:
        return 0
    if _layer(frame) == _ADTS:
        length = ((frame[3] & 3) << 11) | (frame[4] << 3) | (frame[5] >> 5)
        return length if frame[1] & 0xF0 == 0xF0 and length >= 7 else 0
    version, rate, hertz = (frame[1] >> 3) & 3, frame[2] >> 4, (frame[2] >> 2) & 3
    if _layer(frame) != _LAYER_3 or version not in _SLOWER or rate in {0, 15} or hertz == 3:
        return 0
    samples, kbps = (144, _KBPS_1) if version == 3 else (72, _KBPS_2)
    return samples * kbps[rate - 1] * 1000 // (_HERTZ[hertz] >> _SLOWER[version]) + ((frame[2] >> 1) & 1)
