"""The time as rows and answers carry it: UTC with milliseconds, ``YYYY-MM-DDTHH:MM:SS.mmmZ``, which sorts as text."""

from __future__ import annotations

from datetime import UTC, datetime


def now() -> str:
    """This moment."""
    return text_of(datetime.now(UTC))


def text_of(moment: datetime) -> str:
    """A moment with a time zone, as rows carry it."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
