"""The days on which Core ran, and by them the moment up to which things may be said to have grown old.

A clock that leaps a year ahead (a battery died, a year was mistyped) would make everything a year older at once, and
what is removed by age would be gone for good. So a leap of more than `LEAP` days counts only once Core has run on
`CONFIRMED_BY` more days after it. A computer that was off for months waits as long, and no longer; a clock that is put
right takes back the days that have not come yet.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

from faceforge_core.clock import text_of
from faceforge_core.db import identity

if TYPE_CHECKING:
    from collections.abc import Sequence

    from faceforge_core.db.engine import Database, Reader

LEAP = timedelta(days=7)
CONFIRMED_BY = 7
_REMEMBERED = 31
"""Days: one that lies before a leap is known for so long, and with it the leap taken back."""


@dataclass(frozen=True, slots=True)
class Leap:
    """Time that the clock went ahead while Core did not run, and that does not count yet."""

    left: date
    """The last day before it."""

    arrived: date
    """The first day after it."""

    days_to_run: int
    """On how many more days Core has to run until it counts."""


def note(database: Database, moment: datetime | None = None) -> None:
    """Remember that Core runs today."""
    today = (moment or datetime.now(UTC)).date()
    with database.read() as reader:
        if (known := _known(reader)) == _with(known, today):
            return
    database.write(lambda tx: identity.set_seen_days(tx, " ".join(map(str, _with(_known(tx), today)))))


def days_ago(reader: Reader, days: float, moment: datetime | None = None) -> str:
    """The moment since which so many days were seen to pass, as rows carry it; for 0 days that is now.

    They are counted back from the day before a leap that is not confirmed.
    """
    moment = moment or datetime.now(UTC)
    leap = unconfirmed(reader, moment) if days else None
    end = moment if leap is None else datetime.combine(leap.left, time(), UTC)
    return text_of(end - timedelta(days=days))


def unconfirmed(reader: Reader, moment: datetime | None = None) -> Leap | None:
    """The leap that does not count yet; of several the first."""
    days = _with(_known(reader), (moment or datetime.now(UTC)).date())
    recent = days[-CONFIRMED_BY - 1 :]
    for position, (left, arrived) in enumerate(pairwise(recent)):
        if arrived - left > LEAP:
            return Leap(left, arrived, CONFIRMED_BY - (len(recent) - 2 - position))
    return None


def _known(reader: Reader) -> Sequence[date]:
    return [date.fromisoformat(day) for day in identity.seen_days(reader).split()]


def _with(days: Sequence[date], today: date) -> Sequence[date]:
    """The days once `today` is seen, too; the same where it says nothing new.

    A day before all of them is none: the clock of a computer without a battery starts in the past, each time.
    """
    past = [day for day in days if day <= today]
    if days and not past:
        return days
    return past if past[-1:] == [today] else [*past, today][-_REMEMBERED:]
