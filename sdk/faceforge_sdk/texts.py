"""Marks for texts that are shown later, in the reader's language."""

from __future__ import annotations


def to_translate(message: str) -> str:
    """The message as it is: `scripts/texts.py` and Babel find it by this name, and pages translate it when shown."""
    return message
