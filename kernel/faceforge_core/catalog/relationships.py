"""Relationships: how entities relate to each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from faceforge_core.db.engine import Database
    from faceforge_core.events import EventLog


class RelationshipCatalog:
    """The live and the trashed relationships."""

    def __init__(self, database: Database, events: EventLog) -> None:
        self._database = database
        self._events = events
