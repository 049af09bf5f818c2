"""From threads that change something to coroutines that wait for it."""

from __future__ import annotations

import asyncio
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


class Bell:
    """Rung from any thread when there may be news; whoever listens on an event loop wakes up.

    A listener is told *that* something changed, never what: it looks for itself, and so misses nothing however many
    rings fall together. Once the bell is silenced, because Core stops, every wait ends and `silenced` is true.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._listeners: dict[asyncio.Event, asyncio.AbstractEventLoop] = {}
        self.silenced = False

    def ring(self) -> None:
        """There may be news."""
        if not self._listeners:  # an empty dictionary is what most rings meet
            return
        with self._lock:
            for event, loop in self._listeners.items():
                if not loop.is_closed():
                    loop.call_soon_threadsafe(event.set)

    def silence(self) -> None:
        """End all waiting, now and in future. May be called more than once.

        Not in a signal handler: it takes a lock that the interrupted thread may hold.
        """
        self.silenced = True
        self.ring()

    @contextmanager
    def listening(self) -> Iterator[asyncio.Event]:
        """An event that is set at each ring; clear it, look, then wait for it. Only on a running event loop."""
        event = asyncio.Event()
        with self._lock:
            self._listeners[event] = asyncio.get_running_loop()
        if self.silenced:
            event.set()
        try:
            yield event
        finally:
            with self._lock:
                del self._listeners[event]
