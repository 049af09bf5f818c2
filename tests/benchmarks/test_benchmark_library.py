"""What the benchmarks share: fair turns, what is said of the numbers, and a page that hides nothing."""

import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from benchmarks import __main__ as command
from benchmarks import machine, report
from benchmarks.bench import Bench, Subject
from benchmarks.contest import Contest, Disagreement, Peer
from benchmarks.library import Sought
from benchmarks.results import Figure, Measured, Outcome, Spread, Target, load, save

TIME, SPEED = Figure("t", "import", "s"), Figure("s", "send", "MiB/s", "higher")


def measured(figure: Figure = TIME, *targets: Target, **values: list[float]) -> Measured:
    figure = Figure(figure.key, figure.title, figure.unit, figure.better, targets)
    return Measured(figure, "group", values)


class Runner(Peer):
    """Writes down what is done with it."""

    def __init__(self, name: str, diary: list[str], answer: Any = "same", missing: str = "") -> None:
        self.name, self._diary, self._answer, self._missing = name, diary, answer, missing
        self.promises = f"promise of {name}"

    def available(self) -> str:
        return self._missing

    def start(self) -> None:
        self._diary.append(f"start {self.name}")

    def stop(self) -> None:
        self._diary.append(f"stop {self.name}")

    def answers(self) -> Mapping[str, Any]:
        return {"ids": self._answer}

    def drain(self) -> None:
        self._diary.append("drain")

    def tasks(self) -> Mapping[str, Callable[[int], Mapping[str, float]]]:
        return {"run": self._run}

    def _run(self, round_: int) -> Mapping[str, float]:
        self._diary.append(f"{self.name}{round_}")
        return {"t": 1.0 + round_}


def test_a_spread_is_the_median_and_the_ends() -> None:
    assert Spread.of([3, 1, 10, 2, 4]) == Spread(3, 1, 10)
    assert Spread.of([]) is None


def test_over_one_is_better_for_us_whatever_the_unit() -> None:
    assert measured(TIME, ours=[2, 4], peer=[4, 4]).ratios("peer") == [2, 1]
    assert measured(SPEED, ours=[2, 4], peer=[4, 4]).ratios("peer") == [0.5, 1]


def test_rounds_are_compared_with_the_same_round_of_the_other() -> None:
    assert measured(ours=[1, 2, 3], peer=[2]).ratios("peer") == [2]
    assert measured(ours=[1, 2, 3]).ratios("peer") == []


@pytest.mark.parametrize(
    ("figure", "ours", "peer", "ahead"),
    [
        (TIME, [1.0, 2.0], [3.0, 4.0], "ours"),
        (SPEED, [1.0, 2.0], [3.0, 4.0], "peer"),
        (TIME, [1.0, 3.0], [3.0, 4.0], ""),
        (TIME, [1.0, 9.0], [3.0, 4.0], ""),
        (TIME, [1.0], [3.0], ""),
    ],
)
def test_nobody_is_ahead_where_ranges_overlap_or_there_was_one_round(
    figure: Figure, ours: list[float], peer: list[float], ahead: str
) -> None:
    assert measured(figure, ours=ours, peer=peer).ahead("peer") == ahead


@pytest.mark.parametrize(
    ("target", "verdict"),
    [
        (Target(at_most=3), (True, True)),
        (Target(at_most=2), (True, False)),
        (Target(at_most=1.9), (False, False)),
        (Target(at_most=0.5, beside="peer"), (True, False)),
        (Target(at_most=0.4, beside="peer"), (False, False)),
        (Target(at_least=1, beside="peer"), (True, True)),
        (Target(at_least=1, beside="nobody"), None),
    ],
)
def test_a_target_is_met_by_the_median_and_perhaps_by_every_round(
    target: Target, verdict: tuple[bool, bool] | None
) -> None:
    assert measured(TIME, ours=[1, 2, 3], peer=[3, 4, 5]).judged(target) == verdict


def test_turns_are_swapped_every_round_and_drained_in_between() -> None:
    diary: list[str] = []
    contest = Contest("group", [Runner("a", diary), Runner("b", diary)], [TIME])
    contest.run(3)
    turns = [line for line in diary if line[:1] in "ab"]
    assert turns == ["a0", "b0", "b1", "a1", "a2", "b2"]
    assert all(diary[diary.index(turn) + 1] == "drain" for turn in turns)
    assert diary[-2:] == ["stop b", "stop a"]
    (found,) = contest.measured
    assert found.values == {"a": [1, 2, 3], "b": [1, 2, 3]}


