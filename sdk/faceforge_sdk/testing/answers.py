"""What the stand-ins have in common: the time, pages of a list, counts by month."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeVar

from faceforge_sdk.models import MonthCount, Page

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from faceforge_sdk.models import Asset, Entity

T = TypeVar("T")


def now() -> str:
    """UTC text, as rows carry it."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def page(items: Sequence[T], limit: int, offset: int) -> Page[T]:
    """A part of `items`, by offset; there are no cursors here."""
    return Page(items=list(items[offset : offset + limit]), total=len(items), limit=limit, offset=offset)


def by_month(things: Iterable[Entity | Asset]) -> list[MonthCount]:
    """The months that have any."""
    months = Counter(thing.created_at[:7] for thing in things)
    return [MonthCount(month=month, created=months[month]) for month in sorted(months)]
