"""Ctrl-C as a person presses it, where it arrives more than once."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

SAME_SECONDS: Final = 0.5


class Once:
    """A handler of a signal that takes those which come at once for one.

    A terminal sends Ctrl-C to all its processes, and a launcher among them passes it on to us.
    """

    def __init__(self, handler: Callable[[int, FrameType | None], object]) -> None:
        self._handler = handler
        self._last = float("-inf")

    def __call__(self, number: int, frame: FrameType | None) -> None:
        now, last = time.monotonic(), self._last
        self._last = now
        if now - last > SAME_SECONDS:
            self._handler(number, frame)
