r"""Patterns that users write, in RE2: matching takes time that grows with the text alone, so that none can hang Core.

RE2 has no back references and no looking around, and ``\w``, ``\d``, ``\s`` and ``\b`` know ASCII only; ``\p{L}`` is
any letter. Needs the package google-re2, which Core brings along; it is loaded when it is first needed.
"""

from __future__ import annotations

import importlib
from functools import lru_cache
from typing import Protocol

from .errors import InvalidInput

MAX_PATTERN = 1000
"""Characters of one pattern."""


class Pattern(Protocol):
    """A compiled pattern."""

    def search(self, text: str) -> object | None:
        """Something true if a part of `text` fits."""
        ...

    def fullmatch(self, text: str) -> object | None:
        """Something true if the whole of `text` fits."""
        ...


@lru_cache(maxsize=256)
def compiled(pattern: str) -> Pattern:
    """Compile `pattern`. Raises `InvalidInput`, whose sentence says what RE2 can't do with it."""
    if len(pattern) > MAX_PATTERN:
        raise InvalidInput(f"The pattern is longer than {MAX_PATTERN} characters.")
    re2 = importlib.import_module("re2")
    options = re2.Options()
    options.log_errors = False
    try:
        found: Pattern = re2.compile(pattern, options)
    except UnicodeEncodeError as exc:
        raise InvalidInput("The pattern contains half of a surrogate pair.") from exc
    except re2.error as exc:
        [reason] = exc.args
        told = reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)
        raise InvalidInput(f"The pattern {_short(pattern)} is not supported: {told}") from exc
    return found


def problem(pattern: str) -> str | None:
    """Why a pattern can't be used; None for a good one."""
    try:
        compiled(pattern)
    except InvalidInput as exc:
        return str(exc)
    return None


def _short(pattern: str) -> str:
    return pattern if len(pattern) <= 80 else f"{pattern[:80]}…"
