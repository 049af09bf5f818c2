"""Names and texts of others, as a terminal may be given them."""

from __future__ import annotations


def printable(text: str) -> str:
    """Nothing in it moves the cursor, changes colours or turns the line around: each such character is a �."""
    return "".join(letter if letter.isprintable() else "�" for letter in text)
