"""What the stand-ins have in common: the time, and pages of a list."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeVar

from faceforge_sdk.models import Page

if TYPE_CHECKING:
    from collections.abc import Sequence

T = TypeVar("T")


def now() -> str:
    """UTC text, as rows carry it."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def page(items: Sequence[T], limit: int, offset: int) -> Page[T]:
    """A part of `items`, by offset; there are no cursors here."""
    return Page(items=list(items[offset : offset + limit]), total=len(items), limit=limit, offset=offset)
