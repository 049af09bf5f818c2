"""The one byte range of a request (RFC 9110, section 14.2)."""

from __future__ import annotations

import re

from faceforge_sdk.errors import RangeNotSatisfiable

_ONE_RANGE = re.compile(r"bytes=(?:([0-9]{1,19})-([0-9]{0,19})|-([0-9]{1,19}))", re.ASCII | re.IGNORECASE)


def parse_range(header: str | None, size: int) -> tuple[int, int] | None:
    """Start (inclusive) and end (exclusive) of the part to send; None for the whole file.

    Malformed ranges, other units and several ranges are ignored, as the RFC allows. Raises `RangeNotSatisfiable`
    when the range is well-formed and touches none of the `size` bytes.
    """
    match = _ONE_RANGE.fullmatch(header.strip()) if header is not None and len(header) < 64 else None
    if match is None:
        return None
    first, last, suffix = match.groups()
    if suffix is not None:
        start, end = max(0, size - int(suffix)), size
    else:
        start, end = int(first), min(int(last) + 1, size) if last else size
        if last and int(last) < start:
            return None
    if start >= end:
        raise RangeNotSatisfiable(size)
    return start, end
