"""Threads that read files ahead of the one that keeps them."""

from __future__ import annotations

import threading
from queue import SimpleQueue
from typing import TYPE_CHECKING

from faceforge_sdk import JobCancelled
from faceforge_sdk.protocols import SMALL_FILE_BYTES

from .intake import TakenIn, origin_of, take_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from faceforge_sdk.protocols import SmallFiles, Storage

    from .scan import FoundFile

THREADS = 2
"""On two processors more of them are slower."""
GROUP_FILES = 64
GROUP_BYTES = 4 * 1024 * 1024
"""What is read between two looks at whether the job is to stop, at most."""
WORTH_A_GROUP = 16
"""Fewer are read sooner than a process could start."""


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
    """Reads files by themselves, but small ones by the group; what can't be read so is read by itself, too.

    `stopped` is asked between the pieces of a file, so that a large one does not hold up who wants to stop.
    """

    def __init__(self, storage: Storage, stopped: Callable[[], bool]) -> None:
        self._storage = storage
        self._stopped = stopped
        self._leaving = False
        self._group: list[Pending] = []
        self._group_bytes = 0
        self._queue: SimpleQueue[Sequence[Pending]] = SimpleQueue()
        self._small_files = [storage.small_files() for _ in range(THREADS)]
        self._threads = [
            threading.Thread(target=self._work, args=(small_files,), name=f"import-{number}", daemon=True)
            for number, small_files in enumerate(self._small_files)
        ]
        for thread in self._threads:
            thread.start()

    def submit(self, file: FoundFile) -> Pending:
        """Have a file read as soon as a thread is free; one that is small waits for others, or for `send`."""
        pending = Pending(file)
        if file.sidecar is not None or file.byte_size > SMALL_FILE_BYTES:
            self._queue.put((pending,))
            return pending
        self._group.append(pending)
        self._group_bytes += file.byte_size
        if len(self._group) == GROUP_FILES or self._group_bytes >= GROUP_BYTES:
            self.send()
        return pending

    def send(self) -> None:
        """Have the files read that wait for others."""
        if self._group:
            self._queue.put(self._group)
            self._group, self._group_bytes = [], 0

    def close(self) -> None:
        """Stop in the middle of what is being read, and wait for the threads."""
        self._leaving = True
        self.send()
        for small_files in self._small_files:
            small_files.close()
        for _ in self._threads:
            self._queue.put(())
        for thread in self._threads:
            thread.join()

    def _work(self, small_files: SmallFiles) -> None:
        while group := self._queue.get():
            for pending in group if len(group) < WORTH_A_GROUP else self._together(group, small_files):
                self._alone(pending)

    def _together(self, group: Sequence[Pending], small_files: SmallFiles) -> Iterator[Pending]:
        """Yields those that could not be read so."""
        try:
            origins = [origin_of(pending.file) for pending in group]
            answers = small_files.receive(origins)
        except Exception as error:  # noqa: BLE001  # whoever waits for one of them raises it again
            for pending in group:
                pending.end(error)
            return
        for pending, origin, received in zip(group, origins, answers, strict=True):
            if received is None:
                yield pending
            else:
                pending.copied = received.byte_size
                pending.end(TakenIn(pending.file, received, None, None, changed_meanwhile=False, origin=origin))

    def _alone(self, pending: Pending) -> None:
        try:
            self._go_on()
            pending.end(take_in(pending.file, self._storage.receive, self._hearing(pending)))
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
