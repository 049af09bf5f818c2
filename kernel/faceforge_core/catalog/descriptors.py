"""Descriptors: the defined values of entities."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from faceforge_core.catalog.field_defs import FieldDefCatalog
    from faceforge_core.db.engine import Database
    from faceforge_core.events import EventLog


class DescriptorCatalog:
    """The live and the trashed descriptors."""

    def __init__(self, database: Database, events: EventLog, definitions: FieldDefCatalog) -> None:
        self._database = database
        self._events = events
        self._definitions = definitions
