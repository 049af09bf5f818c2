"""What is indexed of a value of a field or descriptor, so that filters compare it without reading JSON.

SQLite compares numbers before texts before blobs, so that a range never leaves its kind.
"""

from __future__ import annotations

import hashlib
from itertools import islice
from typing import Any

from faceforge_core.db.search_text import storable

Indexed = str | int | float | bytes

PRESENT = b""
"""Stands for an object, or a list inside a list: it can be asked for by existence only."""

LONGEST_TEXT = 256
_MOST_ITEMS = 1000
_INTEGERS = range(-(2**63), 2**63)


def indexed_values(value: Any) -> list[Indexed]:
    """Return what stands in the index for `value`: one entry for each item of a list, none for null."""
    items = value if isinstance(value, list) else [value]
    return list(dict.fromkeys(_indexed(item) for item in islice(items, _MOST_ITEMS) if item is not None))


def indexed_text(text: str) -> str | bytes:
    """Return what stands for a text: itself, or a digest where it is long, which is equal exactly if the text is."""
    text = storable(text)
    return text if len(text) <= LONGEST_TEXT else hashlib.sha256(text.encode()).digest()


def indexed_integer(number: int) -> int | float:
    """Return what stands for an integer; the database holds 64 bits exactly, beyond that it is compared roughly."""
    if number in _INTEGERS:
        return number
    try:
        return float(number)
    except OverflowError:
        return float("inf") if number > 0 else float("-inf")


def _indexed(value: Any) -> Indexed:
    match value:
        case bool():
            return "true" if value else "false"
        case int():
            return indexed_integer(value)
        case float():
            return value
        case str():
            return indexed_text(value)
        case _:
            return PRESENT
