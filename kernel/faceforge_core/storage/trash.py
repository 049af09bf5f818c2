"""The trash of all kinds: how much lies in it, and removing it for good."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from faceforge_core.config import CoreConfig
    from faceforge_core.db.engine import Database
    from faceforge_core.events import EventLog
    from faceforge_core.storage.service import StorageService


class TrashService:
    """The SDK's `Trash`."""

    def __init__(
        self, database: Database, events: EventLog, storage: StorageService, config: Callable[[], CoreConfig]
    ) -> None:
        self._database = database
        self._events = events
        self._storage = storage
        self._config = config
