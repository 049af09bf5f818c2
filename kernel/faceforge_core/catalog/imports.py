"""What imports remember: where files came from, and what each import created."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from faceforge_core.db.engine import Database
    from faceforge_core.events import EventLog

    from .assets import AssetCatalog
    from .entity_rows import EntityRows
    from .links import LinkCatalog


class ImportCatalog:
    """The SDK's `Imports`, and the steps by which `storage.intake` remembers in its own transaction."""

    def __init__(
        self, database: Database, events: EventLog, assets: AssetCatalog, links: LinkCatalog, entities: EntityRows
    ) -> None:
        self._database = database
        self._events = events
        self._assets = assets
        self._links = links
        self._entities = entities
