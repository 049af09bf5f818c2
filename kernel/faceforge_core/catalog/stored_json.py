"""JSON as columns hold it: strict, UTF-8, without needless spaces."""

from __future__ import annotations

import json
from typing import Any

from pydantic_core import from_json

# An encoder is made anew by each `json.dumps` with settings.
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode


def dump(value: object) -> str:
    """The text to store. Values come from `faceforge_sdk.strict_json`, so nothing in them is unstorable."""
    return _encode(value)


def load(text: str) -> Any:
    """The value of a stored text, integers of any size included."""
    try:
        return from_json(text)
    except ValueError:  # nested deeper than the fast parser goes: rows of v0.1.9, which had no limit
        return json.loads(text)
