"""To the handlers of plugins: each event at least once, in order, whatever another handler does."""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, select, text

from faceforge_core.db import seen_days
from faceforge_core.db.statements import prepare
from faceforge_core.db.tables import event_cursors
from faceforge_sdk.errors import FaceForgeError, RetryLater
from faceforge_sdk.events import matches

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from faceforge_core.db.engine import Database
    from faceforge_core.db.transactions import Reader
    from faceforge_core.owned import Owned
    from faceforge_sdk.contributions import EventHandler
    from faceforge_sdk.events import Event

    from .log import EventLog

_log = logging.getLogger(__name__)

_AT_ONCE = 500
_LOOK_EVERY = 0.1
"""The first news are told at once; of a stream of them a handler hears ten times a second, many together."""
_PRUNE_EVERY = 3600.0
_CURSOR_EVERY = 1.0
_LEAVE_SECONDS = 1.0
_RETRY_PAUSES = (0.1, 0.5, 2.0)
_DATABASE_PAUSE = 2.0
_NOWHERE = -1

_CURSOR = prepare(select(event_cursors.c.event_seq).where(event_cursors.c.handler == bindparam("handler")))
_SET_CURSOR = prepare(
    text(
        "INSERT INTO event_cursors (handler, event_seq) VALUES (:handler, :seq) "
        "ON CONFLICT (handler) DO UPDATE SET event_seq = excluded.event_seq"
    )
)


class EventDispatcher:
    """Delivers events to the handlers of the current generation.

    Each handler has a thread and a remembered place of its own, so that a slow or failing one holds up nobody else. A
    new one starts behind the latest event; a returning one goes on where it was. After a crash a handler may see the
    last second's events again.
    """

    def __init__(
        self, database: Database, log: EventLog, handlers: Callable[[], Sequence[Owned[EventHandler]]]
    ) -> None:
        self._database = database
        self._log = log
        self._handlers = handlers
        self._lock = threading.Lock()
        self._deliveries: dict[str, _Delivery] = {}
        self._stopping = threading.Event()
        self._keeper = threading.Thread(target=self._keep_short, name="events-keeper", daemon=True)

    def start(self) -> None:
        """Begin, with the handlers there are now."""
        self._log.listen(self._wake)
        self.handlers_changed()
        self._keeper.start()

    def handlers_changed(self) -> None:
        """Take over the handlers of a new generation; what one that left was doing, it finishes."""
        wanted = {f"{owned.plugin_id}:{owned.value.name}": owned for owned in self._handlers()}
        with self._lock:
            if self._stopping.is_set():
                return
            leaving = [self._deliveries[key] for key in self._deliveries.keys() - wanted.keys()]
            for delivery in leaving:
                delivery.leave()
            for delivery in leaving:
                delivery.join(_LEAVE_SECONDS)
            # A new dictionary each time: `_wake` reads it on another thread.
            self._deliveries = {key: self._delivery(key, owned) for key, owned in wanted.items()}

    def lags(self) -> Mapping[str, int]:
        """How many events each handler has still to look through, those included that are not for it."""
        with self._database.read() as reader:
            last = self._log.last(reader)
        return {key: max(0, last - delivery.place) for key, delivery in self._deliveries.items() if delivery.place >= 0}

    def stop(self, seconds: float = 2.0) -> None:
        """Let each handler finish the event it has, for at most so long, and remember the places."""
        self._stopping.set()
        with self._lock:
            leaving = list(self._deliveries.values())
            self._deliveries = {}
        for delivery in leaving:
            delivery.leave()
        deadline = time.monotonic() + seconds
        for delivery in leaving:
            delivery.join(max(0.0, deadline - time.monotonic()))

    def caught_up(self) -> bool:
        """Whether every handler is through with every event there is."""
        with self._lock, self._database.read() as reader:
            return all(delivery.caught_up(reader) for delivery in self._deliveries.values())

    def _delivery(self, key: str, owned: Owned[EventHandler]) -> _Delivery:
        known = self._deliveries.get(key)
        if known is not None:
            known.owned = owned
            return known
        delivery = _Delivery(self._database, self._log, key, owned)
        delivery.start()
        return delivery

    def _wake(self, event_type: str) -> None:
        for delivery in self._deliveries.values():
            if matches(delivery.owned.value.event_type, event_type):
                delivery.wake()

    def _keep_short(self) -> None:
        while not self._stopping.is_set():
            try:
                seen_days.note(self._database)
                self._log.prune()
            except Exception as error:  # noqa: BLE001 - the next hour tries again
                _log.warning("Old events could not be removed: %s", error)
            self._stopping.wait(_PRUNE_EVERY)


