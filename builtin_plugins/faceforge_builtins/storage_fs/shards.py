"""The folders that files are spread over: made when they are needed, and durable before a file in them counts."""

from __future__ import annotations

import threading
from contextlib import suppress
from typing import TYPE_CHECKING

from faceforge_sdk.files import flush_folder

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path


class Shards:
    """The folders two below `assets_dir`.

    Each is flushed once per process, even where it exists: whoever made it may have died, or be just about to flush
    its parent.
    """

    def __init__(self, assets_dir: Path) -> None:
        self._assets_dir = assets_dir
        self._lock = threading.Lock()
        self._durable: set[Path] = set()

    def make(self, shard: Path) -> None:
        """Make the folder; its name is durable on return."""
        if shard in self._durable:
            return
        with self._lock:
            if shard in self._durable:
                return
            for folder in self._way_to(shard):
                _make(folder)
                flush_folder(folder.parent)
            self._durable.add(shard)

    def make_many(self, shards: Iterable[Path]) -> Sequence[Path]:
        """Make the folders; returns those whose names are not durable yet: flush their parents, then say so."""
        fresh = [shard for shard in shards if shard not in self._durable]
        for folder in dict.fromkeys(folder for shard in fresh for folder in self._way_to(shard)):
            _make(folder)
        return fresh

    def parents_of(self, shards: Iterable[Path]) -> set[Path]:
        """The folders that hold the names of these and of the way to them."""
        return {folder.parent for shard in shards for folder in self._way_to(shard)}

    def are_durable(self, shards: Iterable[Path]) -> None:
        """The names of these folders, and of the way to them, were flushed."""
        with self._lock:
            self._durable.update(shards)

    def forget(self, shard: Path) -> None:
        """Somebody removed the folder."""
        with self._lock:
            self._durable.discard(shard)

    def _way_to(self, shard: Path) -> list[Path]:
        """The folders below `assets_dir` that lead to the shard, and the shard, outermost first."""
        way = [shard]
        while way[-1].parent not in {self._assets_dir, self._assets_dir.parent}:
            way.append(way[-1].parent)
        return way[::-1]


def _make(folder: Path) -> None:
    with suppress(FileExistsError):
        folder.mkdir(mode=0o700)
