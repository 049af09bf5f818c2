"""What Core counts of itself, in the terms of Prometheus and OpenMetrics."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class Sample:
    """One value, for the values of its metric's labels.

    A histogram's `value` is the sum of what was observed, and its `buckets` are upper bounds with the count of
    observations up to each, the last bound being infinity.
    """

    value: float
    labels: tuple[str, ...] = ()
    buckets: tuple[tuple[float, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric family: `name` without the suffixes of the exposition (``_total``), units as its last word."""

    name: str
    help: str
    kind: Literal["counter", "gauge", "histogram"]
    samples: Sequence[Sample]
    label_names: tuple[str, ...] = ()
