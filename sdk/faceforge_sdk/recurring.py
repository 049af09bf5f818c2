"""Work that comes again and again by itself, such as a daily round."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from faceforge_sdk.errors import FaceForgeError

if TYPE_CHECKING:
    import logging
    from collections.abc import Callable
    from types import TracebackType
    from typing import Self

_LEAVE_SECONDS = 5.0


class Recurring:
    """Does `work` on a thread of its own while entered: first after `first_after` seconds, then every so many.

    For the hook `lifespan`. Work that takes long belongs into a job that this queues. What Core raises, a full queue or
    a busy database, is logged under `name`, and the next time tries again; leaving waits for five seconds at most.
    """

    def __init__(
        self, name: str, work: Callable[[], object], log: logging.Logger, *, first_after: float, every: float
    ) -> None:
        self._name = name
        self._work = work
        self._log = log
        self._first_after = first_after
        self._every = every
        self._leaving = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._leaving.set()
        self._thread.join(_LEAVE_SECONDS)

    def _run(self) -> None:
        wait = self._first_after
        while not self._leaving.wait(wait):
            try:
                self._work()
            except FaceForgeError as error:
                self._log.warning("The work %r was not done, and is tried again: %s", self._name, error)
            wait = self._every