class _Delivery:
    """One handler's thread."""

    def __init__(self, database: Database, log: EventLog, key: str, owned: Owned[EventHandler]) -> None:
        self.owned = owned
        self._database = database
        self._events = log
        self._key = key
        self._place = self._saved = _NOWHERE
        self._saved_at = 0.0
        self._news = threading.Event()
        self._news.set()  # there may be events from before
        self._leaving = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"events-{key}", daemon=True)

    def start(self) -> None:
        """Begin. A new handler's place is behind what happened before this call, if the database can be read now."""
        try:
            self._find_place()
        except FaceForgeError as error:  # a swap of plugins must not fail half-way for that: its thread tries again
            _log.warning("The place of %s among the events can't be read yet: %s", self._key, error)
        self._thread.start()

    def _find_place(self) -> None:
        with self._database.read() as reader:
            saved = reader.value(_CURSOR, handler=self._key)
            self._place = self._events.last(reader) if saved is None else int(saved)
        self._saved = _NOWHERE if saved is None else self._place

    @property
    def place(self) -> int:
        """The number of the last event that is behind it; negative while that is not known."""
        return self._place

    def wake(self) -> None:
        self._news.set()

    def caught_up(self, reader: Reader) -> bool:
        """Whether its handler is through with all that was written by the time `reader` began."""
        return self._place != _NOWHERE and not self._events.after(reader, self._place, [self.owned.value.event_type], 1)

    def leave(self) -> None:
        self._leaving.set()
        self._news.set()

    def join(self, seconds: float) -> None:
        self._thread.join(seconds)

    def _run(self) -> None:
        while not self._leaving.is_set():
            try:
                if self._place == _NOWHERE:
                    self._find_place()
                if self._saved == _NOWHERE:
                    self._save()
                self._news.clear()
                looked_at = time.monotonic()
                while self._deliver_page():
                    pass
                self._news.wait(None if self._saved == self._place else _CURSOR_EVERY)
                if not self._news.is_set():
                    self._save()
                self._leaving.wait(max(0.0, looked_at + _LOOK_EVERY - time.monotonic()))
            except Exception as error:  # noqa: BLE001 - the database may be busy, full or gone for a while
                _log.warning("Events wait for %s: %s", self._key, error)
                self._leaving.wait(_DATABASE_PAUSE)
                self._news.set()
        self._save_at_the_end()

    def _deliver_page(self) -> bool:
        """Deliver up to a page; whether there is more behind it."""
        with self._database.read() as reader:
            page = self._events.stretch(reader, self._place, [self.owned.value.event_type], _AT_ONCE)
        if page.events and not self._handle(page.events):
            return False
        self._place = page.end
        if page.events and time.monotonic() - self._saved_at > _CURSOR_EVERY:
            self._save()
        return page.more

    def _handle(self, events: Sequence[Event]) -> bool:
        """Whether the handler is through with these events; False when it has to leave before.

        A handler that meets a full queue or a busy database is not failing: it is called again until it gets through.
        """
        pauses = iter(_RETRY_PAUSES)
        first = events[0]
        while not self._leaving.is_set():
            try:
                self.owned.value.handle(events)
            except RetryLater as error:
                self._leaving.wait(error.retry_after)
            except (Exception, SystemExit) as error:  # noqa: BLE001 - a plugin's handler may raise anything
                pause = next(pauses, None)
                if pause is None and len(events) > 1:
                    return all(self._handle([event]) for event in events)
                if pause is None:
                    _log.exception(
                        "%s could not handle event %d (%s); it is skipped.", self._key, first.seq, first.type
                    )
                    return True
                _log.warning("%s failed on event %d (%s): %r", self._key, first.seq, first.type, error)
                self._leaving.wait(pause)
            else:
                return True
        return False

    def _save(self) -> None:
        place = self._place
        self._database.write(lambda tx: tx.run(_SET_CURSOR, handler=self._key, seq=place))
        self._saved, self._saved_at = place, time.monotonic()

    def _save_at_the_end(self) -> None:
        if self._saved == self._place:
            return
        try:
            self._save()
        except Exception as error:  # noqa: BLE001 - then the last second is told again
            _log.warning("The place of %s among the events is not saved: %s", self._key, error)
