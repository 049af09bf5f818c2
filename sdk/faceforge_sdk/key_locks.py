"""One lock per key in use, for storage providers whose keys must not be worked on by two threads at once."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


class KeyLocks:
    """Two uploads of the same bytes must not judge each other's half-done work; locks of keys not in use are gone."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._held: dict[str, tuple[threading.Lock, int]] = {}

    @contextmanager
    def holding(self, key: str) -> Iterator[None]:
        """Wait until no other thread works on `key`, and keep others waiting meanwhile. Not reentrant."""
        with self._guard:
            lock, users = self._held.get(key, (threading.Lock(), 0))
            self._held[key] = (lock, users + 1)
        try:
            with lock:
                yield
        finally:
            with self._guard:
                _, users = self._held.pop(key)
                if users > 1:
                    self._held[key] = (lock, users - 1)
