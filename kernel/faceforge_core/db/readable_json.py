"""JSON as v0.1.9 stored it, turned into strict JSON without losing what it says."""

from __future__ import annotations

import json
from typing import Any

UNREADABLE = "unreadable"
"""The key under which an object keeps a text that was no JSON at all."""

DEEPEST = 200
"""Levels of nesting that every reader of ours follows; v0.1.9 had no limit."""

_SHORT_INTEGER = 4000  # Python refuses to convert longer ones, and no client reads them as numbers


def readable(stored: str | bytes, shape: type[list[object] | dict[str, object]] | None = None) -> str:
    """Return `stored` itself when it is strict JSON of `shape` (None: any), else the nearest that is.

    NaN, infinities and integers of thousands of digits become strings of the same letters, NUL becomes U+2400, a lone
    surrogate U+FFFD; a text that is no JSON, or nested deeper than 200 levels, becomes a string, in a list or under the
    key ``unreadable`` by shape.
    """
    raw = stored.decode("utf-8", "replace") if isinstance(stored, bytes) else str(stored)
    try:
        parsed = _parsed(raw)
    except RecursionError:
        parsed = raw
    mended = _shaped(_mended(raw if _is_too_deep(parsed) else parsed), shape)
    return raw if _is_strict(raw, mended) else _dumped(mended)


def _parsed(raw: str) -> object:
    try:
        return json.loads(raw, strict=False, parse_constant=str, parse_int=_integer, parse_float=_number)
    except ValueError:
        return raw


def _is_too_deep(value: object) -> bool:
    level, depth = [value], 0
    while level and depth <= DEEPEST:
        level = [
            inner
            for outer in level
            if isinstance(outer, dict | list)
            for inner in (outer.values() if isinstance(outer, dict) else outer)
        ]
        depth += 1
    return depth > DEEPEST


def _shaped(value: object, shape: type[list[object] | dict[str, object]] | None) -> object:
    if shape is None or isinstance(value, shape):
        return value
    if shape is list:
        return [] if value is None else [value]
    return {} if value is None else {UNREADABLE: value}


def _is_strict(raw: str, mended: object) -> bool:
    try:
        return bool(json.loads(raw, parse_constant=_refuse) == mended)
    except (ValueError, RecursionError):
        return False


def _refuse(constant: str) -> object:
    raise ValueError(constant)


def _integer(digits: str) -> int | str:
    return int(digits) if len(digits) <= _SHORT_INTEGER else digits


def _number(digits: str) -> float | str:
    number = float(digits)
    return digits if number in (float("inf"), float("-inf")) else number


def _mended(value: Any) -> Any:
    if isinstance(value, str):
        return value.replace("\0", "\u2400").encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, list):
        return [_mended(inner) for inner in value]
    if isinstance(value, dict):
        return {_mended(key): _mended(inner) for key, inner in value.items()}
    return value


def _dumped(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)
