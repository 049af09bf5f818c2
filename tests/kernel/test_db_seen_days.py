"""A clock that leaps makes nothing older until Core has run on some more days; one that was off for long does."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from faceforge_core.clock import text_of
from faceforge_core.db import seen_days
from faceforge_core.db.seen_days import CONFIRMED_BY, Leap

if TYPE_CHECKING:
    from faceforge_core.db.engine import Database

START = datetime(2026, 11, 1, 9, 30, tzinfo=UTC)
MIDNIGHT = datetime(2026, 11, 1, tzinfo=UTC)


def date_of(day: int) -> date:
    return (START + timedelta(days=day)).date()


def run_on(database: Database, *days: int) -> None:
    """Core runs on these days, counted from `START`."""
    for day in days:
        for hour in (0, 1):
            seen_days.note(database, START + timedelta(days=day, hours=hour))


def leap_on(database: Database, day: int) -> Leap | None:
    with database.read() as reader:
        return seen_days.unconfirmed(reader, START + timedelta(days=day))


def ago(database: Database, days: int, *, on: int) -> datetime:
    """What counts as so many days ago on that day."""
    with database.read() as reader:
        return datetime.fromisoformat(seen_days.days_ago(reader, days, START + timedelta(days=on)))


def test_days_are_counted_by_the_clock_while_it_goes_on_as_it_should(database: Database) -> None:
    assert ago(database, 30, on=0) == START - timedelta(days=30)
    run_on(database, 0, 1, 2, 9)
    assert leap_on(database, 16) is None
    assert ago(database, 30, on=16) == START - timedelta(days=14)


def test_a_year_typed_wrong_makes_nothing_older_and_put_right_leaves_no_trace(database: Database) -> None:
    run_on(database, 0, 1, 2)
    for day in range(367, 367 + CONFIRMED_BY):
        run_on(database, day)
        assert ago(database, 30, on=day) == MIDNIGHT + timedelta(days=2 - 30)

    run_on(database, 9)
    assert leap_on(database, 9) is None
    assert ago(database, 30, on=9) == START + timedelta(days=9 - 30)
    assert leap_on(database, 374) == Leap(date_of(9), date_of(374), days_to_run=7)


def test_a_computer_that_was_off_for_months_counts_them_after_some_days_of_use(database: Database) -> None:
    run_on(database, 0)
    for more, day in enumerate(range(100, 100 + CONFIRMED_BY)):
        run_on(database, day)
        leap = leap_on(database, day)
        assert leap is not None
        assert leap.days_to_run == CONFIRMED_BY - more
    run_on(database, 107)
    assert leap_on(database, 107) is None
    assert ago(database, 30, on=107) == START + timedelta(days=77)


def test_a_computer_used_once_a_month_is_never_held_up_for_ever(database: Database) -> None:
    run_on(database, *range(0, 600, 30))
    assert ago(database, 0, on=570) == START + timedelta(days=570)
    assert ago(database, 1, on=570) == MIDNIGHT + timedelta(days=570 - 30 * CONFIRMED_BY - 1)


def test_a_second_leap_counts_no_sooner_than_a_first(database: Database) -> None:
    run_on(database, 0, *range(30, 36), 400)
    assert ago(database, 1, on=400) == MIDNIGHT - timedelta(days=1)
    run_on(database, 401, 402)
    assert ago(database, 1, on=402) == MIDNIGHT + timedelta(days=34)


def test_a_clock_that_starts_in_the_past_each_time_holds_nothing_up(database: Database) -> None:
    run_on(database, 0, 1)
    for day in range(2, 5):
        run_on(database, -20_000, day)
    assert leap_on(database, 5) is None
    assert ago(database, 1, on=-20_000) == START - timedelta(days=20_001)


def test_a_day_is_written_once(database: Database) -> None:
    seen_days.note(database, START)
    before = database.generation
    for minutes in range(10):
        seen_days.note(database, START + timedelta(minutes=minutes))
    assert database.generation == before


@pytest.mark.parametrize("years", [1, 30])
def test_what_was_seen_is_read_back_however_far_the_clock_goes(database: Database, years: int) -> None:
    run_on(database, *range(40), 40 + 365 * years)
    with database.read() as reader:
        stored = seen_days.days_ago(reader, 1, START + timedelta(days=40 + 365 * years))
    assert stored == text_of(MIDNIGHT + timedelta(days=38))
