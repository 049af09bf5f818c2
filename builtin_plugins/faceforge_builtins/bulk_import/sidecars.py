"""Companion files: which of a folder's names describe which others."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_ENDING = "_meta.json"


@dataclass(frozen=True, slots=True)
class Pairing:
    """The files of a folder that are no sidecars, each with its sidecar's name or None, and the sidecars of none."""

    sidecar_of: Mapping[str, str | None]
    left_over: tuple[str, ...]


def is_sidecar(name: str) -> bool:
    """Whether a file of this name describes others and is no asset."""
    return name.lower().endswith(_ENDING)


def pair(names: Iterable[str]) -> Pairing:
    """Find the sidecars of a folder's files; case counts only where two names differ in nothing else."""
    names = tuple(names)
    sidecars = {name for name in names if is_sidecar(name)}
    folded = {name.lower(): name for name in sorted(sidecars, reverse=True)}
    sidecar_of = {name: _first(name, sidecars, folded) for name in names if name not in sidecars}
    return Pairing(sidecar_of, tuple(sorted(sidecars.difference(filter(None, sidecar_of.values())))))


def _first(name: str, sidecars: set[str], folded: Mapping[str, str]) -> str | None:
    for candidate in _candidates(name):
        if candidate in sidecars:
            return candidate
        if candidate.lower() in folded:
            return folded[candidate.lower()]
    return None


def _candidates(name: str) -> tuple[str, ...]:
    stem = PurePath(name).stem
    return (f"{name}{_ENDING}", f"{name}.{_ENDING}", f"{stem}{_ENDING}", f"{stem}.{_ENDING}")
