"""Backups as they travel."""

from __future__ import annotations

from pydantic import ConfigDict

from . import examples
from .wire import WireModel


class Snapshot(WireModel):
    """One backup: the home as it was at one moment. `problems` counts files that could not be read for it."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.SNAPSHOT]})

    name: str
    created_at: str
    core_version: str
    assets: int
    total_bytes: int
    problems: int


class BackupList(WireModel):
    """The backups in the folder that the configuration names, the newest first.

    `folder` is null where none is chosen; `available` says whether it is there or can be made, as a disk may not be
    connected.
    """

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"folder": "/mnt/backups", "available": True, "items": [examples.SNAPSHOT]}]}
    )

    folder: str | None
    available: bool
    items: list[Snapshot]


class BackupReport(WireModel):
    """What making a backup came to. `added_files` and `added_bytes` are what no earlier backup had."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.BACKUP_REPORT]})

    name: str
    assets: int
    total_bytes: int
    added_files: int
    added_bytes: int
    problems: int
    removed: int = 0
