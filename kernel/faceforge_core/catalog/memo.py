"""Answers remembered until the next write: counts and groupings that cost more than the page they stand on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

V = TypeVar("V")

_MOST = 256


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
