"""Batches of read files become assets in their order, two at a time."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from concurrent.futures import Future

    from faceforge_sdk.protocols import Arrival, Kept, Storage

AT_ONCE = 2
"""While the rows of one batch are written the bytes of the next are flushed."""


@dataclass(frozen=True, slots=True)
class _Turn:
    """How far a batch is; what failed is through with both."""

    placed: threading.Event = field(default_factory=threading.Event)
    recorded: threading.Event = field(default_factory=threading.Event)

    def is_over(self) -> None:
        self.placed.set()
        self.recorded.set()


class Keeper:
    """Keeps batches. Neither bytes nor rows of one come before those of the batch that was given before it.

    Therefore the first of equal files counts, and no batch waits for a content that a later one holds.
    """

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="import-keep")
        self._last = _Turn()
        self._last.is_over()

    def keep(self, arrivals: Sequence[Arrival]) -> Future[Sequence[Kept]]:
        """Have them kept; see `Storage.keep`."""
        before, self._last = self._last, _Turn()
        return self._pool.submit(self._keep, arrivals, before, self._last)

    def close(self) -> None:
        """Wait until all are kept."""
        self._pool.shutdown()

    def _keep(self, arrivals: Sequence[Arrival], before: _Turn, own: _Turn) -> Sequence[Kept]:
        def hand_on() -> None:
            own.placed.set()
            before.recorded.wait()

        try:
            before.placed.wait()
            return self._storage.keep(arrivals, before_recording=hand_on)
        finally:
            own.is_over()
