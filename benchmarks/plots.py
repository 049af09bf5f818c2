"""How figures grow with the library, drawn: a line for each, its range as a bar."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from .results import Measured, Outcome

_PAGES = {
    "reads.svg": ("Reads: milliseconds", ("get", "list", "rare", "common", "tag", "deep")),
    "writes.svg": ("Writes: per second", ("create", "import")),
    "start.svg": ("From nothing to the first answer: seconds", ("start",)),
    "memory.svg": ("Idle: megabytes", ("memory",)),
    "size.svg": ("Database: bytes per entity", ("bytes",)),
}


def draw(outcome: Outcome, folder: Path) -> list[str]:
    """Draw what a growth run gave; returns the names of the files. Raises `ImportError` without matplotlib."""
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "faceforge"  # the same drawing is the same file
    folder.mkdir(parents=True, exist_ok=True)
    by_key = {one.figure.key: one for one in outcome.measured}
    drawn = []
    for name, (title, keys) in _PAGES.items():
        lines = [by_key[key] for key in keys if key in by_key]
        if lines:
            _page(folder / name, title, lines)
            drawn.append(name)
    return drawn


def _page(path: Path, title: str, lines: Sequence[Measured]) -> None:
    from matplotlib.figure import Figure

    page = Figure(figsize=(7, 4), layout="constrained")
    axes = page.subplots()
    for one in lines:
        points = sorted((int(side.split()[0].replace(",", "")), one.spread(side)) for side in one.values)
        known = [(count, spread) for count, spread in points if spread]
        middle = [spread.median for _, spread in known]
        below = [spread.median - spread.low for _, spread in known]
        above = [spread.high - spread.median for _, spread in known]
        axes.errorbar(
            [count for count, _ in known], middle, yerr=[below, above], marker="o", capsize=3, label=one.figure.title
        )
    axes.set_xscale("log")
    axes.set_xlabel("entities")
    axes.set_ylim(bottom=0)
    axes.set_title(title)
    axes.grid(visible=True, alpha=0.3)
    axes.legend()
    page.savefig(path, metadata={"Date": None})