def test_sides_that_disagree_are_not_measured() -> None:
    diary: list[str] = []
    contest = Contest("group", [Runner("a", diary), Runner("b", diary, answer="other")], [TIME])
    with pytest.raises(Disagreement, match="ids: a says 'same', b says 'other'"):
        contest.run(1)
    assert diary == ["start a", "start b", "stop b", "stop a"]
    assert contest.measured == []


def test_a_side_that_is_not_installed_is_named_on_the_page_and_the_others_run(tmp_path: Path) -> None:
    diary: list[str] = []
    bench = Bench(tmp_path, libraries=None)  # type: ignore[arg-type]  # nobody needs a library here
    bench.hold(Contest("group", [Runner("a", diary), Runner("b", diary, missing="not installed")], [TIME]), 2)
    page = report.render({"x": bench.outcome})
    assert "- b: not installed" in page
    assert "- a: promise of a" in page
    assert "promise of b" not in page
    assert "b0" not in diary


def test_the_page_has_a_row_for_every_other_side_and_names_what_is_missed() -> None:
    good, bad = Target(at_most=1.5, beside="peer"), Target(at_most=1)
    one = measured(TIME, good, bad, ours=[2, 2], peer=[4, 6], slow=[1.5, 2.5])
    page = report.render({"x": Outcome("Subject", "About.", [one])})
    assert "| import | 2.00 s |  |  |  |  | ≤ 1 s | **missed** |" in page
    assert "|  |  | peer | 5.00 (4.00–6.00) s | 2.50 (2.00–3.00) | ours | ≤ 1.5 × its time | met |" in page
    assert "|  |  | slow | 2.00 (1.50–2.50) s | 1.00 (0.750–1.25) | – |  |  |" in page
    assert "**1 of 2 targets are met.**" in page
    assert "- missed: Subject, group, import: 2.00 s, wanted ≤ 1 s" in page


def test_results_are_read_as_they_were_written(tmp_path: Path) -> None:
    outcome = Outcome("Subject", "About.", [measured(SPEED, Target(at_least=1, beside="b"), a=[1.5], b=[0.25])])
    outcome.load, outcome.machine = (0.5, 1.5), {"processor": "one"}
    save({"x": outcome}, tmp_path / "results.json")
    assert load(tmp_path / "results.json") == {"x": outcome}
    assert load(tmp_path / "none.json") == {}


@pytest.fixture
def two_subjects(monkeypatch: pytest.MonkeyPatch) -> None:
    """In place of the real ones: `start` measures something, `s3` fails in the folder of the run."""
    from benchmarks.subjects import s3, start

    def run(bench: Bench) -> None:
        bench.hold(Contest("group", [Runner("a", [])], [TIME]), 2)

    def fail(bench: Bench) -> None:
        raise OSError(f"nothing in {bench.folder}/place, nothing in {Path(command.__file__).parents[1]}/src")

    monkeypatch.setattr(start, "SUBJECT", Subject("Begin", "", run))
    monkeypatch.setattr(s3, "SUBJECT", Subject("Buckets", "", fail))
    monkeypatch.setattr(machine, "facts", lambda _: {"processor": "one"})


@pytest.mark.usefixtures("two_subjects")
def test_a_subject_that_fails_is_told_without_paths_and_what_others_gave_stays(tmp_path: Path) -> None:
    assert command.main(["--only", "start", "--into", str(tmp_path)]) == 0
    assert command.main(["--only", "s3", "--rounds", "1", "--into", str(tmp_path)]) == 1
    kept = json.loads((tmp_path / "results.json").read_text(encoding="utf-8"))
    assert list(kept) == ["s3", "start"]
    assert kept["start"]["measured"][0]["values"] == {"a": [1.0, 2.0]}
    page = (tmp_path / "RESULTS.md").read_text(encoding="utf-8")
    assert "OSError: nothing in …/place, nothing in ./src" in page
    assert "- failed: Buckets" in page
    assert page.index("## Buckets") < page.index("## Begin")


def test_without_matplotlib_the_page_says_why_there_are_no_plots(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    command.write({"growth": Outcome("Growth", "", [measured(**{"1,000 entities": [1.0]})])}, tmp_path)
    assert "- plots: matplotlib is not installed" in (tmp_path / "RESULTS.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(("value", "text"), [(0.01234, "0.0123"), (1.5, "1.50"), (99.95, "100"), (12345, "12,345")])
def test_a_number_has_three_digits(value: float, text: str) -> None:
    assert report.number(value) == text


def test_what_is_known_of_a_library_is_what_its_seed_makes() -> None:
    sought = Sought(50_000)
    assert (sought.rare, sought.common) == (3, 10_000)
    assert sought.born(range(1900, 1901)) == sum(1 for n in range(50_000) if 1800 + n % 220 == 1900)
