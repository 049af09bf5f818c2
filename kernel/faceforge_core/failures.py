"""What went wrong, in words that can be stored and sent, whatever an exception makes of being asked."""

from __future__ import annotations

import traceback
from typing import Final

from faceforge_sdk.errors import FaceForgeError

_MOST: Final = 1000
_MOST_TRACE: Final = 16_000
_HEAD: Final = 4000


def told(error: BaseException, most: int = _MOST) -> str:
    """One sentence of at most `most` characters: an error of the SDK's own words, another with its class in front."""
    try:
        words = str(error)
    except Exception:  # noqa: BLE001 - a plugin's exception may fail at that, too
        words = ""
    if not isinstance(error, FaceForgeError) or not words:
        name = type(error).__name__
        words = f"{name}: {words}" if words else name
    return _storable(words[:most])


def trace_of(error: BaseException) -> str:
    """The traceback, for the author; of a very long one the beginning and, where the cause stands, the end."""
    whole = "".join(traceback.format_exception(error))
    if len(whole) > _MOST_TRACE:
        tail = whole[_HEAD - _MOST_TRACE :]
        whole = f"{whole[:_HEAD]}\n… {len(whole) - _MOST_TRACE} characters are left out here …\n{tail}"
    return _storable(whole)


def _storable(text: str) -> str:
    """Without what neither UTF-8 nor SQLite's text functions can hold: halves of characters, and NUL."""
    return "".join(
        "\ufffd" if character == "\0" or "\ud800" <= character <= "\udfff" else character for character in text
    )
