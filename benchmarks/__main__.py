"""Runs the subjects, one after the other, and writes the page of results."""

from __future__ import annotations

import argparse
import importlib
import os
import signal
import sys
import tempfile
import threading
import time
import traceback
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from . import machine, plots, report, results
from .bench import NAMES, Bench
from .library import Libraries

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .bench import Scale
    from .results import Outcome

HERE = Path(__file__).parent
_LINES_OF_ERROR = 12


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure what is asked for; 1 if a subject failed."""
    asked = _parser().parse_args(arguments)
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what was started is ended, too
    into = asked.into or (HERE.parent / "build" / "benchmarks" if asked.quick else HERE)
    into.mkdir(parents=True, exist_ok=True)
    names, failed = asked.only or list(NAMES), False
    with tempfile.TemporaryDirectory(prefix="benchmarks-", dir=os.environ.get("BENCH_DIR")) as folder:
        libraries = Libraries(Path(folder))
        for name in names:
            outcome = measure(name, Path(folder), libraries, asked)
            failed = failed or bool(outcome.error)
            known = {**results.load(into / "results.json"), name: outcome}
            write({one: known[one] for one in NAMES if one in known}, into)  # it stays, whatever becomes of the next
    sys.stdout.write(f"{into / 'RESULTS.md'}\n")
    return 1 if failed else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=sys.modules["benchmarks"].__doc__)
    parser.add_argument("--only", nargs="+", choices=NAMES, metavar="NAME", help=f"some of: {', '.join(NAMES)}")
    parser.add_argument(
        "--rounds", type=int, help="as many rounds of everything, in place of each subject's own number"
    )
    parser.add_argument(
        "--into", type=Path, help="the folder of the results (benchmarks/, or build/benchmarks/ if quick)"
    )
    scale = parser.add_mutually_exclusive_group()
    scale.add_argument("--quick", action="store_true", help="small sizes and one round: to see that all of it runs")
    scale.add_argument(
        "--large", action="store_true", help="a million entities for all of the API, more rounds of peers"
    )
    return parser


def measure(name: str, folder: Path, libraries: Libraries, asked: argparse.Namespace) -> Outcome:
    """Run one subject; what goes wrong is part of its outcome."""
    scale: Scale = "quick" if asked.quick else "large" if asked.large else "usual"
    bench = Bench(folder, libraries, scale, asked.rounds, lambda text: print(f"{name}: {text}", flush=True))
    began, load = time.monotonic(), machine.load()
    outcome = bench.outcome
    outcome.title = name
    outcome.scale = scale
    outcome.date = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    outcome.machine = machine.facts(folder)
    try:
        subject = importlib.import_module(f"benchmarks.subjects.{name}").SUBJECT
        outcome.title, outcome.about = subject.title, subject.about
        subject.run(bench)
    except Exception as error:  # noqa: BLE001  # whatever it is, the others are measured
        traceback.print_exc()
        outcome.error = told(error, folder)
    return replace(outcome, seconds=time.monotonic() - began, load=(load, machine.load()))


def told(error: Exception, folder: Path) -> str:
    """An error with its causes, without the paths of this machine."""
    lines = traceback.format_exception_only(error)
    cause = error.__cause__
    while cause is not None:
        lines += traceback.format_exception_only(cause)
        cause = cause.__cause__
    text = "".join(lines).strip()
    for path, name in ((folder, "…"), (HERE.parent, "."), (Path(sys.prefix), "(Python)"), (Path.home(), "~")):
        text = text.replace(str(path), name)
    return "\n".join(text.splitlines()[:_LINES_OF_ERROR])


def write(outcomes: dict[str, Outcome], into: Path) -> None:
    """The numbers, the plots and the page."""
    results.save(outcomes, into / "results.json")
    drawn: list[str] = []
    if "growth" in outcomes:
        try:
            drawn = plots.draw(outcomes["growth"], into / "plots")
        except ImportError:
            outcomes["growth"].missing["plots"] = "matplotlib is not installed: pip install --group bench"
    (into / "RESULTS.md").write_text(report.render(outcomes, drawn), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
