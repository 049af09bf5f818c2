"""What was measured, what it says beside others, and how it is kept: numbers of each round, as JSON."""

from __future__ import annotations

import json
import statistics
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path


_ROUNDS_TO_TELL = 2


class Spread(NamedTuple):
    """A median, and between what the values lie."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Iterable[float]) -> Spread | None:
        """The spread of values; None if there are none."""
        found = list(values)
        return cls(statistics.median(found), min(found), max(found)) if found else None

    def overlaps(self, other: Spread) -> bool:
        """Whether the ranges have anything in common: then nobody can be said to be ahead."""
        return self.low <= other.high and other.low <= self.high


@dataclass(frozen=True)
class Target:
    """What a figure is to reach: by itself, or as a multiple of the speed (or, `at_most`, of the time) of `beside`."""

    at_least: float | None = None
    at_most: float | None = None
    beside: str = ""

    def text(self, unit: str) -> str:
        """As a reader knows it."""
        sign, number = ("≥", self.at_least) if self.at_least is not None else ("≤", self.at_most)
        if self.beside:
            return f"{sign} {number:g} × its {'speed' if self.at_least is not None else 'time'}"
        return f"{sign} {number:,g} {unit}"

    def holds(self, value: float) -> bool:
        """Whether a value is good enough: one of ours, or of how many times as fast as the other we are."""
        if self.at_least is not None:
            return value >= self.at_least
        if self.at_most is None:
            raise ValueError("A target has a bound.")
        return value * self.at_most >= 1 if self.beside else value <= self.at_most


@dataclass(frozen=True)
class Figure:
    """One thing that is measured of every side that has it."""

    key: str
    title: str
    unit: str
    better: Literal["lower", "higher"] = "lower"
    targets: tuple[Target, ...] = ()


@dataclass
class Measured:
    """A figure with the values of all rounds, by side; the first side is ours."""

    figure: Figure
    group: str
    values: dict[str, list[float]]

    @property
    def ours(self) -> str:
        """The side that is compared with all others."""
        return next(iter(self.values))

    @property
    def others(self) -> list[str]:
        """The sides beside it."""
        return [side for side in self.values if side != self.ours]

    def spread(self, side: str) -> Spread | None:
        """What was measured of a side."""
        return Spread.of(self.values.get(side, ()))

    def ratios(self, other: str) -> list[float]:
        """How many times as fast as the other ours is, round by round: over 1 is better, whatever the unit."""
        pairs = zip(self.values[self.ours], self.values.get(other, ()), strict=False)
        return [one / two if self.figure.better == "higher" else two / one for one, two in pairs if one > 0 and two > 0]

    def ahead(self, other: str) -> str:
        """Who is faster; nobody where the ranges overlap, or one round is all there is."""
        one, two = self.spread(self.ours), self.spread(other)
        if one is None or two is None or one.overlaps(two):
            return ""
        if min(len(self.values[self.ours]), len(self.values[other])) < _ROUNDS_TO_TELL:
            return ""
        return self.ours if (one.median > two.median) is (self.figure.better == "higher") else other

    def judged(self, target: Target) -> tuple[bool, bool] | None:
        """Whether the median is good enough, and whether each round was; None if it was not measured."""
        values = self.ratios(target.beside) if target.beside else self.values[self.ours]
        if not values:
            return None
        return target.holds(statistics.median(values)), all(target.holds(value) for value in values)


@dataclass
class Outcome:
    """All that one subject gave, or why it gave nothing."""

    title: str
    about: str
    measured: list[Measured] = field(default_factory=list)
    promises: dict[str, str] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)
    error: str = ""
    date: str = ""
    rounds: int = 0
    scale: str = ""
    seconds: float = 0.0
    load: tuple[float, float] = (0.0, 0.0)
    machine: dict[str, str] = field(default_factory=dict)


def save(outcomes: dict[str, Outcome], path: Path) -> None:
    """Write all outcomes by the names of their subjects."""
    facts = {name: asdict(outcome) for name, outcome in outcomes.items()}
    path.write_text(json.dumps(_rounded(facts), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def load(path: Path) -> dict[str, Outcome]:
    """Read what `save` wrote; nothing where there is no such file."""
    if not path.exists():
        return {}
    return {name: _outcome(facts) for name, facts in json.loads(path.read_text(encoding="utf-8")).items()}


def _rounded(value: Any) -> Any:
    """Six digits: more is noise."""
    match value:
        case float():
            return float(f"{value:.6g}")
        case dict():
            return {key: _rounded(part) for key, part in value.items()}
        case list() | tuple():
            return [_rounded(part) for part in value]
    return value


def _outcome(facts: dict[str, Any]) -> Outcome:
    measured = [_measured(one) for one in facts.pop("measured")]
    before, after = facts.pop("load")
    return Outcome(**facts, measured=measured, load=(before, after))


def _measured(facts: dict[str, Any]) -> Measured:
    figure = facts["figure"]
    targets = tuple(Target(**target) for target in figure.pop("targets"))
    return Measured(Figure(**figure, targets=targets), facts["group"], facts["values"])


def targets_of(measured: Sequence[Measured]) -> list[tuple[Measured, Target]]:
    """Every target beside what it is of."""
    return [(one, target) for one in measured for target in one.figure.targets]
