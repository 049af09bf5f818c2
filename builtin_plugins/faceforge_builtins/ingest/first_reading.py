"""A home from before there was reading: its files are read once, when this plugin first meets it."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from faceforge_sdk.errors import FaceForgeError
from faceforge_sdk.models import AssetQuery

from .job import JOB_TYPE

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

    from faceforge_sdk import PluginContext

PAUSE_SECONDS = 1.0
"""Before the first try, since jobs can't be queued while plugins are being activated, and between tries."""

_MARKER = "met"


class FirstReading:
    """A thread while entered, as long as it has not succeeded; a file in the plugin's folder says that it has.

    Where there is nothing to read at first there is no thread: what comes in tells of itself.
    """

    def __init__(self, ctx: PluginContext, pause: float = PAUSE_SECONDS) -> None:
        self._ctx = ctx
        self._pause = pause
        self._marker = ctx.data_dir / _MARKER
        self._leaving = threading.Event()
        self._thread = threading.Thread(target=self._run, name="ingest-first-reading", daemon=True)

    def __enter__(self) -> Self:
        if not self._marker.exists() and not self._is_needless():
            self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._leaving.set()
        if self._thread.ident is not None:
            self._thread.join(2.0)

    def look(self) -> bool:
        """Queue the reading if there is anything to read, and remember that; whether it was queued."""
        found = self._finds_any()
        if found:
            self._ctx.jobs.enqueue(JOB_TYPE, {"asset_ids": None, "only_missing": True}, dedupe_key=JOB_TYPE)
        self._remember()
        return found

    def _is_needless(self) -> bool:
        try:
            if self._finds_any():
                return False
            self._remember()
        except (FaceForgeError, OSError):
            return False  # the thread tries again
        return True

    def _finds_any(self) -> bool:
        return bool(self._ctx.assets.list(AssetQuery(limit=1, total="none")).items)

    def _remember(self) -> None:
        self._marker.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._marker.touch(mode=0o600)

    def _run(self) -> None:
        while not self._leaving.wait(self._pause):
            try:
                self.look()
            except (FaceForgeError, OSError) as error:  # not yet, or a full queue, a busy database, a full disk
                self._ctx.log.info("The first reading of the files waits: %s", error)
            else:
                return
