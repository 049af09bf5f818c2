"""What a subject gets, and what it is."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeVar

from .results import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from .contest import Contest
    from .library import Libraries

T = TypeVar("T")
Scale = Literal["quick", "usual", "large"]


class Subject(NamedTuple):
    """A module of `benchmarks.subjects` has one, called ``SUBJECT``."""

    title: str
    about: str
    run: Callable[[Bench], None]


@dataclass
class Bench:
    """One run of a subject: where it may write, how much it is to do, and what came out."""

    folder: Path
    libraries: Libraries
    scale: Scale = "usual"
    rounds_wanted: int | None = None
    say: Callable[[str], None] = lambda _: None
    outcome: Outcome = field(default_factory=lambda: Outcome("", ""))

    def pick(self, quick: T, usual: T, large: T | None = None) -> T:
        """What fits the scale; `large` is `usual` unless it is named."""
        if self.scale == "quick":
            return quick
        return usual if large is None or self.scale == "usual" else large

    def rounds(self, usual: int) -> int:
        """How many rounds: as was asked for, else `usual`, and one where it has to be quick."""
        rounds = self.rounds_wanted or self.pick(1, usual)
        self.outcome.rounds = max(self.outcome.rounds, rounds)
        return rounds

    def hold(self, contest: Contest, rounds: int) -> None:
        """Run a contest, and keep what came out."""
        self.outcome.missing |= contest.missing
        self.outcome.promises |= contest.promises
        try:
            contest.run(self.rounds(rounds), self.say)
        finally:  # what is known stays, if a later part fails
            self.outcome.measured += contest.measured

    @contextmanager
    def place(self) -> Iterator[Path]:
        """A folder for the time of a contest."""
        with TemporaryDirectory(dir=self.folder, ignore_cleanup_errors=True) as name:
            yield type(self.folder)(name)


NAMES: Sequence[str] = ("api", "uploads", "downloads", "imports", "exiftool", "s3", "start", "growth")
"""The subjects, in the order of the report."""
