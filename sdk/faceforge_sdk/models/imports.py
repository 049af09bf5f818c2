"""Imports as they travel."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from . import examples


class ImportCount(BaseModel):
    """How many things of a kind an import created, and how many of them are live."""

    model_config = ConfigDict(frozen=True, json_schema_extra={"examples": [examples.IMPORT_COUNT]})

    created: int
    live: int


class ImportSummary(BaseModel):
    """What an import created. What lies in the trash again, by an undo or one by one, is not live."""

    model_config = ConfigDict(frozen=True, json_schema_extra={"examples": [examples.IMPORT_SUMMARY]})

    job_id: str
    assets: ImportCount
    entities: ImportCount
    links: ImportCount
