"""A job under way, as its handler sees it; what it says is gathered in memory and written in batches."""

from __future__ import annotations

import json
import math
import threading
from typing import TYPE_CHECKING, Any

from faceforge_core.clock import now
from faceforge_core.db.readable_json import readable
from faceforge_core.jobs.queue import LogLine
from faceforge_sdk.errors import JobCancelled

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from faceforge_core.jobs.queue import Claim
    from faceforge_sdk.errors import FaceForgeError

BATCH_LINES = 100
_MAX_MESSAGE = 10_000
_FAILED_WRITES = 4
_LEVELS = frozenset({"info", "warning", "error", "debug"})


class RunningJob:
    """The SDK's `JobContext`, on the thread that runs the job. `told` is called when there is something to write."""

    def __init__(
        self, claim: Claim, plugin_id: str, told: Callable[[RunningJob], None], *, background: bool = False
    ) -> None:
        self.claim = claim
        self.plugin_id = plugin_id
        self.background = background
        self.thread = threading.current_thread()
        self.writing = threading.Lock()
        """Held by whoever writes what was said, so that it lands in order."""
        self.ended = threading.Event()
        self.put_back_reason: str | None = None
        """Why Core itself stopped the job: it is then queued again and not canceled."""
        self.input: Any = None
        """The validated input, set before the handler starts."""
        self._unwritable: FaceForgeError | None = None
        self._failures = 0
        self._told = told
        self._stop = threading.Event()
        self._guard = threading.Lock()
        self._lines: list[LogLine] = []
        self._percent: float | None = None
        self._highest = 0.0
        self._step: str | None = None

    @property
    def job_id(self) -> str:
        return self.claim.job_id

    @property
    def cancelled(self) -> bool:
        return self._stop.is_set()

    def check_cancelled(self) -> None:
        if self._stop.is_set():
            raise JobCancelled

    def log(self, level: str, message: str, data: Mapping[str, Any] | None = None) -> None:
        """Append a line. Raises what kept the lines before it from being written, once that has lasted."""
        line = LogLine(now(), level if level in _LEVELS else "info", _storable(message), _encoded(data))
        with self._guard:
            self._lines.append(line)
        self._say()

    def progress(self, percent: float, step: str | None = None) -> None:
        if not math.isfinite(percent):
            return
        with self._guard:
            if percent < self._highest:
                return
            self._highest = self._percent = min(percent, 100.0)
            self._step = None if step is None else _storable(step)
        self._say()

    def stop(self, put_back_reason: str | None = None) -> None:
        """Ask the handler to stop; with a reason, for Core's sake."""
        if put_back_reason is not None:
            self.put_back_reason = put_back_reason
        self._stop.set()

    @property
    def pending_lines(self) -> int:
        return len(self._lines)

    def take_lines(self) -> list[LogLine]:
        """The lines since the last time."""
        with self._guard:
            lines, self._lines = self._lines, []
            return lines

    def take_progress(self) -> tuple[float, str | None] | None:
        """Percent and step, if they were told since the last time."""
        with self._guard:
            percent, self._percent = self._percent, None
            return None if percent is None else (percent, self._step)

    def put_back(self, lines: list[LogLine], error: FaceForgeError) -> None:
        """Return what `take_lines` gave and could not be written; after too many failures the handler hears of it."""
        with self._guard:
            self._lines = lines + self._lines
            self._failures += 1
            if self._failures >= _FAILED_WRITES:
                self._unwritable = error

    def written(self) -> None:
        """What was taken is safe."""
        self._failures = 0
        self._unwritable = None

    def _say(self) -> None:
        if self._unwritable is not None:
            raise self._unwritable
        if not self.ended.is_set():
            self._told(self)


def _storable(text: str) -> str:
    return text[:_MAX_MESSAGE].replace("\0", "\ufffd").encode("utf-8", "replace").decode()


def _encoded(data: Mapping[str, Any] | None) -> str | None:
    if data is None:
        return None
    try:
        text = readable(json.dumps(data, default=str))
    except (ValueError, TypeError, RecursionError):
        return json.dumps({"unreadable": repr(type(data))})
    return text if len(text) <= 10 * _MAX_MESSAGE else json.dumps({"cut": text[:_MAX_MESSAGE]})
