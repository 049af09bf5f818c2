"""Batches of an import are kept in their order, although two are under way at once."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest

from faceforge_builtins.bulk_import.keeping import AT_ONCE, Keeper
from faceforge_sdk.errors import InsufficientStorage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

SECONDS = 60


class Shelf:
    """A storage that notes what is placed and what is recorded; `gates` hold a batch up before its bytes are placed."""

    def __init__(self) -> None:
        self.placed: list[str] = []
        self.recorded: list[str] = []
        self.gates: dict[str, threading.Event] = {}
        self.failing: set[str] = set()
        self.news = threading.Condition()

    def keep(self, arrivals: Sequence[Any], before_recording: Callable[[], None]) -> Sequence[Any]:
        (name,) = arrivals
        if gate := self.gates.get(f"place {name}"):
            assert gate.wait(SECONDS)
        if name in self.failing:
            raise InsufficientStorage(name)
        self._note(self.placed, name)
        before_recording()
        if gate := self.gates.get(f"record {name}"):
            assert gate.wait(SECONDS)
        self._note(self.recorded, name)
        return arrivals

    def _note(self, where: list[str], name: str) -> None:
        with self.news:
            where.append(name)
            self.news.notify_all()

    def wait_for(self, where: list[str], names: list[str]) -> None:
        with self.news:
            assert self.news.wait_for(lambda: where == names, SECONDS), where


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


@pytest.fixture
def keep(shelf: Shelf) -> Iterator[Callable[[str], Any]]:
    keeper = Keeper(shelf)  # type: ignore[arg-type]  # of a storage it needs no more
    yield lambda name: keeper.keep([name])  # type: ignore[list-item]  # the shelf takes names for files
    keeper.close()


def test_the_bytes_of_a_batch_are_placed_while_the_rows_of_the_one_before_are_written(
    shelf: Shelf, keep: Callable[[str], Any]
) -> None:
    gate = shelf.gates["record a"] = threading.Event()
    answers = [keep(name) for name in "abc"]

    shelf.wait_for(shelf.placed, ["a", "b"][:AT_ONCE])
    assert shelf.recorded == []
    gate.set()
    assert [answer.result(SECONDS) for answer in answers] == [["a"], ["b"], ["c"]]
    assert shelf.recorded == ["a", "b", "c"]


def test_no_batch_overtakes_one_that_is_slow(shelf: Shelf, keep: Callable[[str], Any]) -> None:
    gate = shelf.gates["place a"] = threading.Event()
    first, second = keep("a"), keep("b")

    assert not second.done()
    assert shelf.placed == []
    gate.set()
    assert [first.result(SECONDS), second.result(SECONDS)] == [["a"], ["b"]]
    assert (shelf.placed, shelf.recorded) == (["a", "b"], ["a", "b"])


def test_a_batch_that_fails_holds_up_none_of_those_behind_it(shelf: Shelf, keep: Callable[[str], Any]) -> None:
    shelf.failing = {"a"}
    first, second, third = keep("a"), keep("b"), keep("c")

    with pytest.raises(InsufficientStorage):
        first.result(SECONDS)
    assert [second.result(SECONDS), third.result(SECONDS)] == [["b"], ["c"]]
    assert shelf.recorded == ["b", "c"]
