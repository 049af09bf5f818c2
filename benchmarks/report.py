"""The results as a page of Markdown: a table for each subject, and first of all which targets are missed."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from . import core
from .results import Spread, targets_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from .results import Measured, Outcome, Target

_HEADER = """# Results

Written by `python -m benchmarks`, which says how it measures in its README. Every figure is the median of the rounds,
with the lowest and the highest. *Ratio* is how many times as fast (or as small) as the other ours was in the same
round: over 1 is better for us whatever the unit. *Ahead* names nobody where the ranges overlap. Ratios travel to other
machines, absolute figures do not.
"""


def render(outcomes: Mapping[str, Outcome], plots: Sequence[str] = ()) -> str:
    """The whole page."""
    parts = [_HEADER, *_machines(outcomes), *_summary(outcomes)]
    for name, outcome in outcomes.items():
        parts += _subject(name, outcome, plots if name == "growth" else ())
    return "\n".join(parts).rstrip() + "\n"


def _machines(outcomes: Mapping[str, Outcome]) -> Iterator[str]:
    """Each machine once, with the subjects that were measured on it, where there are several."""
    held: dict[tuple[tuple[str, str], ...], list[str]] = {}
    for name, outcome in outcomes.items():
        held.setdefault(tuple(outcome.machine.items()), []).append(name)
    for facts, names in held.items():
        if len(held) > 1:
            yield f"Of {', '.join(names)}:\n"
        yield from (f"- {name}: {text}" for name, text in facts)
        yield ""


def _summary(outcomes: Mapping[str, Outcome]) -> Iterator[str]:
    judged = [
        (outcome, one, target, verdict)
        for outcome in outcomes.values()
        for one, target in targets_of(outcome.measured)
        if (verdict := one.judged(target)) is not None
    ]
    missed = [(outcome, one, target) for outcome, one, target, (met, _) in judged if not met]
    yield f"**{len(judged) - len(missed)} of {len(judged)} targets are met.**"
    for outcome, one, target in missed:
        beside = f" beside {target.beside}" if target.beside else ""
        got = f"{_got(one, target)}, wanted {target.text(one.figure.unit)}"
        where = ", ".join(dict.fromkeys((outcome.title, one.group, one.figure.title)))
        yield f"- missed: {where}{beside}: {got}"
    yield from (f"- failed: {outcome.title}" for outcome in outcomes.values() if outcome.error)
    if any(outcome.scale == "quick" for outcome in outcomes.values()):
        yield "\nSubjects marked *quick* were tried with small sizes: their figures say little."
    yield ""


def _got(one: Measured, target: Target) -> str:
    if target.beside:
        spread = Spread.of(one.ratios(target.beside))
        return f"{number(spread.median)} times as fast" if spread else "–"
    spread = one.spread(one.ours)
    return f"{number(spread.median)} {one.figure.unit}" if spread else "–"


def _subject(name: str, outcome: Outcome, plots: Sequence[str]) -> Iterator[str]:
    yield f"## {outcome.title}\n"
    yield f"{outcome.about}\n"
    before, after = outcome.load
    quick = ", **quick**" if outcome.scale == "quick" else ""
    yield (
        f"`--only {name}`, {outcome.date}{quick}, {outcome.rounds} rounds, {outcome.seconds:.0f} s; "
        f"load of the machine {before:.1f} before, {after:.1f} after.\n"
    )
    if outcome.error:
        yield f"**Failed**, so what stands here is not all:\n\n```\n{outcome.error}\n```\n"
    for group in dict.fromkeys(one.group for one in outcome.measured):
        if group != outcome.title:
            yield f"### {group}\n"
        yield from _table([one for one in outcome.measured if one.group == group])
    yield from (f"![{plot}](plots/{plot})\n" for plot in plots)
    if outcome.promises:
        yield "What each side is and promises:\n"
        yield from (f"- {side}: {text}" for side, text in outcome.promises.items())
        yield ""
    if outcome.missing:
        yield "Not measured:\n"
        yield from (f"- {side}: {reason}" for side, reason in outcome.missing.items())
        yield ""


def _table(measured: Sequence[Measured]) -> Iterator[str]:
    ours = "ours" if measured[0].ours == core.NAME else measured[0].ours
    yield f"| figure | {ours} | beside | its figure | ratio | ahead | target | |"
    yield "|---|---:|---|---:|---:|---|---|---|"
    for one in measured:
        yield from _rows(one)
    yield ""


def _rows(one: Measured) -> Iterator[str]:
    """A row for what it is by itself where that has a target, or nobody is beside it; and one for each other side."""
    title, ours = one.figure.title, _cell(one, one.ours)
    alone = [target for target in one.figure.targets if not target.beside]
    if alone or not one.others:
        yield _row(title, ours, "", "", "", "", *_verdict(one, alone))
        title = ours = ""
    for other in one.others:
        targets = [target for target in one.figure.targets if target.beside == other]
        ratio = Spread.of(one.ratios(other))
        yield _row(
            title, ours, other, _cell(one, other), _ranged(ratio), one.ahead(other) or "–", *_verdict(one, targets)
        )
        title = ours = ""


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _verdict(one: Measured, targets: Sequence[Target]) -> tuple[str, str]:
    said = []
    for target in targets:
        verdict = one.judged(target)
        if verdict is None:
            said.append("not measured")
        else:
            met, always = verdict
            said.append(("met" if always else "met, not in every round") if met else "**missed**")
    return "; ".join(target.text(one.figure.unit) for target in targets), "; ".join(said)


def _cell(one: Measured, side: str) -> str:
    spread = one.spread(side)
    return f"{_ranged(spread)} {one.figure.unit}".strip() if spread else "–"


def _ranged(spread: Spread | None) -> str:
    if spread is None:
        return "–"
    if spread.low == spread.high:
        return number(spread.median)
    return f"{number(spread.median)} ({number(spread.low)}–{number(spread.high)})"


def number(value: float) -> str:
    """Three digits, and none behind the point of large numbers."""
    if not math.isfinite(value):
        return "–"
    value = float(f"{value:.3g}") if abs(value) < 1000 else value
    if value == 0 or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.{max(0, 2 - math.floor(math.log10(abs(value))))}f}"
