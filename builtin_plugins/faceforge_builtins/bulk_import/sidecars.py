"""Companion files: which of a folder's names describe which others."""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_ENDING = "_meta.json"


def is_sidecar(name: str) -> bool:
    """Whether a file of this name describes others and is no asset."""
    return name[-len(_ENDING) :].lower() == _ENDING


class Sidecars:
    """The sidecars of a folder, by their names; case counts only where two names differ in nothing else."""

    def __init__(self, names: Iterable[str]) -> None:
        self._names = set(names)
        self._folded = {name.lower(): name for name in sorted(self._names, reverse=True)}
        self._used: set[str] = set()

    def of(self, name: str) -> str | None:
        """The sidecar of a file that is none itself."""
        if not self._names:
            return None
        found = self._first(name)
        if found is not None:
            self._used.add(found)
        return found

    def left_over(self) -> Sequence[str]:
        """Those that no file was asked for."""
        return sorted(self._names - self._used)

    def _first(self, name: str) -> str | None:
        for candidate in _candidates(name):
            if candidate in self._names:
                return candidate
            if candidate.lower() in self._folded:
                return self._folded[candidate.lower()]
        return None


def _candidates(name: str) -> tuple[str, ...]:
    stem = PurePath(name).stem
    return (f"{name}{_ENDING}", f"{name}.{_ENDING}", f"{stem}{_ENDING}", f"{stem}.{_ENDING}")
