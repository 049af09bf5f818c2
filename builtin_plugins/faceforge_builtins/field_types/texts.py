"""Types whose values are text: a line, several lines, an address. They alone are held to a definition's `regex`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from faceforge_sdk import FieldType, patterns
from faceforge_sdk.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Sequence

    from faceforge_sdk import FieldRules

_MOST_URL = 8000
_NEVER_IN_URLS = re.compile(r'[\x00-\x20\x7f-\xa0\s<>"\\]')
_RUNS_CODE = frozenset({"javascript", "vbscript", "data", "blob", "filesystem"})
"""Schemes whose addresses carry what a browser would run in the place of the page that shows the link."""


def _check_text(value: Any, rules: FieldRules) -> Sequence[str]:
    if not isinstance(value, str):
        return ["The value must be a text."]
    if rules.required and not value:
        return ["The text must not be empty."]
    return _check_pattern(value, rules)


def _check_pattern(value: str, rules: FieldRules) -> Sequence[str]:
    if not rules.regex:
        return []
    try:
        fits = patterns.compiled(rules.regex).fullmatch(value)
    except InvalidInput as exc:  # a definition of v0.1.9, which took any pattern
        return [f"No value can be taken until the definition is mended: {exc}"]
    return [] if fits else [f"The text does not match the pattern {rules.regex}."]


def _check_url(value: Any, rules: FieldRules) -> Sequence[str]:
    """An absolute address: ``scheme://…`` of any scheme that runs no code in a browser, or ``mailto:``.

    Other schemes than those of the web are let in, since notes, players and mail programs of the user's own computer
    are reached by them (``obsidian://``, ``spotify://``, ``file://``).
    """
    if not isinstance(value, str):
        return ["The value must be a text."]
    if len(value) > _MOST_URL:
        return [f"The address is longer than {_MOST_URL} characters."]
    if _NEVER_IN_URLS.search(value):
        return ["An address contains no spaces, control characters, quotes, backslashes or angle brackets."]
    wrong = _wrong_with_address(value)
    return [wrong] if wrong else _check_pattern(value, rules)


def _wrong_with_address(value: str) -> str | None:
    try:
        parts = urlsplit(value)
        host, _ = parts.hostname, parts.port
    except ValueError as exc:
        return f"The address can't be read: {exc}."
    if parts.scheme in _RUNS_CODE:
        return f"Addresses that begin with {parts.scheme}: are not allowed."
    if parts.scheme == "mailto":
        return None if "@" in parts.path else "The address names no mailbox, like mailto:ada@example.org."
    if not parts.scheme or not (parts.netloc or parts.path.strip("/")) or f"{parts.scheme}://" != _start(value):
        return "The value must be a whole address with its scheme, like https://…."
    if parts.scheme in {"http", "https"} and not host:
        return "The address names no host."
    return None


def _start(address: str) -> str:
    """The scheme and what follows it, as far as the slashes."""
    scheme, separator, _ = address.partition("://")
    return scheme.lower() + separator


STRING = FieldType("string", _check_text, lambda _rules: [], order=100)
TEXT = FieldType("text", _check_text, lambda _rules: [], widget="multiline", order=200)
URL = FieldType("url", _check_url, lambda _rules: [], widget="url", order=800)
