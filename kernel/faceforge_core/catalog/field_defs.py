"""Field definitions: what values may stand under which keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from faceforge_core.catalog.field_types import FieldTypes
    from faceforge_core.db.engine import Database
    from faceforge_core.events import EventLog


class FieldDefCatalog:
    """The live and the trashed definitions."""

    def __init__(self, database: Database, events: EventLog, types: FieldTypes) -> None:
        self._database = database
        self._events = events
        self._types = types
