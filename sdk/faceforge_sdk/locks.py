"""One lock per key, for as long as somebody needs it."""

from __future__ import annotations

import threading
from contextlib import ExitStack, contextmanager
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

    @contextmanager
    def holding_all(self, keys: Iterable[str]) -> Iterator[None]:
        """Hold several keys, each waited for in turn; who holds one of them and waits for none is never in the way.

        They are taken in one order by everybody, so that two who want the same ones never wait for each other.
        """
        with ExitStack() as held:
            for key in sorted(set(keys)):
                held.enter_context(self.holding(key))
            yield
