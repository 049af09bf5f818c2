"""Sentences that a page shows after a redirect: addresses carry only their codes, never text.

``with_notice("/ui/notes", "saved")`` leads there; the page's own table says what ``saved`` means, and `base.html` shows
the `Notice` that it passes as ``notice``.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode


@dataclass(frozen=True, slots=True)
class Notice:
    """A sentence, and where a POST takes back what it tells of; that form carries `role` along if there is one."""

    text: str
    undo: str | None = None
    role: str = ""


def with_notice(path: str, code: str, undo: str | None = None, **values: str) -> str:
    """`path` with a notice to show there; `undo` names what was removed."""
    query = {**values, "notice": code} | ({"undo": undo} if undo else {})
    return f"{path}{'&' if '?' in path else '?'}{urlencode(query)}"
