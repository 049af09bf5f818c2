"""Sizes and times as people say them, and what stands for somebody without a picture."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final
from zlib import crc32

from markupsafe import Markup, escape

if TYPE_CHECKING:
    from faceforge_core.web.texts import Texts

_UNITS: Final = ("kB", "MB", "GB", "TB", "PB")
_TONES: Final = 12


def human_bytes(size: float, texts: Texts) -> str:
    """A number of bytes in thousands: ``812 bytes``, ``3.4 GB``, ``120 MB``."""
    if size < 1000:
        return texts.ngettext("%(num)s byte", "%(num)s bytes", round(size))
    power = 1
    while size / 1000**power >= 999.5 and power < len(_UNITS):
        power += 1
    value, unit = size / 1000**power, _UNITS[power - 1]
    return f"{texts.number(round(value, 1) if value < 9.95 else round(value))} {unit}"


def moment(text: str | None, texts: Texts, now: datetime | None = None) -> Markup:
    """A UTC time of the wire as a ``<time>`` in this computer's time: "yesterday 14:02", in full on hover.

    Text that is no time stays as it is. `now` is the moment to tell from.
    """
    try:
        at = datetime.fromisoformat(text or "")
        at = (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone()
    except (ValueError, OverflowError, OSError):  # OSError: Windows, before 1970
        return escape(text or "")
    full = _dated(at, texts.gettext("EEEE d MMM y, HH:mm:ss"), texts)
    shown = _told(at, (now or datetime.now(UTC)).astimezone(at.tzinfo), texts)
    return Markup('<time datetime="{}" title="{}">{}</time>').format(text, full, shown)


def month(text: str, texts: Texts) -> str:
    """A month of the wire, ``2026-03``: "Mar 2026"."""
    return _dated(datetime.fromisoformat(f"{text}-01"), texts.gettext("MMM y"), texts)


def monogram(name: str) -> str:
    """One or two letters: the first of the first and of the last word."""
    initials = [word[0] for word in name.split() if word[0].isalnum()]
    if not initials:
        return name.strip()[:1] or "?"
    return (initials[0] + initials[-1] if len(initials) > 1 else initials[0]).upper()


def tone(thing_id: str) -> int:
    """Which of the shell's twelve tones (``tone-0`` …) a thing has, always the same."""
    return crc32(thing_id.encode()) % _TONES


def _told(at: datetime, now: datetime, texts: Texts) -> str:
    days = (now.date() - at.date()) // timedelta(days=1)
    if days == 0:
        return texts.gettext("today %(time)s", time=f"{at:%H:%M}")
    if days == 1:
        return texts.gettext("yesterday %(time)s", time=f"{at:%H:%M}")
    return _dated(at, texts.gettext("d MMM HH:mm") if at.year == now.year else texts.gettext("d MMM y"), texts)


def _dated(at: datetime, pattern: str, texts: Texts) -> str:
    from babel.dates import format_datetime  # not at the top: Core starts without it

    return format_datetime(at, pattern, locale=texts.locale)
