"""Small charts, measured in percent of what they are drawn into."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from faceforge_sdk.models import MonthCount

_VISIBLE = 1.5
"""What is not nothing can be seen, however small it is beside the largest."""
_COLUMN = 0.72
"""How much of its place a column fills."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One row of a chart: its words, its number and the length of its bar."""

    label: str
    value: int
    percent: float


@dataclass(frozen=True, slots=True)
class Column:
    """One month of a chart: where its column stands, from the left and from above."""

    month: str
    value: int
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class MonthsChart:
    """The columns of a year, and all that they count."""

    columns: list[Column]
    total: int


def share(value: int, largest: int) -> float:
    """The length of a bar in percent of the longest."""
    return round(max(100 * value / largest, _VISIBLE), 2) if value and largest else 0.0


def months_chart(months: Sequence[MonthCount]) -> MonthsChart:
    """One column a month, the highest as high as the chart."""
    largest = max((one.created for one in months), default=0)
    place = 100 / max(len(months), 1)
    columns = [
        Column(
            month=one.month,
            value=one.created,
            x=round(place * (number + (1 - _COLUMN) / 2), 2),
            y=round(100 - share(one.created, largest), 2),
            width=round(place * _COLUMN, 2),
            height=share(one.created, largest),
        )
        for number, one in enumerate(months)
    ]
    return MonthsChart(columns, sum(one.created for one in months))
