"""JSON from outside, read so that whatever is accepted can be stored and read back everywhere.

Beyond the grammar it refuses what some part of the way would choke on: nesting deeper than 64, NaN and infinities,
numbers that overflow, NUL, lone surrogates. Used for request bodies, sidecars and manifests alike.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any, NoReturn

from .errors import InvalidInput, PayloadTooLarge

MAX_BYTES = 1024 * 1024
MAX_DEPTH = 64

_STRING = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
_SUSPICIOUS_ESCAPE = re.compile(r"\\u(?:0000|[dD][89a-fA-F])")


def loads(content: bytes, *, max_bytes: int = MAX_BYTES, max_depth: int = MAX_DEPTH) -> Any:
    """Parse UTF-8 JSON.

    Raises `PayloadTooLarge` past `max_bytes`, else `InvalidInput` with a sentence that says what is wrong and where.
    """
    if len(content) > max_bytes:
        raise PayloadTooLarge(f"The JSON is larger than {max_bytes} bytes.")
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as exc:
        raise InvalidInput(f"Not UTF-8: byte {exc.start} can't be decoded.") from exc
    _check_depth(text, max_depth)
    try:
        value = json.loads(text, parse_constant=_refuse_constant, parse_float=_finite)
    except json.JSONDecodeError as exc:
        raise InvalidInput(f"Not valid JSON: {exc.msg} at line {exc.lineno}, column {exc.colno}.") from exc
    except ValueError as exc:  # int() refuses thousands of digits
        raise InvalidInput("Not valid JSON: a number has too many digits.") from exc
    if _SUSPICIOUS_ESCAPE.search(text):
        _check_strings(value)
    return value


def _check_depth(text: str, max_depth: int) -> None:
    if text.count("[") + text.count("{") <= max_depth:
        return
    depth = 0
    for character in re.sub(r"[^\[\]{}]", "", _STRING.sub("", text)):
        depth += 1 if character in "[{" else -1
        if depth > max_depth:
            raise InvalidInput(f"The JSON is nested deeper than {max_depth} levels.")


def _refuse_constant(name: str) -> NoReturn:
    raise InvalidInput(f"{name} is not a JSON number.")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise InvalidInput(f"The number {text[:40]} is too large.")
    return number


def _check_strings(value: Any) -> None:
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict):
            waiting.extend(item.keys())
            waiting.extend(item.values())
        elif isinstance(item, list):
            waiting.extend(item)
        elif isinstance(item, str):
            _check_text(item)


def _check_text(text: str) -> None:
    if "\0" in text:
        raise InvalidInput("A text contains the character NUL.")
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as exc:
        raise InvalidInput("A text contains half of a surrogate pair.") from exc
