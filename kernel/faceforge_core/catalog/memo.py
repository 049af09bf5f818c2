"""Answers remembered until the next write: counts and groupings that cost more than the page they stand on."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

V = TypeVar("V")

_MOST = 256
_GLANCE_SECONDS = 0.05
_REST = 20


class Memo(Generic[V]):
    """Values by key, all forgotten when the database's generation moves on. Safe from any thread."""

    def __init__(self, generation: Callable[[], int]) -> None:
        self._generation = generation
        self._kept: tuple[int, dict[Hashable, V]] = (-1, {})

    def get(self, key: Hashable, compute: Callable[[], V]) -> V:
        """The value for `key`, computed if it is not known for the present state.

        The generation is read first: a value computed while somebody writes is at worst newer than its label.
        """
        generation = self._generation()
        kept_generation, values = self._kept
        if kept_generation != generation or len(values) >= _MOST:
            values = {}
            self._kept = (generation, values)
        if key not in values:
            values[key] = compute()
        return values[key]


class CostlyMemo(Generic[V]):
    """One value that takes long to compute; safe from any thread.

    As with `Memo` it is right while nobody writes. While somebody does, a value that took the processor longer than a
    glance is given out a while longer, so that computing it never takes more than a twentieth of its time. Waiting does
    not count: what is counted in a moment is right on a busy computer, too.
    """

    def __init__(self, generation: Callable[[], int]) -> None:
        self._generation = generation
        self._kept: _Kept[V] | None = None

    def get(self, key: Hashable, compute: Callable[[], V]) -> V:
        """The value for `key`; that of another key is forgotten."""
        kept, generation, now = self._kept, self._generation(), time.monotonic()
        if kept is not None and kept.key == key and (kept.generation == generation or now < kept.good_until):
            return kept.value
        began = time.thread_time()
        value = compute()
        took = time.thread_time() - began
        good_until = time.monotonic() + (_REST * took if took > _GLANCE_SECONDS else 0.0)
        self._kept = _Kept(key, generation, good_until, value)
        return value


@dataclass(frozen=True, slots=True)
class _Kept(Generic[V]):
    key: Hashable
    generation: int
    good_until: float
    value: V
