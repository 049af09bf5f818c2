"""The tags of an answer by their names, those of the file itself and not of what is embedded in it."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_OTHERS = frozenset({"System", "ExifTool", "IFD1"})  # the copy in the home, the run, and the picture in the picture


class Tags:
    """Looks tags up by name; each lies in a group, like ``ExifIFD:CreateDate`` and ``QuickTime:CreateDate``."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        self._groups: dict[str, dict[str, Any]] = defaultdict(dict)
        for key, value in data.items():
            group, _, name = key.rpartition(":")
            if ":" not in group and group not in _OTHERS:  # an embedded document's are Doc1:IFD0:Make
                self._groups[name][group] = value

    def get(self, group: str, name: str) -> Any:
        """The tag of this group; None where there is none."""
        return self._groups.get(name, {}).get(group)

    def all(self, name: str, first: Sequence[str] = (), never: Sequence[str] = ()) -> Iterator[tuple[str, Any]]:
        """The tags of this name with their groups: those of the groups `first`, then the others as they came."""
        found = self._groups.get(name, {})
        order = [*(group for group in first if group in found), *(group for group in found if group not in first)]
        for group in order:
            if group not in never:
                yield group, found[group]

    def __iter__(self) -> Iterator[tuple[str, Any]]:
        for name, groups in self._groups.items():
            for value in groups.values():
                yield name, value
