"""Sizes and times as people say them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from markupsafe import Markup, escape

_UNITS: Final = ("kB", "MB", "GB", "TB", "PB")
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def human_bytes(size: float) -> str:
    """A number of bytes in thousands: ``812 bytes``, ``3.4 GB``, ``120 MB``."""
    if size < 1000:
        return "1 byte" if size == 1 else f"{size:.0f} bytes"
    power = 1
    while size / 1000**power >= 999.5 and power < len(_UNITS):
        power += 1
    value, unit = size / 1000**power, _UNITS[power - 1]
    return f"{value:.1f} {unit}" if value < 9.95 else f"{value:.0f} {unit}"


def moment(text: str | None, now: datetime | None = None) -> Markup:
    """A UTC time of the wire as a ``<time>`` in this computer's time: "yesterday 14:02", in full on hover.

    Text that is no time stays as it is. `now` is the moment to tell from.
    """
    try:
        at = datetime.fromisoformat(text or "")
        at = (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone()
    except (ValueError, OverflowError, OSError):  # OSError: Windows, before 1970
        return escape(text or "")
    full = f"{_DAYS[at.weekday()]} {at.day} {_MONTHS[at.month - 1]} {at.year}, {at:%H:%M:%S}"
    shown = _told(at, (now or datetime.now(UTC)).astimezone(at.tzinfo))
    return Markup('<time datetime="{}" title="{}">{}</time>').format(text, full, shown)


def _told(at: datetime, now: datetime) -> str:
    days = (now.date() - at.date()) // timedelta(days=1)
    if days == 0:
        return f"today {at:%H:%M}"
    if days == 1:
        return f"yesterday {at:%H:%M}"
    if at.year == now.year:
        return f"{at.day} {_MONTHS[at.month - 1]} {at:%H:%M}"
    return f"{at.day} {_MONTHS[at.month - 1]} {at.year}"
