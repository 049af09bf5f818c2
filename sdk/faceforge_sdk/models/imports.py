"""Imports as they travel."""

from __future__ import annotations

from pydantic import ConfigDict

from . import examples
from .wire import WireModel


class ImportCount(WireModel):
    """How many things of a kind an import created, and how many of them are live."""

    model_config = ConfigDict(frozen=True, json_schema_extra={"examples": [examples.IMPORT_COUNT]})

    created: int
    live: int


class ListedFolder(WireModel):
    """A folder, and why it may not be imported if it may not."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.LISTED_FOLDER]})

    name: str
    path: str
    importable: bool
    reason: str | None


class FolderListing(WireModel):
    """What lies in a folder: its folders by name, and how many files with how many bytes are right in it.

    `path` is null for the list of places to start from, and `parent` where nothing above may be looked at. `more`:
    there are more folders than are listed.
    """

    model_config = ConfigDict(
        json_schema_serialization_defaults_required=True, json_schema_extra={"examples": [examples.FOLDER_LISTING]}
    )

    path: str | None = None
    parent: str | None = None
    importable: bool = False
    reason: str | None = None
    folders: list[ListedFolder]
    more: bool = False
    files: int = 0
    bytes: int = 0


class ImportSummary(WireModel):
    """What an import created. What lies in the trash again, by an undo or one by one, is not live."""

    model_config = ConfigDict(frozen=True, json_schema_extra={"examples": [examples.IMPORT_SUMMARY]})

    job_id: str
    assets: ImportCount
    entities: ImportCount
    links: ImportCount
