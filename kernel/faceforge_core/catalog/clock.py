"""The time as rows and answers carry it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


def now() -> str:
    """UTC with milliseconds, ``YYYY-MM-DDTHH:MM:SS.mmmZ``."""
    return _text(datetime.now(UTC))


def ahead(seconds: float) -> str:
    """The time `seconds` from now; negative for the past."""
    return _text(datetime.now(UTC) + timedelta(seconds=seconds))


def _text(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
