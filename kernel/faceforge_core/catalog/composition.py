"""The catalogs of one database, put together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .assets import AssetCatalog
from .descriptors import DescriptorCatalog
from .entity_rows import EntityRows
from .field_defs import FieldDefCatalog
from .imports import ImportCatalog
from .links import LinkCatalog
from .plugin_data import PluginDataCatalog
from .relationships import RelationshipCatalog
from .service import AssetService, EntityService
from .statistics import Statistics

if TYPE_CHECKING:
    from faceforge_core.db.engine import Database
    from faceforge_core.events import EventLog

    from .field_types import FieldTypes


class Catalog:
    """All facts: as the services that plugins get, and `files`, through which storage records what it keeps."""

    def __init__(self, database: Database, events: EventLog, types: FieldTypes) -> None:
        self.files = AssetCatalog(database, events)
        self.field_defs = FieldDefCatalog(database, events, types)
        links = LinkCatalog(database, events)
        self.entities = EntityService(database, events, self.field_defs, links)
        self.assets = AssetService(database, events, self.files, links, Statistics(database))
        self.imports = ImportCatalog(database, self.files, links, EntityRows(events))
        self.descriptors = DescriptorCatalog(database, events, self.field_defs)
        self.relationships = RelationshipCatalog(database, events)
        self.plugin_data = PluginDataCatalog(database)
