"""From ExifTool's answer to what is kept of it: what belongs to the file, in JSON of a bounded size."""

from __future__ import annotations

import json
import math
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_ENTRY = 256 * 1024 - 512  # what is stored around it has room, too
MAX_BINARY = 1024
_MAX_DEPTH = 16
_MAX_INT = 2**63
_LARGE = 1024
_BASE64 = "base64:"
_LEFT_OUT = re.compile(r"\(Binary data \d+ bytes")

DROPPED = frozenset(
    {
        "SourceFile",
        # Of this run, and not of the file.
        *(f"ExifTool:{name}" for name in ("ExifToolVersion", "FileSequence", "NewGUID", "Now", "ProcessingTime")),
        # Of the copy in this home.
        *(
            f"System:{name}"
            for name in (
                "BaseName",
                "Directory",
                "FileAccessDate",
                "FileAttributes",
                "FileBlockCount",
                "FileBlockSize",
                "FileCreateDate",
                "FileDeviceID",
                "FileDeviceNumber",
                "FileGroupID",
                "FileHardLinks",
                "FileInodeChangeDate",
                "FileInodeNumber",
                "FileModifyDate",
                "FileName",
                "FilePath",
                "FilePermissions",
                "FileUserID",
            )
        ),
    }
)


class Unreadable(ValueError):
    """The answer is not what was asked for; says so as the end of a sentence."""


def parsed(answer: bytes) -> dict[str, Any]:
    """The tags of the one file that was asked about, without those that are not the file's. Raises `Unreadable`."""
    try:
        found = json.loads(answer.decode(), parse_float=_float, parse_int=_int, parse_constant=str)
    except UnicodeDecodeError as error:
        raise Unreadable(f"its answer is not UTF-8, at byte {error.start}") from error
    except (ValueError, RecursionError) as error:
        reason = "its answer is no JSON" if answer.strip() else "it says nothing about the file"
        raise Unreadable(reason) from error
    if not (isinstance(found, list) and len(found) == 1 and isinstance(found[0], dict)):
        raise Unreadable("its answer is not about one file")
    tags = ((_text(key), _tidied(value, 1)) for key, value in found[0].items() if key not in DROPPED)
    return {key: value for key, value in tags if value is not None}


def fitted(tags: Mapping[str, Any]) -> tuple[dict[str, Any], int]:
    """The tags that fit into an entry, and how many did not: the largest go first, then the last."""
    sizes = {key: len(_dumped(key)) + len(_dumped(value)) + 2 for key, value in tags.items()}
    total = sum(sizes.values()) + 2
    if total <= MAX_ENTRY:
        return dict(tags), 0
    large = sorted((key for key in tags if sizes[key] > _LARGE), key=lambda key: -sizes[key])
    going = iter([*large, *reversed([key for key in tags if sizes[key] <= _LARGE])])
    dropped = set()
    while total > MAX_ENTRY:
        key = next(going)
        dropped.add(key)
        total -= sizes[key]
    return {key: value for key, value in tags.items() if key not in dropped}, len(dropped)


def _dumped(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _float(text: str) -> float | str:
    number = float(text)
    return number if math.isfinite(number) else text


def _int(text: str) -> int | str:
    number = int(text) if len(text) < len(str(_MAX_INT)) + 2 else _MAX_INT
    return number if -_MAX_INT <= number < _MAX_INT else text


def _text(text: str) -> str:
    """Without what can't be stored: NUL and halves of characters."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()


def _tidied(value: Any, depth: int) -> Any:
    """The value as it is kept; None for nothing: large binary values, and what lies too deep."""
    if isinstance(value, str):
        return None if _is_large_binary(value) else _text(value)
    if not isinstance(value, list | dict):
        return value
    if depth == _MAX_DEPTH:
        return None
    if isinstance(value, list):
        items = [_tidied(item, depth + 1) for item in value]
        return [item for item in items if item is not None] or None
    members = {_text(key): _tidied(item, depth + 1) for key, item in value.items()}
    return {key: item for key, item in members.items() if item is not None} or None


def _is_large_binary(text: str) -> bool:
    if text.startswith(_BASE64):
        return (len(text) - len(_BASE64)) * 3 // 4 - text[-2:].count("=") > MAX_BINARY
    return _LEFT_OUT.match(text) is not None
