"""Threads that read files ahead of the one that keeps them."""

from __future__ import annotations

import threading
from queue import SimpleQueue
from typing import TYPE_CHECKING

from faceforge_sdk import JobCancelled

from .intake import TakenIn, take_in

if TYPE_CHECKING:
    from collections.abc import Callable

    from .intake import Receive
    from .scan import FoundFile

THREADS = 2
"""On two processors more of them are slower."""


class Pending:
    """A file on its way: `outcome` is there once it is `done`, `copied` grows until then."""

    def __init__(self, file: FoundFile) -> None:
        self.file = file
        self.copied = 0
        self.outcome: TakenIn | Exception | None = None
        self._under_way = threading.Lock()  # an Event would cost more than all else that is done here for a small file
        self._under_way.acquire()

    @property
    def done(self) -> bool:
        """Whether it was read, or could not be."""
        return not self._under_way.locked()

    def wait(self, seconds: float) -> bool:
        """Whether it is done within so long; for one thread only."""
        if self._under_way.acquire(timeout=seconds):
            self._under_way.release()
            return True
        return False

    def end(self, outcome: TakenIn | Exception) -> None:
        """It is done."""
        self.outcome = outcome
        self._under_way.release()

    def discard(self) -> None:
        """Leave nothing of it behind, once it is done."""
        if isinstance(self.outcome, TakenIn):
            self.outcome.received.discard()


class Readers:
    """`stopped` is asked between the pieces of a file, so that a large one does not hold up who wants to stop."""

    def __init__(self, receive: Receive, stopped: Callable[[], bool]) -> None:
        self._receive = receive
        self._stopped = stopped
        self._leaving = False
        self._queue: SimpleQueue[Pending | None] = SimpleQueue()
        self._threads = [
            threading.Thread(target=self._work, name=f"import-{number}", daemon=True) for number in range(THREADS)
        ]
        for thread in self._threads:
            thread.start()

    def submit(self, file: FoundFile) -> Pending:
        """Have a file read as soon as a thread is free."""
        pending = Pending(file)
        self._queue.put(pending)
        return pending

    def close(self) -> None:
        """Stop in the middle of what is being read, and wait for the threads."""
        self._leaving = True
        for _ in self._threads:
            self._queue.put(None)
        for thread in self._threads:
            thread.join()

    def _work(self) -> None:
        while (pending := self._queue.get()) is not None:
            try:
                self._go_on()
                pending.end(take_in(pending.file, self._receive, self._hearing(pending)))
            except Exception as error:  # noqa: BLE001  # whoever waits for it raises it again
                pending.end(error)

    def _hearing(self, pending: Pending) -> Callable[[int], None]:
        def copied(byte_count: int) -> None:
            pending.copied += byte_count
            self._go_on()

        return copied

    def _go_on(self) -> None:
        if self._leaving or self._stopped():
            raise JobCancelled
