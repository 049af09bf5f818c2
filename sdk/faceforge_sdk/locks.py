"""One lock per key, for as long as somebody needs it."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


class KeyLocks:
    """Keeps those apart who work on the same thing, and nobody else; a key that nobody holds costs no memory."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._held: dict[str, tuple[threading.Lock, int]] = {}

    @contextmanager
    def holding(self, key: str) -> Iterator[None]:
        """Wait until nobody else holds `key`, and hold it. Not twice in one thread."""
        with self._guard:
            lock = self._enter(key)
        try:
            with lock:
                yield
        finally:
            with self._guard:
                self._leave(key)

    @contextmanager
    def holding_all(self, keys: Iterable[str]) -> Iterator[None]:
        """Hold several keys, which are waited for one after the other.

        Everybody takes them in the same order, so that two who want the same ones never wait for each other.
        """
        wanted = sorted(set(keys))
        with self._guard:
            locks = [self._enter(key) for key in wanted]
        held = 0
        try:
            for lock in locks:
                lock.acquire()
                held += 1
            yield
        finally:
            for lock in locks[:held]:
                lock.release()
            with self._guard:
                for key in wanted:
                    self._leave(key)

    def _enter(self, key: str) -> threading.Lock:
        lock, users = self._held.get(key, (threading.Lock(), 0))
        self._held[key] = (lock, users + 1)
        return lock

    def _leave(self, key: str) -> None:
        lock, users = self._held.pop(key)
        if users > 1:
            self._held[key] = (lock, users - 1)
