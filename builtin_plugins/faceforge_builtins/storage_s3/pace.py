"""Bytes on their way to a server, and the watch that nobody waits for one that hardly takes or gives any."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import BinaryIO


class TooSlow(TimeoutError):
    """Less moved than the floor allows, for too long."""


class Pace:
    """Counts bytes and the time spent waiting for them; the caller's own pauses do not count."""

    def __init__(self, floor: int, seconds: float) -> None:
        self._enough = floor * seconds
        self._seconds = seconds
        self._moved = 0
        self._waited = 0.0

    def note(self, moved: int, waited: float) -> None:
        """Raise `TooSlow` once the wait is longer than `seconds` and brought less than `floor` bytes a second."""
        self._moved += moved
        self._waited += waited
        if self._moved >= self._enough:
            self._moved, self._waited = 0, 0.0
        elif self._waited > self._seconds:
            raise TooSlow(f"{self._moved} bytes in {self._waited:.0f} s")


class PacedSegment:
    """A part of a file as the body of a request.

    It is read in small blocks, the next one when the last is sent: so the time between two is how long sending took.
    A rewind starts the watch anew, as between the hashing for the signature and the sending.
    """

    def __init__(
        self, file: BinaryIO, start: int, size: int, pace: Pace, on_progress: Callable[[], None] = lambda: None
    ) -> None:
        self._file = file
        self._start = start
        self._size = size
        self._pace = pace
        self._on_progress = on_progress
        self._at = 0
        self._handed_out = 0
        self._since: float | None = None

    def __len__(self) -> int:
        return self._size

    def __bool__(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        """The next bytes. Raises `TooSlow`."""
        if self._since is not None:
            self._pace.note(self._handed_out, time.monotonic() - self._since)
        self._on_progress()
        wanted = self._size - self._at if size < 0 else min(size, self._size - self._at)
        self._file.seek(self._start + self._at)
        block = self._file.read(wanted)
        self._at += len(block)
        self._handed_out, self._since = len(block), time.monotonic()
        return block

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Within the segment; starts the watch anew."""
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._size}[whence]
        self._at = max(0, min(self._size, base + offset))
        self._since = None
        return self._at

    def tell(self) -> int:
        """The place within the segment."""
        return self._at
