"""What a library holds, in numbers for charts."""

from __future__ import annotations

from pydantic import ConfigDict

from . import examples
from .wire import WireModel


class FamilyCount(WireModel):
    """How many live assets are of one family of media types: ``image``, ``video``; ``""`` where nobody knows."""

    model_config = ConfigDict(frozen=True, json_schema_extra={"examples": [examples.FAMILY_COUNT]})

    family: str
    assets: int


class MonthCount(WireModel):
    """How many of what is live today came in one month (``2026-03``, in UTC)."""

    model_config = ConfigDict(frozen=True, json_schema_extra={"examples": [examples.MONTH_COUNT]})

    month: str
    created: int


class AssetStatistics(WireModel):
    """The live assets: by family, the largest first, and by month, the oldest first."""

    model_config = ConfigDict(frozen=True, json_schema_extra={"examples": [examples.ASSET_STATISTICS]})

    total: int
    families: list[FamilyCount]
    months: list[MonthCount]


class EntityStatistics(WireModel):
    """The live entities, by month, the oldest first."""

    model_config = ConfigDict(frozen=True, json_schema_extra={"examples": [examples.ENTITY_STATISTICS]})

    total: int
    months: list[MonthCount]
