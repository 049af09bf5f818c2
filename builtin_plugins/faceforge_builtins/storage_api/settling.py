"""Bringing home what went to the home's disk because its own place did not take it."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from faceforge_sdk.errors import FaceForgeError

from .jobs import SETTLE

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

    from faceforge_sdk import PluginContext

EVERY_SECONDS = 300.0


class Settling:
    """Looks now and then whether files wait and a place for them is back, and queues the job that moves them."""

    def __init__(self, ctx: PluginContext, every: float = EVERY_SECONDS) -> None:
        self._ctx = ctx
        self._every = every
        self._leaving = threading.Event()
        self._thread = threading.Thread(target=self._run, name="storage-settling", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._leaving.set()
        self._thread.join(2.0)

    def _run(self) -> None:
        while not self._leaving.wait(self._every):
            try:
                self.look()
            except FaceForgeError as error:  # the next look tries again
                self._ctx.log.warning("Whether files wait for their place can't be told now: %s", error)

    def look(self) -> bool:
        """Queue the job if it would move something; whether it did."""
        usage = self._ctx.storage.usage()
        if not usage.displaced or not any(one.available for one in usage.providers if one.name != "fs"):
            return False
        self._ctx.jobs.enqueue(SETTLE, {}, dedupe_key=SETTLE)
        return True
