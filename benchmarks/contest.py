"""Sides that are measured in turn: verified first, then round by round in swapped order, drained between turns."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from .results import Figure, Measured

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence


class Peer:
    """A side: FaceForge itself, a limit, or another program. Subclasses override what they need."""

    name = ""
    promises = ""
    """Its durability and its indexes, and what else a reader has to know of it."""
    most_rounds = 1_000
    """A side that takes very long may be measured in fewer rounds than the others."""

    def available(self) -> str:
        """Why it cannot take part; nothing if it can."""
        return ""

    def prepare(self) -> None:
        """Make what it needs, untimed."""

    def start(self) -> None:
        """Begin to serve; returns once it does."""

    def stop(self) -> None:
        """End, whatever became of `start`."""

    def answers(self) -> Mapping[str, Any]:
        """What has to be the same for all sides that have it: ids, totals, digests of bytes."""
        return {}

    def tasks(self) -> Mapping[str, Callable[[int], Mapping[str, float]]]:
        """What can be measured of it, by name; a task gets the number of the round."""
        return {}

    def drain(self) -> None:
        """Wait until nothing of its last turn goes on any more."""


class Disagreement(RuntimeError):
    """Two sides gave different answers: there is nothing to compare."""


class Contest:
    """Figures of several sides, the first of which is ours."""

    def __init__(self, group: str, peers: Sequence[Peer], figures: Sequence[Figure]) -> None:
        self._group, self._figures = group, figures
        self._peers = [peer for peer in peers if not peer.available()]
        self.missing = {peer.name: peer.available() for peer in peers if peer.available()}
        self.promises = {peer.name: peer.promises for peer in self._peers if peer.promises}
        self._found: dict[str, dict[str, list[float]]] = {}

    def run(self, rounds: int, say: Callable[[str], None] = lambda _: None) -> None:
        """Measure all. Raises `Disagreement` before anything is timed."""
        with ExitStack() as ends:
            for peer in self._peers:
                peer.prepare()
            for peer in self._peers:
                ends.callback(peer.stop)
                peer.start()
            verify(self._peers)
            for peer in self._peers:
                peer.drain()
            for task in dict.fromkeys(task for peer in self._peers for task in peer.tasks()):
                say(f"{self._group}: {task}")
                for round_ in range(rounds):
                    self._turns(task, round_)

    @property
    def measured(self) -> list[Measured]:
        """What was measured up to now, of those figures that have something."""
        held = [(figure, self._found.get(figure.key, {})) for figure in self._figures]
        names = [peer.name for peer in self._peers]
        return [
            Measured(figure, self._group, {name: values[name] for name in names if name in values})
            for figure, values in held
            if values
        ]

    def _turns(self, task: str, round_: int) -> None:
        for peer in self._peers if round_ % 2 == 0 else reversed(self._peers):
            turn = peer.tasks().get(task)
            if turn is None or round_ >= peer.most_rounds:
                continue
            for key, value in turn(round_).items():
                self._found.setdefault(key, {}).setdefault(peer.name, []).append(value)
            peer.drain()


def verify(peers: Sequence[Peer]) -> None:
    """Compare what the sides answer. Raises `Disagreement`."""
    known: dict[str, tuple[str, Any]] = {}
    for peer in peers:
        for question, answer in peer.answers().items():
            who, expected = known.setdefault(question, (peer.name, answer))
            if answer != expected:
                raise Disagreement(f"{question}: {who} says {_short(expected)}, {peer.name} says {_short(answer)}")


def _short(answer: Any) -> str:
    text = repr(answer)
    return text if len(text) <= 160 else f"{text[:160]}…"
