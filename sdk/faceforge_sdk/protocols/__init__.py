"""What stands behind a plugin's context, and what a plugin may stand in for."""

from __future__ import annotations

from .assets import Assets, Neighbours, Reading
from .backups import Backups
from .catalog import Descriptors, Entities, FieldDefs, Relationships, Trash
from .imports import Imports
from .plugins import Contributed, Plugins
from .providers import BatchProvider, ByteReader, ListingProvider, Put, StorageProvider, StoredObject
from .storage import (
    SMALL_FILE_BYTES,
    Arrival,
    FileOrigin,
    Kept,
    Received,
    Sidecar,
    SmallFiles,
    Storage,
    Upload,
    UploadFacts,
)
from .surroundings import Network, Pages, Sessions, SignIn, System, Texts, Whereabouts
from .tables import PluginData, PluginDatabase, TableReader, TableRow, TableWriter
from .work import Events, Jobs

__all__ = [
    "SMALL_FILE_BYTES",
    "Arrival",
    "Assets",
    "Backups",
    "BatchProvider",
    "ByteReader",
    "Contributed",
    "Descriptors",
    "Entities",
    "Events",
    "FieldDefs",
    "FileOrigin",
    "Imports",
    "Jobs",
    "Kept",
    "ListingProvider",
    "Neighbours",
    "Network",
    "Pages",
    "PluginData",
    "PluginDatabase",
    "Plugins",
    "Put",
    "Reading",
    "Received",
    "Relationships",
    "Sessions",
    "Sidecar",
    "SignIn",
    "SmallFiles",
    "Storage",
    "StorageProvider",
    "StoredObject",
    "System",
    "TableReader",
    "TableRow",
    "TableWriter",
    "Texts",
    "Trash",
    "Upload",
    "UploadFacts",
    "Whereabouts",
]
