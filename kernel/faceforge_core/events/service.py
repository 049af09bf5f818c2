"""The events as plugins read and follow them."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

from anyio import move_on_after, sleep, to_thread

from faceforge_sdk.errors import RetryLater

from .log import EVERYTHING, PAGE, Stretch

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Sequence

    from faceforge_core.bell import Bell
    from faceforge_core.db.engine import Database
    from faceforge_sdk.events import Event

    from .log import EventLog

_log = logging.getLogger(__name__)

_LOOK_EVERY = 0.1


class EventService:
    """The SDK's `Events`. `bell` is rung after every commit that told of something, and wakes those who follow."""

    def __init__(self, log: EventLog, database: Database, bell: Bell) -> None:
        self._log = log
        self._database = database
        self._bell = bell
        self._rung_at = -1
        log.listen(self._ring)

    def after(self, seq: int, patterns: Sequence[str] = EVERYTHING, limit: int = PAGE) -> Sequence[Event]:
        """The events behind number `seq`, oldest first, whose type is one of `patterns`."""
        with self._database.read() as reader:
            return self._log.after(reader, seq, patterns, limit)

    def last(self) -> int:
        """The number of the latest event; 0 if there never was one."""
        with self._database.read() as reader:
            return self._log.last(reader)

    async def follow(self, seq: int | None = None, patterns: Sequence[str] = EVERYTHING) -> AsyncGenerator[Event, None]:
        """The events behind `seq`, live; ends when the bell is silenced.

        Nothing is read while nothing happens, and at most ten times a second while much does. Close it (`aclosing`)
        to stop earlier. A database that can't be read for a while delays it; it raises only if that is so at once.
        """
        with self._bell.listening() as news:
            place = await to_thread.run_sync(self.last) if seq is None else seq
            while True:
                news.clear()
                looked_at, patience = time.monotonic(), None
                try:
                    found = await to_thread.run_sync(self._look, place, patterns)
                except RetryLater as error:
                    _log.warning("Events can't be read just now: %s", error)
                    found, patience = Stretch((), place, more=False), error.retry_after
                for event in found.events:
                    yield event
                place = found.end
                if self._bell.silenced:
                    return
                if not found.more:
                    with move_on_after(patience):
                        await news.wait()
                    await sleep(max(0.0, looked_at + _LOOK_EVERY - time.monotonic()))

    def _ring(self, _event_type: str) -> None:
        """Once per commit, however many events it tells of; on the writer's thread."""
        generation = self._database.generation
        if generation != self._rung_at:
            self._rung_at = generation
            self._bell.ring()

    def _look(self, place: int, patterns: Sequence[str]) -> Stretch:
        with self._database.read() as reader:
            return self._log.stretch(reader, place, patterns)
