"""What stands behind a plugin's context, and what a plugin may stand in for."""

from __future__ import annotations

from .catalog import Assets, Descriptors, Entities, FieldDefs, Neighbours, Reading, Relationships, Trash
from .imports import Imports
from .plugins import Contributed, Plugins
from .storage import (
    Arrival,
    BatchProvider,
    ByteReader,
    FileOrigin,
    Kept,
    ListingProvider,
    Put,
    Received,
    Sidecar,
    Storage,
    StorageProvider,
    StoredObject,
    Upload,
    UploadFacts,
)
from .surroundings import Network, Pages, Sessions, System, Texts
from .work import Events, Jobs

__all__ = [
    "Arrival",
    "Assets",
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
    "Plugins",
    "Put",
    "Reading",
    "Received",
    "Relationships",
    "Sessions",
    "Sidecar",
    "Storage",
    "StorageProvider",
    "StoredObject",
    "System",
    "Texts",
    "Trash",
    "Upload",
    "UploadFacts",
]
