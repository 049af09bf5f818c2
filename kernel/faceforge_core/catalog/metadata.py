"""The entries of an asset's ``meta.metadata``: what came beside it, and what was read out of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_LENGTH = 4 * 1024 * 1024
"""Characters of JSON that all of `meta` may have: a few of the largest sidecars. Each read carries it."""


def entries_of(meta: object) -> list[Any]:
    """The entries; what v0.1.9 or another tool kept there in another form counts as one."""
    held = meta.get("metadata") if isinstance(meta, dict) else meta
    if isinstance(held, list):
        return held
    return [held] if held else []


def with_entries(meta: object, entries: list[Any]) -> dict[str, Any]:
    """`meta` with these entries instead of its own."""
    return {**(meta if isinstance(meta, dict) else {}), "metadata": entries}


def with_entry(entries: list[Any], entry: Mapping[str, Any]) -> list[Any]:
    """`entries` with this one in the place of that with the same source and name, or at the end."""
    same = [
        at
        for at, one in enumerate(entries)
        if isinstance(one, dict) and all(one.get(key) == entry.get(key) for key in ("Source", "Name"))
    ]
    at = same[0] if same else len(entries)
    return [*entries[:at], dict(entry), *entries[at + 1 :]]
