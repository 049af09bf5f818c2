"""What stands behind a plugin's context, and what a plugin may stand in for."""

from __future__ import annotations

from .catalog import Assets, Descriptors, Entities, FieldDefs, Relationships, Trash
from .plugins import Contributed, Plugins
from .storage import ByteReader, ListingProvider, Sidecar, Storage, StorageProvider, StoredObject, Upload, UploadFacts
from .surroundings import Network, Pages, Sessions, System
from .work import Events, Jobs

__all__ = [
    "Assets",
    "ByteReader",
    "Contributed",
    "Descriptors",
    "Entities",
    "Events",
    "FieldDefs",
    "Jobs",
    "ListingProvider",
    "Network",
    "Pages",
    "Plugins",
    "Relationships",
    "Sessions",
    "Sidecar",
    "Storage",
    "StorageProvider",
    "StoredObject",
    "System",
    "Trash",
    "Upload",
    "UploadFacts",
]
