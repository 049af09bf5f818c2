"""How far an import is: a count of the files that runs ahead of it, a rate, and the time left, in words."""

from __future__ import annotations

import threading
import time
from collections import deque
from typing import TYPE_CHECKING

from .scan import scan
from .selection import Selection

if TYPE_CHECKING:
    from faceforge_sdk import JobContext

    from .report import Report
    from .request import BulkImport

EVERY_SECONDS = 0.25
HEAD_START = 1.0
"""So many seconds an import has before the count begins: a short one is over by then, and needs none."""
_RATE_SECONDS = 10.0
_UNITS = ("B", "KB", "MB", "GB", "TB", "PB")


class _Enough(Exception):
    """Nobody waits for the count any more."""


class Count:
    """How many files there are, and how large they are together; counted on a thread of its own, after a moment."""

    def __init__(self, wanted: BulkImport) -> None:
        self.files = self.bytes = 0
        self.complete = False
        self._wanted = wanted
        self._enough = threading.Event()
        self._thread = threading.Thread(target=self._count, name="import-count", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def end(self) -> None:
        """Stop, if it is not over."""
        self._enough.set()

    def passed_over(self, path: str, why: str) -> None:
        """The import itself tells of it."""

    def failed(self, path: str, error: OSError) -> None:
        """The import itself tells of it."""

    def _count(self) -> None:
        wanted = self._wanted
        if self._enough.wait(HEAD_START):
            return
        try:
            for file in scan(wanted.folder, Selection(wanted), self, self._go_on, recursive=wanted.recursive):
                self.files += 1
                self.bytes += file.byte_size
        except _Enough:
            return
        self.complete = True

    def _go_on(self) -> None:
        if self._enough.is_set():
            raise _Enough


class Meter:
    """Tells how much is done, at most four times a second. The percentage is the share of bytes."""

    def __init__(self, job: JobContext[BulkImport], report: Report, count: Count) -> None:
        self._job = job
        self._report = report
        self._count = count
        self._discovered = False
        self._files = self._bytes = 0
        self._next = 0.0
        self._seen: deque[tuple[float, int, int]] = deque()

    def done(self, byte_size: int) -> None:
        """One more file needs no more work."""
        self._files += 1
        self._bytes += byte_size

    def tell(self, under_way: int = 0) -> None:
        """Report progress, if it is time; `under_way` bytes of files that are not done are copied."""
        now = time.monotonic()
        if now < self._next:
            return
        self._next = now + EVERY_SECONDS
        self._discover()
        done = self._bytes + under_way
        self._seen.append((now, self._files, done))
        while self._seen[0][0] < now - _RATE_SECONDS and len(self._seen) > 2:
            self._seen.popleft()
        percent = 100 * min(done, self._count.bytes) / max(1, self._count.bytes) if self._count.complete else 0
        self._job.progress(percent, self._words(done))

    def finish(self) -> None:
        """All files are done: tell how many there were, if the count has not, and that this is the end."""
        self._count.end()
        if not self._discovered:
            self._report.discovered(self._files)
        self._job.progress(100, "done")

    def _discover(self) -> None:
        if self._count.complete and not self._discovered:
            self._discovered = True
            self._report.discovered(self._count.files)

    def _words(self, done: int) -> str:
        files_a_second, bytes_a_second = self._rates()
        rate = f"{files_a_second:,.0f} files/s"
        if not self._count.complete:
            return f"{self._files:,} files · {size(done)} · {rate} · counting"
        words = f"{self._files:,} of {self._count.files:,} files · {size(done)} of {size(self._count.bytes)} · {rate}"
        left = max(0, self._count.bytes - done)
        return f"{words} · {span(left / bytes_a_second)} left" if bytes_a_second else words

    def _rates(self) -> tuple[float, float]:
        (then, files, byte_count), (now, files_now, bytes_now) = self._seen[0], self._seen[-1]
        seconds = now - then
        return ((files_now - files) / seconds, (bytes_now - byte_count) / seconds) if seconds else (0.0, 0.0)


def size(count: int) -> str:
    """Bytes in words."""
    amount, unit = float(count), 0
    while amount >= 1000 and unit < len(_UNITS) - 1:
        amount, unit = amount / 1000, unit + 1
    return f"{amount:.1f} {_UNITS[unit]}" if unit and amount < 100 else f"{amount:.0f} {_UNITS[unit]}"


def span(seconds: float) -> str:
    """A time in words, as exact as it can be meant."""
    if seconds < 60:
        return f"{max(1, round(seconds))} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"
